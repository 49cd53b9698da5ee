"""A mutation: a small fault, where it is planted and which tests are to find it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import cache_from_source
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Mutation:
    """A fault.

    :param file: where it is planted, from the root.
    :param old: what stands there: found exactly once; it may span lines.
    :param new: what takes its place.
    :param tests: paths or node ids of pytest, of which one is to fail; as few and quick as can be.
    :param name: what is broken, in plain English.
    :param survives: why no test can tell; "" where one has to.
    """

    file: str
    old: str
    new: str
    tests: tuple[str, ...]
    name: str
    survives: str = ""

    @property
    def room(self) -> str:
        """The room of the engine that it is in; "root" for modules that stand alone."""
        parts = self.file.split("/")
        return parts[1] if len(parts) > len(("turnkeeper", "module.py")) else "root"

    def mutated(self, text: str) -> str:
        """Return the text of the file with the fault in it.

        :raises ValueError: ``old`` is not found exactly once.
        """
        if (count := text.count(self.old)) != 1:
            raise ValueError(f"{self.file}: {self.old!r} is found {count} times")
        return text.replace(self.old, self.new)

    @contextmanager
    def planted(self, tree: Path) -> Iterator[None]:
        """Have the fault in a copy of the tree within the block.

        :raises ValueError: see :meth:`mutated`.
        """
        path = tree / self.file
        original = path.read_text("utf-8")
        _write(path, self.mutated(original))
        try:
            yield
        finally:
            _write(path, original)


def _write(path: Path, text: str) -> None:
    path.write_text(text, "utf-8")
    # Within one second, and with as many bytes, Python would take the compiled file for this one's.
    Path(cache_from_source(path)).unlink(missing_ok=True)
