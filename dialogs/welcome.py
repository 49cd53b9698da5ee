"""The welcome when the bot is installed or a conversation begins."""

from __future__ import annotations

from botbuilder.schema import Activity

from dialogs.buttons import suggest
from dialogs.messages import Words, message
from turnkeeper.channels import place_of
from turnkeeper.dialogs import Wish


def welcome_text(words: Words, several_people: bool) -> str:
    """Return what the bot does and how to begin, as one message.

    :param words: the language of the person or the group.
    :param several_people: whether it is a group chat or a team's channel, where the bot hears
        only messages that mention it.
    """
    return words("welcome_group" if several_people else "welcome_person")


def welcome_message(words: Words, incoming: Activity) -> Activity:
    """Return the welcome, with buttons for what a person may say first.

    :param words: the language of the person or the group.
    :param incoming: the activity that opened the conversation.
    """
    text = welcome_text(words, place_of(incoming).several_people)
    return suggest(message(text), incoming, Wish.HELP.phrase(words.language))
