"""The welcome when the bot is installed or a conversation begins."""

from __future__ import annotations

from botbuilder.schema import Activity

from dialogs.buttons import suggest
from dialogs.messages import Words, message
from turnkeeper.channels import place_of
from turnkeeper.dialogs import Wish


def welcome_text(words: Words, several_people: bool, name: str = "") -> str:
    """Return what the bot does and how to begin, as one message.

    Whoever is known by name is no stranger.

    :param words: the language of the person or the group.
    :param several_people: whether it is a group chat or a team's channel, where the bot hears
        only messages that mention it.
    :param name: that of the person, where it is known.
    """
    if several_people:
        return words("welcome_group")
    return words("welcome_known", name=name) if name else words("welcome_person")


def welcome_message(words: Words, incoming: Activity, name: str = "") -> Activity:
    """Return the welcome, with buttons for what a person may say first.

    :param words: the language of the person or the group.
    :param incoming: the activity that opened the conversation.
    :param name: that of the person, where it is known.
    """
    text = welcome_text(words, place_of(incoming).several_people, name)
    return suggest(message(text), incoming, Wish.HELP.phrase(words.language))
