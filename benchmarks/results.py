"""What a benchmark hands back: tables of figures, and how they stand against the bars."""

from __future__ import annotations

from dataclasses import dataclass, field

from benchmarks.measure import Figures


@dataclass(slots=True)
class Table:
    """Figures in rows.

    :param title: what was measured.
    :param head: the names of the columns.
    :param rows: texts, as many as columns.
    :param figures: by the server's name, where it is about servers; for the chart.
    """

    title: str
    head: tuple[str, ...]
    rows: list[tuple[str, ...]] = field(default_factory=list)
    figures: dict[str, Figures] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Bar:
    """A figure that must not be above, or below, a limit."""

    name: str
    value: float
    at_most: float | None = None
    at_least: float | None = None

    @property
    def passed(self) -> bool:
        """Whether the figure, as it was measured and not as it is rounded, keeps to the limit."""
        return (self.at_most is None or self.value <= self.at_most) and (
            self.at_least is None or self.value >= self.at_least
        )

    @property
    def wanted(self) -> str:
        """The limit in words."""
        if self.at_most is not None:
            return f"at most {self.at_most:g}"
        return f"at least {self.at_least:g}"

    def row(self) -> tuple[str, str, str, str]:
        """Name, figure, limit, verdict."""
        return self.name, f"{self.value:.3g}", self.wanted, "PASS" if self.passed else "MISS"


@dataclass(slots=True)
class Results:
    """Of one benchmark or of several."""

    tables: list[Table] = field(default_factory=list)
    bars: list[Bar] = field(default_factory=list)

    def add(self, more: Results) -> None:
        """Add those of another benchmark."""
        self.tables += more.tables
        self.bars += more.bars
