"""A bot that does what the message says, and counts each in the state."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from botbuilder.core import ActivityHandler, TurnContext
from botbuilder.schema import Activity, ChannelAccount, ConversationAccount

from turnkeeper.ledger.ledger import digest
from turnkeeper.state.scope import ConversationState, UserState
from turnkeeper.turn.unseen import unseen

SERVICE_URL = "http://127.0.0.1:9"
GROUP = "group"


@dataclass
class Message:
    """What somebody says, and what the bot does about it.

    :param text: as no other message.
    :param replies: how many there are.
    :param judges: whether the bot takes it as an answer, unless the question did not arrive.
    :param typing: whether the bot shows that it types.
    :param thinks: seconds that it takes.
    :ivar taken: whether the channel was told that it is.
    """

    text: str
    person: str
    conversation: str
    replies: int = 1
    judges: bool = False
    typing: bool = False
    thinks: float = 0.0
    taken: bool = False

    def activity(self) -> Activity:
        """Return it as the channel delivers it."""
        return Activity(
            type="message",
            id=self.text,
            text=self.text,
            channel_id="msteams",
            service_url=SERVICE_URL,
            conversation=ConversationAccount(
                id=self.conversation, is_group=self.conversation == GROUP
            ),
            from_property=ChannelAccount(id=self.person),
            recipient=ChannelAccount(id="bot"),
        )


class ObedientBot(ActivityHandler):  # type: ignore[misc]  # the SDK is untyped
    """Does what messages say.

    :param messages: those that there are, by their texts.
    """

    def __init__(
        self,
        messages: dict[str, Message],
        conversation_state: ConversationState,
        user_state: UserState,
    ) -> None:
        self._messages = messages
        self._there = conversation_state.create_property("log")
        self._log = user_state.create_property("log")
        self._judged = user_state.create_property("judged")

    async def on_message_activity(self, turn_context: TurnContext) -> None:
        message = self._messages[turn_context.activity.text]
        for log in (self._there, self._log):
            (await log.get(turn_context, list)).append(message.text)
        if message.judges and not unseen(turn_context):
            judged = await self._judged.get(turn_context, dict)
            in_group = message.conversation == GROUP
            judged[message.text] = digest(f"msteams/users/{message.person}") if in_group else ""
        if message.typing:
            await turn_context.send_activity(Activity(type="typing"))
        if message.thinks:
            await asyncio.sleep(message.thinks)
        for number in range(message.replies):
            await turn_context.send_activity(f"{message.text}.{number}")
