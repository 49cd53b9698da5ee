"""Edits of the message that gave a name: they correct it."""

from __future__ import annotations

from botbuilder.core import StatePropertyAccessor, TurnContext
from botbuilder.schema import Activity

from dialogs.messages import WordsOf, message
from dialogs.person_name import LONGEST_NAME, Refusal, answered_name, new_name_in
from state.models import ConversationData
from turnkeeper import ConversationState
from turnkeeper.channels import utterance
from turnkeeper.dialogs import Interruptions


class Edits:
    """Remembers a person's last answer, and takes an edit of it for another one.

    A channel sends an edit with the id of the message that it changes.

    :param conversation_state: keeps ``DialogState`` and the id of the answer.
    :param profiles: the ``UserProfile`` property of user state.
    :param words_of: returns the words for a turn.
    :param interruptions: what people may say at any time, and what is no name therefore.
    """

    def __init__(
        self,
        conversation_state: ConversationState,
        profiles: StatePropertyAccessor,
        words_of: WordsOf,
        interruptions: Interruptions,
    ) -> None:
        self._data = conversation_state.create_property("ConversationData")
        self._dialogs = conversation_state.create_property("DialogState")
        self._profiles = profiles
        self._words_of = words_of
        self._interruptions = interruptions

    async def remember(self, context: TurnContext) -> None:
        """Remember that the message of a turn gave the name."""
        if answer_id := context.activity.id:
            data: ConversationData = await self._data.get(context, ConversationData)
            data.answer_id = answer_id

    async def is_of_answer(self, context: TurnContext) -> bool:
        """Return whether an edit is one of the person's last answer."""
        data: ConversationData | None = await self._data.get(context)
        return bool(data and data.answer_id and data.answer_id == context.activity.id)

    async def is_awaited(self, context: TurnContext) -> bool:
        """Return whether a question is open, to which the last answer was none."""
        state = await self._dialogs.get(context)
        return bool(state and state.dialog_stack)

    async def corrected(self, context: TurnContext) -> Activity | None:
        """Take the name from an edit; return what to say to it, None if nothing has changed."""
        profile = await self._profiles.get(context)
        if profile is None or not profile.name:
            return None
        words = await self._words_of(context)
        name = self._name_in(utterance(context.activity), words.language)
        if name == profile.name:
            return None
        if isinstance(name, str):
            profile.name = name
            return message(words("renamed", name=name))
        values = {"limit": LONGEST_NAME} if name is Refusal.TOO_LONG else {}
        kept = words("name_kept", name=profile.name)
        return message(f"{words(name.value, **values)}\n{kept}")

    def _name_in(self, text: str, language: str) -> str | Refusal:
        found = self._interruptions.find(text, language)
        if found and found.key is not new_name_in:
            return Refusal.NOT_A_NAME
        return answered_name(text, language)
