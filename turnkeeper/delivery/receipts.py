"""What this process knows of its deliveries beyond the stored ledgers, until it is written down.

Where the store does not take a note, the replies it tells of are safe from being sent again only
while their lease (:data:`turnkeeper.delivery.sender.LEASE`) lasts: nothing that only this process
knows can
keep the others from going on. So the note is written as soon as the store answers, but a store that
is away for longer than the lease between a reply and its note may bring that reply twice.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import AsyncExitStack, suppress
from contextvars import Context
from dataclasses import dataclass
from typing import Final

from turnkeeper.errors import StorageError, WriteConflict
from turnkeeper.ledger.ledger import Ledger
from turnkeeper.storage.records import ANY, Change
from turnkeeper.storage.transaction import Transaction
from turnkeeper.turn.order import TurnOrder

LINGER: Final = 0.05
"""Seconds a note waits, on a busy bot, for the conversation's next turn to carry it."""

LATER: Final = 0.5
"""Seconds until a store that did not take a note is asked again; well below the lease."""

CLOSING: Final = 2.0
"""Seconds that all notes together have to be written when the bot ends."""

_NAMED: Final = 20
"""How many of the conversations that may get a reply twice are named in the log."""

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Note:
    """What was sent of a turn.

    :param turn: the turn's name in the ledger.
    :param sent: how many of its effects are sent.
    :param ledger: as it would be stored today.
    :param transaction: the one that committed the turn; it knows the record's e_tag.
    :param due: when to write it down at the latest, in the event loop's time.
    """

    turn: str
    sent: int
    ledger: Ledger
    transaction: Transaction
    due: float


class Notes:
    """The notes of a process, by the keys of their ledgers.

    :param order: the turns under way; notes are written between them.
    """

    def __init__(self, order: TurnOrder) -> None:
        self._order = order
        self._notes: dict[str, Note] = {}
        self._writer: asyncio.Task[None] | None = None
        self._closing = asyncio.Event()
        self._away = False  # the store did not take the last note

    def __len__(self) -> int:
        """How many are not yet written down."""
        return len(self._notes)

    def unwritten(self) -> list[str]:
        """The keys of the ledgers of which something is not yet written down."""
        return list(self._notes)

    def take(self, key: str, note: Note) -> None:
        """Keep a note; it takes the place of an earlier one."""
        self._notes[key] = note

    def recall(self, key: str, ledger: Ledger, holder: str) -> None:
        """Add what is noted to a ledger that was just read.

        :param holder: this process; what another one holds by now is no longer noted here.
        """
        note, owed = self._notes.get(key), ledger.owed
        if note is None:
            return
        if owed is None or owed.turn != note.turn or owed.holder != holder:
            del self._notes[key]
            return
        owed.sent = note.sent
        ledger.sent_ids = note.ledger.sent_ids
        ledger.settle()

    def drop(self, key: str) -> None:
        """Forget a note: its ledger was committed, with all that was noted."""
        self._notes.pop(key, None)

    async def write(self, key: str) -> None:
        """Write a note down, within the conversation's turn; where that fails it is kept."""
        note = self._notes.get(key)
        if note is None:
            return
        note.transaction.rewrite(key, note.ledger.body())
        try:
            await note.transaction.commit()
        except WriteConflict:
            self._away = False
            self.drop(key)  # another process went on from there
        except StorageError as error:
            self._warn(error)
            self._away = True
            self.write_later()
        else:
            self._away = False
            self.drop(key)

    def _warn(self, error: StorageError) -> None:
        if not self._closing.is_set():  # then all that is missing at the end is said at once
            _log.warning("what was sent could not be noted: %s", type(error).__name__)

    def write_later(self) -> None:
        """Have the notes written down when they are due, unless turns carry them."""
        if self._writer is None and not self._closing.is_set():
            # It writes for many turns: what it logs is not to carry the ids of this one.
            self._writer = asyncio.create_task(self._write_due(), context=Context())

    async def _write_due(self) -> None:
        try:
            while self._notes:
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._closing.wait(), LATER if self._away else LINGER)
                    break  # what is left is for close() to write
                if self._away and not await self._store_answers():
                    continue
                now = asyncio.get_running_loop().time()
                await self._write_between_turns(
                    [key for key, note in self._notes.items() if note.due <= now]
                )
        finally:
            self._writer = None

    async def _store_answers(self) -> bool:
        """Whether the store takes a write now, asked by one that changes nothing.

        A note would be asking too, but its conversation would have to wait as long as the store.
        """
        note = next(iter(self._notes.values()), None)
        try:
            if note is not None:
                await note.transaction.storage.commit([Change("", None, ANY)])
        except StorageError:
            return False
        return True

    async def _write_between_turns(self, keys: list[str]) -> None:
        """Write the notes of quiet conversations down, in one transaction."""
        async with AsyncExitStack() as stack:
            notes: dict[str, Note] = {}
            for key in keys:
                if not self._order.busy(key):  # else its turn carries the note
                    await stack.enter_async_context(self._order.turn(key))
                    notes[key] = self._notes[key]
            for key, note in notes.items():
                note.transaction.rewrite(key, note.ledger.body())
            try:
                await Transaction.commit_together([note.transaction for note in notes.values()])
            except WriteConflict:
                self._away = False
                for key in notes:  # one by one: it is the fault of a single one
                    await self.write(key)
                    if self._away:
                        break
            except StorageError as error:
                if not self._away:
                    self._warn(error)
                self._away = True
            else:
                self._away = False
                for key in notes:
                    self.drop(key)

    async def flush(self) -> None:
        """Write all notes down, but for those that turns under way will carry."""
        await self._write_between_turns(self.unwritten())

    async def close(self) -> None:
        """Write all notes down that the store takes within :data:`CLOSING`; log the others.

        Call it when no turn is under way any more.
        """
        self._closing.set()
        with suppress(TimeoutError):
            async with asyncio.timeout(CLOSING):
                if self._writer is not None:  # first: the e_tags it gets must be known
                    await self._writer
                await self.flush()
        if at_risk := [key for key, note in self._notes.items() if note.sent]:
            more = len(at_risk) - _NAMED
            _log.warning(
                "the store did not take the notes of what was sent; conversations that may get a "
                "reply twice: %d: %s%s",
                len(at_risk),
                ", ".join(at_risk[:_NAMED]),
                f" and {more} more" if more > 0 else "",
            )
