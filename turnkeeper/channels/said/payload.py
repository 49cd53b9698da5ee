"""Whether a person wrote a text, or a button they pressed sent it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from botbuilder.schema import Activity

from turnkeeper.channels.entities import field_in

_FROM_WEB_CHAT: Final = (("postBack",), ("messageBack",))
# Where in the channel data each channel tells that a button was pressed.
_PRESSES: Final[Mapping[str, tuple[tuple[str, ...], ...]]] = {
    "directline": _FROM_WEB_CHAT,
    "emulator": _FROM_WEB_CHAT,
    "facebook": (("postback",), ("message", "quick_reply")),
    "kik": (("metadata",),),
    "line": (("postback",),),
    "slack": (("Payload",),),
    "telegram": (("callback_query",),),
    "webchat": _FROM_WEB_CHAT,
}


def pressed(activity: Activity) -> bool:
    """Return whether the text of a message is the payload of a button. Never raises.

    Such a text was written by whoever made the button, which may be a menu that the bot knows
    nothing of, such as "Get Started" of Facebook Messenger (Activity specification, A7373). A
    button whose text appears in the chat as the person's own (``imBack``) is not told from it.

    :param activity: any incoming activity.
    """
    data = activity.channel_data
    if not data:
        return False
    channel = activity.channel_id
    paths = _PRESSES.get(channel, ()) if isinstance(channel, str) else ()
    return any(_is_there(data, path) for path in paths)


def _is_there(value: object, path: tuple[str, ...]) -> bool:
    """Return whether there is something at a path of nested fields; false is nothing."""
    for name in path:
        value = field_in(value, name)
    # Web Chat says true; the others copy what the channel sent, which may be an empty object.
    return value is not None and value is not False
