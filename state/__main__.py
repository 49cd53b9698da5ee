"""``python -m state``: what an operator does with the records; see :mod:`state.cli`."""

from __future__ import annotations

import sys

from state.cli import main

if __name__ == "__main__":
    sys.exit(main())
