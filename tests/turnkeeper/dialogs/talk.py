"""Talks with a bot that asks, over a channel that refuses, is busy and recovers."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from botbuilder.core import TurnContext
from botbuilder.dialogs import Dialog
from botbuilder.schema import Activity

from tests.turnkeeper.turn.world import Process, World, message
from turnkeeper import dialogs
from turnkeeper.address import owed_prefix
from turnkeeper.storage import MemoryStorage

REFUSED, BUSY = 403, 503
SURE = (
    'Shall I erase everything I keep about you? This cannot be undone. Say "yes" to erase it, '
    "anything else to keep it."
)
FORGOTTEN = "Done. I have erased everything I kept about you."
KEPT = "All right, I keep everything as it is."

Logic = Callable[[TurnContext], Awaitable[Any]]


class ClockedStorage(MemoryStorage):
    """A store that goes by the clock of its world."""

    def __init__(self, world: World) -> None:
        super().__init__(world.clock)
        self.now = world.clock  # type: ignore[method-assign]


class Answers(dict[str, int]):
    """The statuses with which a channel answers.

    :ivar all: that of every request; 0 where all is well.
    """

    all = 0

    def get(self, text: str, default: Any = None) -> Any:
        return self.all or super().get(text, default)


class Runs:
    """A bot that runs a dialog on each activity of a talk."""

    def __init__(self, talk: Talk, process: Process) -> None:
        self._talk = talk
        self._state = process.states[0]

    async def on_turn(self, context: TurnContext) -> None:
        async def watch(_: TurnContext, said: list[Activity], send: Callable[[], Any]) -> None:
            for one in said:
                self._talk.watch(one.text)
            await send()

        context.on_send_activities(watch)
        await dialogs.run(self._talk.dialog, context, self._state, **self._talk.options)


class Talk:
    """A channel, the bot's processes, and the people who talk with it.

    :param dialog: what the bot runs.
    :param options: of :func:`turnkeeper.dialogs.run`.
    :ivar process: the one that the channel talks to.
    :ivar told: the texts that reached somebody, in order.
    :ivar is_group: whether several people talk.
    :ivar watch: is told each text that the bot says, before it leaves.
    """

    def __init__(self, dialog: Dialog, **options: Any) -> None:
        self.world = World()
        self.world.storage = ClockedStorage(self.world)
        self.answers = Answers()
        self.world.channel.answers = self.answers
        self.processes: list[Process] = []
        self.is_group = False
        self.watch: Callable[[str], Any] = str
        self.dialog = dialog
        self.options = options
        self._count = 0
        self._has_failed = self._is_stopping = False
        self._recovered = asyncio.Event()
        self._recovered.set()
        self._taking: set[asyncio.Task[Any]] = set()
        self.process = self.begin()

    @property
    def told(self) -> list[str]:
        return self.world.channel.received.get("c", [])

    def begin(self) -> Process:
        """Have a process of the bot."""
        process = self.world.process()
        process.bot = Runs(self, process)
        process.connector.pause = self._pause
        process.connector.now = self.world.clock  # type: ignore[method-assign]
        self.processes.append(process)
        return process

    async def _pause(self, seconds: float) -> None:
        """A wait takes no time, but until the channel recovers; it ends where a process does."""
        if self._is_stopping:
            await asyncio.sleep(0)
            return
        if not self._recovered.is_set():
            self._has_failed = True
            await self._recovered.wait()
            if self._is_stopping:
                return
        self.world.now += max(seconds, 0.001)

    async def restarts(self) -> None:
        """Have the process stop in good order, and another begin."""
        self._is_stopping, busy = True, not self._recovered.is_set()
        self._recovered.set()
        await self.process.stop()
        self._is_stopping = False
        if busy:
            self._recovered.clear()
        self.process = self.begin()

    def later(self, minutes: float) -> None:
        """Let time pass."""
        self.world.now += 60 * minutes

    def refuses(self) -> None:
        """Have the channel refuse all from now on."""
        self.answers.all = REFUSED

    def is_busy(self) -> None:
        """Have the channel answer 503 to all from now on."""
        self.answers.all = BUSY
        self._has_failed = self._has_failed and not self._recovered.is_set()
        self._recovered.clear()

    async def recovers(self) -> None:
        """Have the channel take everything again, also what was owed."""
        self.answers.all = 0
        await self.settles()

    async def settles(self) -> None:
        """Have all that is owed leave, or be refused, as the channel answers now."""
        self._recovered.set()
        async with asyncio.timeout(10):
            while True:
                if not await self.owed():
                    break
                await asyncio.sleep(0)
        self._has_failed = False

    async def says(self, text: str, **fields: Any) -> list[str]:
        """Have somebody send a message; return what reaches them until it is taken."""
        return await self.happens(self.message(text, **fields))

    def message(self, text: str, **fields: Any) -> Activity:
        self._count += 1
        activity = message(text, id=f"{self._count}", **fields)
        activity.conversation.is_group = self.is_group or None
        return activity

    async def happens(self, activity: Activity) -> list[str]:
        """Have an activity taken; return what is said until all has left, or a first try failed."""
        return await self._until_it_left(self.process.take(activity))

    async def _until_it_left(self, turn: Coroutine[Any, Any, Any]) -> list[str]:
        before, owed = len(self.told), await self.owed()
        taking = asyncio.create_task(turn)
        self._taking.add(taking)
        async with asyncio.timeout(10):
            while True:
                if taking.done() or (self._has_failed and await self.owed() > owed):
                    break
                await asyncio.sleep(0)
        if taking.done():
            taking.result()
        return self.told[before:]

    async def owed(self) -> int:
        """How many turns owe something."""
        return len(await self.world.storage.scan(prefix=owed_prefix("")))

    async def bot_says(self, text: str, callback: Logic | None = None) -> list[str]:
        """Have the bot speak first."""

        async def say(context: TurnContext) -> None:
            await context.send_activity(text)

        reference = TurnContext.get_conversation_reference(self.message(""))
        adapter = self.process.adapter
        return await self._until_it_left(adapter.continue_conversation(reference, callback or say))

    async def end(self) -> None:
        """Have all processes stop."""
        await self.recovers()
        for process in self.processes:
            await process.stop()
        await asyncio.gather(*self._taking, return_exceptions=True)
