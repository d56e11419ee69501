"""Reading who reaches what, and why: roles as they were given, told of, asked for and cut off. `access` decides."""
