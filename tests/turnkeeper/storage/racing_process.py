"""One of several processes that commit to the same few records; see ``race``."""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import random
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field

from turnkeeper.errors import WriteConflict
from turnkeeper.storage import Change, Record, RecordStorage, store_at

KEYS = ("a", "b", "c", "d")
PROCESSES, TASKS, COMMITS = 2, 4, 25


@dataclass
class Wins:
    """What went through: each record replaced, by key and e_tag, and each made or deleted."""

    replaced: list[tuple[str, str]] = field(default_factory=list)
    made: list[str] = field(default_factory=list)
    deleted: list[str] = field(default_factory=list)
    commits: int = 0

    def add(self, changes: list[Change]) -> None:
        self.commits += 1
        for change in changes:
            if change.e_tag is None:
                self.made.append(change.key)
            else:
                self.replaced.append((change.key, change.e_tag))
            if change.body is None:
                self.deleted.append(change.key)

    def __iadd__(self, other: Wins) -> Wins:
        self.replaced += other.replaced
        self.made += other.made
        self.deleted += other.deleted
        self.commits += other.commits
        return self


def amount(record: Record | None) -> int:
    return int(json.loads(record.body)["n"]) if record else 0


def plan(found: dict[str, Record], keys: list[str]) -> list[Change]:
    """Adds 1 to what the records hold together, moves it about, and drops and makes records."""
    total = sum(amount(found.get(key)) for key in keys) + 1
    changes = []
    for place, key in enumerate(keys):
        e_tag = found[key].e_tag if key in found else None
        share = total if place == len(keys) - 1 else random.randint(0, total)  # noqa: S311
        total -= share
        if share or e_tag is None:
            changes.append(Change(key, json.dumps({"n": share}), e_tag))
        else:
            changes.append(Change(key, None, e_tag))
    return changes


async def commit_some(storage: RecordStorage, wins: Wins) -> None:
    for _ in range(COMMITS):
        while True:
            keys = random.sample(KEYS, random.randint(2, 3))  # noqa: S311
            changes = plan(await storage.fetch(keys), keys)
            try:
                await storage.commit(changes)
            except WriteConflict:
                continue
            wins.add(changes)
            break


async def commit_in_tasks(url: str) -> Wins:
    wins, storage = Wins(), store_at(url)
    await storage.open()
    async with asyncio.TaskGroup() as tasks:
        for _ in range(TASKS):
            tasks.create_task(commit_some(storage, wins))
    await storage.close()
    return wins


def run(url: str) -> Wins:
    return asyncio.run(commit_in_tasks(url))


async def race(url: str) -> None:
    """Two processes of four tasks each commit to pairs and triples of four records, in any order.

    Each commit that goes through adds 1 to the sum of the records; so the sum tells whether one
    was lost, or done in part. No e_tag may be replaced twice, and no record made twice.
    """
    wins = Wins()
    with ProcessPoolExecutor(PROCESSES, multiprocessing.get_context("spawn")) as processes:
        loop = asyncio.get_running_loop()
        for each in await asyncio.gather(
            *(loop.run_in_executor(processes, run, url) for _ in range(PROCESSES))
        ):
            wins += each
    storage = store_at(url)
    await storage.open()
    left = dict(await storage.scan())
    await storage.close()
    assert wins.commits == PROCESSES * TASKS * COMMITS
    assert len(set(wins.replaced)) == len(wins.replaced)
    for key in KEYS:
        assert wins.made.count(key) - wins.deleted.count(key) == (1 if key in left else 0)
    assert sum(amount(record) for record in left.values()) == wins.commits
