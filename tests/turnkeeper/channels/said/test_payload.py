"""Whether a person wrote a text, or a button they pressed sent it."""

from __future__ import annotations

from typing import Any

import pytest
from botbuilder.schema import Activity, ChannelAccount
from hypothesis import given
from hypothesis import strategies as st

from turnkeeper.channels import pressed

PRESSES: list[tuple[str, dict[str, Any]]] = [
    ("facebook", {"postback": {"payload": "GET_STARTED"}}),
    ("facebook", {"postback": {"title": "Get Started", "payload": "GET_STARTED"}, "timestamp": 1}),
    ("facebook", {"postback": {}}),
    ("facebook", {"message": {"text": "Red", "quick_reply": {"payload": "PICK_RED"}}}),
    ("webchat", {"postBack": True}),
    ("webchat", {"messageBack": True}),
    ("directline", {"postBack": True, "clientTimestamp": "2026-11-24T05:44:54.000Z"}),
    ("emulator", {"postBack": True}),
    ("telegram", {"update_id": 5, "callback_query": {"id": "1", "data": "buy:7"}}),
    ("slack", {"Payload": {"type": "interactive_message", "actions": [{"value": "buy"}]}}),
    ("line", {"type": "postback", "postback": {"data": "buy"}}),
    ("kik", {"metadata": {"buy": 7}}),
]
WRITTEN: list[tuple[str, Any]] = [
    ("facebook", None),
    ("facebook", {"message": {"text": "Ada", "mid": "m"}}),
    ("facebook", {"message": {"text": "Ada", "quick_reply": None}}),
    ("facebook", {"message": "Ada"}),
    ("webchat", {"postBack": False}),
    ("webchat", {"clientActivityID": "x", "clientTimestamp": "2026-11-24T05:44:54.000Z"}),
    ("telegram", {"update_id": 5, "message": {"text": "Ada"}}),
    ("slack", {"SlackMessage": {"event": {"text": "Ada"}}}),
    ("msteams", {"tenant": {"id": "t"}, "postback": {}}),
    ("kiosk", {"postBack": True, "callback_query": {}}),
]


@pytest.mark.parametrize(("channel", "data"), PRESSES)
def test_a_text_that_a_button_sent_is_told_from_one_that_was_written(
    channel: str, data: object
) -> None:
    assert pressed(Activity(channel_id=channel, text="GET_STARTED", channel_data=data))


@pytest.mark.parametrize(("channel", "data"), WRITTEN)
def test_what_a_person_wrote_is_no_payload(channel: str, data: object) -> None:
    assert not pressed(Activity(channel_id=channel, text="Ada", channel_data=data))


def test_the_data_may_be_a_model() -> None:
    data = ChannelAccount(id="x")
    data.additional_properties = {"postBack": True}
    assert pressed(Activity(channel_id="webchat", channel_data=data))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["postBack", "postback", "message", "quick_reply", "Payload"]), inner
        )
    ),
    max_leaves=8,
)


@given(st.sampled_from([*{channel for channel, _ in PRESSES}, None, 5, ["line"]]), JSON)
def test_any_data_can_be_asked(channel: Any, data: Any) -> None:
    assert pressed(Activity(channel_id=channel, channel_data=data)) in (True, False)
