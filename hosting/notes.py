"""What this process knows of its deliveries beyond the stored ledgers, until it is written down."""

from __future__ import annotations

import asyncio
import logging
from contextlib import AsyncExitStack, suppress
from contextvars import Context
from dataclasses import dataclass
from typing import Final

from errors import StorageError, WriteConflict
from hosting.turn_order import TurnOrder
from state.ledger import Ledger
from state.transaction import Transaction

LINGER: Final = 0.05
"""Seconds a note waits, on a busy bot, for the conversation's next turn to carry it."""

LATER: Final = 3.0
"""Seconds until a note is tried again that could not be written."""

_log = logging.getLogger("bot.delivery")


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
            self.drop(key)  # another process went on from there
        except StorageError as error:
            _log.warning("what was sent could not be noted: %s", type(error).__name__)
            note.due = asyncio.get_running_loop().time() + LATER
            self.write_later()
        else:
            self.drop(key)

    def write_later(self) -> None:
        """Have the notes written down when they are due, unless turns carry them."""
        if self._writer is None and not self._closing.is_set():
            # It writes for many turns: what it logs is not to carry the ids of this one.
            self._writer = asyncio.create_task(self._write_due(), context=Context())

    async def _write_due(self) -> None:
        try:
            while self._notes and not self._closing.is_set():
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._closing.wait(), LINGER)
                now = asyncio.get_running_loop().time()
                await self._write_between_turns(
                    [key for key, note in self._notes.items() if note.due <= now]
                )
        finally:
            self._writer = None

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
            except StorageError:
                for key in notes:  # one by one: it may be the fault of a single one
                    await self.write(key)
            else:
                for key in notes:
                    self.drop(key)

    async def flush(self) -> None:
        """Write all notes down, but for those that turns under way will carry."""
        await self._write_between_turns(self.unwritten())

    async def close(self) -> None:
        """Write all notes down. Call it when no turn is under way any more."""
        self._closing.set()
        if self._writer is not None:  # not cancelled: the e_tags it gets must be known
            await asyncio.shield(self._writer)
        await self.flush()
