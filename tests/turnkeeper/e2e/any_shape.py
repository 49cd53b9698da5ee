"""JSON of any shape in the fields of a message, for any bot."""

from __future__ import annotations

import json

from aiohttp import ClientSession
from hypothesis import strategies as st

from turnkeeper.testing import Cloud

any_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda children: (
        st.lists(children, max_size=4)
        | st.dictionaries(
            st.sampled_from(["type", "id", "text", "from", "conversation", "recipient", "entities"])
            | st.text(),
            children,
            max_size=6,
        )
    ),
    max_leaves=12,
)

changes_of_any_shape = st.dictionaries(
    st.sampled_from(
        [
            "type",
            "id",
            "text",
            "from",
            "conversation",
            "recipient",
            "entities",
            "attachments",
            "name",
            "membersAdded",
            "value",
            "channelData",
            "timestamp",
            "localTimestamp",
            "locale",
            "action",
            "localTimezone",
            "deliveryMode",
            "replyToId",
            "textFormat",
        ]
    ),
    any_json,
    max_size=8,
)


async def is_taken_or_refused(cloud: Cloud, bot: str, changes: dict[str, object]) -> None:
    """Post a message with these changes; the bot must answer as the protocol says."""
    message = cloud.person(channel="msteams").message("hi") | changes
    try:
        body = json.dumps(message).encode()
    except ValueError:
        return
    headers = {"Content-Type": "application/json"}
    async with ClientSession() as session, session.post(bot, data=body, headers=headers) as answer:
        assert answer.status in (200, 201, 400, 501), await answer.text()
