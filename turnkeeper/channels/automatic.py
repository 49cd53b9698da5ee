"""What answers by itself: other bots, absence notices and delivery failures."""

from __future__ import annotations

import re
from typing import Final

from botbuilder.schema import Activity, ActivityTypes

from turnkeeper.channels.entities import field_in, text_in
from turnkeeper.channels.said.text import text_for_bot

_SAID: Final = frozenset({ActivityTypes.message.value, ActivityTypes.message_update.value})
# Where absence notices and delivery failures come as a person's message (RFC 3834).
_CHANNELS: Final = frozenset({"email", "outlook", "sms", "twilio-sms"})
_SENDERS: Final = re.compile(
    r"(mailer-daemon|postmaster|no-?reply|do-?not-?reply|bounces?)([+@-]|$)", re.IGNORECASE
)
_NOTICE: Final = re.compile(
    r"\b(auto(matic|mated)?[ -]?(reply|response)|out[ -]of[ -](the )?office|away (from|until|till)"
    r"|i am away|i'm away|on (vacation|holiday|leave)|undeliver(able|ed)|could not be delivered"
    r"|delivery (status|failure|has failed)|abwesen\w*|im urlaub|nicht im b\u00fcro"
    r"|automatische antwort|unzustellbar|r[e\u00e9]ponse automatique|absent\w*"
    r"|en (vacances|cong[e\u00e9]s?)"
    r"|respuesta autom[a\u00e1]tica|fuera de la oficina|de vacaciones|ausente)\b"
    r"|自動応答|自動返信|不在|休暇|外出|رد تلقائي|خارج المكتب|إجازة",
    re.IGNORECASE,
)
# Where the message that is answered begins.
_QUOTE: Final = re.compile(
    r"^-{2,}.*-{2,}\s*$|^.{0,200}(wrote|schrieb|escribi\u00f3|a \u00e9crit)\s?:"
    r"|^(from|von|de|gesendet|sent|envoy\u00e9|enviado):\s",
    re.MULTILINE | re.IGNORECASE,
)
_QUOTED_LINE: Final = re.compile(r"^\s*>.*$", re.MULTILINE)
_QUOTED: Final = re.compile('["\u201c\u201e\u00ab\u300c].*["\u201d\u201c\u00bb\u300d]', re.DOTALL)
_DIGITS: Final = re.compile(r"\d+")
_SHORTEST: Final = 40  # characters, where nothing says what it is: a survey has short answers
_LOOKED_AT: Final = 2000
_ANONYMOUS: Final = "1087968824"
"""Telegram's account in whose name the administrators of a group write, who are people."""


def is_said(activity: Activity) -> bool:
    """Return whether somebody says something by an activity: it is a message, or edits one."""
    return activity.type in _SAID


def kind_of_sender(activity: Activity) -> str:
    """Return what makes a message like another of what may answer by itself; "" for a person's.

    All messages of a bot are alike. On mail and SMS, where a machine's message comes as a person's,
    all of a machine's address are, and those of one sender that have the same words, but for
    numbers and for what they quote, and that call themselves a notice or have 40 characters.
    Never raises.

    :param activity: any incoming activity, its text as the channel sent it.
    """
    if activity.type not in _SAID:
        return ""
    if _is_bot(activity):
        return "bot"
    if activity.channel_id not in _CHANNELS:
        return ""
    sender = text_in(activity.from_property, "id")
    if _SENDERS.match(sender):
        return "machine"
    own = _own_words(text_for_bot(activity)[:_LOOKED_AT])
    return f"{sender} {own}" if own else ""


def _is_bot(activity: Activity) -> bool:
    if text_in(activity.from_property, "role") == "bot":
        return True
    data = activity.channel_data
    author = field_in(field_in(data, "message"), "from")
    if field_in(author, "is_bot") is True:
        return str(field_in(author, "id")) != _ANONYMOUS
    return bool(text_in(data, "SlackMessage", "event", "bot_id"))


def _own_words(text: str) -> str:
    """Return a text as it is compared with the one before; "" for a short answer."""
    own = _QUOTED_LINE.sub("", text).strip()
    if (header := _QUOTE.search(own)) and header.start():
        own = own[: header.start()]
    unquoted = _QUOTED.sub("", own)
    is_notice = _NOTICE.search(unquoted) is not None
    own = " ".join(_DIGITS.sub("0", unquoted if is_notice else own).casefold().split())
    return own if is_notice or len(own) >= _SHORTEST else ""
