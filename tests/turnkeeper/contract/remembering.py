"""A bot that keeps names wherever a bot can keep them, and forgets who asks it to."""

from __future__ import annotations

from typing import Any

from botbuilder.core import ActivityHandler, TurnContext
from botbuilder.dialogs import DialogInstance, DialogState
from botbuilder.schema import Activity, ConversationAccount

from tests.turnkeeper.models import TYPES, Known, Talk
from tests.turnkeeper.turn.world import Process, World, message
from turnkeeper.state.people.erasure import stage_erasure
from turnkeeper.state.scope import ConversationState, UserState
from turnkeeper.state.services import address_in, forget_states, transaction_in
from turnkeeper.state.turn_state import TurnState
from turnkeeper.storage import RecordStorage
from turnkeeper.wire.codec import Codec

ADA, BOB = "29:1-Ada_id", "29:1-Bob_id"
ADA_KEY, BOB_KEY = f"msteams/users/{ADA}", f"msteams/users/{BOB}"
NAME = "Zoraquil Fentimore"
GROUP = {"is_group": True, "conversation_type": "groupChat"}


class RememberingBot(ActivityHandler):  # type: ignore[misc]  # the SDK is untyped
    """Takes every text as the sender's name, except ``forget me``."""

    def __init__(self, conversation_state: ConversationState, user_state: UserState) -> None:
        self._states = TurnState(conversation_state, user_state)
        self._profile = user_state.create_property("Known")
        self._data = conversation_state.create_property("Talk")
        self._dialog = conversation_state.create_property("DialogState")

    async def on_turn(self, turn_context: TurnContext) -> None:
        await super().on_turn(turn_context)
        await self._states.save_all_changes(turn_context)

    async def on_message_activity(self, turn_context: TurnContext) -> None:
        activity = turn_context.activity
        if activity.text == "forget me":
            await self.forget(turn_context)
            await turn_context.send_activity("I have forgotten you.")
            return
        name = activity.text
        profile = Known(name=name, met_in=activity.conversation.id)
        await self._profile.set(turn_context, profile)
        await self._data.set(turn_context, Talk(person=activity.from_property.id))
        open_question = DialogInstance()
        open_question.id, open_question.state = "ask", {"values": {"name": name}}
        await self._dialog.set(turn_context, DialogState([open_question]))
        await turn_context.send_activity(f"Hello {name}")

    async def forget(self, context: TurnContext) -> None:
        """Erase the sender with this turn."""
        storage = self._states.storage
        transaction, _ = transaction_in(context, storage.records)
        await stage_erasure(transaction, address_in(context), storage.codec)
        forget_states(context)


def process_on(storage: RecordStorage) -> Process:
    """A process of this bot on a store, as the host runs it."""
    process = World(storage, Codec(TYPES)).process()
    process.bot = RememberingBot(*process.states)
    return process


def says(
    text: str, *, person: str, conversation: str, group: bool = False, **more: Any
) -> Activity:
    """A message of a person; each has an id of its own."""
    activity = message(
        text, person=person, conversation=conversation, id=f"{conversation}:{text}", **more
    )
    activity.conversation = ConversationAccount(id=conversation, **(GROUP if group else {}))
    return activity


async def remember_everywhere(process: Process, name: str, *, person: str, own: str) -> None:
    """Have a name kept in two conversations of the person's own, and in two groups.

    :param own: the beginning of the ids of the person's own conversations.
    """
    replies: dict[str, Any] = {"delivery_mode": "expectReplies"}  # the ledger keeps the answers
    await process.take(says(name, person=person, conversation=f"{own}-1"))
    await process.take(says(name, person=person, conversation=f"{own}-2", **replies))
    await process.take(says(name, person=person, conversation="19:g;messageid=1", group=True))
    await process.take(says(name, person=person, conversation="19:h", group=True, **replies))


async def everything(storage: RecordStorage) -> str:
    """All keys, owners and bodies of a store, as one text."""
    records = await storage.scan(limit=10_000)
    return "\n".join(f"{key} {record.owner} {record.body}" for key, record in records)
