"""A process of its own loop and clocks, which may stand still or be gone at any call to outside."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from random import Random
from typing import Any, TypeVar

from tests.turnkeeper.turn.virtual.loop import VirtualLoop

EPOCH = 1_700_000_000.0
T = TypeVar("T")


@dataclass
class Time:
    """What time it is, in seconds: by no clock of anybody's, and by the store's.

    :param ahead: by how much the store's clock is.
    """

    now: float = 1000.0
    ahead: float = 0.0

    def store(self) -> float:
        return EPOCH + self.now + self.ahead

    def wall(self) -> float:
        return EPOCH + self.now


@dataclass(frozen=True)
class Fall:
    """What befalls a process at a call to outside.

    :param call: at which, from 1.
    :param after: when the call has taken effect, else before.
    :param seconds: for how long it stands still; None: it is killed.
    :param suspended: whether its machine does.
    """

    call: int
    after: bool
    seconds: float | None
    suspended: bool


async def _nothing() -> None:
    """Do nothing."""


def _no_task(loop: asyncio.AbstractEventLoop, work: Any, **_: Any) -> asyncio.Task[Any]:
    """Begin nothing: whoever is gone does not go on in its last moment."""
    work.close()
    return asyncio.Task(_nothing(), loop=loop)


class Host:
    """A process, as its machine has it.

    :ivar dead: it was killed; nothing of it happens any more.
    :ivar fall: what is to befall it.
    :ivar trouble: until when it was late by no fault of its own.
    :ivar armed: for how long it is to stand still between the last check of its lease and a POST.
    """

    def __init__(self, time: Time, random: Random, name: str) -> None:
        self.time = time
        self.random = random
        self.name = name
        self.dead = False
        self.fall: Fall | None = None
        self.trouble = -math.inf
        self.armed: float | None = None
        self._suspended = 0.0
        self._calls = 0
        self._wakes_at = time.now
        self._stands_until = time.now
        self.loop = VirtualLoop(self.steady)

    def steady(self) -> float:
        """Its monotonic clock, which stands still while its machine is suspended."""
        return self.time.now - self._suspended

    @property
    def due_at(self) -> float:
        """When it has something to do again."""
        return math.inf if self.dead else max(self._wakes_at, self._stands_until)

    def go(self) -> None:
        """Let it do what it can do now."""
        self.loop.go()
        self._wakes_at = self.time.now + self.loop.rest

    def begin(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """Have it do something; it goes on when the world does."""
        task = self.loop.create_task(work)
        self._wakes_at = self.time.now
        return task

    def stand(self, seconds: float, *, suspended: bool = False) -> None:
        """Have it stand still.

        :param suspended: with its machine, whose monotonic clock then stands still too.
        """
        self.trouble = max(self.trouble, self.time.now + seconds)
        if suspended:
            self._suspended += seconds
            self._wakes_at += seconds
        self._stands_until = max(self._stands_until, self.time.now + seconds)
        self.loop.stop()

    def go_on(self) -> None:
        """Let it stand still no longer, and nothing befall it."""
        self._stands_until = min(self._stands_until, self.time.now)
        self.fall = self.armed = None

    def die(self) -> None:
        """Have it be gone."""
        self.dead = True
        self.loop.stop()

    def bury(self) -> None:
        """Take away what is left of it in memory."""
        self.dead = True
        self.loop.set_task_factory(_no_task)
        for _ in range(20):
            if not (tasks := asyncio.all_tasks(self.loop)):
                break
            for task in tasks:
                task.cancel()
            self.loop.go()
        self.loop.close()

    async def outside(self, call: Callable[[], Awaitable[T]], ways: tuple[float, float]) -> T:
        """Call something outside of it.

        :param ways: the longest time there, and the longest back.
        """
        self._calls += 1
        number = self._calls
        await self._may_fall(number, after=False)
        await asyncio.sleep(self.random.uniform(0.1, 1) * ways[0])
        await self._alive()
        result = await call()
        await self._may_fall(number, after=True)
        await asyncio.sleep(self.random.uniform(0.1, 1) * ways[1])
        await self._alive()
        return result

    def plan(
        self, call: int, after: bool, seconds: float | None, *, suspended: bool = False
    ) -> None:
        """Have something befall it at one of its next calls; see :class:`Fall`."""
        self.fall = Fall(self._calls + call, after, seconds, suspended)

    async def stands_armed(self) -> None:
        """Stand still here, where that is planned."""
        if self.armed is not None:
            self.stand(self.armed)
            self.armed = None
            await asyncio.sleep(0)
        await self._alive()

    async def _may_fall(self, number: int, *, after: bool) -> None:
        await self._alive()
        fall = self.fall
        if fall and fall.call <= number and fall.after == after:
            self.fall = None
            if fall.seconds is None:
                self.die()
            else:
                self.stand(fall.seconds, suspended=fall.suspended)
                await asyncio.sleep(0)
        await self._alive()

    async def _alive(self) -> None:
        if self.dead:  # whoever is dead is heard of no more
            await self.loop.create_future()
