"""People of Teams, with their Entra accounts and without, and a bot that knows them again."""

from __future__ import annotations

from typing import Any

from botbuilder.core import TurnContext
from botbuilder.schema import Activity, ChannelAccount

from tests.turnkeeper.contract.remembering import RememberingBot, process_on, says
from tests.turnkeeper.models import Known
from tests.turnkeeper.turn.world import Process
from turnkeeper.state.scope import ConversationState, UserState
from turnkeeper.storage import RecordStorage

TENANT = "0a1b2c3d-0000-4000-8000-00000000aaaa"
OBJECT_ID = "11111111-2222-4333-8444-555555555555"
ACCOUNT_KEY = f"msteams/users/aad:{TENANT}:{OBJECT_ID}"


class KnowingBot(RememberingBot):
    """Says ``You are NAME.`` where it is asked ``who am I?``."""

    def __init__(self, conversation_state: ConversationState, user_state: UserState) -> None:
        super().__init__(conversation_state, user_state)
        self._known = user_state.create_property("Known")

    async def on_message_activity(self, turn_context: TurnContext) -> None:
        if turn_context.activity.text != "who am I?":
            await super().on_message_activity(turn_context)
            return
        profile = await self._known.get(turn_context)
        name = profile.name if isinstance(profile, Known) else "a stranger"
        await turn_context.send_activity(f"You are {name}.")


def knowing_process_on(storage: RecordStorage) -> Process:
    """A process of this bot on a store."""
    process = process_on(storage)
    process.bot = KnowingBot(*process.states)
    return process


def says_as(text: str, *, person: str, conversation: str = "a-1", **more: Any) -> Activity:
    """A message of a person whose Entra account the activity tells."""
    activity = says(text, person=person, conversation=conversation, **more)
    activity.id = f"{activity.id}:{person}"
    activity.from_property = ChannelAccount(id=person, aad_object_id=OBJECT_ID.upper())
    activity.conversation.tenant_id = TENANT
    return activity


def said(process: Process, conversation: str = "a-1") -> list[str]:
    """What the bot has said in a conversation."""
    return process.world.channel.received.get(conversation, [])
