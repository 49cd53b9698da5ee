"""``python -m benchmarks``: run the benchmarks and write docs/bench.md and docs/bench.svg."""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from pathlib import Path
from typing import Final

from benchmarks import report, storage, turns
from benchmarks.chart import chart
from benchmarks.results import Results
from benchmarks.servers import BenchmarkFailed

_BEGIN: Final = time.monotonic()


async def benchmark(options: argparse.Namespace) -> Results:
    """Run what was asked for."""
    results = Results()
    if options.what in ("all", "turns"):
        results.add(await turns.run(options.rounds, _tell))
    if options.what in ("all", "storage"):
        results.add(await storage.run(options.rounds, _tell, many=options.people))
    return results


def _tell(text: str) -> None:
    print(f"{time.monotonic() - _BEGIN:5.0f} s  {text}", flush=True)


def parse(arguments: list[str] | None) -> argparse.Namespace:
    """Read the command line; ``--quick`` makes the numbers small."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("what", nargs="?", default="all", choices=["all", "turns", "storage"])
    parser.add_argument("--rounds", type=int, default=5, help="measurements of each, interleaved")
    parser.add_argument("--people", type=int, default=storage.MANY, help="in the larger file")
    parser.add_argument("--quick", action="store_true", help="one round, to see that it works")
    parser.add_argument("--write", type=Path, help="the folder for bench.md and bench.svg")
    options = parser.parse_args(arguments)
    if options.quick:
        options.rounds, options.people = 1, min(options.people, 5_000)
    return options


def main(arguments: list[str] | None = None) -> int:
    """Run the benchmarks. Exit code 1 if a server did not do its work; missed bars are no error."""
    options = parse(arguments)
    try:
        results = asyncio.run(benchmark(options))
    except BenchmarkFailed as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(f"\n{report.terminal(results)}\n\n{report.machine()}")
    if options.write:
        how = f"Medians of {options.rounds} interleaved rounds; {turns.FEWER_ROUNDS}."
        options.write.mkdir(parents=True, exist_ok=True)
        (options.write / "bench.md").write_text(report.markdown(results, how), encoding="utf-8")
        picture = chart(results.tables, report.machine())
        (options.write / "bench.svg").write_text(picture, encoding="utf-8")
        print(f"written to {options.write}/bench.md and bench.svg")
    return 0


if __name__ == "__main__":
    sys.exit(main())
