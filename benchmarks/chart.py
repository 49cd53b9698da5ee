"""The results as a picture: SVG written by hand, on a ground of its own for any background."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import Final, NamedTuple

from benchmarks.measure import Figures
from benchmarks.results import Table

_WIDTH: Final = 840
_ROW: Final = 24
_COLOURS: Final = {"this bot": "#16a34a", "plain SDK bot": "#dc8a3c", "bare handler": "#94a3b8"}

_HEAD: Final = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" \
width="{width}" height="{height}"
     font-family="system-ui, -apple-system, 'Segoe UI', Helvetica, Arial, sans-serif" font-size="13"
     role="img" aria-labelledby="title description">
  <title id="title">Benchmarks: this bot, a plain SDK bot and a bare handler</title>
  <desc id="description">{description}</desc>
  <rect width="{width}" height="{height}" rx="12" fill="#f8fafc"/>"""


class _Column(NamedTuple):
    """One kind of figure, drawn from ``x`` on with bars of at most ``longest``."""

    title: str
    get: Callable[[Figures], float]
    text: Callable[[float], str]
    x: int
    longest: int


_COLUMNS: Final = (
    _Column("CPU per turn", lambda f: f.cpu_ms, lambda value: f"{value:.2f} ms", 130, 260),
    _Column("turns per second", lambda f: f.per_second, lambda value: f"{value:,.0f}", 490, 280),
)


def chart(tables: list[Table], machine: str) -> str:
    """Bars of CPU per turn and of turns per second, for each table of servers.

    :param tables: those with figures are drawn.
    :param machine: what it was measured on.
    """
    parts: list[str] = []
    told: list[str] = []
    y = 30
    for column in _COLUMNS:
        parts.append(f'  <text x="{column.x}" y="{y}" fill="#475569">{column.title}</text>')
    for table in tables:
        if not table.figures:
            continue
        y += 28
        parts.append(
            f'  <text x="16" y="{y}" font-weight="600" fill="#0f172a">{escape(table.title)}</text>'
        )
        y += 10
        for name, figures in table.figures.items():
            parts.append(f'  <text x="16" y="{y + 16}" fill="#334155">{escape(name)}</text>')
            texts = []
            for column in _COLUMNS:
                most = max(map(column.get, table.figures.values()))
                value = column.get(figures)
                texts.append(f"{column.title} {column.text(value)}")
                parts += _bar(column, value, most, y, _COLOURS.get(name, "#64748b"))
            told.append(f"{name}: {', '.join(texts)}.")
            y += _ROW
    y += 30
    parts.append(f'  <text x="16" y="{y}" font-size="11" fill="#475569">{escape(machine)}</text>')
    head = _HEAD.format(width=_WIDTH, height=y + 16, description=escape(" ".join(told)))
    return "\n".join([head, *parts, "</svg>"]) + "\n"


def _bar(column: _Column, value: float, most: float, y: int, colour: str) -> tuple[str, str]:
    width = max(2, round(value / most * column.longest))
    return (
        f'  <rect x="{column.x}" y="{y + 3}" width="{width}" height="{_ROW - 7}" rx="3" '
        f'fill="{colour}"/>',
        f'  <text x="{column.x + width + 6}" y="{y + 16}" fill="#0f172a">'
        f"{column.text(value)}</text>",
    )
