"""A table of figures: what was measured, what the bar is, and whether it is met."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """A row.

    :param name: what is shown.
    :param measured: in words, with units.
    :param bar: what it must be.
    :param met: whether it is; None where it is told and no bar.
    :param store: on which, where it is measured on several.
    """

    name: str
    measured: str
    bar: str
    met: bool | None
    store: str = ""

    @property
    def verdict(self) -> str:
        """ "met", "MISSED", or nothing."""
        return "" if self.met is None else "met" if self.met else "MISSED"


def told(name: str, measured: str) -> Figure:
    """Return a row that has no bar."""
    return Figure(name, measured, "", None)


def within(name: str, seconds: float | None, least: float, most: float, note: str = "") -> Figure:
    """Return a row about some seconds.

    :param seconds: None where it did not happen at all.
    """
    bar = f"{least:g} to {most:g} s" if least else f"at most {most:g} s"
    if seconds is None:
        return Figure(name, "never", bar, False)
    measured = f"{seconds:.2f} s{', ' if note else ''}{note}"
    return Figure(name, measured, bar, least <= seconds <= most)


def none_of(name: str, count: int, note: str = "") -> Figure:
    """Return a row about something of which there must be none."""
    return Figure(name, f"{count:,}{', ' if note else ''}{note}", "0", count == 0)


def print_row(figure: Figure) -> None:
    """Print a row, as it becomes known."""
    store = f"{figure.store}: " if figure.store else ""
    bar = f" [{figure.bar}]" if figure.bar else ""
    print(f"  {figure.verdict:7}{store}{figure.name}: {figure.measured}{bar}", flush=True)


def markdown(title: str, figures: Iterable[Figure]) -> str:
    """Return a table as it stands in the docs, the stores side by side."""
    rows: dict[str, list[Figure]] = {}
    for figure in figures:
        rows.setdefault(figure.name, []).append(figure)
    lines = [f"## {title}", "", "| | measured | bar | |", "| --- | --- | --- | --- |"]
    for name, row in rows.items():
        measured = "; ".join(f"{one.store} {one.measured}".lstrip() for one in row)
        verdict = "MISSED" if any(one.met is False for one in row) else row[0].verdict
        if len({one.measured for one in row}) == 1:
            measured = row[0].measured
        lines.append(f"| {name} | {measured} | {row[0].bar} | {verdict} |")
    return "\n".join([*lines, ""])
