"""Parts that templates are put together from."""
