"""Sending what committed turns owe, and remembering what was sent."""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from collections.abc import Callable
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from typing import Final

from errors import DeliveryFailed, StorageError, WriteConflict
from hosting.connector import Connector
from hosting.effects import carry_out
from hosting.metrics import Metrics
from hosting.tracing import span
from hosting.turn_order import TurnOrder
from state.ledger import Ledger, Owed
from state.transaction import Transaction

LINGER: Final = 0.05
"""Seconds a note of what was sent waits, on a busy bot, for the next turn to carry it."""

LEASE: Final = 3.0
"""Seconds what is owed stays with its process; renewed while a delivery takes longer.

So long the others wait after a crash. The clocks of hosts must not differ by more than that.
"""

_log = logging.getLogger("bot.delivery")


@dataclass(slots=True)
class _Note:
    """What this process knows of a turn's delivery beyond the stored ledger."""

    turn: str
    sent: int
    ledger: Ledger
    transaction: Transaction
    due: float
    ended: asyncio.Event | None = None
    renewal: asyncio.Task[None] | None = None


class Delivery:
    """Delivers what a ledger owes.

    :param connector: sends to the channel.
    :param order: the turns under way; notes are written between them.
    :param metrics: is told how long deliveries take.
    :param budget: seconds one delivery may take.
    :param clock: seconds since the epoch.
    """

    def __init__(
        self,
        connector: Connector,
        order: TurnOrder,
        metrics: Metrics,
        *,
        budget: float = 10.0,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.holder = secrets.token_hex(8)
        self._connector = connector
        self._order = order
        self._metrics = metrics
        self._budget = budget
        self._clock = clock
        self._notes: dict[str, _Note] = {}
        self._writer: asyncio.Task[None] | None = None

    def lease(self) -> float:
        """Until when what is owed from now on stays here, in seconds since the epoch."""
        return self._clock() + LEASE

    def claim(self, ledger: Ledger) -> None:
        """Make this process the holder of what a ledger owes."""
        if ledger.owed is not None:
            ledger.holder = ledger.owed.holder = self.holder
            ledger.owed.until = self.lease()

    def recall(self, key: str, ledger: Ledger) -> None:
        """Add what this process knows to a ledger that was just read."""
        note, owed = self._notes.get(key), ledger.owed
        if note is None:
            return
        if owed is None or owed.turn != note.turn or owed.holder != self.holder:
            del self._notes[key]  # another process went on from there
            return
        owed.sent = note.sent
        ledger.sent_ids = note.ledger.sent_ids
        ledger.settle()

    def carried(self, key: str) -> None:
        """Say that a ledger was committed anew, with all that this process knew of it."""
        self._notes.pop(key, None)

    def free(self, ledger: Ledger) -> bool:
        """Whether what is owed may be sent from here: no other process is at it."""
        owed = ledger.owed
        return owed is None or owed.holder == self.holder or owed.until <= self._clock()

    async def deliver(
        self, key: str, ledger: Ledger, transaction: Transaction, service_url: str, *, shared: bool
    ) -> None:
        """Send what is owed, in order. Call it within the conversation's turn.

        :param key: the ledger's key.
        :param ledger: as committed by ``transaction``; it owes nothing afterwards.
        :param service_url: where the channel listens now.
        :param shared: True where another process takes turns too: it must not have to wait.
        :raises errors.DeliveryFailed: something is still owed; the channel may deliver again.
        """
        owed = ledger.owed
        if owed is None:
            return
        loop = asyncio.get_running_loop()
        began = loop.time()
        deadline = began + self._budget
        note = _Note(owed.turn, owed.sent, ledger, transaction, began + LINGER)
        self._notes[key] = note
        renewal = loop.call_later(LEASE / 2, self._begin_renewal, key, note)
        try:
            with span("delivery"):
                while not owed.settled:
                    await self._hold(key, note, owed)
                    effect = owed.effects[owed.sent]
                    channel_id = await carry_out(
                        effect, ledger, self._connector, service_url, deadline
                    )
                    ledger.sent(effect.get("id", ""), channel_id)
                    note.sent = owed.sent
            await self._end(note, renewal)
        except BaseException:
            await self._end(note, renewal)
            owed.until = 0  # anybody may go on from here, at once
            await self._write(key)
            raise
        self._metrics.delivery_seconds.observe(loop.time() - began)
        ledger.settle()
        note.due = loop.time() + LINGER
        if shared or len(self._order) == 1:
            # Nobody waits, or somebody else does: then no crash may bring these replies again.
            await self._write(key)
        else:
            self._write_later()

    async def _hold(self, key: str, note: _Note, owed: Owed) -> None:
        """See that what is owed is still this process's to send.

        :raises errors.DeliveryFailed: the commit or a send took so long that another process has
            gone on with it, or may.
        """
        if owed.until - self._clock() > LEASE / 4:
            return
        if note.renewal is None:
            await self._renew(key, note)
        if owed.until <= self._clock():
            raise DeliveryFailed("this delivery took so long that another process may go on")

    def _begin_renewal(self, key: str, note: _Note) -> None:
        note.ended = asyncio.Event()
        note.renewal = asyncio.create_task(self._keep_renewing(key, note, note.ended))

    async def _keep_renewing(self, key: str, note: _Note, ended: asyncio.Event) -> None:
        while not ended.is_set():
            await self._renew(key, note)
            with suppress(TimeoutError):
                await asyncio.wait_for(ended.wait(), LEASE / 2)

    async def _renew(self, key: str, note: _Note) -> None:
        """Keep what is owed with this process for longer; where that fails it runs out."""
        owed = note.ledger.owed
        if owed is None:
            return
        until, owed.until = owed.until, self.lease()
        note.transaction.rewrite(key, note.ledger.body())
        try:
            await note.transaction.commit()
        except WriteConflict:
            owed.until = 0  # another process went on with it
        except StorageError as error:
            owed.until = until
            _log.warning("a delivery could not be renewed: %s", type(error).__name__)

    async def _end(self, note: _Note, renewal: asyncio.TimerHandle) -> None:
        """End the renewal, but not in the middle of a write: its e_tag must be known."""
        renewal.cancel()
        if note.renewal is not None and note.ended is not None:
            note.ended.set()
            await asyncio.shield(note.renewal)

    async def _write(self, key: str) -> None:
        """Write a note down; where that fails this process still knows it."""
        note = self._notes.get(key)
        if note is None:
            return
        note.transaction.rewrite(key, note.ledger.body())
        try:
            await note.transaction.commit()
        except WriteConflict:
            del self._notes[key]  # another process went on from there
        except StorageError as error:
            _log.warning("what was sent could not be noted: %s", type(error).__name__)
            note.due = asyncio.get_running_loop().time() + LEASE
            self._write_later()
        else:
            if note.ledger.owed is None:
                del self._notes[key]

    def _write_later(self) -> None:
        if self._writer is None:
            self._writer = asyncio.create_task(self._write_notes())

    async def _write_notes(self) -> None:
        try:
            while self._notes:
                await asyncio.sleep(LINGER)
                now = asyncio.get_running_loop().time()
                await self._write_between_turns(
                    [key for key, note in self._notes.items() if note.due <= now]
                )
        finally:
            self._writer = None

    async def _write_between_turns(self, keys: list[str]) -> None:
        """Write the notes of quiet conversations down, in one transaction."""
        async with AsyncExitStack() as stack:
            notes: dict[str, _Note] = {}
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
                    await self._write(key)
            else:
                for key, note in notes.items():
                    if note.ledger.owed is None:
                        del self._notes[key]

    async def close(self) -> None:
        """Write all notes down. Call it when no turn is under way any more."""
        if self._writer is not None:
            self._writer.cancel()
            with suppress(asyncio.CancelledError):
                await self._writer
            self._writer = None
        await asyncio.gather(*map(self._write, list(self._notes)))
