"""Messages as channels send them."""

from __future__ import annotations

from typing import Any

from botbuilder.schema import Activity

from turnkeeper.wire.activity import decode_activity

BOT = {"id": "28:bot", "name": "Test Bot"}


def sent(text: object, channel: str = "msteams", **fields: Any) -> Activity:
    """Return a message as it is read from a channel's JSON."""
    document = {"type": "message", "channelId": channel, "recipient": BOT, "text": text} | fields
    return decode_activity({key: value for key, value in document.items() if value is not None})


def mention(text: str | None = "<at>Test Bot</at>", **mentioned: str) -> dict[str, Any]:
    """Return a mention's entity, by default of the bot."""
    entity = {"type": "mention", "mentioned": mentioned or BOT}
    return entity if text is None else entity | {"text": text}


def html(content: str) -> list[dict[str, Any]]:
    """Return the attachments of a message that is a page."""
    return [{"contentType": "text/html", "content": content}]
