"""A person who talks with the bot, on any channel and at any time, without HTTP and a host."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from botbuilder.core import AutoSaveStateMiddleware
from botbuilder.core.adapters import TestAdapter
from botbuilder.schema import Activity, ConversationAccount, ConversationReference

from app import TYPES, make_bot
from config import Config
from state.models import UserProfile
from turnkeeper import Host, Settings

NOW = datetime(2026, 11, 24, 5, 44, 54, tzinfo=UTC)


class Person:
    """One person on one channel, in front of the bot on the SDK's test adapter.

    :param channel: the channel's id.
    :param config: the bot's settings.
    """

    def __init__(self, channel: str = "test", config: Config | None = None) -> None:
        self.now = NOW
        host = Host(Settings(storage_url="memory:"), types=TYPES, clock=self._clock)
        self._profile = host.user_state.create_property("UserProfile")
        self._dialogs = host.conversation_state.create_property("DialogState")
        self._seen: list[tuple[UserProfile | None, Any]] = []
        bot = make_bot(host, config or Config())
        self.adapter = TestAdapter(bot.on_turn, ConversationReference(channel_id=channel))
        states = AutoSaveStateMiddleware([host.user_state, host.conversation_state])
        self.adapter.use(states).use(self)

    def _clock(self) -> float:
        return self.now.timestamp()

    async def on_turn(self, context: Any, logic: Callable[[], Any]) -> None:
        """Look at the state at the end of each turn, as a middleware of the test adapter."""
        await logic()
        self._seen.append((await self._profile.get(context), await self._dialogs.get(context)))

    @property
    def profile(self) -> UserProfile | None:
        """The person's profile after the last turn, or None if there is none."""
        return self._seen[-1][0]

    @property
    def dialogs(self) -> Any:
        """The ``DialogState`` after the last turn, or None if no dialog is open."""
        return self._seen[-1][1]

    def later(self, **span: float) -> None:
        """Let time pass, in the units of ``timedelta``."""
        self.now += timedelta(**span)

    def goes_to(self, conversation_id: str, **fields: Any) -> None:
        """Continue in another conversation."""
        self.adapter.template.conversation = ConversationAccount(id=conversation_id, **fields)

    async def sends(self, text: str | None = None, **fields: Any) -> Activity | None:
        """Send an activity, a message unless told otherwise, and return the only reply or None."""
        fields = {"type": "message", "timestamp": self.now, **fields}
        await self.adapter.receive_activity(Activity(text=text, **fields))
        replies = []
        while (reply := self.adapter.get_next_activity()) is not None:
            if reply.type == "message":  # and no trace for the Emulator
                replies.append(reply)
        assert len(replies) <= 1, "one reply a turn"
        return replies[0] if replies else None

    async def says(self, text: str | None = None, **fields: Any) -> str:
        """Send a message and return the text of the only reply, which is plain."""
        reply = await self.sends(text, **fields)
        assert reply is not None
        assert reply.text_format == "plain"
        return str(reply.text)

    async def introduces_herself(self) -> None:
        """Give the name Ada."""
        await self.says("hi")
        await self.says("Ada")
