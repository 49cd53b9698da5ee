"""What the bot tells a person about themselves."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from botbuilder.schema import Activity, Attachment

from dialogs.messages import Words, message
from state.models import UserProfile
from turnkeeper.channels import UTC_ZONE, limits_of, zone_named

_CARD = "application/vnd.microsoft.card.adaptive"


def about(words: Words, profile: UserProfile) -> Iterator[str]:
    """Yield what the bot tells a person about themselves, a line each; of visits personal ones.

    :param words: the person's language.
    :param profile: of a person with a name.
    """
    yield words("about_you")
    yield words("about_name", name=profile.name)
    if language := words.language_name(profile.locale):
        yield words("about_language", language=language)
    if profile.time_zone:
        yield words("about_zone", zone=profile.time_zone)
    if profile.last_visit_at is not None:
        zone = zone_named(profile.time_zone) or UTC_ZONE
        when = words.moment(datetime.fromtimestamp(profile.last_visit_at, UTC), zone)
        yield words("about_visit", when=when, where=profile.last_visit_channel)
    if profile.aad_object_id:
        person, tenant = profile.aad_object_id, profile.tenant_id or "-"
        yield words("about_entra", person=person, tenant=tenant)


def about_message(
    words: Words, profile: UserProfile, incoming: Activity, *, card: bool = True
) -> Activity:
    """Return the answer to "who am I": a card where the channel shows them, else text.

    :param words: the person's language.
    :param profile: of a person with a name.
    :param incoming: the message to answer.
    :param card: whether it may be a card.
    """
    lines = list(about(words, profile))
    reply = message("\n".join(lines))
    if card and limits_of(incoming).cards:
        shown = Attachment(content_type=_CARD, content=_card(lines, reply.text, words))
        reply.attachments, reply.summary, reply.text = [shown], lines[0], None
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
