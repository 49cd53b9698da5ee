"""A world for turns: one store, a channel that remembers, and processes that may die anywhere."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from botbuilder.core import ActivityHandler, TurnContext
from botbuilder.core.invoke_response import InvokeResponse
from botbuilder.schema import Activity, ChannelAccount, ConversationAccount

from tests.turnkeeper.virtual_time import elapsed
from turnkeeper.adapters.hosted import HostedAdapter
from turnkeeper.auth.authentication import Authenticator
from turnkeeper.auth.service_url import ServiceUrls
from turnkeeper.background.dispatcher import Dispatcher
from turnkeeper.connector.client import Connector
from turnkeeper.connector.outcome import Failed, Held, Outcome, Refused, Taken
from turnkeeper.delivery.lease import LeaseClock
from turnkeeper.ledger.ledger import Ledger
from turnkeeper.login.token import NoToken
from turnkeeper.observing.metrics import Metrics
from turnkeeper.outbound.backoff import is_transient
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


class Memory(MemoryStorage):
    """A store in memory with a clock of the world."""

    def __init__(self, clock: Callable[[], float]) -> None:
        super().__init__(clock)
        self._now = clock

    def now(self) -> float:
        return self._now()


class World:
    """Everything that outlives a process.

    :param storage: the store that all processes share; by default one in memory.
    :param codec: knows what the bot may store.
    :ivar now: when the test began; to change it is to set all clocks of dates. Time that passes,
        as in ``asyncio.sleep``, is added to it.
    """

    def __init__(self, storage: RecordStorage | None = None, codec: Codec | None = None) -> None:
        self.now = 1_700_000_000.0
        self.storage = storage or Memory(self.clock)
        self.codec = codec or Codec()
        self.channel = Channel()

    def clock(self) -> float:
        return self.now + elapsed()

    def lease_clock(self) -> LeaseClock:
        """The clock of a process's leases."""
        return LeaseClock(elapsed, self.clock)

    async def ledger(self, conversation: str = "c") -> Ledger:
        """The ledger of a conversation as it is stored."""
        key = f"msteams/ledgers/{conversation}/"
        return Ledger.read(key, (await self.storage.fetch([key])).get(key))

    def process(self, **options: Any) -> Process:
        """A fresh process.

        :param options: of its adapter.
        """
        return Process(self, **options)


class Steps:
    """The calls of one process to the outside, in order; it dies at the one it is told.

    Then its turns raise :class:`Crash`, and what else it is doing goes on no more.

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
        self._turns: set[asyncio.Task[Any]] = set()
        self._stuck: set[asyncio.Task[Any]] = set()

    def plan(self, cut: int | None, *, after: bool = False) -> None:
        self.cut, self.after, self.count = cut, after, 0

    async def before(self) -> None:
        if not self.dead:
            self.count += 1
        if self.dead or (self.count == self.cut and not self.after):
            await self.die()

    async def done(self) -> None:
        if self.dead or (self.count == self.cut and self.after):
            await self.die()

    async def die(self) -> None:
        """Do nothing any more, in any task."""
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - steps are made in tasks
        if not self.dead:
            self.dead = True
            for turn in self._turns - {task}:
                turn.cancel()
        if task in self._turns:
            raise Crash
        self._stuck.add(task)
        await asyncio.Event().wait()

    @contextmanager
    def turn(self) -> Iterator[None]:
        """A block that raises :class:`Crash` where the process dies."""
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - as above
        self._turns.add(task)
        try:
            yield
        except asyncio.CancelledError:
            if not self.dead:
                raise
            task.uncancel()
            raise Crash from None
        finally:
            self._turns.discard(task)
        if self.dead:
            raise Crash

    async def bury(self) -> None:
        """Leave no task of a dead process behind."""
        for task in self._stuck:
            task.cancel()
        if self._stuck:
            await asyncio.wait(self._stuck)


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
        await self._steps.before()
        await asyncio.sleep(0)
        found = await self._store.fetch(keys)
        await self._steps.done()
        return found

    async def commit(self, changes: Sequence[Change]) -> dict[str, str]:
        await self._steps.before()
        await asyncio.sleep(0)
        e_tags = await self._store.commit(changes)
        self._steps.unnoted -= {ledger_of(change.key) for change in changes}
        await self._steps.done()
        return e_tags

    async def scan(
        self, *, prefix: str = "", owner: str | None = None, after: str = "", limit: int = 500
    ) -> list[tuple[str, Record]]:
        return await self._store.scan(prefix=prefix, owner=owner, after=after, limit=limit)

    async def sweep(self, limit: int = 500) -> int:
        return await self._store.sweep(limit)

    async def due(self, *, prefix: str = "", limit: int = 100) -> list[tuple[str, float]]:
        if self._steps.dead:
            await self._steps.die()
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
        super().__init__(NoToken())
        self._channel = channel
        self._steps = steps
        self.hold: Callable[[str], Awaitable[None]] = at_once

    async def create_conversation(
        self, service_url: str, body: bytes, *, deadline: float | None = None
    ) -> tuple[str, str | None]:
        """A conversation with one member is always the same; the activity's id too."""
        await asyncio.sleep(0)
        members = json.loads(body).get("members", [])
        return "with-" + "-and-".join(member["id"] for member in members), "first"

    async def attempt_send(
        self,
        service_url: str,
        conversation_id: str,
        body: bytes,
        *,
        reply_to_id: str | None = None,
        gate: Callable[[], bool] | None = None,
    ) -> Outcome:
        activity = json.loads(body)
        return await self._call(conversation_id, activity.get("text") or activity["type"], gate)

    async def send_at_best(
        self,
        service_url: str,
        conversation_id: str,
        body: bytes,
        *,
        reply_to_id: str | None = None,
    ) -> float | None:
        self._channel.take(conversation_id, json.loads(body)["type"])
        return None

    async def attempt_update(
        self,
        service_url: str,
        conversation_id: str,
        activity_id: str,
        body: bytes,
        *,
        gate: Callable[[], bool] | None = None,
    ) -> Outcome:
        activity = json.loads(body)
        assert activity["id"] == activity_id  # noqa: S101 - Teams insists
        return await self._call(conversation_id, f"update {activity_id}: {activity['text']}", gate)

    async def attempt_delete(
        self,
        service_url: str,
        conversation_id: str,
        activity_id: str,
        *,
        gate: Callable[[], bool] | None = None,
    ) -> Outcome:
        return await self._call(conversation_id, f"delete {activity_id}", gate)

    async def _call(self, conversation: str, text: str, gate: Callable[[], bool] | None) -> Outcome:
        await self.hold(conversation)
        await self._steps.before()
        await asyncio.sleep(0)
        if gate is not None and not gate():
            return Held()
        if self._channel.down:
            return Failed("the channel is down")
        if status := self._channel.answers.get(text):
            return Failed(str(status), status) if is_transient(status) else Refused(status)
        channel_id = self._channel.take(conversation, text)
        self._steps.unnoted.add(conversation)
        await self._steps.done()
        return Taken(channel_id)


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
        self._dispatching: asyncio.Task[None] | None = None
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
            lease_clock=world.lease_clock(),
            **options,
        )
        self.bot: Any = CountingBot(conversation_state, user_state)
        self.states = (conversation_state, user_state)

    async def take(self, activity: Activity) -> InvokeResponse | None:
        """Take an activity as the channel posts it."""
        with self.steps.turn():
            return await self.adapter.process_activity(None, activity, self.bot.on_turn)

    async def begin(self, activity: Activity) -> asyncio.Task[InvokeResponse | None]:
        """Have an activity taken, and return when what it owes is committed, or soon to be."""
        taking = asyncio.create_task(self.take(activity))
        for _ in range(50):
            await asyncio.sleep(0)
        return taking

    async def dispatch(self, *, everywhere: bool = True) -> None:
        """Have a dispatcher look for what is owed, until the process stops.

        :param everywhere: not only where turns of this process owe something.
        """
        dispatcher = Dispatcher(
            self.records,
            self.adapter.senders,
            self.metrics,
            bot="",
            everywhere=lambda: everywhere,
        )
        self._dispatching = asyncio.create_task(dispatcher.run())
        await asyncio.sleep(0)

    def figure(self, name: str) -> float:
        """One of the figures that the process shows to whoever asks for its metrics."""
        text = self.metrics.exposition()[0].decode()
        lines = [line for line in text.splitlines() if not line.startswith("#")]
        return float(dict(line.rsplit(" ", 1) for line in lines)[name])

    async def stop(self) -> None:
        """Stop in good order."""
        if self._dispatching:
            self._dispatching.cancel()
            await asyncio.wait({self._dispatching})
        if self.steps.dead:
            await self.steps.bury()
        else:
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
