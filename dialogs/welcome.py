"""The welcome when the bot is installed or a conversation begins."""

from __future__ import annotations

from dialogs.messages import Words


def welcome_text(words: Words, several_people: bool) -> str:
    """Return what the bot does and how to begin, as one message.

    :param words: the language of the person or the group.
    :param several_people: whether it is a group chat or a team's channel, where the bot hears
        only messages that mention it.
    """
    return words("welcome_group" if several_people else "welcome_person")
