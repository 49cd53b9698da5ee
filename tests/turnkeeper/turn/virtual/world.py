"""Two processes, a store and a channel in virtual time."""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Callable, Coroutine
from random import Random
from typing import Any

from tests.turnkeeper.turn.virtual.bot import Message, ObedientBot
from tests.turnkeeper.turn.virtual.host import Host, Time
from tests.turnkeeper.turn.virtual.truth import Broken, Truth
from tests.turnkeeper.turn.virtual.wires import Channel, ChannelWire, StoreWire
from turnkeeper.adapters.hosted import HostedAdapter
from turnkeeper.auth.authentication import Authenticator
from turnkeeper.auth.service_url import ServiceUrls
from turnkeeper.background.dispatcher import Dispatcher
from turnkeeper.delivery.lease import LeaseClock
from turnkeeper.errors import BotError
from turnkeeper.observing.metrics import Metrics
from turnkeeper.settings import Settings
from turnkeeper.state.people.erasure import erase
from turnkeeper.state.scope import ConversationState, UserState
from turnkeeper.state.turn_state import TurnState
from turnkeeper.state.typed_storage import TypedStorage
from turnkeeper.storage import MemoryStorage
from turnkeeper.wire.codec import Codec

AT_ONCE = 5.0
BACK_IN = (0.3, 1.0, 4.0)
"""Seconds in which a process is started that takes the place of one that was killed."""

ALL_SENT = 200.0
"""Seconds within which all is sent when nothing is wrong any more: the longest wait, and some."""


class Process:
    """One process of the bot.

    :ivar back_at: when another is started in its place.
    """

    def __init__(self, world: VirtualWorld, name: str) -> None:
        self.back_at = math.inf
        self.host = Host(world.time, world.random, name)
        self.store = StoreWire(world.store, self.host, world.truth)
        storage = TypedStorage(self.store, world.codec)
        states = ConversationState(storage, group_state="person"), UserState(storage)
        metrics = Metrics()
        self.adapter = HostedAdapter(
            TurnState(*states),
            world.authenticator,
            ServiceUrls(local=True),
            ChannelWire(world.channel, self.host, world.truth),
            metrics=metrics,
            clock=world.time.wall,
            lease_clock=LeaseClock(self.host.steady, world.time.wall),
        )
        self.bot = ObedientBot(world.messages, *states)
        dispatcher = Dispatcher(
            self.store, self.adapter.senders, metrics, bot="", everywhere=lambda: True
        )
        self.dispatching = self.host.begin(dispatcher.run())

    async def take(self, message: Message) -> None:
        """Take a message as the channel posts it."""
        try:
            await self.adapter.process_activity(None, message.activity(), self.bot.on_turn)
        except BotError:
            return  # the channel delivers it again
        message.taken = True

    async def close(self) -> None:
        """Stop in good order."""
        self.dispatching.cancel()
        await self.adapter.close()


class _Errors(logging.Handler):
    """Takes exceptions that nobody expected for what they are."""

    def __init__(self, truth: Truth) -> None:
        super().__init__(logging.ERROR)
        self._truth = truth

    def emit(self, record: logging.LogRecord) -> None:
        if record.exc_info and record.exc_info[1]:
            self._truth.breaks(f"{record.getMessage()}: {record.exc_info[1]!r}")


class VirtualWorld:
    """All there is.

    :param seed: of all that takes its time.
    :ivar messages: what was said, by text, in order.
    """

    def __init__(self, seed: int = 0) -> None:
        self.time = Time()
        self.random = Random(seed)  # noqa: S311
        self.truth = Truth(self.time)
        self.store = MemoryStorage(self.time.store)
        self.codec = Codec()
        self.channel = Channel()
        self.authenticator = Authenticator(Settings())
        self.messages: dict[str, Message] = {}
        self.erasures: dict[str, int] = {}
        self._ahead = [0.0]
        self._started = 0
        self._erasing: list[tuple[Host, asyncio.Task[int]]] = []
        self._errors = _Errors(self.truth)
        logging.getLogger().addHandler(self._errors)
        logging.disable(logging.WARNING)
        self.processes = [self._process(), self._process()]

    def run(self, seconds: float) -> None:
        """Let time pass.

        :raises Broken: something does not hold that must.
        """
        end = self.time.now + seconds
        while True:
            hosts = [*(one.host for one in self.processes), *(host for host, _ in self._erasing)]
            host = min(hosts, key=lambda one: one.due_at)
            back_at = min(one.back_at for one in self.processes)
            if min(host.due_at, back_at) > end:
                break
            self.time.now = max(self.time.now, min(host.due_at, back_at))
            if back_at <= host.due_at:
                self._start_again()
                continue
            host.go()
            if host.dead:
                self._bury(host)
            self._end_erasures()
            if self.truth.broken:
                raise Broken(self.truth.broken)
        self.time.now = end

    def run_until(self, condition: Callable[[], bool]) -> None:
        """Let time pass until something is so, for ten seconds at most.

        :raises Broken: it is not so even then; or as :meth:`run`.
        """
        end = self.time.now + 2 * AT_ONCE
        while not condition():
            if self.time.now > end:
                raise Broken("what was waited for does not happen")
            self.run(0.001)

    def say(self, side: int, message: Message) -> None:
        """Have the channel deliver a message to a process, for the first time or again."""
        self.messages[message.text] = message
        self._do(side, lambda process: process.take(message))

    def kill(self, side: int) -> None:
        """Kill a process between two of its steps."""
        host = self.processes[side].host
        if not host.dead:
            self._bury(host)

    def stop(self, side: int) -> None:
        """Stop a process in good order, and start another in its place."""
        process = self.processes[side]
        if process.host.dead:
            return
        process.host.go_on()
        closing = process.host.begin(process.close())
        for _ in range(30):
            if closing.done() or process.host.dead:
                break
            self.run(1.0)
        self.kill(side)
        process.back_at = self.time.now

    def erase(self, person: str) -> None:
        """Have an operator erase a person."""
        if self._erasing:
            return
        self.erasures[person] = self.erasures.get(person, 0) + 1
        host = Host(self.time, self.random, "operator")
        self.truth.operator = host
        wire = StoreWire(self.store, host, self.truth)
        self._erasing.append((host, host.begin(erase(wire, f"msteams/users/{person}"))))

    def step_clock(self, seconds: float) -> None:
        """Step the store's clock."""
        self.time.ahead += seconds
        self._ahead.append(self.time.ahead)
        self.truth.clock_stepped()

    def owed(self) -> list[str]:
        """Return the keys of all that is owed."""
        return asyncio_free(self.store.scan(prefix="owed/"))

    def heal(self) -> None:
        """Have nothing wrong any more, all delivered again, and all sent.

        :raises Broken: something does not hold that must.
        """
        self.channel.answers.clear()
        self.channel.down_until = 0.0
        self.step_clock(max(self._ahead) - self.time.ahead)  # else a wait takes hours
        for process in self.processes:
            process.host.go_on()
            process.store.slips.clear()
            process.store.away_until = 0.0
        self.run(AT_ONCE)
        for message in self.messages.values():
            for _ in range(10):
                if not message.taken:
                    self.say(0, message)
                    self.run(AT_ONCE)
        end = self.time.now + ALL_SENT
        while self.owed() and self.time.now < end:
            self.run(AT_ONCE)
        self._check()

    def end(self) -> None:
        """Take away all that is left."""
        logging.getLogger().removeHandler(self._errors)
        logging.disable(logging.NOTSET)
        for process in self.processes:
            if not process.host.dead:
                process.host.bury()
        for host, _ in self._erasing:
            host.bury()

    def _check(self) -> None:
        if left := self.owed():
            raise Broken(f"what is owed is not sent: {left}")
        for effects in self.truth.effects.values():
            if lost := [one.text for one in effects if not one.settled]:
                raise Broken(f"lost: {lost}")
        for message in self.messages.values():
            erasures = self.erasures.get(message.person, 0)
            times = self.truth.taken[message.text]
            if not message.taken:
                raise Broken(f"{message.text} is never taken")
            if times > 1 + erasures or (times < 1 and not erasures):
                raise Broken(f"{message.text} took effect {times} times")

    def _do(self, side: int, work: Any) -> None:
        process = self.processes[side]
        if not process.host.dead:
            process.host.begin(work(process))

    def _bury(self, host: Host) -> None:
        self.truth.died(host)
        host.bury()
        for process in self.processes:
            if process.host is host:
                process.back_at = self.time.now + self.random.choice(BACK_IN)

    def _start_again(self) -> None:
        self.processes = [
            self._process() if one.back_at <= self.time.now else one for one in self.processes
        ]

    def _process(self) -> Process:
        self._started += 1
        return Process(self, f"process {self._started}")

    def _end_erasures(self) -> None:
        for host, task in list(self._erasing):
            if task.done():
                if error := task.exception():
                    raise error
                self._erasing.remove((host, task))
                host.bury()


def asyncio_free(work: Coroutine[Any, Any, list[tuple[str, Any]]]) -> list[str]:
    """Return the keys that a store in memory answers with, which never waits."""
    try:
        work.send(None)
    except StopIteration as stop:
        return [key for key, _ in stop.value]
    raise RuntimeError("it waits")
