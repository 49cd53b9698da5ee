"""``python -m turnkeeper``: what an operator does with the records.

See :mod:`turnkeeper.operator.cli`.
"""

from __future__ import annotations

import sys

from turnkeeper.operator.cli import main

if __name__ == "__main__":
    sys.exit(main())
