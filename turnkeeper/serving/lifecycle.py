"""The parts of a bot that are open while somebody uses them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from contextvars import Context
from typing import Final

from aiohttp import web

from turnkeeper.errors import BotError, Fault, RequestRefused, SettingsError
from turnkeeper.serving import gunicorn
from turnkeeper.serving.program import lines_of

_PAUSE: Final = 1.0
"""Seconds until parts that could not be opened are tried again."""

_log = logging.getLogger(__name__)


class Lifecycle:
    """Opens parts for whoever comes first, and closes them when the last one leaves.

    :param open_parts: opens all parts and puts what closes each on the stack. A part that fails to
        close leaves no other open. It gets what tells whether requests are served.
    :param faults: returns what is wrong with the settings; then nothing is opened.
    :param remarks: returns what the operator is warned of at the start, a line each.
    :ivar serves: whether requests are served, and not a script's own calls alone.
    """

    def __init__(
        self,
        open_parts: Callable[[AsyncExitStack, Callable[[], bool]], Awaitable[None]],
        faults: Callable[[], Sequence[Fault]],
        remarks: Callable[[], Iterable[str]] = tuple,
    ) -> None:
        self._open_parts = open_parts
        self._faults = faults
        self._remarks = remarks
        self._users = 0
        self.serves = False
        self._stack = AsyncExitStack()
        self._changing = asyncio.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None

    @property
    def is_open(self) -> bool:
        """Whether the parts are open in the running event loop."""
        return self._users > 0 and self._loop is asyncio.get_running_loop()

    def attend(self, app: web.Application) -> None:
        """Have the parts be open while an application is.

        Where they cannot be opened, the program ends with a line for each fault.
        """
        app.on_startup.insert(0, self._check)
        app.cleanup_ctx.append(self._within)

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[None]:
        """Use the parts within the block; see :meth:`enter`."""
        await self.enter()
        try:
            yield
        finally:
            await self.leave()

    async def enter(self, *, once: bool = False) -> bool:
        """Use the parts; :meth:`leave` must follow.

        :param once: only if nobody uses them yet.
        :returns: whether they are used by who called this.
        :raises SettingsError: the settings are wrong.
        :raises BotError: a part cannot be opened; then none is open.
        """
        if self._loop is not (loop := asyncio.get_running_loop()):
            if self._loop is not None and self._loop.is_closed():
                self._users, self._stack = 0, AsyncExitStack()  # what was open has gone with it
            elif self._users or self._changing.locked():
                raise BotError("the host is open in another event loop; close it there first")
            self._loop, self._changing = loop, asyncio.Lock()  # a lock belongs to one loop
        async with self._changing:
            if not self._users:
                if faults := self._faults():
                    raise SettingsError(*faults)
                for remark in self._remarks():
                    _log.warning("%s", remark)
                async with AsyncExitStack() as stack:
                    await self._open_parts(stack, lambda: self.serves)
                    self._stack = stack.pop_all()
            elif once:
                return False
            self._users += 1
            return True

    async def leave(self) -> None:
        """Use the parts no more."""
        async with self._changing:
            self._users -= 1
            if not self._users:
                await self._stack.aclose()

    async def _check(self, _: web.Application) -> None:
        """End the program before anything is opened where the settings are wrong."""
        if faults := self._faults():
            for remark in self._remarks():
                _log.warning("%s", remark)
            await gunicorn.give_up(SettingsError(*faults))

    async def _within(self, _: web.Application) -> AsyncIterator[None]:
        self.serves = True
        try:
            await self.enter()
        except BotError as error:
            await gunicorn.give_up(error)
        yield
        await self.leave()
        self.serves = self._users > 0


class LateOpening:
    """Opens parts at their first use, where no application has.

    :param lifecycle: of the parts.
    :param warning: what the log says then.
    """

    def __init__(self, lifecycle: Lifecycle, warning: str) -> None:
        self._lifecycle = lifecycle
        self._warning = warning
        self._closed_until = 0.0
        self._keeper: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Open the parts unless they are open.

        :raises RequestRefused: 503, they cannot be opened; the log says why.
        """
        if self._lifecycle.is_open:
            return
        loop = asyncio.get_running_loop()
        if (asked := loop.time()) < self._closed_until:
            raise self._refusal()
        try:
            opened = await self._lifecycle.enter(once=True)
            self._lifecycle.serves = True
        except BotError as error:
            if self._closed_until <= asked:  # those who waited with it need not be told again
                self._closed_until = loop.time() + _PAUSE
                _log.error("the adapter cannot be opened: %s", "; ".join(lines_of(error)))
            raise self._refusal() from error
        if opened:
            _log.warning(self._warning)
            # Held here: the event loop itself holds its tasks weakly.
            self._keeper = asyncio.create_task(self._stay(), context=Context())

    async def _stay(self) -> None:
        """Close the parts when the event loop is about to: then all its tasks are cancelled."""
        try:
            await asyncio.get_running_loop().create_future()
        except asyncio.CancelledError:
            await self._lifecycle.leave()
            raise

    @staticmethod
    def _refusal() -> RequestRefused:
        return RequestRefused(503, "not_open", "The bot cannot take anything now.", retry_after=2)
