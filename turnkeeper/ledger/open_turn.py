"""A turn that owes something, as its conversation's ledger has it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

SENT: Final = -1
REFUSED: Final = -2
GIVEN_UP: Final = -3
"""Marks of effects that are done; those that are open have the number of their tries, from 0."""


@dataclass(slots=True)
class Open:
    """A turn that owes something.

    :param turn: its name.
    :param marks: one for each effect.
    :param at: seconds since the epoch of its commit; waits that the channel asked for move it on.
    :param who: digest of the person whose turn it was; "" for nobody.
    :param failing: since when the next effect fails; 0 where it does not.
    :param erring: since when it is answered 500 all the time; 0 where it is not.
    """

    turn: str
    marks: list[int]
    at: float
    who: str = ""
    failing: float = 0.0
    erring: float = 0.0

    def to_json(self) -> dict[str, Any]:
        """Return it as a ledger's record holds it; what says nothing is left out."""
        stored: dict[str, Any] = {"turn": self.turn, "marks": self.marks, "at": self.at}
        if self.who:
            stored["who"] = self.who
        if self.failing:
            stored["failing"] = self.failing
        if self.erring:
            stored["erring"] = self.erring
        return stored

    def head(self) -> int | None:
        """Return the index of the first open effect."""
        return next((index for index, mark in enumerate(self.marks) if mark >= 0), None)
