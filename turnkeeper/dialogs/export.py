"""The answer to "export my data"."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Callable
from typing import Any, Final

from botbuilder.schema import Activity, Attachment

from turnkeeper.channels import limits_of, units
from turnkeeper.dialogs.notice import Notice
from turnkeeper.dialogs.words import plain

_JSON: Final = "application/json"
# In bytes. Connector services refuse an activity of more than 256 KB; base64 adds a third.
_LARGEST_FILE: Final = 150_000


def exported(say: Callable[[str], str], data: dict[str, Any], incoming: Activity) -> Notice:
    """Return a person's data: a JSON file where the channel takes one, else text.

    Half of it would be of no use: what is too long for the channel is left to the operator.

    :param say: returns the text of a message, by its name.
    :param data: everything held about the person, as plain JSON.
    :param incoming: the message to answer.
    """
    limits = limits_of(incoming)
    text = json.dumps(data, ensure_ascii=False, indent=2)
    body = text.encode("utf-8", "replace")
    told = say("exported")
    if limits.files and len(body) <= _LARGEST_FILE:
        message = plain(told)
        url = f"data:{_JSON};base64,{b64encode(body).decode()}"
        message.attachments = [Attachment(content_type=_JSON, content_url=url, name="my-data.json")]
        return Notice(message, fixed=True)
    whole = f"{told}\n{text}"
    if units(whole) <= limits.longest_text:
        return Notice(plain(whole))
    return Notice(plain(say("too_long_to_export")), fixed=True)
