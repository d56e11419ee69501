"""Bills of materials: our own, made from what is stored when somebody asks, and how complete any one is.

`facts` says what a bill is made of, `gathering` reads it, `cyclonedx` and `cards` write it, `completeness` judges it,
and `supplied` reads those that people bring along.
"""
