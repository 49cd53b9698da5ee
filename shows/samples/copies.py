"""The copy of a sample that stands on the engine."""

from __future__ import annotations

import shutil
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from shows.samples.sample import Patch, Sample
from shows.talk import ShowFailed


@dataclass(frozen=True)
class Changed:
    """How many lines of a sample changed.

    :param removed: from its files, those that are written anew among them.
    :param added: to its files.
    :param files: in which they are.
    """

    removed: int
    added: int
    files: int


def copied(samples: Path, sample: Sample, target: Path) -> Changed:
    """Copy a sample, and change the lines that its patches name.

    :param samples: the checkout.
    :param target: the folder of the copy, not there yet.
    :raises ShowFailed: a line is not there exactly once, or another file differs.
    """
    source = samples / sample.folder
    if not (source / "app.py").is_file():
        raise ShowFailed(f"no sample in {source}")
    shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
    for patch in sample.patches:
        _apply(patch, target)
    patched = {patch.file for patch in sample.patches}
    if (differing := _differing(source, target)) != patched:
        raise ShowFailed(f"{sample.name}: {sorted(differing)} differ, not {sorted(patched)}")
    return _counted(source, target, patched)


def _apply(patch: Patch, folder: Path) -> None:
    path = folder / patch.file
    lines = path.read_text("utf-8").splitlines()
    if (count := lines.count(patch.old)) != 1:
        raise ShowFailed(f"{path}: the line stands there {count} times: {patch.old!r}")
    at = lines.index(patch.old)
    lines[at : at + 1] = [] if patch.new is None else patch.new.splitlines()
    path.write_text("\n".join(lines) + "\n", "utf-8")


def _differing(source: Path, target: Path) -> set[str]:
    """The files that are not the same, or in one of the two alone."""
    names = {
        str(path.relative_to(folder))
        for folder in (source, target)
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    return {name for name in names if _read(source / name) != _read(target / name)}


def _read(path: Path) -> bytes | None:
    return path.read_bytes() if path.exists() else None


def _counted(source: Path, target: Path, names: set[str]) -> Changed:
    removed, added = 0, 0
    for name in names:
        old, new = (Counter((one / name).read_text().splitlines()) for one in (source, target))
        removed += (old - new).total()
        added += (new - old).total()
    return Changed(removed, added, len(names))
