"""What the bot tells a person about themselves: to be read, or to be taken away."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from botbuilder.schema import Activity, Attachment

from dialogs.messages import Words, message
from state.models import UserProfile
from turnkeeper.channels import UTC_ZONE, limits_of, units, zone_named

_CARD = "application/vnd.microsoft.card.adaptive"
_JSON = "application/json"
# In bytes. Connector services refuse an activity of more than 256 KB; base64 adds a third.
_LARGEST_FILE = 150_000


def about(words: Words, profile: UserProfile) -> Iterator[str]:
    """Yield what the bot holds about a person, a line each.

    :param words: the person's language.
    :param profile: of a person with a name.
    """
    yield words("about_you")
    yield words("about_name", name=profile.name)
    if language := words.language_name(profile.locale):
        yield words("about_language", language=language)
    if profile.time_zone:
        yield words("about_zone", zone=profile.time_zone)
    if profile.last_seen_at is not None:
        zone = zone_named(profile.time_zone) or UTC_ZONE
        when = words.moment(datetime.fromtimestamp(profile.last_seen_at, UTC), zone)
        yield words("about_visit", when=when, where=profile.last_channel)
    if profile.aad_object_id:
        person, tenant = profile.aad_object_id, profile.tenant_id or "-"
        yield words("about_entra", person=person, tenant=tenant)


def about_message(
    words: Words, profile: UserProfile, incoming: Activity, question: str = ""
) -> Activity:
    """Return the answer to "who am I": a card where the channel shows them, else text.

    :param words: the person's language.
    :param profile: of a person with a name.
    :param incoming: the message to answer.
    :param question: the open question, to be asked again.
    """
    lines = [*about(words, profile), *([question] if question else [])]
    reply = message("\n".join(lines), question=bool(question))
    if limits_of(incoming).cards:
        card = Attachment(content_type=_CARD, content=_card(lines, reply.text, words))
        reply.attachments, reply.summary, reply.text = [card], lines[0], None
    return reply


def export_message(
    words: Words, data: dict[str, Any], incoming: Activity, question: str = ""
) -> Activity:
    """Return the answer to "export my data": a JSON file where the channel takes one, else text.

    Half of it would be of no use: what is too long for the channel is left to the operator.

    :param words: the person's language.
    :param data: everything held about the person, as plain JSON.
    :param incoming: the message to answer.
    :param question: the open question, to be asked again.
    """
    lines = [words("exported"), *([question] if question else [])]
    manners = limits_of(incoming)
    text = json.dumps(data, ensure_ascii=False, indent=2)
    body = text.encode("utf-8", "replace")
    attachments = None
    if manners.files and len(body) <= _LARGEST_FILE:
        url = f"data:{_JSON};base64,{b64encode(body).decode()}"
        attachments = [Attachment(content_type=_JSON, content_url=url, name="my-data.json")]
    elif units("\n".join([*lines, text])) <= manners.longest_text:
        lines.insert(1, text)
    else:
        lines[0] = words("too_long_to_export")
    reply = message("\n".join(lines), question=bool(question))
    reply.attachments = attachments
    return reply


def _card(lines: list[str], text: str, words: Words) -> dict[str, Any]:
    """Return an Adaptive Card that shows lines as they are.

    A TextBlock and the facts of a FactSet take Markdown, a TextRun does not.
    (https://learn.microsoft.com/adaptive-cards/authoring-cards/text-features)
    """
    return {
        "type": "AdaptiveCard",
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "version": "1.4",
        "fallbackText": text,
        "rtl": words.right_to_left,
        "body": [
            {
                "type": "RichTextBlock",
                "inlines": [
                    {"type": "TextRun", "text": line, "weight": "Default" if number else "Bolder"}
                ],
            }
            for number, line in enumerate(lines)
        ],
    }
