"""A person who talks with the bot's dialogs, on any channel and at any time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from botbuilder.core import AutoSaveStateMiddleware, ConversationState, MemoryStorage, UserState
from botbuilder.schema import Activity, ConversationAccount
from botbuilder.testing import DialogTestClient

from dialogs.main_dialog import MainDialog
from state.models import UserProfile

NOW = datetime(2026, 11, 24, 5, 44, 54, tzinfo=UTC)


class Person:
    """One person on one channel, in front of the main dialog on the SDK's own state classes.

    :param channel: the channel's id.
    :param begin_with: the options that the dialog is begun with.
    :param options: further arguments of ``MainDialog``.
    """

    def __init__(self, channel: str = "test", *, begin_with: object = None, **options: Any) -> None:
        self.now = NOW
        self.conversations = ConversationState(MemoryStorage())
        users = UserState(MemoryStorage())
        self._profile = users.create_property("UserProfile")
        self._seen: list[UserProfile | None] = []
        self.dialog = MainDialog(self._profile, clock=self._clock, **options)
        self.client = DialogTestClient(
            channel,
            self.dialog,
            begin_with,
            middlewares=[AutoSaveStateMiddleware([users]), self],
            conversation_state=self.conversations,
        )

    def _clock(self) -> float:
        return self.now.timestamp()

    async def on_turn(self, context: Any, logic: Callable[[], Any]) -> None:
        """Look at the state at the end of each turn, as a middleware of the test adapter."""
        await logic()
        self._seen.append(await self._profile.get(context))

    @property
    def profile(self) -> UserProfile | None:
        """The person's profile after the last turn, or None if there is none."""
        return self._seen[-1]

    def later(self, **span: float) -> None:
        """Let time pass, in the units of ``timedelta``."""
        self.now += timedelta(**span)

    def goes_to(self, conversation_id: str, **fields: Any) -> None:
        """Continue in another conversation."""
        self.client.test_adapter.template.conversation = ConversationAccount(
            id=conversation_id, **fields
        )

    async def sends(self, text: str | None = None, **fields: Any) -> Activity | None:
        """Send an activity, a message unless told otherwise, and return the only reply or None."""
        fields = {"type": "message", "timestamp": self.now, **fields}
        reply = await self.client.send_activity(Activity(text=text, **fields))
        assert self.client.get_next_reply() is None, "one reply a turn"
        return reply

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
