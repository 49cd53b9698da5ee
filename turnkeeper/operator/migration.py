"""Copying one store into another, in steps that may be interrupted and begun again."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from turnkeeper.errors import StorageError, StorageUnavailable, WriteConflict
from turnkeeper.state.reading import pages
from turnkeeper.storage import format as store_format
from turnkeeper.storage.records import ANY, Change, Record, RecordStorage

TRIES: Final = 10
"""How often a page is tried that others are writing in the target."""

NEAR: Final = 60.0
"""Seconds by which a copy may be due at another time: each store has a clock of its own."""

_Progress = Callable[[int], None]


@dataclass(slots=True)
class Copied:
    """What a copy did.

    :param copied: records that the target did not have.
    :param present: records that the target had, the same in body, owner, expiry and what is due.
    :param overwritten: records that the target had otherwise.
    :param refused: of records that the target cannot hold: the key, and why.
    """

    copied: int = 0
    present: int = 0
    overwritten: int = 0
    refused: dict[str, str] = field(default_factory=dict)


async def count(storage: RecordStorage) -> int:
    """Return how many records there are."""
    return sum([len(page) async for page in pages(storage)])


async def copy(
    source: RecordStorage, target: RecordStorage, *, overwrite: bool, progress: _Progress
) -> Copied:
    """Copy what the target does not have: body, owner and expiry as they are, read or not.

    What is due is so in as many seconds by the target's clock as it was by this machine's.

    What the target has otherwise may be newer, and is left alone; so is its mark, in any case.

    :param overwrite: copy that, too.
    :param progress: is told of each page how many records it had.
    :raises WriteConflict: others keep writing the same records in the target.
    """
    done = Copied()
    async for page in pages(source):
        await _copy_page(page, target, overwrite, done)
        progress(len(page))
    return done


async def differences(
    source: RecordStorage, target: RecordStorage, *, progress: _Progress
) -> list[str]:
    """Return the keys of all records that the target lacks, or has otherwise.

    :param progress: is told of each page how many records it had.
    """
    found: list[str] = []
    async for page in pages(source):
        there = await target.fetch([key for key, _ in page])
        now = time.time()
        found += [
            key
            for key, record in page
            if not _same(key, record, there.get(key))
            and (record.expires_at is None or record.expires_at > now)  # it expired meanwhile
        ]
        progress(len(page))
    return found


async def _copy_page(
    page: Sequence[tuple[str, Record]], target: RecordStorage, overwrite: bool, done: Copied
) -> None:
    for attempt in range(TRIES):
        there = await target.fetch([key for key, _ in page])
        now = time.time()
        changes = [
            _change(key, record, ANY if overwrite else None, now)
            for key, record in page
            if (overwrite or key not in there) and not _same(key, record, there.get(key))
        ]
        try:
            refused = await _commit(target, changes)
        except WriteConflict:
            if attempt == TRIES - 1:
                raise
            continue
        break
    written = {change.key for change in changes} - refused.keys()
    done.refused |= refused
    done.copied += len(written - there.keys())
    done.overwritten += len(written & there.keys())
    done.present += sum(_same(key, record, there.get(key)) for key, record in page)


async def _commit(target: RecordStorage, changes: Sequence[Change]) -> dict[str, str]:
    """Write as one, or one by one where one of them cannot be stored; return those."""
    try:
        await target.commit(changes)
    except (StorageUnavailable, WriteConflict):
        raise
    except StorageError as error:
        if len(changes) == 1:
            return {changes[0].key: str(error)}
        return {
            key: reason
            for change in changes
            for key, reason in (await _commit(target, [change])).items()
        }
    return {}


def _change(key: str, record: Record, e_tag: str | None, now: float) -> Change:
    """Return what writes a record of the source into the target."""
    due_in = None if record.due_at is None else record.due_at - now
    return Change(key, record.body, e_tag, record.owner, record.expires_at, due_in)


def _same(key: str, one: Record, other: Record | None) -> bool:
    """Return whether a record is in the target. A mark of the target's own may be another."""
    return other is not None and (
        key == store_format.KEY
        or (one.body, one.owner, one.expires_at) == (other.body, other.owner, other.expires_at)
        and _near(one.due_at, other.due_at)
    )


def _near(one: float | None, other: float | None) -> bool:
    """Return whether two records are due at the same time, as near as stores can tell."""
    if one is None or other is None:
        return one is other
    return abs(one - other) <= NEAR
