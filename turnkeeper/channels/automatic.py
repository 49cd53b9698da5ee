"""What answers by itself: other bots, absence notices and delivery failures."""

from __future__ import annotations

import re
from typing import Final

from botbuilder.schema import Activity, ActivityTypes

from turnkeeper.channels.entities import field_in, text_in
from turnkeeper.channels.mentions import text_for_bot

_MESSAGE: Final = ActivityTypes.message.value
# Where absence notices and delivery failures come as a person's message (RFC 3834).
_CHANNELS: Final = frozenset({"email", "outlook", "sms", "twilio-sms"})
_SENDERS: Final = re.compile(
    r"(mailer-daemon|postmaster|no-?reply|do-?not-?reply|bounces?)([+@-]|$)", re.IGNORECASE
)
_SUBJECTS: Final = re.compile(
    r"(re: |aw: )?(auto(matic|mated)?[ -]?(reply|response)|out[ -]of[ -](the )?office"
    r"|undeliver(able|ed)|delivery (status|failure)|mail delivery (failed|system)|returned mail"
    r"|abwesenheitsnotiz|automatische antwort|unzustellbar|r[eé]ponse automatique"
    r"|respuesta autom[aá]tica|自動応答|自動返信|رد تلقائي)",
    re.IGNORECASE,
)
# Where the message that is answered begins.
_QUOTE: Final = re.compile(
    r'^\s*>|["\u201c\u201e\u00ab\u300c]|^-{2,}.*-{2,}\s*$|^.{0,200}(wrote|schrieb|escribi\u00f3'
    r"|a \u00e9crit)\s?:\s*$",
    re.MULTILINE | re.IGNORECASE,
)
_QUOTED_LINE: Final = re.compile(r"^\s*>.*$", re.MULTILINE)
_CLOSING: Final = re.compile('["\u201d\u201c\u00bb\u300d]')
_SHORTEST: Final = 3  # words: "1" and "strongly agree" answer a survey
_SHORTEST_SOLID: Final = 9  # characters, of a script without blanks
_LOOKED_AT: Final = 2000


def kind_of_sender(activity: Activity) -> str:
    """Return what makes a message like another of what may answer by itself; "" for a person's.

    All messages of a bot are alike. On mail and SMS, where a machine's message comes as a person's,
    those are that have the same words, but for what they quote, and at least three; delivery
    failures and what calls itself an automatic reply are alike whatever they say. Never raises.

    :param activity: any incoming activity, its text as the channel sent it.
    """
    if activity.type != _MESSAGE:
        return ""
    if _is_bot(activity):
        return "bot"
    if activity.channel_id not in _CHANNELS:
        return ""
    text = text_for_bot(activity)[:_LOOKED_AT].strip()
    subject = text_in(activity.conversation, "name") or text_in(activity.channel_data, "subject")
    sender = text_in(activity.from_property, "id")
    if _SENDERS.match(sender) or _SUBJECTS.match(subject) or _SUBJECTS.match(text):
        return "automatic"
    own = " ".join(_without_quote(text).casefold().split())
    long_enough = own.count(" ") >= _SHORTEST - 1 or (
        not own.isascii() and len(own) >= _SHORTEST_SOLID
    )
    return f"alike {own}" if long_enough else ""


def _is_bot(activity: Activity) -> bool:
    if text_in(activity.from_property, "role") == "bot":
        return True
    data = activity.channel_data
    if field_in(field_in(field_in(data, "message"), "from"), "is_bot") is True:
        return True
    return bool(text_in(data, "SlackMessage", "event", "bot_id"))


def _without_quote(text: str) -> str:
    """Return a text up to what it quotes; where it begins with that, what comes after it."""
    quote = _QUOTE.search(text)
    if quote is None:
        return text
    if before := text[: quote.start()].strip():
        return before
    if text[quote.start() :].lstrip().startswith(">"):
        return _QUOTED_LINE.sub("", text)
    return _CLOSING.split(text)[-1]
