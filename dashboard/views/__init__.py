"""Views of the pages, one file for each family."""
