"""The conversations that this process sends in: commits that owe something, claims, the end."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from contextvars import Context
from functools import partial
from typing import Final

from turnkeeper.auth.service_url import ServiceUrls
from turnkeeper.connector.client import Connector
from turnkeeper.deadlines import Deadlines
from turnkeeper.delivery.conversation import Conversation, Debt
from turnkeeper.delivery.conversations import Conversations
from turnkeeper.delivery.entry import Composition, Entry
from turnkeeper.delivery.lease import LeaseClock
from turnkeeper.delivery.receipts import Receipts
from turnkeeper.delivery.sender import Sender
from turnkeeper.errors import StorageError, WriteConflict
from turnkeeper.ledger.facts import Wait
from turnkeeper.ledger.ledger import Ledger
from turnkeeper.ledger.queue import REPLY_TTL
from turnkeeper.observing.metrics import Metrics
from turnkeeper.storage import RecordStorage
from turnkeeper.storage.transaction import Transaction

DRAINING: Final = 1.0
"""Seconds for which replies are still begun when the bot is stopped."""

LAST_TRY: Final = 5.0
"""Seconds that what is on the wire then has to be answered."""

_LOOK: Final = 0.5
_log = logging.getLogger(__name__)


class Senders:
    """Sends what is owed in the conversations of this process, or that it has taken over.

    :param storage: where records are.
    :param connector: sends.
    :param service_urls: checks anew where the bot may post.
    :param metrics: is told what comes of it.
    :param busy: whether other turns are under way.
    :param reply_ttl: seconds after which a reply that fails is given up.
    :param clock: measures the age of writes.
    :ivar conversations: those that it knows something of.
    """

    def __init__(  # noqa: PLR0913 - each is a part of its own
        self,
        storage: RecordStorage,
        connector: Connector,
        service_urls: ServiceUrls,
        metrics: Metrics,
        *,
        busy: Callable[[], bool] = lambda: False,
        reply_ttl: float = REPLY_TTL,
        clock: LeaseClock | None = None,
    ) -> None:
        self._storage = storage
        self._connector = connector
        self._clock = clock or LeaseClock()
        self._receipts = Receipts(storage, self._clock, metrics, busy)
        self._sender = Sender(storage, connector, self._receipts, service_urls, metrics)
        self._deadlines = Deadlines()
        self.conversations = Conversations(self._clock, reply_ttl)
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._wakers: dict[str, asyncio.Task[None]] = {}
        self._closing = False
        metrics.owed_here = lambda: self.conversations.owed(storage.now())

    @property
    def own(self) -> set[str]:
        """The keys of the ledgers in which turns of this process owe something."""
        return {one.key for one in self.conversations if one.debts}

    def holds(self, key: str) -> bool:
        """Return whether this process is the sender of a conversation."""
        return self.conversations.holds(key)

    async def commit(self, transaction: Transaction, key: str, entry: Entry) -> Debt | None:
        """Commit a turn, and begin to send what it owes unless somebody is at it.

        :param transaction: has read the ledger.
        :param key: of the ledger.
        :returns: what it owes; None for nothing.
        :raises WriteConflict: what the turn has read has changed.
        :raises RequestRefused: 503, the conversation owes too much already.
        """
        conversation = self.conversations.of(key)
        async with conversation.lock:
            if conversation.known:
                transaction.know(key, conversation.record)
            composed = Composition(
                key, entry, conversation, self._storage, may_take=not self._closing
            )
            transaction.revise(key, composed.revise)
            begun = self._clock.now()
            try:
                await transaction.commit()
            except BaseException:
                conversation.known = False
                self._leave(conversation)
                raise
            debt = composed.committed(transaction.record(key), begun)
        self._receipts.release(conversation)
        self._go_on(conversation)
        return debt

    async def left(self, key: str, debt: Debt, seconds: float) -> bool:
        """Wait until all that a turn owes has left; return False where that takes longer.

        :param key: of the ledger.
        """
        if self.holds(key):
            watch = self._deadlines.watch(seconds, partial(_settle, debt.settled, False))
            try:
                return await asyncio.shield(debt.settled)  # others may wait for it too
            finally:
                self._deadlines.unwatch(watch)
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while not debt.settled.done():
                    await asyncio.wait({debt.settled}, timeout=_LOOK)
                    with suppress(StorageError):
                        await self.look()
        return debt.settled.done() and debt.settled.result()

    async def look(self) -> None:
        """See what others have made of conversations in which turns of ours owe something."""
        await self.conversations.look(self._storage)

    async def claim(self, key: str, watched: tuple[str, int] = ("", 0)) -> bool:
        """Become the sender of a conversation that owes something, unless somebody lives who is.

        :param key: of its ledger.
        :param watched: token and beat of a holder that has written nothing for a lease.
        :returns: whether this process is the sender now.
        :raises StorageError: the store is away.
        """
        if self._closing or self.holds(key):
            return False
        conversation = self.conversations.of(key)
        async with conversation.lock:
            try:
                await self._read(conversation)
                queue, now = conversation.ledger.queue, self._storage.now()
                dead = not queue.holder or (queue.holder, queue.beat) == watched
                if dead and queue.open and queue.not_before <= now and not conversation.token:
                    begun = self._clock.now()
                    conversation.take()
                    change = conversation.change(now)
                    e_tags = await self._storage.commit([change])
                    conversation.written(change, e_tags[key], begun)
            except BaseException as error:
                conversation.known, conversation.token = False, ""
                if not isinstance(error, WriteConflict):
                    raise
            finally:
                self._leave(conversation)
        self._receipts.release(conversation)
        self._go_on(conversation)
        return self.holds(key)

    def hear_wait(self, key: str, seconds: float) -> None:
        """Take note that the channel asks to wait, of what is no reply, such as typing."""
        conversation = self.conversations.of(key)
        written = self._receipts.keep(conversation, Wait(self._storage.now() + seconds))
        self._receipts.write(conversation)
        written.add_done_callback(lambda _: self._leave(conversation))

    async def close(self) -> None:
        """Begin no more after a while, write down what was sent, and let go."""
        self._closing = True
        for waker in list(self._wakers.values()):
            waker.cancel()
        for seconds in (DRAINING, LAST_TRY):
            if self._tasks:
                await asyncio.wait(self._tasks.values(), timeout=seconds)
            for conversation in self.conversations:
                conversation.stopping = True
        await self._receipts.close()
        for task in list(self._tasks.values()):
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks.values())

    def _leave(self, conversation: Conversation) -> None:
        """Keep nothing of a conversation at rest."""
        asyncio.get_running_loop().call_soon(self._drop, conversation)

    def _drop(self, conversation: Conversation) -> None:
        if not (conversation.key in self._tasks or conversation.key in self._wakers):
            self.conversations.drop(conversation)

    async def _read(self, conversation: Conversation) -> None:
        record = (await self._storage.fetch([conversation.key])).get(conversation.key)
        conversation.learn(Ledger.read(conversation.key, record), record)

    def _go_on(self, conversation: Conversation) -> None:
        """Send, where this process is the sender; where nobody is for a wait, come back after."""
        key, queue = conversation.key, conversation.ledger.queue
        if conversation.token:
            self._receipts.hold(conversation)
            if key not in self._tasks:
                self._tasks[key] = asyncio.create_task(
                    self._send_all(conversation), context=Context()
                )
        elif queue.open and not queue.holder and not self._closing and key not in self._wakers:
            wait = queue.not_before - self._storage.now()
            self._wakers[key] = asyncio.create_task(self._wake(key, wait), context=Context())
        else:
            self._leave(conversation)

    async def _send_all(self, conversation: Conversation) -> None:
        try:
            while conversation.token and not conversation.stopping:
                try:
                    await self._sender.send_all(conversation)
                except StorageError as error:
                    _log.warning("%s: sending waits: %s", conversation.key, error)
                    await asyncio.sleep(_LOOK)
                except Exception:
                    # Its token is nobody's now: whoever watches it goes on, here or elsewhere.
                    _log.exception("%s: sending failed", conversation.key)
                    conversation.token = ""
        except BaseException:
            conversation.token = ""  # as above: who is cancelled does not begin anew
            raise
        finally:
            del self._tasks[conversation.key]
            self._go_on(conversation) if not self._closing else self._leave(conversation)

    async def _wake(self, key: str, wait: float) -> None:
        try:
            await self._connector.pause(max(0.0, wait))
        finally:
            del self._wakers[key]
        with suppress(StorageError):  # the dispatcher comes back to it
            await self.claim(key)


def _settle(settled: asyncio.Future[bool], left: bool) -> None:
    if not settled.done():
        settled.set_result(left)
