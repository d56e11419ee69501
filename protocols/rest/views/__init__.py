"""Views of the native API, one file for each noun: find, call an operation, and let the shape speak."""
