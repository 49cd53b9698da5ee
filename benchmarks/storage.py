"""What remembering costs: with 100 and with 100,000 people in the SQLite file."""

from __future__ import annotations

import itertools
import random
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Final

from benchmarks.activities import visit
from benchmarks.channel import Channel
from benchmarks.login import SlowLogin
from benchmarks.measure import Case, Figures, measure_speakers, medians
from benchmarks.people import Person, fill, meet_a_person
from benchmarks.results import Bar, Results, Table
from benchmarks.servers import OURS, Server
from benchmarks.statements import Counts, busy_turns, quiet_turns
from turnkeeper.storage import store_at
from turnkeeper.storage.records import Change, RecordStorage

FEW: Final = 100
MANY: Final = 100_000
_CASE: Final = Case("this bot", "", in_flight=32)


class _File:
    """A SQLite file with so many people in it, and what was measured with it."""

    def __init__(self, folder: Path, people: int) -> None:
        self.people = people
        self.url = f"sqlite:///{folder / f'{people}.db'}"
        self.storage_ms: list[float] = []
        self.turns: list[Figures] = []
        self.name = f"{people:,} people"

    def anybody(self) -> Iterator[int]:
        """People in no order, so that what SQLite keeps in memory is of little use.

        Everybody comes once before anybody comes again.
        """
        order = list(range(self.people))
        random.shuffle(order)
        return itertools.cycle(order)

    @asynccontextmanager
    async def storage(self) -> AsyncIterator[RecordStorage]:
        """The file, opened in this process."""
        storage = store_at(self.url)
        await storage.open()
        try:
            yield storage
        finally:
            await storage.close()


async def run(
    rounds: int, tell: Callable[[str], None], *, many: int = MANY, turns: int = 1600
) -> Results:
    """Measure the storage alone and whole turns, and count what a turn does.

    :param rounds: in each, both files are measured.
    :param tell: is told how far it is.
    :param many: people in the larger file.
    :param turns: of one measurement.
    :raises benchmarks.servers.BenchmarkFailed: the bot did not do its work.
    """
    with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
        tell("one person talks with the bot, to see what it stores")
        person = await meet_a_person(Path(folder))
        files = [_File(Path(folder), people) for people in (FEW, many)]
        for file in files:
            tell(f"storing {file.name} like that")
            async with file.storage() as storage:
                await fill(storage, person, file.people)
        for number in range(rounds):
            for file in files:
                file.storage_ms.append(await _storage_ms(file, person, turns))
                tell(
                    f"round {number + 1} of {rounds}: storage alone, {file.name}: "
                    f"{file.storage_ms[-1]:.3f} ms CPU a turn"
                )
        await _whole_turns(files, rounds, turns, tell)
        tell("counting reads and writes")
        busy = await busy_turns(files[-1].url)
        quiet = await quiet_turns(files[-1].url, map(visit, files[-1].anybody()))
    return Results(_tables(files, busy, quiet), _bars(files, busy, quiet))


async def _storage_ms(file: _File, person: Person, turns: int) -> float:
    """CPU of all threads for a turn's one read and one commit, in milliseconds."""
    visits = [
        (person.keys(number), person.changes(number))
        for number in itertools.islice(file.anybody(), turns)
    ]
    async with file.storage() as storage:
        begin = time.process_time()
        for keys, changes in visits:
            found = await storage.fetch(keys)
            await storage.commit(
                [Change(c.key, c.body, found[c.key].e_tag, c.owner, c.expires_at) for c in changes]
            )
        return (time.process_time() - begin) / turns * 1000


async def _whole_turns(
    files: list[_File], rounds: int, turns: int, tell: Callable[[str], None]
) -> None:
    """Greetings of people picked at random, over HTTP, from a bot on each file."""
    async with AsyncExitStack() as stack:
        login = await stack.enter_async_context(SlowLogin())
        channel = await stack.enter_async_context(Channel(login.is_good))
        servers = [
            await stack.enter_async_context(Server(OURS, {"STORAGE_URL": file.url}))
            for file in files
        ]
        for number in range(rounds + 1):
            for file, server in zip(files, servers, strict=True):
                people = file.anybody()
                speakers = [
                    map(visit, itertools.islice(people, turns // _CASE.in_flight))
                    for _ in range(_CASE.in_flight)
                ]
                figures = await measure_speakers(speakers, _CASE, server, channel, login)
                if number:  # the first time warms up
                    file.turns.append(figures)
                    tell(
                        f"round {number} of {rounds}: whole turns, {file.name}: "
                        f"{figures.cpu_ms:.2f} ms CPU a turn"
                    )


def _tables(files: list[_File], busy: Counts, quiet: Counts) -> list[Table]:
    cost = Table(
        "CPU per turn on SQLite, greetings of people picked at random",
        ("", "one read and one commit", "whole turn"),
        [
            (
                file.name,
                f"{statistics.median(file.storage_ms):.3f} ms",
                f"{medians(file.turns).cpu_ms:.2f} ms",
            )
            for file in files
        ],
    )
    counted = Table(
        "What a turn does to the SQLite file",
        ("", "reads", "write transactions"),
        [
            (name, f"{counts.reads_a_turn:.2f}", f"{counts.writes_a_turn:.2f}")
            for name, counts in (
                ("32 conversations that do not pause", busy),
                ("turns that come alone", quiet),
            )
        ],
    )
    return [cost, counted]


def _bars(files: list[_File], busy: Counts, quiet: Counts) -> list[Bar]:
    few, many = files
    growth = statistics.median(
        b.cpu_ms / a.cpu_ms for a, b in zip(few.turns, many.turns, strict=True)
    )
    return [
        Bar(
            f"Storage: ms of CPU per turn, {many.name}",
            statistics.median(many.storage_ms),
            at_most=0.15,
        ),
        Bar(
            f"CPU per whole turn with {many.name}, times that with {few.name}",
            growth,
            at_most=1.1,
        ),
        Bar("Reads per turn", max(busy.reads_a_turn, quiet.reads_a_turn), at_most=1),
        Bar(
            "Write transactions per turn, conversations that do not pause",
            busy.writes_a_turn,
            at_most=1,
        ),
        Bar("Write transactions per turn, turns that come alone", quiet.writes_a_turn, at_most=1),
    ]
