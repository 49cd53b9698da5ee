"""Why a turn on the engine is not as on the SDK's hosting: the differences that are meant."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from shows.samples.comparison import Difference
from shows.samples.recording import Exchange


@dataclass(frozen=True)
class Reason:
    """A reason.

    :param text: as the table has it.
    :param explains: whether a difference is one of its kind; it gets the turn on both sides.
    """

    text: str
    explains: Callable[[Difference, Exchange, Exchange], bool]


REASONS: Final[tuple[Reason, ...]] = ()


def reason_of(difference: Difference, there: Exchange, here: Exchange) -> Reason | None:
    """Return the reason of a difference, None where there is none.

    :param there: the turn on the SDK's hosting.
    :param here: the turn on the engine.
    """
    for reason in REASONS:
        if reason.explains(difference, there, here):
            return reason
    return None
