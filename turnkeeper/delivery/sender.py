"""Sending what committed turns owe, by one process at a time."""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Final

from turnkeeper.connector.client import Connector
from turnkeeper.deadlines import Deadlines
from turnkeeper.delivery.posting import carry_out
from turnkeeper.delivery.receipts import LINGER, Order, Receipt, Receipts
from turnkeeper.delivery.typing_indicators import TypingIndicators
from turnkeeper.errors import DeliveryFailed, DeliveryRefused, StorageError, WriteConflict
from turnkeeper.ledger.effects import Delay
from turnkeeper.ledger.ledger import Ledger, Owed
from turnkeeper.observing.metrics import Metrics
from turnkeeper.observing.tracing import span
from turnkeeper.storage.transaction import Transaction

LEASE: Final = 3.0
"""Seconds what is owed stays with its process; renewed while a delivery takes longer.

So long the others wait after a crash. The clocks of hosts must not differ by more than that.
"""

_SERVER_ERROR: Final = 500
_log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Renewal:
    """Keeps what is owed with this process while a delivery takes long."""

    watch: int = 0
    task: asyncio.Task[None] | None = None
    ended: asyncio.Event | None = None


class Sender:
    """Delivers what a ledger owes.

    :param connector: sends to the channel.
    :param order: the turns under way; receipts are written between them.
    :param metrics: is told how long deliveries take.
    :param budget: seconds one delivery may take, beside the pauses that the bot asks for.
    :param clock: seconds since the epoch.
    """

    def __init__(
        self,
        connector: Connector,
        order: Order,
        metrics: Metrics,
        *,
        budget: float = 10.0,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._holder = ""
        self.receipts = Receipts(order)
        self.typing = TypingIndicators(connector, self.receipts)
        self._connector = connector
        self._order = order
        self._metrics = metrics
        self._budget = budget
        self._clock = clock
        self._deadlines = Deadlines()

    @property
    def holder(self) -> str:
        """This process, in ledgers. Drawn in a turn: a server may fork after this was made."""
        self._holder = self._holder or secrets.token_hex(8)
        return self._holder

    def lease(self) -> float:
        """Until when what is owed from now on stays here, in seconds since the epoch."""
        return self._clock() + LEASE

    def claim(self, ledger: Ledger) -> None:
        """Make this process the holder of what a ledger owes."""
        if ledger.owed is not None:
            ledger.holder = ledger.owed.holder = self.holder
            ledger.owed.until = self.lease()

    def free(self, ledger: Ledger) -> bool:
        """Whether what is owed may be sent from here: no other process is at it."""
        owed = ledger.owed
        return owed is None or owed.holder == self.holder or owed.until <= self._clock()

    async def deliver(  # noqa: PLR0913 - each is a part of the turn
        self,
        key: str,
        ledger: Ledger,
        transaction: Transaction,
        service_url: str,
        *,
        shared: bool,
        refusals: list[DeliveryRefused] | None = None,
    ) -> None:
        """Send what is owed, in order. Call it within the conversation's turn.

        :param key: the ledger's key.
        :param ledger: as committed by ``transaction``; it owes nothing afterwards.
        :param service_url: where the channel listens now.
        :param shared: True where another process takes turns too: it must not have to wait.
        :param refusals: gets what the channel answers to what it refuses for good. That counts as
            sent: the connector has logged it, and asking again cannot help.
        :raises DeliveryFailed: something is still owed; the channel may deliver again.
        """
        owed = ledger.owed
        if owed is None:
            return
        loop = asyncio.get_running_loop()
        began = loop.time()
        deadline = self._connector.deadline(self._budget)
        receipt = Receipt(owed.turn, owed.sent, ledger, transaction, began + LINGER)
        self.receipts.take(key, receipt)
        renewal = _Renewal()
        renewal.watch = self._deadlines.watch(
            LEASE / 2, partial(self._begin_renewal, key, receipt, renewal)
        )
        try:
            with span("delivery"):
                while not owed.settled:
                    if owed.until - self._clock() <= LEASE / 4:
                        await self._hold(key, receipt, owed, renewal)
                    effect = owed.effects[owed.sent]
                    if isinstance(effect, Delay):  # the bot's own wish takes no reply its time
                        deadline += effect.ms / 1000
                    else:
                        self.typing.end(key)  # it is shown before a reply, or not at all
                    channel_id = None
                    try:
                        channel_id = await carry_out(
                            effect, ledger, self._connector, service_url, deadline
                        )
                    except DeliveryRefused as refusal:
                        if refusals is not None:
                            refusals.append(refusal)
                    except DeliveryFailed as error:
                        if not self._gives_up(key, owed, error):
                            raise
                    ledger.sent(getattr(effect, "id", ""), channel_id)
                    receipt.sent = owed.sent
            await self._end(renewal)
        except BaseException:
            self._metrics.delivery_seconds.observe(loop.time() - began)
            await self._end(renewal)
            owed.until = 0  # anybody may go on from here, at once
            await self.receipts.write(key)
            raise
        self._metrics.delivery_seconds.observe(loop.time() - began)
        ledger.settle()
        receipt.due = loop.time() + LINGER
        if shared or len(self._order) == 1:
            # Nobody waits, or somebody else does: then no crash may bring these replies again.
            await self.receipts.write(key)
        else:
            self.receipts.write_later()

    def _gives_up(self, key: str, owed: Owed, error: DeliveryFailed) -> bool:
        """Whether a reply that failed is not to be tried again, so that its conversation goes on.

        A channel that does not answer, or asks to wait, is waited for.
        """
        status = error.status or 0
        if status < _SERVER_ERROR or not owed.refused(self._clock()):
            return False
        _log.error("%s: a reply is given up; the channel has answered %s for an hour", key, status)
        self._metrics.given_up.inc()
        return True

    async def _hold(self, key: str, receipt: Receipt, owed: Owed, renewal: _Renewal) -> None:
        """See that what is owed is still this process's to send.

        :raises DeliveryFailed: the commit or a send took so long that another process has
            gone on with it, or may.
        """
        if renewal.task is None:
            await self._renew(key, receipt)
        if owed.until <= self._clock():
            raise DeliveryFailed("this delivery took so long that another process may go on")

    def _begin_renewal(self, key: str, receipt: Receipt, renewal: _Renewal) -> None:
        renewal.ended = asyncio.Event()
        renewal.task = asyncio.create_task(self._keep_renewing(key, receipt, renewal.ended))

    async def _keep_renewing(self, key: str, receipt: Receipt, ended: asyncio.Event) -> None:
        while not ended.is_set():
            await self._renew(key, receipt)
            with suppress(TimeoutError):
                await asyncio.wait_for(ended.wait(), LEASE / 2)

    async def _renew(self, key: str, receipt: Receipt) -> None:
        """Keep what is owed with this process for longer; where that fails it runs out."""
        owed = receipt.ledger.owed
        if owed is None:
            return
        until, owed.until = owed.until, self.lease()
        receipt.transaction.rewrite(key, receipt.ledger.body())
        try:
            await receipt.transaction.commit()
        except WriteConflict:
            owed.until = 0  # another process went on with it
        except StorageError as error:
            owed.until = until
            _log.warning("a delivery could not be renewed: %s", type(error).__name__)

    async def _end(self, renewal: _Renewal) -> None:
        """End the renewal, but not in the middle of a write: its e_tag must be known."""
        self._deadlines.unwatch(renewal.watch)
        if renewal.task is not None and renewal.ended is not None:
            renewal.ended.set()
            await asyncio.shield(renewal.task)

    async def close(self) -> None:
        """Write down what was sent. Call it when no turn is under way any more."""
        self.typing.close()
        await self.receipts.close()
