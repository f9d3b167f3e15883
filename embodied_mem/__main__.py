"""`python -m embodied_mem` is the command `embodied-mem`."""

import sys

from embodied_mem.cli import main

if __name__ == "__main__":
    sys.exit(main())
