"""Runs the turn machine until something does not hold, and prints after how many examples it was.

``python -m tests.turnkeeper.turn.virtual.search SEED EXAMPLES`` prints a line of JSON.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.turnkeeper.turn.test_turn_machine import EXECUTED, Turns


class Searched(Turns):
    """The turn machine, which takes note of the first thing that does not hold.

    :ivar found: what that is, and in which example.
    """

    found: tuple[str, int] | None = None

    def teardown(self) -> None:
        try:
            super().teardown()
        except Exception as error:
            self.note(str(error))
            raise
        if hasattr(self, "world") and self.world.truth.broken:
            self.note(self.world.truth.broken)

    @classmethod
    def note(cls, what: str) -> None:
        cls.found = cls.found or (what, EXECUTED["examples"])


def main(arguments: Sequence[str]) -> None:
    """Search, and print what was found."""
    number, examples = map(int, arguments)
    searched = settings(
        Turns.TestCase.settings,
        max_examples=examples,
        derandomize=False,
        database=None,
        phases=[Phase.generate],
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
    )
    try:
        run_state_machine_as_test(seed(number)(Searched), settings=searched)
    except Exception as error:  # what it prints is in the way
        Searched.note(repr(error))
    what, at = Searched.found or ("", 0)
    print(json.dumps({"at": at, "what": what, "executed": EXECUTED}))


if __name__ == "__main__":
    main(sys.argv[1:])
