"""JSON of any shape where this bot looks: at locale, time zone, members, cards."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from turnkeeper.testing import Cloud

ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda children: (
        st.lists(children, max_size=4)
        | st.dictionaries(st.sampled_from(["type", "id", "text"]) | st.text(), children, max_size=6)
    ),
    max_leaves=12,
)
WHERE = ("type", "text", "locale", "localTimezone", "localTimestamp", "membersAdded", "action")
MORE = ("value", "attachments", "entities", "channelData", "conversation", "from", "recipient")
REST = ("id", "name", "timestamp", "deliveryMode", "replyToId", "textFormat")


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.dictionaries(st.sampled_from(WHERE + MORE + REST), ANY_JSON, max_size=8))
async def test_it_is_taken_or_refused(cloud: Cloud, changes: dict[str, object]) -> None:
    message = cloud.person(channel="msteams").message("hi") | changes
    answer = await cloud.post_to_bot(cloud.bot_url, message)
    assert answer.status in (200, 201, 400, 501), answer.body
