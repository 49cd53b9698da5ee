"""In a group: whom a question asks, and how to answer it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Final

from botbuilder.core import TurnContext
from botbuilder.schema import Activity, ActivityTypes, InputHints, TextFormatTypes

from turnkeeper.channels import limits_of, shortened, units
from turnkeeper.channels.entities import entities_of
from turnkeeper.wire.sdk import send_handlers

Say = Callable[[str], Awaitable[str]]
"""Returns one of the engine's messages, by its name, in the person's language."""

_TEAMS: Final = "msteams"
_LONGEST_NAME: Final = 40
_SLOT: Final = "turnkeeper.dialogs.whom"
_MARKDOWN: Final = (None, "", TextFormatTypes.markdown)
_MARKUP: Final = re.compile(r"([\\`*_\[\]#<>~])")
# They join letters, and are no separators of words: in Persian names, and in emoji.
_JOINERS: Final = "\u200c\u200d"
# First-strong isolate and its end (Unicode Standard Annex #9).
_ISOLATED: Final = "\u2068{}\u2069"
_DIRECTIONS: Final = {"L": "L", "R": "R", "AL": "R"}


@contextmanager
def naming_whom(context: TurnContext, say: Say, *, named: bool) -> Iterator[None]:
    """Have each question of the block say whom it asks, and how to answer.

    A message of plain text or Markdown that awaits an answer gets the person's name in front and a
    last line. What the bot keeps of it stays as it is. A block inside of another adds nothing.

    :param context: the turn's.
    :param say: returns the words for it.
    :param named: whether one person is asked; what concerns a conversation as a whole asks nobody
        by name.
    """
    if _SLOT in context.turn_state:
        yield
        return

    async def handler(
        _: TurnContext, activities: list[Activity], send: Callable[[], Awaitable[None]]
    ) -> None:
        for message in activities:
            if _asks(message):
                await _tell_whom(message, context.activity, say, named=named)
        await send()

    handlers = send_handlers(context)
    context.turn_state[_SLOT] = True
    # Before the bot's own handlers, so that they see what is sent.
    handlers.insert(0, handler)
    try:
        yield
    finally:
        handlers.remove(handler)
        context.turn_state.pop(_SLOT, None)


def name_of(activity: Activity) -> str:
    """Return what the channel calls the person of an activity, on one line; "" where it does not.

    :param activity: any incoming activity; after an erasure it has no name any more.
    """
    sender, bot = activity.from_property, activity.recipient
    if sender is None or not isinstance(sender.name, str) or (bot and bot.id == sender.id):
        return ""
    visible = (char if char.isprintable() or char in _JOINERS else " " for char in sender.name)
    name = " ".join("".join(visible).split())
    return shortened(name, _LONGEST_NAME) if name else ""


def _asks(message: Activity) -> bool:
    asks = message.type == ActivityTypes.message and bool(message.text)
    return asks and message.input_hint == InputHints.expecting_input


async def _tell_whom(question: Activity, asked: Activity, say: Say, *, named: bool) -> None:
    """Put the name and the last line into a question, if it takes text and they fit."""
    is_plain = question.text_format == TextFormatTypes.plain
    if not is_plain and question.text_format not in _MARKDOWN:
        return
    # Where it mentions somebody it says itself whom it asks.
    mentions = any(entities_of(question, "mention"))
    name = name_of(asked) if named and not mentions else ""
    # Teams tells a bot of no message that does not mention it, also where that is a reply.
    is_teams = asked.channel_id == _TEAMS
    last_line = await say("answer_by_mention" if is_teams else "answer_by_mention_or_reply")
    text = question.text
    if name:
        front, _, end = (await say("asked")).partition("{question}")
        shown = name if is_plain else _MARKUP.sub(r"\\\1", name)
        text = front.replace("{name}", _isolated(shown, text + last_line)) + text + end
    whole = f"{text}\n{last_line}" if is_plain else f"{text}\n\n{last_line}"
    if units(whole) <= limits_of(asked).longest_text:
        question.text = whole


def _isolated(name: str, sentence: str) -> str:
    """Return a name, isolated where any of it runs in another direction than the sentence."""
    around = next(_directions(sentence), "L")
    turned = any(direction != around for direction in _directions(name))
    return _ISOLATED.format(name) if turned else name


def _directions(text: str) -> Iterator[str]:
    for char in text:
        if direction := _DIRECTIONS.get(unicodedata.bidirectional(char)):
            yield direction
