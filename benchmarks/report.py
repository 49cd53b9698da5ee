"""The results as text: for the terminal, and as Markdown for the README."""

from __future__ import annotations

import platform
import sqlite3
import sys
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

from benchmarks.results import Results
from benchmarks.servers import CORES


def machine() -> str:
    """What it was measured on, in one line."""
    cores = "the servers on one, the load on another" if len(CORES) > 1 else "shared by all"
    return (
        f"Python {platform.python_version()}, aiohttp {version('aiohttp')}, "
        f"SQLite {sqlite3.sqlite_version}, {sys.platform} {platform.machine()}, "
        f"{_processor()}, {len(CORES)} cores, {cores}"
    )


def terminal(results: Results) -> str:
    """Tables with aligned columns, then how they stand against the bars."""
    parts = [f"{table.title}\n{_aligned([table.head, *table.rows])}" for table in results.tables]
    rows = [bar.row() for bar in results.bars]
    parts.append(_aligned([("", "measured", "wanted", ""), *rows]))
    return "\n\n".join(parts)


def markdown(results: Results, how: str) -> str:
    """The same as Markdown.

    :param how: how it was measured, in one line.
    """
    lines = [f"{machine()}. {how}", ""]
    for table in results.tables:
        lines += [f"**{table.title}**", "", *_markdown_table(table.head, table.rows), ""]
    lines += ["**Against the bars**", ""]
    lines += _markdown_table(("", "measured", "wanted", ""), [bar.row() for bar in results.bars])
    return "\n".join(lines) + "\n"


def _aligned(rows: Sequence[tuple[str, ...]]) -> str:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = []
    for first, *others in rows:
        cells = [first.ljust(widths[0])]
        cells += [cell.rjust(width) for cell, width in zip(others, widths[1:], strict=True)]
        lines.append("  " + "  ".join(cells).rstrip())
    return "\n".join(lines)


def _markdown_table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> list[str]:
    rule = ("---", *["---:"] * (len(head) - 1))
    return [f"| {' | '.join(cells)} |" for cells in (head, rule, *rows)]


def _processor() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or "unknown processor"
