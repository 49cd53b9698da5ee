"""Hold conversations with Microsoft's samples on the SDK's own hosting and on the engine.

``python -m shows.samples PATH``, a checkout of microsoft/BotBuilder-Samples. Each sample runs as it
is, on the engine with the few lines changed that are named, and so with a kill -9 between any two
turns. All that it answers and sends is compared field by field.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from pathlib import Path

from shows.samples.environment import python
from shows.samples.reasons import REASONS
from shows.samples.scripts import SAMPLES
from shows.samples.shown import Show, Shown
from shows.talk import ShowFailed


async def hold(show: Show, names: list[str]) -> list[Shown]:
    """Show the samples whose names begin so. :raises ShowFailed: one does not answer."""
    shown = []
    for sample in SAMPLES:
        if names and not sample.name.startswith(tuple(names)):
            continue
        one = await show.show(sample)
        tell(one)
        shown.append(one)
    return shown


def tell(one: Shown) -> None:
    """Print the figures of one sample, and what has no reason."""
    changed = one.changed
    print(
        f"  {one.sample.name}: {len(one.sample.script)} turns, {one.activities} activities, "
        f"{one.fields} fields, {len(one.explained)} differences with a reason, {one.kills} kills; "
        f"lines changed: -{changed.removed} +{changed.added} in {changed.files} files; "
        f"{one.seconds:.0f} s",
        flush=True,
    )
    for difference, ways in one.unexplained.items():
        print(f"    no reason: {difference} ({' and '.join(ways)})", flush=True)


def tabled(shown: list[Shown]) -> str:
    """Return the table of what was shown, as Markdown, and the reasons that it names."""
    titles = "| Sample | Turns | Kills | Lines | Differences, by their reasons |"
    reasons = (f"{number}. {reason.text}" for number, reason in enumerate(REASONS, 1))
    return "\n".join([titles, "|---|---|---|---|---|", *(one.row for one in shown), "", *reasons])


def main() -> int:
    """Show it. Return the exit code: 1 if a difference has no reason, or a reason no difference."""
    parser = argparse.ArgumentParser(prog="python -m shows.samples")
    parser.add_argument("samples", type=Path, help="a checkout of microsoft/BotBuilder-Samples")
    parser.add_argument("only", nargs="*", help="the numbers of samples, such as 05; else all")
    parser.add_argument(
        "--itself", action="store_true", help="hold the SDK's hosting against itself"
    )
    parser.add_argument("--told", action="store_true", help="print the conversations")
    parser.add_argument("--keep", type=Path, help="an empty folder for copies, stores and logs")
    options = parser.parse_args()
    began = time.monotonic()
    print("Microsoft's samples, on the SDK's hosting and on the engine", flush=True)
    try:
        with tempfile.TemporaryDirectory(prefix="show-") as folder:
            show = Show(
                python(),
                options.samples,
                options.keep or Path(folder),
                engine=not options.itself,
                told=options.told,
            )
            shown = asyncio.run(hold(show, options.only))
    except ShowFailed as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(tabled(shown))
    met = {reason for one in shown for reason in one.explained.values()}
    idle = [reason for reason in REASONS if reason not in met]
    if whole := not (options.only or options.itself):
        for reason in idle:
            print(f"no such difference was met: {reason.text}")
    unexplained = sum(len(one.unexplained) for one in shown)
    print(
        f"{len(shown)} samples, {sum(len(one.sample.script) for one in shown)} turns, "
        f"{sum(one.activities for one in shown)} activities, "
        f"{sum(one.fields for one in shown)} fields compared, "
        f"{sum(len(one.explained) for one in shown)} differences with a reason "
        f"and {unexplained} without, "
        f"{sum(one.kills for one in shown)} kills; {time.monotonic() - began:.0f} s"
    )
    return 1 if unexplained or not shown or (whole and idle) else 0


if __name__ == "__main__":
    sys.exit(main())
