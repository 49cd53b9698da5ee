"""Plant the mistakes of the protocol's model in the code, and show how the turn machine finds them.

``python -m shows.machine`` plants each in a copy, runs the machine over it from three seeds until
it finds something, and then runs the test that looks for that mistake alone. The exit code is 1
where a mistake is found by neither, or the machine finds something in the code as it is.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from queue import SimpleQueue
from typing import Final

from shows.machine.mistakes import MISTAKES
from shows.mutations.mutation import Mutation
from shows.mutations.tests_run import copied, killer
from shows.talk import ShowFailed

EXAMPLES: Final = 2000
SEEDS: Final = (1, 2, 3)
LIMIT: Final = 1800.0
"""Seconds that one search may take."""


@dataclass(frozen=True, slots=True)
class Search:
    """What became of one search.

    :param at: in which example something was found; 0 for nothing.
    :param what: it was.
    :param executed: how often each rule was executed.
    """

    at: int
    what: str
    executed: dict[str, int]


@dataclass(frozen=True, slots=True)
class Result:
    """What became of a mistake.

    :param searches: one from each seed.
    :param test: the directed test that fails; "" for none.
    """

    mistake: Mutation
    searches: list[Search]
    test: str

    @property
    def found(self) -> bool:
        """Whether the machine finds it from every seed, or else a test does."""
        return all(search.at for search in self.searches) or bool(self.test)

    def __str__(self) -> str:
        at = "".join(f"{search.at or '-':>6}" for search in self.searches)
        what = next((search.what for search in self.searches if search.at), "")
        test = self.test.rpartition("::")[2]
        return f"{self.mistake.name:48}{at}  {what[:60]:60}  {test or 'NO TEST FINDS IT'}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Search, print what was found and return the exit code.

    :param arguments: by default those of the process.
    """
    parser = argparse.ArgumentParser(prog="python -m shows.machine", description=__doc__)
    parser.add_argument("--examples", type=int, default=EXAMPLES, help=f"at most ({EXAMPLES})")
    parser.add_argument("--workers", type=int, default=2, help="how many at once (2)")
    parser.add_argument("--only", default="", help="the mistakes with this in their name")
    options = parser.parse_args(arguments)
    mistakes = [one for one in MISTAKES if options.only in one.name]
    began, executed = time.monotonic(), Counter[str]()
    try:
        sound, results = _searched(mistakes, options.examples, max(1, options.workers), executed)
    except ShowFailed as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    seeds = "".join(f"{seed:6}" for seed in SEEDS)
    print(f"\n{'found in which example, from seed':48}{seeds}")
    print("\n".join(map(str, results)))
    print(f"\nexecuted, all searches together ({executed.pop('examples')} examples):")
    print("\n".join(f"  {times:8} {name}" for name, times in executed.most_common()))
    print(f"shown in {time.monotonic() - began:.0f} s")
    return 0 if sound and all(result.found for result in results) else 1


def _searched(
    mistakes: Sequence[Mutation], examples: int, workers: int, executed: Counter[str]
) -> tuple[bool, list[Result]]:
    """Search the code as it is, and with each mistake. :raises ShowFailed: it cannot be done."""
    trees: SimpleQueue[Path] = SimpleQueue()

    def search(mistake: Mutation) -> Result:
        tree = trees.get()
        try:
            with mistake.planted(tree):
                searches = [_search(tree, seed, examples) for seed in SEEDS]
            result = Result(mistake, searches, killer(mistake, tree))
        finally:
            trees.put(tree)
        print(f"  {result}", flush=True)
        return result

    with ExitStack() as stack:
        copies = [stack.enter_context(copied()) for _ in range(workers)]
        pool = stack.enter_context(ThreadPoolExecutor(workers))
        # A property that is too strict would find every mistake.
        without = list(pool.map(partial(_search, copies[0], examples=examples), SEEDS))
        for what in {one.what for one in without}:
            print(f"  without any mistake: {what or 'nothing is found'}", flush=True)
        for tree in copies:
            trees.put(tree)
        results = list(pool.map(search, mistakes))
    for one in (*without, *(search for result in results for search in result.searches)):
        executed.update(one.executed)
    return not any(one.at for one in without), results


def _search(tree: Path, seed: int, examples: int) -> Search:
    command = ["-m", "tests.turnkeeper.turn.virtual.search", str(seed), str(examples)]
    try:
        done = subprocess.run(  # noqa: S603 - our own program
            [sys.executable, *command],
            cwd=tree,
            env={**os.environ, "PYTHONHASHSEED": "0"},
            capture_output=True,
            text=True,
            timeout=LIMIT,
            check=True,
        )
    except subprocess.TimeoutExpired:
        return Search(0, f"no end within {LIMIT:g} s", {})
    except subprocess.CalledProcessError as error:
        raise ShowFailed(f"the search cannot be run\n{error.stderr}") from error
    found = json.loads(done.stdout.splitlines()[-1])
    return Search(found["at"], found["what"], found["executed"])


if __name__ == "__main__":
    sys.exit(main())
