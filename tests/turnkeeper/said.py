"""What the engine says to a person whose turn has failed."""

from __future__ import annotations

from typing import Final

APOLOGY: Final = "Sorry, something went wrong. Please try that again."
UNREADABLE: Final = (
    "Sorry, I cannot read what I remember about you right now. Those who run me have been told."
)
