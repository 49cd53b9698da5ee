"""A wrong document is one clear error that names the place and quotes nothing."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botbuilder.schema import Activity, Attachment, ChannelAccount, HeroCard, ResourceResponse

from turnkeeper.errors import BotError
from turnkeeper.wire.activity import (
    MAX_NESTING,
    WireError,
    decode,
    decode_activity,
    encode,
    encode_activity,
)


def nested(levels: int) -> Any:
    """Lists and objects in turn, so many levels deep."""
    value: Any = 1
    for level in range(levels):
        value = [value] if level % 2 else {"a": value}
    return value


NEEDED: list[tuple[Any, str]] = [
    (None, "the document: expected an object"),
    ([], "the document: expected an object"),
    ("{}", "the document: expected an object"),
    (5, "the document: expected an object"),
    ({"type": 5}, "type: expected a string"),
    ({"id": []}, "id: expected a string"),
    ({"channelId": {}}, "channelId: expected a string"),
    ({"serviceUrl": False}, "serviceUrl: expected a string"),
    ({"text": 5}, "text: expected a string"),
    ({"text": True}, "text: expected a string"),
    ({"text": {"a": 1}}, "text: expected a string"),
    ({"text": ["hi"]}, "text: expected a string"),
    ({"conversation": {"id": 1}}, "conversation.id: expected a string"),
    ({"from": {"id": 1}}, "from.id: expected a string"),
    ({"recipient": {"name": "Bot", "id": {}}}, "recipient.id: expected a string"),
]


@pytest.mark.parametrize(("document", "message"), NEEDED, ids=[message for _, message in NEEDED])
def test_what_an_answer_needs_is_refused_by_its_place(document: Any, message: str) -> None:
    with pytest.raises(WireError) as caught:
        decode_activity(document)
    assert str(caught.value) == message


ODD: list[tuple[dict[str, Any], Any]] = [
    # An odd value goes alone.
    ({"from": "x"}, {}),
    ({"from": []}, {}),
    ({"recipient": {"id": "b", "name": {}}}, {"recipient": {"id": "b"}}),
    ({"conversation": "c"}, {}),
    ({"conversation": {"id": "c", "isGroup": "false"}}, {"conversation": {"id": "c"}}),
    ({"conversation": {"id": "c", "isGroup": 1}}, {"conversation": {"id": "c"}}),
    ({"conversation": {"id": "c", "tenantId": 1}}, {"conversation": {"id": "c"}}),
    ({"entities": "x"}, {}),
    ({"entities": {"type": "x"}}, {}),
    ({"timestamp": "yesterday", "locale": "de"}, {"locale": "de"}),
    ({"timestamp": 1764500000000}, {}),
    ({"localTimestamp": "2026-02-30T00:00:00Z"}, {}),
    ({"expiration": "2026-01-01T25:00:00Z"}, {}),
    ({"timestamp": "0001-01-01T00:00:00+14:00"}, {}),
    ({"timestamp": "9" * 100_000}, {}),
    ({"timestamp": "2026-01-01T00:00:00+99:99"}, {}),
    ({"channelData": nested(MAX_NESTING + 1)}, {}),
    ({"channelData": nested(100_000)}, {}),
    ({"unknown": nested(101), "text": "hi"}, {"text": "hi"}),
    ({"channelData": (1, 2)}, {}),
    ({"relatesTo": {"conversation": [], "user": {"id": 5}}}, {"relatesTo": {}}),
    ({"suggestedActions": {"to": "x", "actions": {}}}, {"suggestedActions": {}}),
    # An item of a list goes, its neighbours stay.
    ({"entities": ["x", {"type": "a"}, None, {"type": "b"}]}, [{"type": "a"}, {"type": "b"}]),
    ({"entities": [{"type": 1}, {"type": "a", "x": [1]}]}, [{"type": "a", "x": [1]}]),
    ({"membersAdded": [[], {"id": "a", "name": 5}, {"id": 5}]}, [{"id": "a"}]),
    ({"attachments": [None, "x", {"contentType": 5}, {"contentType": "image/png"}]},
     [{"contentType": "image/png"}]),
    ({"attachments": [{"name": 5, "contentUrl": "u"}, {"content": nested(101)}]},
     [{"contentUrl": "u"}, {}]),
    ({"reactionsAdded": [None, {"type": "like"}, {"type": []}]}, [{"type": "like"}]),
    ({"listenFor": ["a", 1, None, "b"]}, ["a", "b"]),
    ({"textHighlights": [{"text": "a", "occurrence": "1"}, {"text": 5}, {"text": "b"}]},
     [{"text": "b"}]),
    ({"suggestedActions": {"actions": [None, {"type": 1}, {"type": "imBack", "title": 5}]}},
     {"suggestedActions": {"actions": [{"type": "imBack"}]}}),
    # So does the entity of a name.
    ({"semanticAction": {"id": "a", "entities": {"é": 1, "b": {"type": "c"}}}},
     {"semanticAction": {"id": "a", "entities": {"b": {"type": "c"}}}}),
    ({"semanticAction": {"id": "a", "entities": []}}, {"semanticAction": {"id": "a"}}),
    ({"semanticAction": {"id": 5, "entities": {}}}, {}),
]  # fmt: skip


@pytest.mark.parametrize(("document", "left"), ODD, ids=[", ".join(odd) for odd, _ in ODD])
def test_what_is_odd_is_left_out_alone(document: dict[str, Any], left: Any) -> None:
    expected = {name: left for name in document} if isinstance(left, list) else left
    assert encode_activity(decode_activity(document)) == expected


STRANGE: list[tuple[Any, str]] = [
    ({"timestamp": "yesterday"}, "timestamp: expected an ISO 8601 date and time"),
    ({"entities": ["x"]}, "entities[0]: expected an object"),
    ({"suggestedActions": {"actions": [{}, 5]}}, "suggestedActions.actions[1]: expected an object"),
    ({"semanticAction": {"entities": {"é": 1}}}, "semanticAction.entities.*: expected an object"),
    ({"channelData": nested(MAX_NESTING + 1)}, "channelData: expected at most 100 levels"),
    ({"attachments": [{"content": nested(101)}]}, "attachments[0].content: expected at most 100"),
    ({"secret name": nested(101)}, "*: expected at most 100 levels"),
    ({"channelData": (1, 2)}, "channelData: expected a JSON value"),
]


@pytest.mark.parametrize(("document", "message"), STRANGE, ids=[message for _, message in STRANGE])
def test_of_what_is_stored_or_answered_nothing_is_left_out(document: Any, message: str) -> None:
    with pytest.raises(WireError) as caught:
        decode(Activity, document)
    assert str(caught.value).startswith(message)


def test_the_error_is_a_value_error_and_one_of_ours() -> None:
    with pytest.raises(WireError) as caught:
        decode_activity({"from": {"id": 1}})
    assert isinstance(caught.value, ValueError)
    assert isinstance(caught.value, BotError)
    assert (caught.value.path, caught.value.expected) == ("from.id", "a string")


@pytest.mark.parametrize(
    "document",
    [
        {"timestamp": "topsecret"},
        {"entities": ["topsecret"]},
        {"membersAdded": "topsecret"},
        {"from": {"properties": {"topsecret": nested(100)}}},
        {"topsecret": nested(101)},
        {"topsecret": object()},
        {"semanticAction": {"entities": {"topsecret": "topsecret"}}},
        {"textHighlights": [{"occurrence": "topsecret"}]},
    ],
)
def test_the_error_quotes_nothing_of_the_document(document: dict[str, Any]) -> None:
    with pytest.raises(WireError) as caught:
        decode(Activity, document)
    assert "topsecret" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


def test_nor_does_that_of_an_activity_from_outside() -> None:
    with pytest.raises(WireError) as caught:
        decode_activity({"text": ["topsecret"]})
    assert str(caught.value) == "text: expected a string"
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


def test_nesting_up_to_the_limit_is_read_and_written() -> None:
    document = {"channelData": nested(MAX_NESTING), "unknown": nested(MAX_NESTING)}
    assert encode_activity(decode_activity(document)) == document


def test_a_number_for_a_string_is_converted_where_the_answer_of_a_channel_is_read() -> None:
    assert decode(ResourceResponse, {"id": 5}).id == "5"


@pytest.mark.parametrize("value", ["Infinity", "-Infinity", "NaN", "1e999"])
def test_numbers_that_are_no_json_do_no_harm(value: str) -> None:
    document = json.loads(f'{{"channelData": {value}, "text": "hi"}}')
    assert decode_activity(document).text == "hi"


@pytest.mark.parametrize(
    ("activity", "message"),
    [
        (Activity(from_property="x"), "from: expected ChannelAccount"),
        (Activity(attachments="x"), "attachments: expected a list"),
        (Activity(attachments=5), "attachments: expected a list"),
        (Activity(attachments=[Attachment(), 5]), "attachments[1]: expected Attachment"),
        (Activity(timestamp="yesterday"), "timestamp: expected a value of type iso-8601"),
        (Activity(recipient=ChannelAccount(id="1"), entities=[{"type": "x"}, "y"]), "entities[1]"),
        (
            Activity(attachments=[Attachment(content=HeroCard(buttons=[1]))]),
            "attachments[0].content.buttons[0]: expected CardAction",
        ),
    ],
)
def test_a_model_that_cannot_be_written_is_refused_by_its_place(
    activity: Activity, message: str
) -> None:
    with pytest.raises(WireError) as caught:
        encode_activity(activity)
    assert str(caught.value).startswith(message)


def test_what_holds_itself_is_refused() -> None:
    circle: dict[str, Any] = {}
    circle["again"] = circle
    card = Attachment()
    card.content = card
    for activity in (Activity(value=circle), Activity(attachments=[card])):
        with pytest.raises(WireError, match="levels of nesting"):
            encode_activity(activity)


@pytest.mark.parametrize("model", [None, {}, "x", 5, object()])
def test_only_models_are_written(model: Any) -> None:
    with pytest.raises(WireError, match="expected a model"):
        encode(model)
