"""``python -m turnkeeper owed``: what the bot still owes, or has given up, and what to do of it."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import AsyncIterator, Iterator
from typing import Final

from turnkeeper.address import ledger_of, owed_key
from turnkeeper.delivery.conversation import KEPT_GIVEN_UP, lasting
from turnkeeper.delivery.sender import refusal_of
from turnkeeper.errors import StorageError, UnreadableRecord
from turnkeeper.ledger.facts import Place
from turnkeeper.ledger.ledger import Ledger, digest
from turnkeeper.ledger.owed import Owed
from turnkeeper.ledger.queue import MOST_OPEN, Queue
from turnkeeper.operator.store import Store, opened
from turnkeeper.operator.terminal import one_line, pretty_json
from turnkeeper.state.reading import iso_time, pages
from turnkeeper.storage import ANY, Change, Record, RecordStorage
from turnkeeper.storage.transaction import Transaction

_OWED: Final = "owed/"
_GIVEN_UP: Final = "given-up/"


async def run(options: Namespace, store: Store) -> int:
    """Run the command; return the exit code.

    :raises BotError: it cannot be done.
    """
    async with opened(store) as storage:
        await storage.due(limit=1)  # the storage learns the store's clock by that
        if options.retry:
            print(one_line(await retry(storage, options.retry)))
            return 0
        if options.drop:
            key, record, line = await drop(storage, options.drop)
            _print(store, key, record, line, show=options.show)
            return 0
        listed = given_up(storage) if options.given_up else owed(storage)
        async for key, record, line in listed:
            _print(store, key, record, line, show=options.show)
    return 0


async def owed(storage: RecordStorage) -> AsyncIterator[tuple[str, Record, str]]:
    """Yield what is owed: its key, its record, and a line that says how it stands."""
    async for page in pages(storage, prefix=_OWED):
        ledgers = await _queues(storage, [key for key, _ in page])
        for key, record in page:
            ledger_key, number = ledger_of(key) or ("", 0)
            queue = ledgers.get(ledger_key)
            if queue and number in queue.open:  # else it was sent meanwhile
                yield key, record, _line(key, number, queue, storage.now())


async def given_up(storage: RecordStorage) -> AsyncIterator[tuple[str, Record, str]]:
    """Yield what was given up: its key, its record, and a line that says since when, and how long.

    It is kept for a day.
    """
    async for page in pages(storage, prefix=_GIVEN_UP):
        for key, record in page:
            yield key, record, _line_of_given_up(key, record)


async def retry(storage: RecordStorage, key: str) -> str:
    """Have what was given up owed again, as the newest of its conversation; return its new key.

    A bot that runs sends it, at once unless the channel has asked to wait.

    :param key: of what was given up.
    :raises StorageError: it is not there; it was not given up; too much is owed there.
    """
    ledger_key, number = _named(key)
    if key.startswith(_OWED):
        raise StorageError(f"{key}: it is tried by itself; --drop {key} would end that")
    transaction, record = await _read(storage, key, ledger_key)
    debt = Owed.read(key, record)

    def enter(found: Record | None) -> Iterator[Change]:
        nonlocal number
        ledger, now = Ledger.read(ledger_key, found), storage.now()
        if len(ledger.queue.open) >= MOST_OPEN:
            raise StorageError(f"{key}: too many replies wait for this conversation; try later")
        who = digest(record.owner) if record.owner else ""
        number = ledger.queue.enter(debt.turn, who, len(debt.effects), now)
        yield Change(owed_key(ledger_key, number), record.body, ANY, record.owner)
        yield _written(ledger_key, ledger, found, now)

    transaction.put(key, None)
    transaction.revise(ledger_key, enter)
    await transaction.commit()
    return owed_key(ledger_key, number)


async def drop(storage: RecordStorage, key: str) -> tuple[str, Record, str]:
    """Delete what is owed or was given up, for good; return what :func:`owed` yields of it.

    Whoever sends there stops before it; what is on its way arrives. To the person it is lost, as
    what the channel refuses: what they say next is no answer to it.

    :param key: of what is owed, or was given up.
    :raises StorageError: it is not there.
    """
    ledger_key, number = _named(key)
    transaction, record = await _read(storage, key, ledger_key)
    line = _line_of_given_up(key, record)
    if key.startswith(_GIVEN_UP):
        transaction.put(key, None)
        await transaction.commit()
        return key, record, line

    def take_out(found: Record | None) -> Iterator[Change]:
        nonlocal line
        yield Change(key, None, ANY)
        ledger, now = Ledger.read(ledger_key, found), storage.now()
        if number in ledger.queue.open:
            line = _line(key, number, ledger.queue, now)
            _lose(ledger, number, key, record, now)
            yield _written(ledger_key, ledger, found, now)

    transaction.revise(ledger_key, take_out)
    await transaction.commit()
    return key, record, line


async def _read(storage: RecordStorage, key: str, ledger_key: str) -> tuple[Transaction, Record]:
    transaction = Transaction(storage)
    await transaction.load([key, ledger_key])
    record = transaction.record(key)
    if record is None:
        raise StorageError(f"{key}: there is no such record; it may have been sent, or dropped")
    return transaction, record


async def _queues(storage: RecordStorage, keys: list[str]) -> dict[str, Queue]:
    """Return the queues of the conversations that keys name; ledgers may be unreadable."""
    found = await storage.fetch({named[0] for key in keys if (named := ledger_of(key))})
    queues: dict[str, Queue] = {}
    for key, record in found.items():
        try:
            queues[key] = Ledger.read(key, record).queue
        except UnreadableRecord as error:
            print(one_line(f"error: {error}"), file=sys.stderr)
    return queues


def _named(key: str) -> tuple[str, int]:
    if named := ledger_of(key):
        return named
    raise StorageError(f"{key}: it is no key of what is owed, or was given up")


def _lose(ledger: Ledger, number: int, key: str, record: Record, now: float) -> None:
    """Take a number out of a ledger, as if the channel had refused all that is open of it."""
    one = ledger.queue.open[number]
    try:
        effects = Owed.read(key, record).effects
    except UnreadableRecord:
        effects = []
    for index, mark in enumerate(one.marks):
        if mark >= 0:
            effect = effects[index] if index < len(effects) else None
            ledger.note(refusal_of(effect, Place(number, one.turn, index)), now, 0)
    ledger.queue.close(now)


def _written(key: str, ledger: Ledger, found: Record | None, now: float) -> Change:
    expires_at = found.expires_at if found else now + KEPT_GIVEN_UP
    return Change(
        key,
        ledger.body(),
        found.e_tag if found else None,
        found.owner if found else "",
        lasting(expires_at, ledger, now),
        ledger.queue.due_in(now),
    )


def _line(key: str, number: int, queue: Queue, now: float) -> str:
    one = queue.open[number]
    marks = [mark for mark in one.marks if mark >= 0]
    waits = iso_time(queue.not_before) if queue.not_before > now else None
    held = "held" if queue.holder else "-"
    return _tabbed(key, len(marks), max(marks, default=0), iso_time(one.at), waits, held)


def _line_of_given_up(key: str, record: Record) -> str:
    until = record.expires_at
    since = None if until is None else until - KEPT_GIVEN_UP
    return _tabbed(key, iso_time(since), iso_time(until))


def _tabbed(*fields: object) -> str:
    return "\t".join("-" if field is None else one_line(str(field)) for field in fields)


def _print(store: Store, key: str, record: Record, line: str, *, show: bool) -> None:
    print(pretty_json(store.readable(key, record), sys.stdout.encoding) if show else line)
