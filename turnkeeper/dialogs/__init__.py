"""Running a dialog over deploys and old questions, with what people may say at any time.

:func:`run` is in place of the SDK's ``DialogExtensions.run_dialog``.
"""

from __future__ import annotations

from turnkeeper.dialogs.interrupted import Answer, Interrupted
from turnkeeper.dialogs.interruptions import Interruptions
from turnkeeper.dialogs.run import run
from turnkeeper.dialogs.spelling import bare, folded
from turnkeeper.dialogs.words import Wish

__all__ = [
    "Answer",
    "Interrupted",
    "Interruptions",
    "Wish",
    "bare",
    "folded",
    "run",
]
