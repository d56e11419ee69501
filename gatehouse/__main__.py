"""`python -m gatehouse`. It looks for modules in the present folder too: where that is not yours, use the command."""

import sys

from gatehouse.command import main

if __name__ == "__main__":
    sys.exit(main())
