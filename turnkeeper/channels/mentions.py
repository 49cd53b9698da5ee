"""What of a message's text is meant for the bot."""

from __future__ import annotations

import re

from botbuilder.schema import Activity

from turnkeeper.channels.entities import entities_of, text_in

# White space (with U+00A0) and the no-break space as Teams writes it into HTML text.
_BLANKS = re.compile(r"\s*(?:&nbsp;\s*)*")
# What may follow a mention that is spelt without a closing tag: "@Ann" is not in "@Ann-Marie".
_AFTER_WORD = re.compile(r"\s|&nbsp;|[,:;.!?]|$")
# Of the bot in one message. A hostile one could hold a thousand, to be looked for at each place.
_MOST_SPELLINGS = 8
_MOST_MENTIONS = 8


def text_for_bot(activity: Activity) -> str:
    """Return the text without the bot's own mention in front of it, all else untouched.

    Only the ``mention`` entities of the recipient are trusted, never the look of the text: a
    bot called "Ann" leaves "Annabel" alone. Mentions of others stay, and so does the bot's own
    anywhere but in front, or behind eight of them. Blanks around a removed mention go with it.
    Never raises.
    (https://learn.microsoft.com/microsoftteams/platform/bots/how-to/conversations/channel-and-group-conversations)

    :param activity: any incoming activity.
    :returns: the text, or "" where there is none.
    """
    text = activity.text
    if not isinstance(text, str):
        return ""
    mentions = _own_mentions(activity)
    rest = 0
    for _ in range(_MOST_MENTIONS if mentions else 0):
        end = _end_of_mention(text, _after_blanks(text, rest), mentions)
        if not end:
            break
        rest = end
    return text[_after_blanks(text, rest) :] if rest else text


def _own_mentions(activity: Activity) -> list[str]:
    """Return how the bot is mentioned in this text, the longest spelling first."""
    mentions = list(entities_of(activity, "mention"))
    if not mentions:
        return []
    bot = text_in(activity.recipient, "id")
    spellings = {
        text_in(mention, "text").strip()
        for mention in mentions
        if bot and text_in(mention, "mentioned", "id") == bot
    }
    longest_first = sorted(spellings - {""}, key=lambda spelling: (-len(spelling), spelling))
    return longest_first[:_MOST_SPELLINGS]


def _end_of_mention(text: str, start: int, mentions: list[str]) -> int:
    """Return where the mention that stands at ``start`` ends, or 0 if none stands there."""
    for mention in mentions:
        end = start + len(mention)
        if text.startswith(mention, start) and (
            mention.endswith(">") or _AFTER_WORD.match(text, end)
        ):
            return end
    return 0


def _after_blanks(text: str, start: int) -> int:
    """Return the index of the first character from ``start`` on that is no blank."""
    blanks = _BLANKS.match(text, start)
    return blanks.end() if blanks else start


def unwrap(activity: Activity) -> None:
    """Make the text of an activity what the person said."""
    activity.text = text_for_bot(activity) or activity.text
