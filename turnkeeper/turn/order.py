"""One turn of a conversation at a time, conversations side by side."""

from __future__ import annotations

import asyncio
from typing import Any, Final

from turnkeeper.errors import NestedTurn, RequestRefused

WAITING: Final = 50
"""How many activities of one conversation may wait before more are refused."""

PATIENCE: Final = 10.0
"""Seconds an activity waits at most: a conversation that hangs must not fill the bot."""


class TurnOrder:
    """First come, first served, within this process; nothing is kept of a quiet conversation."""

    def __init__(self) -> None:
        self._locks: dict[str, asyncio.Lock] = {}
        self._turns: dict[str, int] = {}
        self._holders: dict[str, asyncio.Task[Any] | None] = {}

    def __len__(self) -> int:
        """How many conversations have a turn under way or waiting."""
        return len(self._turns)

    def busy(self, conversation: str) -> bool:
        """Whether a turn of the conversation is under way or waiting."""
        return conversation in self._turns

    def turn(self, conversation: str) -> _Turn:
        """A block that waits for the conversation's turn and holds it.

        :param conversation: any key that names the conversation.
        :raises NestedTurn: the task that asks for it has it already. Another task, though
            begun by that one, waits.
        :raises RequestRefused: 503, too many activities wait already, or it waited for
            :data:`PATIENCE`.
        """
        return _Turn(conversation, self._locks, self._turns, self._holders)


class _Turn:
    # A class, since a generator as a context manager costs each turn five times as much.
    def __init__(
        self,
        conversation: str,
        locks: dict[str, asyncio.Lock],
        turns: dict[str, int],
        holders: dict[str, asyncio.Task[Any] | None],
    ) -> None:
        self._conversation = conversation
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
            if turns:
                async with asyncio.timeout(PATIENCE):
                    await lock.acquire()
            else:
                await lock.acquire()
        except TimeoutError:
            self._leave()
            raise RequestRefused(
                503, "conversation_busy", "Earlier activities are still running.", retry_after=2
            ) from None
        except BaseException:
            self._leave()
            raise
        self._holders[self._conversation] = task

    async def __aexit__(self, *_: object) -> None:
        del self._holders[self._conversation]
        self._locks[self._conversation].release()
        self._leave()

    def _leave(self) -> None:
        turns = self._turns[self._conversation] - 1
        if turns:
            self._turns[self._conversation] = turns
        else:
            del self._turns[self._conversation], self._locks[self._conversation]
