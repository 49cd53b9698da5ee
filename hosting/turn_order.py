"""One turn of a conversation at a time, conversations side by side."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from errors import RequestRefused

WAITING: Final = 50
"""How many activities of one conversation may wait before more are refused."""


class TurnOrder:
    """First come, first served, within this process; nothing is kept of a quiet conversation."""

    def __init__(self) -> None:
        self._locks: dict[str, asyncio.Lock] = {}
        self._turns: dict[str, int] = {}

    def __len__(self) -> int:
        """How many conversations have a turn under way or waiting."""
        return len(self._turns)

    def busy(self, conversation: str) -> bool:
        """Whether a turn of the conversation is under way or waiting."""
        return conversation in self._turns

    @asynccontextmanager
    async def turn(self, conversation: str) -> AsyncIterator[None]:
        """Wait for the conversation's turn and hold it.

        :param conversation: any key that names the conversation.
        :raises errors.RequestRefused: 503, too many activities wait already.
        """
        turns = self._turns.get(conversation, 0)
        if turns > WAITING:
            raise RequestRefused(
                503, "conversation_busy", "Too many activities wait here.", retry_after=2
            )
        self._turns[conversation] = turns + 1
        lock = self._locks.setdefault(conversation, asyncio.Lock())
        try:
            async with lock:
                yield
        finally:
            turns = self._turns[conversation] - 1
            if turns:
                self._turns[conversation] = turns
            else:
                del self._turns[conversation], self._locks[conversation]
