"""The ways of a process to the outside: to the store and to the channel."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from typing import TypeVar

from tests.turnkeeper.turn.virtual.host import Host
from tests.turnkeeper.turn.virtual.truth import Post, Truth
from turnkeeper.connector.client import Connector
from turnkeeper.connector.outcome import Failed, Held, Outcome, Refused, Taken
from turnkeeper.errors import StorageUnavailable
from turnkeeper.login.token import NoToken
from turnkeeper.storage import Change, MemoryStorage, Record, RecordStorage

TO_STORE = (0.002, 0.002)
TO_CHANNEL = (0.02, 0.06)
AGAIN = 0.6
"""Seconds in which a process has asked again a store that did not answer it."""

T = TypeVar("T")


@dataclass(frozen=True)
class Slip:
    """What goes wrong with a write.

    :param there: seconds that it takes to the store.
    :param back: seconds that the answer takes.
    :param lost: "write", or "answer"; "" for neither.
    """

    there: float = 0.0
    back: float = 0.0
    lost: str = ""


class StoreWire(RecordStorage):
    """The store, as one process reaches it.

    :ivar slips: of its next writes.
    :ivar away_until: until when it does not reach the store at all.
    """

    def __init__(self, store: MemoryStorage, host: Host, truth: Truth) -> None:
        self._store = store
        self._host = host
        self._truth = truth
        self.slips: deque[Slip] = deque()
        self.away_until = 0.0

    def now(self) -> float:
        return self._host.time.store()

    async def open(self) -> None:
        """It is open."""

    async def close(self) -> None:
        """The store outlives the process."""

    async def ping(self) -> None:
        """It is there."""

    async def fetch(self, keys: Collection[str]) -> dict[str, Record]:
        return await self._ask(lambda: self._store.fetch(keys))

    async def scan(
        self, *, prefix: str = "", owner: str | None = None, after: str = "", limit: int = 500
    ) -> list[tuple[str, Record]]:
        return await self._ask(
            lambda: self._store.scan(prefix=prefix, owner=owner, after=after, limit=limit)
        )

    async def sweep(self, limit: int = 500) -> int:
        return await self._ask(lambda: self._store.sweep(limit))

    async def due(self, *, prefix: str = "", limit: int = 100) -> list[tuple[str, float]]:
        return await self._ask(lambda: self._store.due(prefix=prefix, limit=limit))

    async def commit(self, changes: Sequence[Change]) -> dict[str, str]:
        slip = self.slips.popleft() if self.slips else Slip()
        if slip.there or slip.back:
            self._troubled(slip.there + slip.back)
            await asyncio.sleep(slip.there)
        e_tags = await self._ask(lambda: self._write(changes, slip.lost))
        await asyncio.sleep(slip.back)
        return e_tags

    async def _write(self, changes: Sequence[Change], lost: str) -> dict[str, str]:
        if lost == "write":
            self._troubled(AGAIN)
            raise StorageUnavailable("the write is lost")
        before = await self._store.fetch([change.key for change in changes])
        e_tags = await self._store.commit(changes)
        self._truth.written(self._host, before, [one for one in changes if not one.keep])
        if lost:
            self._troubled(AGAIN)
            raise StorageUnavailable("the answer is lost")
        return e_tags

    async def _ask(self, call: Callable[[], Awaitable[T]]) -> T:
        async def reach() -> T:
            if self._host.time.now < self.away_until:
                self._troubled(AGAIN)
                raise StorageUnavailable("away")
            return await call()

        return await self._host.outside(reach, TO_STORE)

    def _troubled(self, seconds: float) -> None:
        self._host.trouble = max(self._host.trouble, self._host.time.now + seconds)


@dataclass(frozen=True)
class Answer:
    """What the channel answers.

    :param status: of the answer.
    :param retry_after: seconds that it asks to wait.
    :param lost: whether the answer is lost on its way.
    :param slow: seconds that it takes.
    """

    status: int = 200
    retry_after: float | None = None
    lost: bool = False
    slow: float = 0.0


class Channel:
    """The channel.

    :ivar answers: its next ones.
    :ivar down_until: until when it answers 503.
    """

    def __init__(self) -> None:
        self.answers: deque[Answer] = deque()
        self.down_until = 0.0

    def answer(self, now: float) -> Answer:
        if self.answers:
            return self.answers.popleft()
        return Answer(503) if now < self.down_until else Answer()


class ChannelWire(Connector):
    """The channel, as one process reaches it."""

    def __init__(self, channel: Channel, host: Host, truth: Truth) -> None:
        super().__init__(NoToken())
        self._channel = channel
        self._host = host
        self._truth = truth

    async def attempt_send(
        self,
        service_url: str,
        conversation_id: str,
        body: bytes,
        *,
        reply_to_id: str | None = None,
        gate: Callable[[], bool] | None = None,
    ) -> Outcome:
        async def attempt() -> tuple[Outcome, Post | None]:
            if gate is not None and not gate():
                return Held(), None
            post = self._truth.begun(self._host, conversation_id, json.loads(body)["text"])
            await self._host.stands_armed()
            await asyncio.sleep(0.001)
            answer = self._channel.answer(self._host.time.now)
            self._truth.arrived(post, answer.status, answer.retry_after, lost=answer.lost)
            await asyncio.sleep(answer.slow)
            return _outcome(answer), post

        outcome, post = await self._host.outside(attempt, TO_CHANNEL)
        if post:
            self._truth.heard(post)
        return outcome

    async def send_at_best(
        self,
        service_url: str,
        conversation_id: str,
        body: bytes,
        *,
        reply_to_id: str | None = None,
    ) -> float | None:
        async def post() -> float | None:
            answer = self._channel.answer(self._host.time.now)
            asked = answer.retry_after if answer.status == 429 else None
            self._truth.typing_arrived(typing, asked)
            return asked

        typing = self._truth.typing(self._host, conversation_id)
        asked = await self._host.outside(post, TO_CHANNEL)
        self._truth.heard(typing)
        return asked


def _outcome(answer: Answer) -> Outcome:
    if answer.lost:
        return Failed("lost", lost=True)
    match answer.status:
        case 200:
            return Taken(None)
        case 400:
            return Refused(400)
        case status:
            return Failed(str(status), status, answer.retry_after)
