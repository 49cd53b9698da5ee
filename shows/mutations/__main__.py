"""Plant the mutations, one after another, and show which test finds each.

``python -m shows.mutations`` plants all, ``python -m shows.mutations turn storage`` those of some
rooms. The exit code is 1 where one survives without a reason, or one with a reason is found.
"""

from __future__ import annotations

import argparse
import signal
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue

from shows.mutations.catalogue import MUTATIONS
from shows.mutations.mutation import Mutation
from shows.mutations.tests_run import check_baseline, copied, killer
from shows.talk import ShowFailed


@dataclass(frozen=True, slots=True)
class Result:
    """What became of a mutation.

    :param killed_by: the test that failed; "" where it survived.
    """

    mutation: Mutation
    killed_by: str

    @property
    def as_expected(self) -> bool:
        """Whether it was killed, or survived for a reason that is known."""
        return bool(self.killed_by) != bool(self.mutation.survives)

    def __str__(self) -> str:
        name, reason = self.mutation.name, self.mutation.survives
        if not self.killed_by:
            return f"{name}: SURVIVES: {reason or 'for no reason that is known'}"
        killed = f"{name}: killed by {self.killed_by}"
        return killed if self.as_expected else f"{killed}, THOUGH IT IS SAID TO SURVIVE: {reason}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Plant mutations and return the exit code.

    :param arguments: by default those of the process.
    """
    rooms = sorted({mutation.room for mutation in MUTATIONS})
    parser = argparse.ArgumentParser(prog="python -m shows.mutations", description=__doc__)
    parser.add_argument("rooms", nargs="*", metavar="ROOM", help=f"of {', '.join(rooms)}")
    parser.add_argument("--workers", type=int, default=2, help="how many at once (2)")
    options = parser.parse_args(arguments)
    if unknown := set(options.rooms) - set(rooms):
        parser.error(f"there is no room {', '.join(sorted(unknown))}")
    # In the background a shell has it ignored, and so would the programs that tests interrupt.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    chosen = [one for one in MUTATIONS if not options.rooms or one.room in options.rooms]
    began = time.monotonic()
    try:
        results = _planted(chosen, max(1, options.workers))
    except ShowFailed as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    _print_table(results)
    print(f"shown in {time.monotonic() - began:.0f} s")
    return 0 if all(result.as_expected for result in results) else 1


def _planted(mutations: Sequence[Mutation], workers: int) -> list[Result]:
    """Plant mutations, each worker in a copy of the tree. :raises ShowFailed: it cannot be done."""
    trees: SimpleQueue[Path] = SimpleQueue()

    def plant(mutation: Mutation) -> Result:
        tree = trees.get()
        try:
            return Result(mutation, killer(mutation, tree))
        finally:
            trees.put(tree)

    results: list[Result] = []
    with ExitStack() as stack:
        copies = [stack.enter_context(copied()) for _ in range(workers)]
        print(f"{len(mutations)} mutations; first their tests on the tree as it is", flush=True)
        check_baseline(mutations, copies[0])
        for tree in copies:
            trees.put(tree)
        pool = stack.enter_context(ThreadPoolExecutor(workers))
        try:
            for future in as_completed([pool.submit(plant, mutation) for mutation in mutations]):
                results.append(result := future.result())
                place = f"{len(results)}/{len(mutations)}"
                print(f"  {place} {result.mutation.room}: {result}", flush=True)
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    return results


def _print_table(results: Sequence[Result]) -> None:
    """Print how many there are of each room, and those that survive."""
    print(f"\n{'room':12} {'planted':>8} {'killed':>8} {'survive':>8}")
    for room in [*sorted({result.mutation.room for result in results}), ""]:
        of_room = [result for result in results if room in ("", result.mutation.room)]
        killed = sum(bool(result.killed_by) for result in of_room)
        print(f"{room or 'all':12} {len(of_room):8} {killed:8} {len(of_room) - killed:8}")
    for title, shown in (
        ("survive for a reason", [r for r in results if not r.killed_by and r.as_expected]),
        ("not as expected", [r for r in results if not r.as_expected]),
    ):
        if shown:
            print(f"\n{title}: {len(shown)}")
            print("\n".join(f"  {result.mutation.file}: {result}" for result in shown))


if __name__ == "__main__":
    sys.exit(main())
