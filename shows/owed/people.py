"""People who write to the bot, through a channel that delivers again what was not answered 2xx."""

from __future__ import annotations

import asyncio
import itertools
import time
from types import TracebackType
from typing import Final, Self

import aiohttp

from shows.owed.channel import Channel
from shows.owed.fleet import Fleet

_AGAIN: Final = 0.25
_PATIENCE: Final = 15.0
_ids: Final = itertools.count(time.time_ns())


class People:
    """All who write to a fleet through a channel.

    :param fleet: takes what they write.
    :param channel: where the bot answers.
    :ivar again: how many deliveries were repeated.
    """

    def __init__(self, fleet: Fleet, channel: Channel) -> None:
        self._fleet = fleet
        self._channel = channel
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0),
            timeout=aiohttp.ClientTimeout(total=_PATIENCE),
        )
        self.again = 0

    async def say(  # noqa: PLR0913 - who, where, what
        self,
        conversation: str,
        text: str,
        *,
        person: str = "",
        group: bool = False,
        name: str = "",
        to: int = 0,
        patience: float = 60.0,
    ) -> float:
        """Say something, and return when that was answered 2xx.

        :param person: who; by default nobody else is in the conversation.
        :param name: the activity's id; any new one by default.
        :param to: the process that it is delivered to, where that runs.
        :param patience: seconds for which it is delivered again.
        :raises TimeoutError: it was not answered 2xx.
        """
        who = person or f"with-{conversation}"
        activity = {
            "type": "message",
            "id": name or str(next(_ids)),
            "text": text,
            "channelId": "test",
            "serviceUrl": self._channel.url,
            "conversation": {"id": conversation, "isGroup": group},
            "from": {"id": who, "name": who.title()},
            "recipient": {"id": "bot", "name": "Bot"},
        }
        async with asyncio.timeout(patience):
            for tries in itertools.count():
                try:
                    url = self._fleet.url(to + tries)
                    async with self._session.post(url, json=activity) as response:
                        await response.read()
                        if response.ok:
                            return time.monotonic()
                except (aiohttp.ClientError, OSError):
                    pass
                self.again += 1
                await asyncio.sleep(_AGAIN)
        raise AssertionError  # it counts on for ever

    async def __aenter__(self) -> Self:
        """Open connections as they are needed."""
        return self

    async def __aexit__(
        self,
        error_type: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Hang up."""
        await self._session.close()
