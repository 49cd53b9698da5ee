"""The one writer of a process: what channels answered, beats and claims, many in one write.

What a channel answered is a fact. It is written a moment later, whoever holds the conversation by
then, and the next effect of the conversation begins when it is written. Where the store is away the
facts are kept and written when it answers again.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from contextvars import Context
from typing import Final

from turnkeeper.delivery.conversation import Conversation, Noted
from turnkeeper.delivery.lease import BEAT, LeaseClock
from turnkeeper.errors import StorageError, UnreadableRecord, WriteConflict
from turnkeeper.ledger.facts import Fact
from turnkeeper.ledger.ledger import Ledger
from turnkeeper.observing.metrics import Metrics
from turnkeeper.storage import Change, RecordStorage

LINGER: Final = 0.01
"""Seconds a fact waits on a busy bot for those of other conversations, to be written with them."""

LATER: Final = 0.5
"""Seconds until a store that did not take a write is asked again; well below the lease."""

CLOSING: Final = 2.0
"""Seconds that all facts together have to be written at the end."""

MOST: Final = 100
"""How many conversations one write is about at most."""

TRIES: Final = 20
"""How often a ledger is read anew that others keep writing."""

_TICK: Final = 0.25
_NAMED: Final = 20
_log = logging.getLogger(__name__)


class Receipts:
    """Writes the ledgers of conversations that this process sends in.

    :param storage: where they are.
    :param clock: measures the age of writes.
    :param metrics: is told of what is given up.
    :param busy: whether other turns are under way: then facts wait for one another.
    """

    def __init__(
        self, storage: RecordStorage, clock: LeaseClock, metrics: Metrics, busy: Callable[[], bool]
    ) -> None:
        self._storage = storage
        self._clock = clock
        self._metrics = metrics
        self._busy = busy
        self._pending: dict[str, Conversation] = {}
        self._held: dict[str, Conversation] = {}
        self._waiting: dict[str, list[asyncio.Future[None]]] = {}
        self._more = asyncio.Event()
        self._writer: asyncio.Task[None] | None = None
        self._beats: asyncio.TimerHandle | None = None
        self._away = False
        self._closing = False

    async def note(self, conversation: Conversation, fact: Fact) -> None:
        """Write a fact, and wait until it is written."""
        written = self.keep(conversation, fact)
        alone = self._writer is None and not (self._busy() or self._away)
        if alone and not conversation.lock.locked():
            self._pending[conversation.key] = conversation
            await self._write_batch()  # nobody is there to be written with
        if not written.done():
            self.write(conversation)
        await written

    def keep(self, conversation: Conversation, fact: Fact) -> asyncio.Future[None]:
        """Keep a fact that is to be written; return what is done when it is."""
        written = asyncio.get_running_loop().create_future()
        conversation.facts.append(Noted(fact, written))
        return written

    def write(self, conversation: Conversation) -> None:
        """Have the ledger written: its facts, or a beat."""
        self._pending[conversation.key] = conversation
        self._more.set()
        if self._writer is None and not self._closing:
            # It writes for many turns: what it logs is not to carry the ids of this one.
            self._writer = asyncio.create_task(self._write_all(), context=Context())

    async def beat(self, conversation: Conversation) -> None:
        """Write the ledger, and wait until that was tried: what comes of it is known then."""
        tried = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(conversation.key, []).append(tried)
        self.write(conversation)
        await tried

    def hold(self, conversation: Conversation) -> None:
        """Have a beat written each second while this process is the sender there."""
        self._held[conversation.key] = conversation
        if self._beats is None:
            self._tick()

    async def close(self, seconds: float = CLOSING) -> None:
        """Write all facts that the store takes in so many seconds, and name the others in the log.

        Call it when nothing is on the wire any more.
        """
        for conversation in self._held.values():
            self.write(conversation)  # it lets go
        self._closing = True
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while self._pending:
                    if self._writer is None:
                        await self._write_batch()
                        if self._away:
                            await asyncio.sleep(LATER)
                    else:
                        await asyncio.wait({self._writer}, timeout=LATER)
        if self._beats is not None:
            self._beats.cancel()
            self._beats = None
        if self._writer is not None:
            self._writer.cancel()
            await asyncio.wait({self._writer})
        self._tell_at_risk()

    def _tell_at_risk(self) -> None:
        at_risk = [key for key, one in self._pending.items() if one.facts]
        if at_risk:
            more = len(at_risk) - _NAMED
            _log.warning(
                "the store did not take the receipts of what was sent; conversations that may get "
                "a reply twice: %d: %s%s",
                len(at_risk),
                ", ".join(at_risk[:_NAMED]),
                f" and {more} more" if more > 0 else "",
            )

    def _tick(self) -> None:
        """Have those beat whose last write is a second old."""
        self._beats = None
        for key, conversation in list(self._held.items()):
            if not conversation.token:
                del self._held[key]
            elif conversation.beat_age() >= BEAT - _TICK:
                self.write(conversation)
        if self._held:
            self._beats = asyncio.get_running_loop().call_later(_TICK, self._tick)

    async def _write_all(self) -> None:
        try:
            while self._pending:
                if self._away:
                    await asyncio.sleep(LATER)
                elif self._busy():
                    await asyncio.sleep(LINGER)
                self._more.clear()
                if not await self._write_batch():
                    await self._more.wait()  # those that are left are being written by their turns
        finally:
            self._writer = None

    def release(self, conversation: Conversation) -> None:
        """Take note that somebody has given back a conversation's lock."""
        if conversation.key in self._pending:
            self._more.set()

    async def _write_batch(self) -> bool:
        """Write what is pending and not being written by others; return whether there was any."""
        batch = [one for one in self._pending.values() if not one.lock.locked()][:MOST]
        for conversation in batch:
            del self._pending[conversation.key]
            await conversation.lock.acquire()  # it is free: nothing is waited for
        try:
            await self._write(batch)
        finally:
            for conversation in batch:
                conversation.lock.release()
                for tried in self._waiting.pop(conversation.key, ()):
                    if not tried.done():
                        tried.set_result(None)
        return bool(batch)

    async def _write(self, batch: Sequence[Conversation]) -> None:
        try:
            left = list(batch)
            for _ in range(TRIES):
                await self._read(left)
                if not (left := await self._commit(left)):
                    break
            for conversation in left:
                self._pending[conversation.key] = conversation
            self._away = False
        except StorageError as error:
            if not self._away and not self._closing:
                _log.warning("the store does not take receipts: %s", type(error).__name__)
            self._away = True
            for conversation in batch:
                conversation.known = False
                if conversation.facts or (conversation.token and not self._closing):
                    self._pending[conversation.key] = conversation

    async def _read(self, batch: Sequence[Conversation]) -> None:
        """Read the ledgers that are not known as they are now."""
        unknown = {one.key: one for one in batch if not one.known}
        if unknown:
            found = await self._storage.fetch(unknown)
            for key, conversation in unknown.items():
                record = found.get(key)
                try:
                    conversation.learn(Ledger.read(key, record), record)
                except UnreadableRecord as error:  # an operator has to mend it; see docs
                    _log.error("nothing can be sent: %s", error)
                    conversation.learn(Ledger(), None)

    async def _commit(self, batch: list[Conversation]) -> list[Conversation]:
        """Write ledgers in one transaction; return those that others have written meanwhile."""
        conflicts: list[Conversation] = []
        while batch and (conflict := await self._commit_all(batch)):
            conflict.known = False
            conflicts.append(conflict)
            batch = [one for one in batch if one is not conflict]
        return conflicts

    async def _commit_all(self, batch: Sequence[Conversation]) -> Conversation | None:
        """Write these ledgers in one transaction; return one that somebody else has written."""
        now, begun = self._storage.now(), self._clock.now()
        changes: list[Change] = []
        written: list[tuple[Conversation, Change | None, int]] = []
        for conversation in batch:
            own = list(conversation.compose(now))
            changes += own
            written.append((conversation, own[-1] if own else None, len(conversation.facts)))
        try:
            e_tags = await self._storage.commit(changes) if changes else {}
        except WriteConflict as conflict:
            for conversation in batch:
                conversation.undo()
            return next(one for one in batch if one.key == conflict.key)
        for conversation, change, facts in written:
            if change is not None:
                conversation.written(change, e_tags[conversation.key], begun)
            self._metrics.given_up.inc(conversation.settle(facts))
        return None
