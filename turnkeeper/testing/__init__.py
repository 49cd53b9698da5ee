"""What tests of a bot need: the cloud around it, people, a clock, stories, processes that die.

``pip install "turnkeeper[testing]"`` brings what it needs. Start with :class:`Cloud`;
``docs/testing.md`` has the rest. ``python -m turnkeeper.testing`` talks to a bot from a terminal.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from turnkeeper.testing.clock import Clock
from turnkeeper.testing.cloud import Cloud
from turnkeeper.testing.outside.faults import Answer, Drop, Faults
from turnkeeper.testing.people.answer import Turn
from turnkeeper.testing.people.conversation import Conversation
from turnkeeper.testing.people.person import Person
from turnkeeper.testing.processes.gunicorn import Gunicorn
from turnkeeper.testing.processes.mortal import Point
from turnkeeper.testing.processes.process import BotProcess
from turnkeeper.testing.processes.world import MortalProcess, World
from turnkeeper.testing.story import Story, shown

if TYPE_CHECKING:
    from turnkeeper.testing.contract import StoreContract

__all__ = [
    "Answer",
    "BotProcess",
    "Clock",
    "Cloud",
    "Conversation",
    "Drop",
    "Faults",
    "Gunicorn",
    "MortalProcess",
    "Person",
    "Point",
    "StoreContract",
    "Story",
    "Turn",
    "World",
    "shown",
]


def __getattr__(name: str) -> Any:
    """Import what needs pytest when it is asked for."""
    if name != "StoreContract":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from turnkeeper.testing.contract import StoreContract  # noqa: PLC0415 - see above

    return StoreContract
