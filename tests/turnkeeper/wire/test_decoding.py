"""A decoded model is the SDK's own: every class, every capture, any JSON."""

from __future__ import annotations

import copy
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import jsonpickle
import pytest
from botbuilder.core import TurnContext
from botbuilder.schema import Activity, ConversationAccount, ConversationReference, Mention
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st
from msrest.exceptions import DeserializationError
from msrest.serialization import Deserializer, Model

from tests.turnkeeper.wire.samples import (
    CAPTURES,
    JSON,
    MODELS,
    TIMESTAMPS,
    capture,
    differences,
    documents,
)
from turnkeeper.wire.activity import WireError, decode, decode_activity, encode
from turnkeeper.wire.fields import STRICT_READERS, shape_of
from turnkeeper.wire.sdk import models_beside


def by_sdk(cls: Any, document: Any) -> Any:
    """The SDK's model of a document, with the tenant put where it belongs, or its refusal."""
    try:
        model = cls.deserialize(copy.deepcopy(document))
    except Exception as error:  # noqa: BLE001 - the SDK raises many kinds
        return error
    _put_tenants(model)
    return model


def _put_tenants(value: Any) -> None:
    if isinstance(value, ConversationAccount):
        tenant = value.additional_properties.get("tenantId")
        value.tenant_id = value.tenant_id if tenant is None else str(tenant)
    if isinstance(value, Model):
        for item in vars(value).values():
            _put_tenants(item)
    if isinstance(value, list):
        for item in value:
            _put_tenants(item)


@pytest.mark.parametrize("path", CAPTURES, ids=lambda path: path.stem)
def test_a_capture_is_decoded_as_the_sdk_decodes_it(path: Path) -> None:
    document = capture(path)
    for activity in (decode_activity(document), decode(Activity, document)):
        assert differences(activity, by_sdk(Activity, document)) == []
    assert document == capture(path)


@pytest.mark.parametrize("cls", MODELS, ids=lambda cls: cls.__name__)
def test_every_model_is_decoded_or_refused_as_by_the_sdk(cls: Any) -> None:
    @settings(
        max_examples=30,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
    @given(documents(cls) | documents(cls, wild=True))
    def check(document: dict[str, Any]) -> None:
        expected = by_sdk(cls, document)
        if isinstance(expected, Exception):
            with pytest.raises(WireError):
                decode(cls, document)
        else:
            assert differences(decode(cls, document), expected) == []

    check()


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(documents(Activity, wild=True) | JSON)
def test_an_activity_from_outside_is_what_fits_of_it_as_the_sdk_reads_that(document: Any) -> None:
    try:
        activity = decode_activity(document)
    except WireError:
        return
    assume("tenantID" not in json.dumps(document))  # is encoded as tenantId
    left = encode(activity)
    left |= {name: document[name] for name in TIMES if name in left}
    assert [left.get(name) for name in TEXTS] == [document.get(name) for name in TEXTS]
    assert is_part(left, document)
    assert differences(activity, by_sdk(Activity, left)) == []


TEXTS = ("type", "id", "channelId", "serviceUrl", "text")
TIMES = ("timestamp", "localTimestamp", "expiration")  # encoded in UTC


def is_part(part: Any, whole: Any) -> bool:
    """Whether a JSON value is another one, but for what was left out."""
    if isinstance(part, dict):
        return isinstance(whole, dict) and all(
            name in whole and is_part(value, whole[name]) for name, value in part.items()
        )
    if isinstance(part, list):
        rest = iter(whole)
        return isinstance(whole, list) and all(
            any(is_part(item, other) for other in rest) for item in part
        )
    return type(part) is type(whole) and (part == whole or part is whole)


@settings(max_examples=200, deadline=None)
@given(TIMESTAMPS)
@example("2026-11-24T06:09:28+05:30:15")
@example("2026-11-24T06:09:28+0530")
@example("2026-11-24T06:09:28.1234567+05")
@example("2026-11-24T06:09:28,5Z")
@example("2026-11-24t06:09:28z")
@example("2026-11-24T24:00:00Z")
@example("2026-11-24T06:09:60Z")
@example("2026-11-24T06:09:28-00:00")
@example("9999-12-31T23:59:59-01:00")
def test_a_timestamp_is_read_as_the_sdk_reads_it_and_keeps_its_offset(text: str) -> None:
    try:
        expected = Deserializer.deserialize_iso(text)
    except Exception:  # noqa: BLE001 - the SDK raises many kinds
        with pytest.raises(WireError):
            STRICT_READERS["iso-8601"](text)
    else:
        assert differences(STRICT_READERS["iso-8601"](text), expected) == []


def test_the_offset_of_a_timestamp_is_kept() -> None:
    activity = decode_activity({"localTimestamp": "2026-11-24T07:09:29.250+05:30"})
    assert activity.local_timestamp.utcoffset() == timedelta(hours=5, minutes=30)
    assert activity.local_timestamp.isoformat() == "2026-11-24T07:09:29.250000+05:30"


@pytest.mark.parametrize("path", CAPTURES, ids=lambda path: path.stem)
def test_bot_code_cannot_tell_the_difference(path: Path) -> None:
    document = capture(path)
    ours, theirs = decode_activity(document), by_sdk(Activity, document)
    assert ours == theirs
    assert theirs == ours
    assert ours.as_dict() == theirs.as_dict()
    assert ours.serialize() == theirs.serialize()
    assert copy.deepcopy(ours) == theirs
    assert list(vars(ours)) == list(vars(theirs))
    assert ours.get_conversation_reference() == theirs.get_conversation_reference()
    assert TurnContext.get_mentions(ours) == TurnContext.get_mentions(theirs)
    assert ours.has_content() == theirs.has_content()
    assert (ours.as_message_activity() is None) == (theirs.as_message_activity() is None)
    for activity in (ours, theirs):
        activity.timestamp = activity.local_timestamp = None  # of another class of time zone
    # The SDK takes unknown fields from a set, in any order.
    assert json.loads(jsonpickle.encode(ours)) == json.loads(jsonpickle.encode(theirs))


def test_a_mention_keeps_what_the_entity_does_not_know() -> None:
    path = next(path for path in CAPTURES if path.stem.endswith("channel-message-mention"))
    mention = decode_activity(capture(path)).entities[0]
    assert mention.additional_properties["text"] == "<at>Test Bot</at>"
    assert decode(Mention, encode(mention)).mentioned.name == "Test Bot"


def test_a_model_shares_nothing_with_its_document() -> None:
    document = {"channelData": {"a": [1]}, "unknown": {"b": [2]}}
    activity = decode_activity(document)
    activity.channel_data["a"].append(3)
    activity.additional_properties["unknown"]["b"].append(4)
    assert document == {"channelData": {"a": [1]}, "unknown": {"b": [2]}}


def test_two_models_share_nothing() -> None:
    first, second = decode_activity({}), decode_activity({})
    first.additional_properties["x"] = 1
    first.text = "hi"
    assert second == Activity()


def test_what_an_activity_holds_is_not_left_to_msrest() -> None:
    models = models_beside(Activity)
    seen, waiting = set(), {"Activity"}
    while waiting:
        name = waiting.pop()
        seen.add(name)
        shape = shape_of(models[name])
        assert shape is not None, name
        waiting |= {kind.strip("[]{}") for _, kind in shape.fields.values()} & models.keys() - seen
    assert {"Activity", "ConversationAccount", "Attachment", "CardAction", "Entity"} <= seen


def test_a_model_of_a_bots_own_is_left_to_msrest_where_it_is_unusual() -> None:
    class Deep(Model):  # type: ignore[misc]
        _attribute_map = {"name": {"key": "properties.name", "type": "str"}}  # noqa: RUF012

        def __init__(self, *, name: str | None = None) -> None:
            super().__init__()
            self.name = name

    deep = decode(Deep, {"properties": {"name": "Ada"}})
    assert deep.name == "Ada"
    assert encode(deep) == {"properties": {"name": "Ada"}}
    with pytest.raises(WireError):
        decode(Deep, {"properties": 5})
    with pytest.raises(DeserializationError):
        Deep.deserialize({"properties": 5})


@given(st.dictionaries(st.text(max_size=4), JSON, max_size=4))
def test_a_stored_reference_comes_back_whole(unknown: dict[str, Any]) -> None:
    document = {
        **{f"x-{key}": value for key, value in unknown.items()},
        "activityId": "1",
        "bot": {"id": "b", "name": "Bot"},
        "conversation": {"id": "c", "tenantId": "t", "isGroup": True},
        "serviceUrl": "http://localhost:1/_connector",
    }
    reference = decode(ConversationReference, document)
    assert json.loads(json.dumps(encode(reference))) == document
