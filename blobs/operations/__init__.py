"""Storing bytes, naming them, freezing lists of them, sweeping what nobody wants.

Whether the actor may is asked by the floor that owns the folder or version; down here nothing is shared on its own.
"""
