"""What this process knows of its deliveries beyond the stored ledgers, until it is written down.

Where the store does not take a receipt, the replies it tells of are safe from being sent again only
while their lease (:data:`turnkeeper.delivery.sender.LEASE`) lasts: nothing that only this process
knows can keep the others from going on. So the receipt is written as soon as the store answers, but
a store that is away for longer than the lease between a reply and its receipt may bring that reply
twice.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import AbstractAsyncContextManager, AsyncExitStack, suppress
from contextvars import Context
from dataclasses import dataclass
from typing import Final, Protocol

from turnkeeper.errors import StorageError, WriteConflict
from turnkeeper.ledger.ledger import Ledger, Owed
from turnkeeper.storage import ANY, Change
from turnkeeper.storage.transaction import Transaction

LINGER: Final = 0.05
"""Seconds a receipt waits, on a busy bot, for the conversation's next turn to carry it."""

LATER: Final = 0.5
"""Seconds until a store that did not take a receipt is asked again; well below the lease."""

CLOSING: Final = 2.0
"""Seconds that all receipts together have to be written when the bot ends."""

_NAMED: Final = 20
"""How many of the conversations that may get a reply twice are named in the log."""

_log = logging.getLogger(__name__)


class Order(Protocol):
    """The turns under way in this process; see :class:`turnkeeper.turn.order.TurnOrder`."""

    def __len__(self) -> int:
        """Return how many conversations have a turn under way or waiting."""

    def busy(self, conversation: str) -> bool:
        """Return whether a conversation has a turn under way or waiting."""

    def turn(self, conversation: str) -> AbstractAsyncContextManager[None]:
        """Return a block that waits for the conversation's turn and holds it."""


@dataclass(slots=True)
class Receipt:
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


class Receipts:
    """The receipts of a process, by the keys of their ledgers.

    :param order: the turns under way; receipts are written between them.
    """

    def __init__(self, order: Order) -> None:
        self._order = order
        self._receipts: dict[str, Receipt] = {}
        self._writer: asyncio.Task[None] | None = None
        self._closing = asyncio.Event()
        self._away = False  # the store did not take the last receipt

    def __len__(self) -> int:
        """How many are not yet written down."""
        return len(self._receipts)

    def unwritten(self) -> list[str]:
        """The keys of the ledgers of which something is not yet written down."""
        return list(self._receipts)

    def take(self, key: str, receipt: Receipt) -> None:
        """Keep a receipt; it takes the place of an earlier one."""
        self._receipts[key] = receipt

    def recall(self, key: str, ledger: Ledger, holder: str) -> None:
        """Add what a receipt tells to a ledger that was just read.

        :param holder: this process; what another one holds by now is its own.
        """
        receipt, owed = self._receipts.get(key), ledger.owed
        if receipt is None:
            return
        if owed is None or owed.turn != receipt.turn or owed.holder != holder:
            del self._receipts[key]
            return
        owed.sent = receipt.sent
        ledger.sent_ids = receipt.ledger.sent_ids
        ledger.settle()

    def tell_all(self, key: str, owed: Owed) -> bool:
        """Whether a receipt tells that this process has sent all that a ledger owes."""
        receipt = self._receipts.get(key)
        return (
            receipt is not None and receipt.turn == owed.turn and receipt.sent == len(owed.effects)
        )

    def drop(self, key: str) -> None:
        """Forget a receipt: its ledger was committed, with all that it tells."""
        self._receipts.pop(key, None)

    async def write(self, key: str) -> None:
        """Write a receipt down, within the conversation's turn; where that fails it is kept."""
        receipt = self._receipts.get(key)
        if receipt is None:
            return
        receipt.transaction.rewrite(key, receipt.ledger.body())
        try:
            await receipt.transaction.commit()
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
            _log.warning("could not record which replies were sent: %s", type(error).__name__)

    def write_later(self) -> None:
        """Have the receipts written down when they are due, unless turns carry them."""
        if self._writer is None and not self._closing.is_set():
            # It writes for many turns: what it logs is not to carry the ids of this one.
            self._writer = asyncio.create_task(self._write_due(), context=Context())

    async def _write_due(self) -> None:
        try:
            while self._receipts:
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._closing.wait(), LATER if self._away else LINGER)
                    break  # what is left is for close() to write
                if self._away and not await self._store_answers():
                    continue
                now = asyncio.get_running_loop().time()
                await self._write_between_turns(
                    [key for key, receipt in self._receipts.items() if receipt.due <= now]
                )
        finally:
            self._writer = None

    async def _store_answers(self) -> bool:
        """Whether the store takes a write now, asked by one that changes nothing.

        A receipt would be asking too, but its conversation would have to wait as long as the store.
        """
        receipt = next(iter(self._receipts.values()), None)
        try:
            if receipt is not None:
                await receipt.transaction.storage.commit([Change("", None, ANY)])
        except StorageError:
            return False
        return True

    async def _write_between_turns(self, keys: list[str]) -> None:
        """Write the receipts of quiet conversations down, in one transaction."""
        async with AsyncExitStack() as stack:
            receipts: dict[str, Receipt] = {}
            for key in keys:
                if not self._order.busy(key):  # else its turn carries the receipt
                    await stack.enter_async_context(self._order.turn(key))
                    receipts[key] = self._receipts[key]
            for key, receipt in receipts.items():
                receipt.transaction.rewrite(key, receipt.ledger.body())
            try:
                await Transaction.commit_together(
                    [receipt.transaction for receipt in receipts.values()]
                )
            except WriteConflict:
                self._away = False
                for key in receipts:  # one by one: it is the fault of a single one
                    await self.write(key)
                    if self._away:
                        break
            except StorageError as error:
                if not self._away:
                    self._warn(error)
                self._away = True
            else:
                self._away = False
                for key in receipts:
                    self.drop(key)

    async def flush(self) -> None:
        """Write all receipts down, but for those that turns under way will carry."""
        await self._write_between_turns(self.unwritten())

    async def close(self) -> None:
        """Write all receipts down that the store takes within :data:`CLOSING`; log the others.

        Call it when no turn is under way any more.
        """
        self._closing.set()
        with suppress(TimeoutError):
            async with asyncio.timeout(CLOSING):
                if self._writer is not None:  # first: the e_tags it gets must be known
                    await asyncio.wait({self._writer})  # also where the loop's end has cancelled it
                await self.flush()
        if at_risk := [key for key, receipt in self._receipts.items() if receipt.sent]:
            more = len(at_risk) - _NAMED
            _log.warning(
                "the store did not take the receipts of what was sent; conversations that may get "
                "a reply twice: %d: %s%s",
                len(at_risk),
                ", ".join(at_risk[:_NAMED]),
                f" and {more} more" if more > 0 else "",
            )
