"""Measures, prints, writes the table down: ``python -m shows.owed [FIGURE ...] [--write FILE]``."""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import platform
import sys
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Final

from shows.owed.figures import burst, faults, outage, rest, wait
from shows.owed.stores import Stores, stores
from shows.owed.table import Figure, markdown, print_row

LONGEST: Final = 420.0
"""Seconds that one figure may take."""

HEAD: Final = """\
# What is owed is done: figures

Measured by `make show-owed` on {cores} cores with Python {python}, in {minutes:.0f} minutes. Real
processes of a bot (`shows/owed/bot.py`), killed by kill -9 and started again, post over HTTP to a
channel that throttles, fails, breaks connections and is away; its log is what is judged. They, the
channel and all who write to the bot share the cores. The store is SQLite where no other is named.

"In hand at a kill": on the wire, or answered at most 50 ms before. "Without a receipt": answered
earlier, at most 1 s before the kill, where the store showed right after it that there was none yet,
as on a machine that has too much to do. "Whose answer was lost": the channel took the reply and
broke the connection in place of an answer. Such replies may come twice; no other may.
"""

FIGURES: Final[dict[str, tuple[str, Callable[[Stores], AsyncIterator[Figure]]]]] = {
    "wait": (wait.TITLE, wait.show),
    "outage": (outage.TITLE, outage.show),
    "faults": (faults.TITLE, faults.show),
    "burst": (burst.TITLE, burst.show),
    "rest": (rest.TITLE, rest.show),
}


async def measure(name: str) -> list[Figure]:
    """Return the rows of a figure, and print each as it becomes known."""
    title, show = FIGURES[name]
    print(title, flush=True)
    begun, rows = time.monotonic(), list[Figure]()
    with stores() as empty:
        async with asyncio.timeout(LONGEST):
            async for row in show(empty):
                print_row(row)
                rows.append(row)
    print(f"  in {time.monotonic() - begun:.0f} s", flush=True)
    return rows


def main() -> int:
    """Return the exit code: 1 where a bar is missed."""
    parser = argparse.ArgumentParser(prog="python -m shows.owed", description=__doc__)
    parser.add_argument("figures", nargs="*", metavar="FIGURE", help=", ".join(FIGURES))
    parser.add_argument("--write", type=Path, metavar="FILE", help="the table as Markdown")
    options = parser.parse_args()
    if unknown := set(options.figures) - set(FIGURES):
        parser.error(f"{', '.join(unknown)}: none of {', '.join(FIGURES)}")
    logging.basicConfig(level=logging.ERROR)  # of the stores that this process looks into
    tables, missed, begun = [], 0, time.monotonic()
    for name in options.figures or FIGURES:
        rows = asyncio.run(measure(name))
        missed += sum(row.met is False for row in rows)
        tables.append(markdown(FIGURES[name][0], rows))
    print(f"{missed} missed" if missed else "all met")
    if options.write:
        cores, python = len(os.sched_getaffinity(0)), platform.python_version()
        head = HEAD.format(cores=cores, python=python, minutes=(time.monotonic() - begun) / 60)
        options.write.write_text("\n".join([head, *tables]), encoding="utf-8")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
