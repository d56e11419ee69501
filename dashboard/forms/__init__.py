"""Forms of the pages. They read what people type; whether it may be done is asked by the operations."""
