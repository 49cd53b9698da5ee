"""What a person may say at any point: help, cancel, who am I, forget me and so on."""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple

from botbuilder.dialogs import ComponentDialog, DialogContext
from botbuilder.dialogs.prompts import PromptOptions
from botbuilder.schema import ActionTypes, Activity, CardAction, SuggestedActions

from dialogs.messages import Words
from dialogs.person_name import clean_name
from dialogs.phrases import phrases
from turnkeeper.channels import limits_of


class Wish(Enum):
    """What a person wants; the value names the message with the phrases for it."""

    HELP = "help_phrases"
    CANCEL = "cancel_phrases"
    START_OVER = "start_over_phrases"
    WHO_AM_I = "who_am_i_phrases"
    CHANGE_NAME = "change_name_phrases"
    FORGET = "forget_phrases"
    EXPORT = "export_phrases"


_BY_MESSAGE = {wish.value: wish for wish in Wish}


class Interruption(NamedTuple):
    """A wish that a message is.

    :param wish: what the person wants.
    :param name: the new name, clean, in "call me Grace"; else "".
    """

    wish: Wish
    name: str = ""


def interruption_in(text: str, language: str) -> Interruption | None:
    """Return the wish that a message is as a whole, in any language we ship, or None.

    A phrase in the middle of a text is no wish: "My name is Help Johnson" is a name. Nor is a
    sentence that gives no name: "call me back".

    :param text: the message without the bot's own mention.
    :param language: the person's, which goes before the others.
    """
    known = phrases()
    if wish := _BY_MESSAGE.get(known.meaning(text, language) or ""):
        return Interruption(wish)
    if new := known.name_in(text, language, ("rename_patterns",)):
        name = clean_name(new)
        if isinstance(name, str):
            return Interruption(Wish.CHANGE_NAME, name)
    return None


def open_question(dialogs: DialogContext) -> str:
    """Return the question that is open, innermost first, or "" where there is none.

    :param dialogs: of any dialog; those inside of its components are looked into.
    """
    stack = dialogs.stack
    while stack:
        state = stack[0].state
        options = state.get("options")
        if isinstance(options, PromptOptions) and options.prompt:
            return options.prompt.text or ""
        inner = state.get(ComponentDialog.persisted_dialog_state)
        stack = inner.dialog_stack if inner else []
    return ""


def suggest(reply: Activity, incoming: Activity, words: Words, *wishes: Wish) -> Activity:
    """Return a reply with buttons for wishes, where the channel shows such.

    :param reply: it is changed.
    :param incoming: the activity it replies to.
    :param words: the person's language; the first phrase for a wish is what the button says.
    :param wishes: the most useful first: some channels show only a few.
    """
    titles = [words(wish.value).split("|")[0] for wish in wishes]
    if shown := titles[: limits_of(incoming).suggestions]:
        reply.suggested_actions = SuggestedActions(
            actions=[
                CardAction(type=ActionTypes.im_back.value, title=title, value=title)
                for title in shown
            ]
        )
    return reply
