"""The scan engine: reads model files without ever loading them. It runs alone, in the sandbox and in the command.

One file per format. A reader takes a source and a context, and reports what it found to the context.
"""

# Goes up whenever a reader is new or reads otherwise.
ENGINE = "2"
