"""What is written is what the SDK's connector client would send: every class, any content."""

from __future__ import annotations

import copy
import json
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from botbuilder.schema import (
    ActionTypes,
    Activity,
    ActivityTypes,
    Attachment,
    CardAction,
    ChannelAccount,
    ConversationAccount,
    Entity,
    HeroCard,
    Mention,
)
from hypothesis import HealthCheck, example, given, settings
from msrest.serialization import Serializer

from tests.turnkeeper.wire.samples import (
    CAPTURES,
    MODELS,
    MOMENTS,
    capture,
    documents,
    instances,
    sent_by_connector,
)
from turnkeeper.wire.activity import WireError, decode, decode_activity, encode, encode_activity
from turnkeeper.wire.fields import write_timestamp
from turnkeeper.wire.sdk import attributes_of, models_beside

UTC_PLUS_2 = timezone(timedelta(hours=2))


def by_sdk(model: Any) -> Any:
    """The SDK's document of a model, with the tenant under its real name, or its refusal."""
    model = copy.deepcopy(model)
    tenant = attributes_of(ConversationAccount)["tenant_id"]
    try:
        tenant["key"] = "tenantId"
        if sent_by_connector(model.__class__):
            return Serializer(models_beside(model.__class__)).body(model, model.__class__.__name__)
        return model.serialize()
    except Exception as error:  # noqa: BLE001 - the SDK raises many kinds
        return error
    finally:
        tenant["key"] = "tenantID"


def text_of(document: Any) -> str:
    """JSON with sorted keys, in which 1, 1.0 and true differ."""
    return json.dumps(document, sort_keys=True, default=lambda value: f"<{value!r}>")


@pytest.mark.parametrize("cls", MODELS, ids=lambda cls: cls.__name__)
def test_every_model_is_written_as_the_sdk_writes_it(cls: Any) -> None:
    @settings(
        max_examples=30,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
    @given(instances(cls))
    def check(model: Any) -> None:
        if model is None:
            return
        expected = by_sdk(model)
        if isinstance(expected, Exception):
            with pytest.raises(WireError):
                encode(model)
        else:
            assert text_of(encode(model)) == text_of(expected)

    check()


@pytest.mark.parametrize("path", CAPTURES, ids=lambda path: path.stem)
def test_a_capture_comes_back_as_it_came(path: Path) -> None:
    document = capture(path)
    for key in {"timestamp", "localTimestamp"} & document.keys():
        moment = datetime.fromisoformat(document[key]).astimezone(UTC).replace(tzinfo=None)
        document[key] = moment.isoformat(timespec="milliseconds") + "Z"
    assert encode_activity(decode_activity(document)) == document


@pytest.mark.parametrize("path", CAPTURES, ids=lambda path: path.stem)
def test_the_known_fields_of_a_capture_are_written_as_the_sdk_writes_them(path: Path) -> None:
    activity = Activity.deserialize(capture(path))
    document = encode_activity(activity)
    expected = activity.serialize()
    assert set(expected) <= set(document)
    for key in expected.keys() - {"entities", "conversation"}:
        assert text_of(document[key]) == text_of(expected[key])


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(documents(Activity))
def test_what_is_written_is_read_as_the_same_again(document: dict[str, Any]) -> None:
    try:
        activity = decode(Activity, document)
    except WireError:
        return
    written = encode_activity(activity)
    assert encode_activity(decode(Activity, json.loads(json.dumps(written)))) == written
    assert {key for key, value in document.items() if value is not None} <= set(written)


@settings(deadline=None)
@given(MOMENTS)
@example(datetime(2026, 1, 2, tzinfo=timezone(timedelta(seconds=1, microseconds=5))))
@example(datetime(1, 1, 1, tzinfo=UTC_PLUS_2))
@example(datetime(9999, 12, 31, 23, 59, tzinfo=timezone(-timedelta(hours=2))))
def test_a_timestamp_is_written_as_the_sdk_writes_it(moment: datetime) -> None:
    try:
        expected = Serializer.serialize_iso(moment)
    except ValueError:
        with pytest.raises(ValueError, match="serialize"):
            write_timestamp(moment)
    else:
        assert write_timestamp(moment) == expected


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), "2026-01-02T03:04:05.000Z"),
        (datetime(2026, 1, 2, 3, 4, 5, 120000, tzinfo=UTC), "2026-01-02T03:04:05.120Z"),
        (datetime(2026, 1, 2, 3, 4, 5, 123450, tzinfo=UTC), "2026-01-02T03:04:05.12345Z"),
        (datetime(2026, 1, 1, 0, 30, tzinfo=UTC_PLUS_2), "2025-12-31T22:30:00.000Z"),
        (datetime(2026, 1, 2, 3, 4, 5), "2026-01-02T03:04:05.000Z"),  # noqa: DTZ001 - naive
    ],
)
def test_the_form_of_a_timestamp(moment: datetime, text: str) -> None:
    assert encode(Activity(timestamp=moment)) == {"timestamp": text}


def test_a_card_in_an_attachment_is_written_field_by_field() -> None:
    card = HeroCard(
        title="Who am I", buttons=[CardAction(type=ActionTypes.im_back, title="Help", value="help")]
    )
    activity = Activity(
        type=ActivityTypes.message,
        attachments=[Attachment(content_type="application/vnd.microsoft.card.hero", content=card)],
    )
    assert encode_activity(activity) == {
        "type": "message",
        "attachments": [
            {
                "contentType": "application/vnd.microsoft.card.hero",
                "content": {
                    "title": "Who am I",
                    "buttons": [{"type": "imBack", "title": "Help", "value": "help"}],
                },
            }
        ],
    }


def test_an_entity_is_written_by_its_own_class() -> None:
    mention = Mention(mentioned=ChannelAccount(id="1"), text="<at>A</at>", type="mention")
    assert encode_activity(Activity(entities=[mention, Entity(type="x")]))["entities"] == [
        {"mentioned": {"id": "1"}, "text": "<at>A</at>", "type": "mention"},
        {"type": "x"},
    ]


def test_a_dict_in_the_place_of_a_model_is_written_as_the_connector_client_does() -> None:
    activity = Activity(attachments=[{"contentType": "a/b", "content_url": "u", "other": 1}])
    assert encode_activity(activity) == {"attachments": [{"contentType": "a/b", "contentUrl": "u"}]}
    assert by_sdk(activity) == encode_activity(activity)


def test_an_enum_of_the_sdk_in_a_free_form_field_is_written_as_its_value() -> None:
    activity = Activity(channel_data={"kind": ActivityTypes.event, "list": [ActionTypes.signin]})
    assert encode_activity(activity) == {"channelData": {"kind": "event", "list": ["signin"]}}


def test_nothing_is_shared_with_or_changed_in_the_model() -> None:
    activity = Activity(channel_data={"a": [1]}, attachments=[Attachment(content={"b": 2})])
    before = copy.deepcopy(activity)
    document = encode_activity(activity)
    document["channelData"]["a"].append(2)
    document["attachments"][0]["content"]["c"] = 3
    assert activity == before


def test_the_tenant_of_a_conversation_is_read_and_written_under_its_real_name() -> None:
    document = {"conversation": {"id": "c", "tenantId": "t"}}
    assert Activity.deserialize(document).conversation.tenant_id is None  # what we mend
    activity = decode_activity(document)
    assert activity.conversation.tenant_id == "t"
    assert activity.conversation.additional_properties == {"tenantId": "t"}
    assert encode_activity(activity) == document
    activity.conversation.tenant_id = "other"
    assert encode_activity(activity) == {"conversation": {"id": "c", "tenantId": "other"}}
    assert encode(ConversationAccount(tenant_id="t")) == {"tenantId": "t"}


def test_a_tenant_stored_under_the_sdks_name_is_read_too() -> None:
    activity = decode_activity({"conversation": {"tenantID": "t"}})
    assert activity.conversation.tenant_id == "t"
    assert encode_activity(activity) == {"conversation": {"tenantId": "t"}}


def test_unknown_fields_are_written_again_and_known_ones_win() -> None:
    activity = decode_activity({"text": "hi", "future": {"a": None}, "from": {"id": "1", "x": 2}})
    activity.additional_properties["text"] = "never"
    assert encode_activity(activity) == {
        "text": "hi",
        "future": {"a": None},
        "from": {"id": "1", "x": 2},
    }
