"""What a request's body may hold: the hostile table, real clients' activities, and any JSON."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.turnkeeper.hostile import BODIES, JSON, MEDIA, SHAPES, Case, Target
from turnkeeper.errors import RequestRefused
from turnkeeper.inbound.activity import MAX_BODY, read_activity
from turnkeeper.inbound.document import MAX_DEPTH

CAPTURES = sorted((Path(__file__).parents[1] / "captures").glob("*.json"))
TARGET = Target()


@pytest.mark.parametrize("case", BODIES + MEDIA + SHAPES, ids=lambda case: case.name)
def test_a_hostile_request_is_refused(case: Case) -> None:
    request = case.make(TARGET)
    with pytest.raises(RequestRefused) as refused:
        read_activity(request.body, request.headers.get("Content-Type"))
    assert refused.value.status in case.statuses
    assert refused.value.code
    assert len(refused.value.message) < 200


@pytest.mark.parametrize("path", CAPTURES, ids=lambda path: path.stem)
def test_what_real_clients_send_is_taken(path: Path) -> None:
    body = path.read_bytes()
    sent = json.loads(body)
    activity = read_activity(body, "application/json; charset=utf-8")
    assert activity.id == sent["id"]
    assert activity.conversation.id == sent["conversation"]["id"]


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "application/json; charset=utf-8",
        "Application/JSON;Charset=UTF-8",
        'application/json ; charset="utf-8"',
        "application/json; odata=verbose; charset=utf8",
        "application/json;",
    ],
)
def test_json_in_utf_8_is_the_content_type(content_type: str) -> None:
    assert read_activity(TARGET.activity(), content_type).text == "hi"


@pytest.mark.parametrize(
    "changes",
    [
        {"type": "somethingNew"},
        {"type": "event", "name": "someEvent", "value": [1, None, {"a": 1.5}]},
        {"type": "invoke", "name": "adaptiveCard/action", "value": {"action": {"type": "x"}}},
        {"type": "invoke", "name": "adaptiveCard/action", "value": {"action": None}},
        {"type": "invoke", "name": "somethingNew", "value": {"action": 5}},
        {"id": None, "text": None, "recipient": None, "entities": None, "locale": None},
        {"id": "", "replyToId": "", "recipient": {"id": ""}},
        {"conversation": {"id": "a/../b|c;messageid=1?x#é 名"}},
        {"from": {"id": "zero\u200dwidth \U0001f600"}},
        {"conversation": {"id": "x" * 1000}, "from": {"id": " "}},
        {"channelId": "some.channel:sub-channel_2"},
        {"channelData": "a text"},
        {"channelData": [[], {}], "value": False},
        {"somethingNew": {"deep": [[[["down"]]]]}},
        {"entities": [{"type": "somethingNew", "text": 5, "mentioned": []}]},
        {"entities": [{"type": "mention", "mentioned": {"id": "bot"}, "text": None}]},
        {"attachments": [{}]},
        {"membersAdded": [], "membersRemoved": None, "reactionsAdded": [{"type": "like"}]},
        {"text": "zero \0, half a line\u2028, {[{[" * 100},
        {"text": "\U0001f600"},
        {"locale": "no locale at all"},
        {"deliveryMode": "somethingNew"},
        {"text": '{",[' * 40_000},
        {"text": '\\"[[' * 20_000},
    ],
    ids=lambda changes: ", ".join(changes) + f" {str(changes)[:60]}",
)
def test_what_is_odd_but_harmless_is_taken(changes: dict[str, Any]) -> None:
    activity = read_activity(TARGET.activity(**changes), JSON)
    assert activity.text == changes.get("text", "hi")


@pytest.mark.parametrize("name", ["id", "text", "recipient", "replyToId", "locale"])
def test_what_the_bot_can_do_without_may_be_missing(name: str) -> None:
    document = json.loads(TARGET.activity())
    document.pop(name, None)
    assert read_activity(json.dumps(document).encode(), JSON).type == "message"


@pytest.mark.parametrize(
    "timestamp",
    [
        *("", "yesterday", "2026", "2026-13-45T99:99:99Z", "0001-01-01T00:00:00+14:00"),
        *("9999-12-31T23:59:59-12:00", "1700000000", "2026-11-24T06:09:29+99:00", "\0"),
    ],
)
def test_an_absurd_timestamp_is_dropped(timestamp: str) -> None:
    body = TARGET.activity(
        timestamp=timestamp, localTimestamp=timestamp, expiration="2026-11-24T06:09:29Z"
    )
    activity = read_activity(body, JSON)
    assert activity.timestamp is None
    assert activity.local_timestamp is None
    assert activity.expiration.year == 2026


def test_the_last_of_two_members_of_one_name_counts() -> None:
    body = TARGET.activity(text="second").replace(b"{", b'{"text": "first", ', 1)
    assert read_activity(body, JSON).text == "second"


def test_the_largest_body_is_taken() -> None:
    room = MAX_BODY - len(TARGET.activity(text=""))
    assert len(read_activity(TARGET.activity(text="x" * room), JSON).text) == room
    with pytest.raises(RequestRefused) as refused:
        read_activity(TARGET.activity(text="x" * (room + 1)), JSON)
    assert refused.value.status == 413


def depth_of(value: Any) -> int:
    if isinstance(value, dict):
        value = list(value.values())
    return 1 + max(map(depth_of, value), default=0) if isinstance(value, list) else 0


TRICKY = st.sampled_from(['"', "\\", "[", "]", "{", "}", ",", '\\"', "[[", "a", ""])
TEXTS = st.lists(TRICKY, max_size=6).map("".join)


def nested(layers: list[tuple[str, bool]]) -> Any:
    value: Any = "innermost"
    for text, in_list in layers:
        value = [text, value, text] if in_list else {text: value, "z": text}
    return value


@given(
    st.lists(st.tuples(TEXTS, st.booleans()), min_size=28, max_size=36).map(nested),
    st.booleans(),
)
@settings(max_examples=100, deadline=None)
def test_nesting_is_counted_right_whatever_texts_look_like(value: Any, indented: bool) -> None:
    document = json.loads(TARGET.activity()) | {"value": value}
    body = json.dumps(document, indent=1 if indented else None).encode()
    if depth_of(document) <= MAX_DEPTH:
        assert read_activity(body, JSON).value == value
    else:
        with pytest.raises(RequestRefused, match="32 levels"):
            read_activity(body, JSON)


NAMES = st.sampled_from(
    [
        *("type", "id", "channelId", "serviceUrl", "conversation", "from", "recipient", "text"),
        *("entities", "attachments", "membersAdded", "mentioned", "value", "channelData"),
        *("timestamp", "isGroup", "name", "contentType", "relatesTo", "suggestedActions"),
        *("actions", "semanticAction", "timezone"),
    ]
)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(["mention", "clientInfo", "message", "2026-11-24T06:09:29Z"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(NAMES | st.text(max_size=8), inner, max_size=6)
    ),
    max_leaves=40,
)


@given(VALUES)
@settings(max_examples=200, deadline=None)
def test_any_json_is_an_activity_or_refused(value: Any) -> None:
    read_or_refuse(json.dumps(value).encode())


@given(st.dictionaries(NAMES, VALUES, max_size=6))
@settings(max_examples=200, deadline=None)
def test_a_message_with_any_fields_is_an_activity_or_refused(changes: dict[str, Any]) -> None:
    read_or_refuse(TARGET.activity(**changes))


@given(st.binary(max_size=300), st.sampled_from([JSON, "application/json;charset"]))
@settings(max_examples=200, deadline=None)
def test_any_bytes_are_refused(body: bytes, content_type: str) -> None:
    with pytest.raises(RequestRefused):
        read_activity(body, content_type)


@given(st.text(max_size=60))
@settings(max_examples=200, deadline=None)
def test_any_content_type_is_right_or_refused(content_type: str) -> None:
    read_or_refuse(TARGET.activity(), content_type)


def read_or_refuse(body: bytes, content_type: str = JSON) -> None:
    try:
        activity = read_activity(body, content_type)
    except RequestRefused:
        return
    for value in (activity.type, activity.channel_id, activity.service_url):
        assert isinstance(value, str)
        assert value
    assert activity.conversation.id
    assert activity.from_property.id or activity.type not in {"message", "invoke"}
    # What was read can be written down again.
    json.dumps(activity.channel_data, ensure_ascii=False, allow_nan=False).encode()


def test_reading_does_not_depend_on_the_depth_of_the_stack() -> None:
    limit = sys.getrecursionlimit()
    body = b'{"value":' + b"[" * limit + b"]" * limit + b"}"
    with pytest.raises(RequestRefused):
        read_activity(body, JSON)
