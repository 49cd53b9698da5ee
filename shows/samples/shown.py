"""Holds one script with a sample in three ways, and compares."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from shows.samples.comparison import compared
from shows.samples.copies import Changed, copied
from shows.samples.environment import ROOT
from shows.samples.playing import Player
from shows.samples.program import Program
from shows.samples.reasons import REASONS, Reason, reason_of
from shows.samples.recording import Exchange
from shows.samples.sample import Sample
from shows.talk import ShowFailed
from turnkeeper.testing import Cloud

ON_SDK: Final = "on the SDK's hosting"
ON_ENGINE: Final = "on the engine"
KILLED: Final = "on the engine, killed between any two turns"


@dataclass
class Shown:
    """The figures of one sample.

    :ivar activities: that the bot sent, in all that was held.
    :ivar explained: the reasons of differences. One that comes in both ways is one.
    :ivar unexplained: differences without a reason, and in which ways they came.
    """

    sample: Sample
    changed: Changed
    activities: int = 0
    fields: int = 0
    kills: int = 0
    seconds: float = 0.0
    explained: dict[str, Reason] = field(default_factory=dict)
    unexplained: dict[str, list[str]] = field(default_factory=dict)

    @property
    def row(self) -> str:
        """A row of the table."""
        counted = Counter(REASONS.index(reason) + 1 for reason in self.explained.values())
        found = ", ".join(f"({number}) {count}" for number, count in sorted(counted.items()))
        lines = f"-{self.changed.removed} +{self.changed.added}"
        turns = len(self.sample.script)
        return f"| {self.sample.name} | {turns} | {self.kills} | {lines} | {found} |"


class Show:
    """Shows samples.

    :param python: that runs them.
    :param samples: the checkout.
    :param folder: an empty one.
    :param engine: False holds the SDK's hosting against itself.
    :param told: whether to print what is said.
    """

    def __init__(
        self, python: Path, samples: Path, folder: Path, *, engine: bool = True, told: bool = False
    ) -> None:
        self._python = python
        self._samples = samples
        self._folder = folder
        self._engine = engine
        self._told = told

    async def show(self, sample: Sample) -> Shown:
        """Hold a script with a sample in three ways.

        :raises ShowFailed: it does not answer on the SDK's hosting.
        """
        began, home = time.monotonic(), self._folder / sample.name
        home.mkdir()
        copy = home / "copy"
        shown = Shown(sample, copied(self._samples, sample, copy))
        source = (self._samples / sample.folder).resolve()
        there, _ = await self._play(sample, source, home / "sdk", {})
        shown.activities = sum(turn.activities for turn in there)
        if self._told:
            print("\n".join(map(str, there)))
        for way in (ON_ENGINE, KILLED) if self._engine else (ON_SDK,):
            place = home / way.replace(" ", "-")
            variables = {"PYTHONPATH": str(ROOT), "STORAGE_URL": f"sqlite:///{place}.db"}
            try:
                here, kills = await self._play(
                    sample,
                    copy if self._engine else source,
                    place,
                    variables if self._engine else {},
                    expected=[len(turn.requests) for turn in there],
                    kills=way == KILLED,
                )
            except ShowFailed as error:  # the other samples are shown yet
                shown.unexplained[str(error)] = [way]
                continue
            shown.kills += kills
            shown.activities += sum(turn.activities for turn in here)
            self._compare(shown, way, there, here)
        shown.seconds = time.monotonic() - began
        return shown

    async def _play(  # noqa: PLR0913 - each is a fact of its own
        self,
        sample: Sample,
        folder: Path,
        place: Path,
        variables: dict[str, str],
        *,
        expected: Sequence[int] | None = None,
        kills: bool = False,
    ) -> tuple[list[Exchange], int]:
        log = place.with_suffix(".log")
        async with Cloud() as cloud, Program(self._python, folder, log, variables) as program:
            player = Player(cloud, program, kills=kills)
            return await player.play(sample.script, expected), player.killed

    @staticmethod
    def _compare(
        shown: Shown, way: str, there: Sequence[Exchange], here: Sequence[Exchange]
    ) -> None:
        comparison = compared(there, here)
        shown.fields += comparison.fields
        for difference in comparison.differences:
            turn, told = difference.turn - 1, str(difference)
            reason = reason_of(difference, there[turn], here[turn])
            # A kill is a reason for nothing: what differs then must differ without it too.
            if reason and (way != KILLED or told in shown.explained):
                shown.explained[told] = reason
            else:
                shown.unexplained.setdefault(told, []).append(way)
