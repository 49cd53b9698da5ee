"""The parts of a host that are open while somebody uses it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack

from turnkeeper.errors import BotError


class Lifecycle:
    """Opens parts for whoever comes first, and closes them when the last one leaves.

    :param open_parts: opens all parts and puts what closes each on the stack. A part that fails to
        close leaves no other open.
    """

    def __init__(self, open_parts: Callable[[AsyncExitStack], Awaitable[None]]) -> None:
        self._open_parts = open_parts
        self._users = 0
        self._stack = AsyncExitStack()
        self._changing = asyncio.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None

    async def enter(self) -> None:
        """Use the parts; :meth:`leave` must follow.

        :raises BotError: a part cannot be opened; then none is open.
        """
        if self._loop is not (loop := asyncio.get_running_loop()):
            if self._users or self._changing.locked():
                raise BotError("the host is open in another event loop; close it there first")
            self._loop, self._changing = loop, asyncio.Lock()  # a lock belongs to one loop
        async with self._changing:
            if not self._users:
                async with AsyncExitStack() as stack:
                    await self._open_parts(stack)
                    self._stack = stack.pop_all()
            self._users += 1

    async def leave(self) -> None:
        """Use the parts no more."""
        async with self._changing:
            self._users -= 1
            if not self._users:
                await self._stack.aclose()
