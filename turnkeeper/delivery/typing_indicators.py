"""Typing is shown at once: it is no reply, is entered in no ledger, and may be lost."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Final

from turnkeeper.connector.client import Connector
from turnkeeper.errors import BotError
from turnkeeper.ledger.effects import Send
from turnkeeper.ledger.ledger import Ledger
from turnkeeper.storage import RecordStorage

LIMIT: Final = 2.0
"""Seconds after which typing is not shown any more: it is old by then."""

PAUSE: Final = 1.0
"""Seconds between two of one turn, however often it is run; channels show one for longer."""

_log = logging.getLogger(__name__)


class TypingIndicators:
    """Shows typing in conversations, one at a time in each, while their turns are under way.

    :param connector: sends.
    :param storage: where ledgers are.
    :param hear_wait: is told the key of a ledger, and how many seconds the channel asks to wait.
    """

    def __init__(
        self, connector: Connector, storage: RecordStorage, hear_wait: Callable[[str, float], None]
    ) -> None:
        self._connector = connector
        self._storage = storage
        self._hear_wait = hear_wait
        self._shown: set[tuple[str, str]] = set()  # lately
        self._under_way: dict[str, asyncio.Task[None]] = {}

    def show(
        self, key: str, turn: str, service_url: str, typing: Send
    ) -> asyncio.Task[None] | None:
        """Begin to show typing, unless a turn has done so a moment ago; nobody waits for it.

        It is never shown before what an earlier turn still owes, nor while the channel has asked to
        wait, also where another process knows of that alone.

        :param key: of the conversation's ledger.
        :param turn: the turn's name in it.
        :param service_url: where the channel listens.
        :returns: what to cancel when the turn's first reply may leave.
        """
        if key in self._under_way or (key, turn) in self._shown:
            return None
        self._shown.add((key, turn))
        asyncio.get_running_loop().call_later(PAUSE, self._shown.discard, (key, turn))
        task = asyncio.create_task(self._show(key, turn, service_url, typing))
        self._under_way[key] = task
        task.add_done_callback(lambda done: self._forget(key, done))
        return task

    def end(self, key: str) -> None:
        """Show no more in a conversation: replies come now."""
        if self._under_way and (task := self._under_way.pop(key, None)):
            task.cancel()

    def close(self) -> None:
        """End all that is under way."""
        for key in list(self._under_way):
            self.end(key)

    async def _show(self, key: str, turn: str, service_url: str, typing: Send) -> None:
        try:
            async with asyncio.timeout(LIMIT):
                # Read anew, and not taken from the turn, which may have begun a while ago.
                queue = Ledger.read(key, (await self._storage.fetch([key])).get(key)).queue
                others = [one for one in queue.open.values() if one.turn != turn]
                if others or queue.not_before > self._storage.now():
                    return
                wait = await self._connector.send_at_best(
                    service_url,
                    typing.conversation,
                    typing.body.encode(),
                    reply_to_id=typing.reply_to or None,
                )
                if wait:
                    self._hear_wait(key, wait)
        except (BotError, TimeoutError) as error:
            _log.debug("typing was not shown: %s", type(error).__name__)

    def _forget(self, key: str, task: asyncio.Task[None]) -> None:
        if self._under_way.get(key) is task:
            del self._under_way[key]
