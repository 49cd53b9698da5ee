"""A wrong document is one clear error that names the place and quotes nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
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


WRONG: list[tuple[Any, str]] = [
    (None, "the document: expected an object"),
    ([], "the document: expected an object"),
    ("{}", "the document: expected an object"),
    (5, "the document: expected an object"),
    ({"type": 5}, "type: expected a string"),
    ({"text": 5}, "text: expected a string"),
    ({"text": True}, "text: expected a string"),
    ({"text": {"a": 1}}, "text: expected a string"),
    ({"text": ["hi"]}, "text: expected a string"),
    ({"from": "x"}, "from: expected an object"),
    ({"from": []}, "from: expected an object"),
    ({"from": ""}, "from: expected an object"),
    ({"from": {"id": 1}}, "from.id: expected a string"),
    ({"recipient": {"name": {}}}, "recipient.name: expected a string"),
    ({"conversation": "c"}, "conversation: expected an object"),
    ({"conversation": {"isGroup": "true"}}, "conversation.isGroup: expected true or false"),
    ({"conversation": {"isGroup": 1}}, "conversation.isGroup: expected true or false"),
    ({"conversation": {"tenantId": 1}}, "conversation.tenantId: expected a string"),
    ({"entities": "x"}, "entities: expected a list"),
    ({"entities": {"type": "x"}}, "entities: expected a list"),
    ({"entities": ["x"]}, "entities[0]: expected an object"),
    ({"entities": [{}, None]}, "entities[1]: expected an object"),
    ({"entities": [{}, {"type": 1}]}, "entities[1].type: expected a string"),
    ({"membersAdded": [[]]}, "membersAdded[0]: expected an object"),
    ({"listenFor": ["a", 1]}, "listenFor[1]: expected a string"),
    ({"timestamp": "yesterday"}, "timestamp: expected an ISO 8601 date and time"),
    ({"timestamp": 1700000000}, "timestamp: expected an ISO 8601 date and time"),
    ({"timestamp": "2026-02-30T00:00:00Z"}, "timestamp: expected an ISO 8601 date and time"),
    ({"timestamp": "2026-01-01T25:00:00Z"}, "timestamp: expected an ISO 8601 date and time"),
    ({"timestamp": "0001-01-01T00:00:00+14:00"}, "timestamp: expected an ISO 8601 date and time"),
    ({"timestamp": "9" * 100_000}, "timestamp: expected an ISO 8601 date and time"),
    ({"timestamp": "2026-01-01T00:00:00+99:99"}, "timestamp: expected an ISO 8601 date and time"),
    ({"suggestedActions": {"actions": [{"type": 1}]}}, "suggestedActions.actions[0].type: "),
    ({"textHighlights": [{"occurrence": "1"}]}, "textHighlights[0].occurrence: expected a whole"),
    ({"semanticAction": {"entities": {"é": 1}}}, "semanticAction.entities.*: expected an object"),
    ({"semanticAction": {"entities": []}}, "semanticAction.entities: expected an object"),
    ({"channelData": nested(MAX_NESTING + 1)}, "channelData: expected at most 100 levels"),
    ({"channelData": nested(100_000)}, "channelData: expected at most 100 levels"),
    ({"attachments": [{"content": nested(101)}]}, "attachments[0].content: expected at most 100"),
    ({"secret name": nested(101)}, "*: expected at most 100 levels"),
    ({"channelData": (1, 2)}, "channelData: expected a JSON value"),
]


@pytest.mark.parametrize(("document", "message"), WRONG, ids=[message for _, message in WRONG])
def test_a_wrong_document_is_refused_by_its_place(document: Any, message: str) -> None:
    with pytest.raises(WireError) as caught:
        decode_activity(document)
    assert str(caught.value).startswith(message)


def test_the_error_is_a_value_error_and_one_of_ours() -> None:
    with pytest.raises(WireError) as caught:
        decode_activity({"entities": [{}, {"type": 1}]})
    assert isinstance(caught.value, ValueError)
    assert isinstance(caught.value, BotError)
    assert (caught.value.path, caught.value.expected) == ("entities[1].type", "a string")


@pytest.mark.parametrize("read", [decode_activity, partial(decode, Activity)])
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
def test_the_error_quotes_nothing_of_the_document(
    read: Callable[[Any], Activity], document: dict[str, Any]
) -> None:
    with pytest.raises(WireError) as caught:
        read(document)
    assert "topsecret" not in str(caught.value)
    assert caught.value.__cause__ is None
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
