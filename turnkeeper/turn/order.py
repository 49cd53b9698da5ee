"""One turn of a conversation at a time, conversations side by side."""

from __future__ import annotations

import asyncio
from typing import Any, Final

from turnkeeper.errors import NestedTurn, RequestRefused
from turnkeeper.turn.slots import Slots

WAITING: Final = 50
"""How many activities of one conversation may wait before more are refused."""

PATIENCE: Final = 10.0
"""Seconds an activity waits at most: a conversation that hangs must not fill the bot."""


class TurnOrder:
    """First come, first served, within this process; nothing is kept of a quiet conversation.

    :param slots: those of the process; who waits for a turn holds none.
    """

    def __init__(self, slots: Slots) -> None:
        self._slots = slots
        self._locks: dict[str, asyncio.Lock] = {}
        self._turns: dict[str, int] = {}
        self._holders: dict[str, asyncio.Task[Any] | None] = {}

    def __len__(self) -> int:
        """How many conversations have a turn under way or waiting."""
        return len(self._turns)

    def busy(self, conversation: str) -> bool:
        """Whether a turn of the conversation is under way or waiting."""
        return conversation in self._turns

    def turn(self, conversation: str, person: str | None = None) -> _Turn:
        """A block that waits for the conversation's turn, and for a slot, and holds them.

        :param conversation: any key that names the conversation.
        :param person: whose turn it is, as of :meth:`turnkeeper.turn.slots.Slots.take_free`.
        :raises NestedTurn: the task that asks for it has it already. Another task, though
            begun by that one, waits.
        :raises RequestRefused: 503, too many activities wait already, or it waited for
            :data:`PATIENCE`.
        """
        return _Turn(conversation, person, self._slots, self._locks, self._turns, self._holders)


class _Turn:
    # A class, since a generator as a context manager costs each turn five times as much.
    def __init__(  # noqa: PLR0913, PLR0917 - what it is of, and what the order knows
        self,
        conversation: str,
        person: str | None,
        slots: Slots,
        locks: dict[str, asyncio.Lock],
        turns: dict[str, int],
        holders: dict[str, asyncio.Task[Any] | None],
    ) -> None:
        self._conversation = conversation
        self._person = person
        self._slots = slots
        self._locks = locks
        self._turns = turns
        self._holders = holders

    async def __aenter__(self) -> None:
        turns = self._turns.get(self._conversation, 0)
        task = asyncio.current_task()
        if turns and self._holders.get(self._conversation) is task:
            raise NestedTurn
        if turns > WAITING:
            raise RequestRefused(
                503, "conversation_busy", "Too many activities are queued here.", retry_after=2
            )
        self._turns[self._conversation] = turns + 1
        lock = self._locks.setdefault(self._conversation, asyncio.Lock())
        try:
            # Not asked of the lock: between a release and the waking of its next waiter it is not
            # locked, and whoever comes in between waits all the same.
            if not turns and self._slots.take_free(self._person):
                await lock.acquire()
            else:
                with self._slots.waiting(self._person):
                    async with asyncio.timeout(PATIENCE):
                        await self._acquire(lock)
        except TimeoutError:
            self._leave()
            raise RequestRefused(
                503, "conversation_busy", "Earlier activities are still running.", retry_after=2
            ) from None
        except BaseException:
            self._leave()
            raise
        self._holders[self._conversation] = task

    async def _acquire(self, lock: asyncio.Lock) -> None:
        """Acquire the conversation's lock first: within it nobody is to overtake anybody."""
        await lock.acquire()
        try:
            await self._slots.take(self._person)
        except BaseException:
            lock.release()
            raise

    async def __aexit__(self, *_: object) -> None:
        del self._holders[self._conversation]
        self._slots.leave(self._person)
        self._locks[self._conversation].release()
        self._leave()

    def _leave(self) -> None:
        turns = self._turns[self._conversation] - 1
        if turns:
            self._turns[self._conversation] = turns
        else:
            del self._turns[self._conversation], self._locks[self._conversation]
