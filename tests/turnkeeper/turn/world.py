"""A world for turns: one store, a channel that remembers, and processes that may die anywhere."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

from botbuilder.core import ActivityHandler, TurnContext
from botbuilder.core.invoke_response import InvokeResponse
from botbuilder.schema import Activity, ChannelAccount, ConversationAccount

from turnkeeper.adapters.hosted import HostedAdapter
from turnkeeper.auth.authentication import Authenticator
from turnkeeper.auth.service_url import ServiceUrls
from turnkeeper.connector.client import Connector
from turnkeeper.errors import DeliveryFailed
from turnkeeper.observing.metrics import Metrics
from turnkeeper.settings import Settings
from turnkeeper.state.scope import ConversationState, UserState
from turnkeeper.state.turn_state import TurnState
from turnkeeper.state.typed_storage import TypedStorage
from turnkeeper.storage import Change, MemoryStorage, Record, RecordStorage
from turnkeeper.wire.codec import Codec

SERVICE_URL = "http://127.0.0.1:9"


class Crash(BaseException):
    """The process is gone: nothing of it runs any more."""


@dataclass
class Channel:
    """What the channel received, by conversation, and whether it takes anything now.

    :param answers: the HTTP statuses with which it answers certain texts.
    """

    received: dict[str, list[str]] = field(default_factory=dict)
    down: bool = False
    answers: dict[str, int] = field(default_factory=dict)
    count: int = 0

    def take(self, conversation: str, text: str) -> str:
        self.count += 1
        self.received.setdefault(conversation, []).append(text)
        return f"channel-{self.count}"


@dataclass
class World:
    """Everything that outlives a process.

    :param storage: the store that all processes share.
    :param codec: knows what the bot may store.
    """

    storage: RecordStorage = field(default_factory=MemoryStorage)
    codec: Codec = field(default_factory=Codec)
    channel: Channel = field(default_factory=Channel)
    now: float = 1_700_000_000.0

    def clock(self) -> float:
        return self.now

    def process(self, **options: Any) -> Process:
        """A fresh process.

        :param options: of its adapter.
        """
        return Process(self, **options)


class Steps:
    """The calls of one process to the outside, in order; it dies at the one it is told.

    :param cut: die at this call (1 is the first from now on); None to live.
    :param after: die when the call has taken effect, else before.
    :ivar unnoted: where the process has sent something and has not written the ledger since.
    """

    def __init__(self) -> None:
        self.cut: int | None = None
        self.after = False
        self.count = 0
        self.dead = False
        self.unnoted: set[str] = set()

    def plan(self, cut: int | None, *, after: bool = False) -> None:
        self.cut, self.after, self.count = cut, after, 0

    def before(self) -> None:
        if self.dead:
            raise Crash
        self.count += 1
        if self.count == self.cut and not self.after:
            self.dead = True
            raise Crash

    def done(self) -> None:
        if self.dead or (self.count == self.cut and self.after):
            self.dead = True
            raise Crash


class MortalStorage(RecordStorage):
    """The shared store as one process sees it until it dies."""

    def __init__(self, store: RecordStorage, steps: Steps) -> None:
        self._store = store
        self._steps = steps

    async def open(self) -> None:
        await self._store.open()

    async def close(self) -> None:
        """The store outlives the process."""

    async def ping(self) -> None:
        await self._store.ping()

    async def fetch(self, keys: Collection[str]) -> dict[str, Record]:
        self._steps.before()
        await asyncio.sleep(0)
        found = await self._store.fetch(keys)
        self._steps.done()
        return found

    async def commit(self, changes: Sequence[Change]) -> dict[str, str]:
        self._steps.before()
        await asyncio.sleep(0)
        e_tags = await self._store.commit(changes)
        self._steps.unnoted -= {ledger_of(change.key) for change in changes}
        self._steps.done()
        return e_tags

    async def scan(
        self, *, prefix: str = "", owner: str | None = None, after: str = "", limit: int = 500
    ) -> list[tuple[str, Record]]:
        return await self._store.scan(prefix=prefix, owner=owner, after=after, limit=limit)

    async def sweep(self, limit: int = 500) -> int:
        return await self._store.sweep(limit)

    async def due(self, *, prefix: str = "", limit: int = 100) -> list[tuple[str, float]]:
        return await self._store.due(prefix=prefix, limit=limit)

    def now(self) -> float:
        return self._store.now()


def ledger_of(key: str) -> str:
    """The conversation whose ledger is under a key; "" where it is none."""
    parts = key.split("/")
    return parts[2] if parts[1:2] == ["ledgers"] else ""


async def at_once(conversation: str) -> None:
    """Hold nothing back."""


class MortalConnector(Connector):
    """Delivers to the world's channel until the process dies.

    :ivar hold: is awaited with the conversation before anything leaves for it.
    """

    def __init__(self, channel: Channel, steps: Steps) -> None:
        self._channel = channel
        self._steps = steps
        self.pause = asyncio.sleep
        self.hold: Callable[[str], Awaitable[None]] = at_once

    def deadline(self, budget: float) -> float:
        return asyncio.get_running_loop().time() + budget

    async def close(self) -> None:
        """Nothing is open."""

    async def create_conversation(
        self, service_url: str, body: bytes, *, deadline: float | None = None
    ) -> tuple[str, str | None]:
        """A conversation with one member is always the same; the activity's id too."""
        await asyncio.sleep(0)
        members = json.loads(body).get("members", [])
        return "with-" + "-and-".join(member["id"] for member in members), "first"

    async def send(
        self,
        service_url: str,
        conversation_id: str,
        body: bytes,
        *,
        reply_to_id: str | None = None,
        deadline: float | None = None,
    ) -> str | None:
        return await self._call(conversation_id, json.loads(body)["text"])

    async def send_at_best(
        self,
        service_url: str,
        conversation_id: str,
        body: bytes,
        *,
        reply_to_id: str | None = None,
    ) -> None:
        self._channel.take(conversation_id, json.loads(body)["type"])

    async def update(
        self,
        service_url: str,
        conversation_id: str,
        activity_id: str,
        body: bytes,
        *,
        deadline: float | None = None,
    ) -> str | None:
        activity = json.loads(body)
        assert activity["id"] == activity_id  # noqa: S101 - Teams insists
        return await self._call(conversation_id, f"update {activity_id}: {activity['text']}")

    async def delete(
        self,
        service_url: str,
        conversation_id: str,
        activity_id: str,
        *,
        deadline: float | None = None,
    ) -> None:
        await self._call(conversation_id, f"delete {activity_id}")

    async def _call(self, conversation: str, text: str) -> str:
        await self.hold(conversation)
        self._steps.before()
        await asyncio.sleep(0)
        if self._channel.down:
            raise DeliveryFailed("the channel is down")
        if status := self._channel.answers.get(text):
            raise DeliveryFailed("the channel does not take it", status=status)
        channel_id = self._channel.take(conversation, text)
        self._steps.unnoted.add(conversation)
        self._steps.done()
        return channel_id


class CountingBot(ActivityHandler):  # type: ignore[misc]  # the SDK is untyped
    """Keeps every text in both states and says two things about it."""

    def __init__(self, conversation_state: ConversationState, user_state: UserState) -> None:
        self._log = conversation_state.create_property("log")
        self._own = user_state.create_property("log")

    async def on_message_activity(self, turn_context: TurnContext) -> None:
        text = turn_context.activity.text
        log = await self._log.get(turn_context, list)
        log.append(text)
        (await self._own.get(turn_context, list)).append(text)
        await turn_context.send_activity(f"{len(log)}: {text}")
        await turn_context.send_activity(f"end of {len(log)}")


class Process:
    """One process of the bot.

    :ivar records: the store as the process sees it.
    :ivar metrics: what it counts.
    """

    def __init__(self, world: World, **options: Any) -> None:
        self.world = world
        self.steps = Steps()
        self.connector = MortalConnector(world.channel, self.steps)
        self.records = MortalStorage(world.storage, self.steps)
        self.metrics = Metrics()
        storage = TypedStorage(self.records, world.codec)
        conversation_state = ConversationState(storage, group_state="person")
        user_state = UserState(storage)
        self.adapter = HostedAdapter(
            TurnState(conversation_state, user_state),
            Authenticator(Settings()),
            ServiceUrls(local=True),
            self.connector,
            metrics=self.metrics,
            clock=world.clock,
            **options,
        )
        self.bot: Any = CountingBot(conversation_state, user_state)
        self.states = (conversation_state, user_state)

    async def take(self, activity: Activity) -> InvokeResponse | None:
        """Take an activity as the channel posts it."""
        return await self.adapter.process_activity(None, activity, self.bot.on_turn)

    def figure(self, name: str) -> float:
        """One of the figures that the process shows to whoever asks for its metrics."""
        text = self.metrics.exposition()[0].decode()
        lines = [line for line in text.splitlines() if not line.startswith("#")]
        return float(dict(line.rsplit(" ", 1) for line in lines)[name])

    async def stop(self) -> None:
        """Stop in good order."""
        if not self.steps.dead:
            await self.adapter.close()


def message(
    text: str, *, conversation: str = "c", person: str = "ada", id: str | None = None, **more: Any
) -> Activity:
    """A message; its id is its text where none is given."""
    return Activity(
        type="message",
        id=text if id is None else id,
        text=text,
        channel_id="msteams",
        service_url=SERVICE_URL,
        conversation=ConversationAccount(id=conversation),
        from_property=ChannelAccount(id=person),
        recipient=ChannelAccount(id="bot"),
        **more,
    )


async def log_of(world: World, key: str) -> list[str]:
    """What the bot kept under a key."""
    items = await TypedStorage(world.storage, world.codec).read([key])
    log: list[str] = items[key]["log"] if key in items else []
    return log
