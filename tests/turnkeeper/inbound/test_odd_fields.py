"""One odd field costs nothing but itself; the numbered rules are the Activity specification's.

https://github.com/microsoft/botframework-sdk/blob/main/specs/botframework-activity/botframework-activity.md
"""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from botbuilder.core import TurnContext
from botbuilder.schema import Activity
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.turnkeeper.hostile import GONE, JSON, Target
from turnkeeper.errors import RequestRefused
from turnkeeper.inbound.activity import is_for_the_bot, read_activity
from turnkeeper.wire.activity import encode_activity
from turnkeeper.wire.sdk import attributes_of

TARGET = Target()
MESSAGE: dict[str, Any] = json.loads(TARGET.activity())
NEEDED = {"type", "id", "channelId", "serviceUrl", "conversation", "from", "recipient", "text"}


def read(**changes: Any) -> Activity:
    """A good message with changes, as it is read."""
    return read_activity(TARGET.activity(**changes), JSON)


def read_text(escaped: str, name: str = "text") -> Any:
    """What is read of a text whose JSON is written out."""
    body = TARGET.activity(**{name: "here"}).replace(b'"here"', b'"%b"' % escaped.encode())
    return encode_activity(read_activity(body, JSON))[name]


@pytest.mark.parametrize("value", [5, True, 1.5, [], ["x"], {}, {"id": 5}])
@pytest.mark.parametrize("name", ["type", "id", "channelId", "serviceUrl", "text"])
def test_a2003_a_text_that_an_answer_needs_is_rejected_where_it_is_none(
    name: str, value: Any
) -> None:
    with pytest.raises(RequestRefused) as refused:
        read(**{name: value})
    assert refused.value.status == 400
    assert refused.value.message.casefold() == f"{name}: expected a string.".casefold()


TEXTS = (
    *("locale", "localTimezone", "textFormat", "inputHint", "speak", "importance", "replyToId"),
    *("summary", "name", "label", "valueType", "callerId", "topicName", "action", "code"),
    *("deliveryMode", "attachmentLayout", "timestamp", "localTimestamp", "expiration"),
)
LISTS = (
    *("entities", "attachments", "membersAdded", "membersRemoved", "reactionsAdded"),
    *("reactionsRemoved", "listenFor", "textHighlights"),
)
OBJECTS = ("suggestedActions", "relatesTo", "semanticAction", "recipient")
NO_TEXTS: list[Any] = [5, 1764500000000, True, [], {"a": 1}]
NO_LISTS: list[Any] = [5, "x", False, {}, {"type": "mention"}]
NO_OBJECTS: list[Any] = [5, "x", True, [], [{}]]
ODD = [
    *((name, value) for name in TEXTS for value in NO_TEXTS),
    *((name, value) for name in LISTS for value in NO_LISTS),
    *((name, value) for name in OBJECTS for value in NO_OBJECTS),
    ("historyDisclosed", "true"),
]


@pytest.mark.parametrize(("name", "value"), ODD, ids=str)
def test_a2003_what_no_answer_needs_is_left_out_where_its_type_is_wrong(
    name: str, value: Any
) -> None:
    left = {field: told for field, told in MESSAGE.items() if field != name}
    assert encode_activity(read(**{name: value})) == left


@pytest.mark.parametrize("name", ["conversationType", "tenantId", "aadObjectId"])
def test_a2003_so_is_what_a_conversation_and_an_account_say_beside_their_id(name: str) -> None:
    for value in NO_TEXTS[:4]:
        odd = {"name": value, "role": value}
        activity = read(
            conversation=odd | {"id": "c", name: value},
            recipient=odd | {"id": "b"},
            **{"from": odd | {"id": "m"}},
        )
        assert encode_activity(activity) == MESSAGE | {
            "conversation": {"id": "c"},
            "from": {"id": "m"},
            "recipient": {"id": "b"},
        }


@pytest.mark.parametrize("sender", [GONE, None, {}, {"name": "x"}, {"id": None}, {"id": ""}, "x"])
def test_a2060_a_message_and_an_invoke_must_have_a_sender(sender: Any) -> None:
    for kind in ("message", "invoke"):
        with pytest.raises(RequestRefused, match=r"From\.id is required"):
            read(type=kind, **{"from": sender})


@pytest.mark.parametrize("sender", [GONE, None, {}, {"name": "x"}, {"id": None}, {"id": ""}, "x"])
def test_a2060_what_else_comes_without_a_sender_is_accepted(sender: Any) -> None:
    for kind in ("conversationUpdate", "installationUpdate", "endOfConversation"):
        activity = read(type=kind, **{"from": sender})
        assert is_for_the_bot(activity)
        assert not activity.from_property.id
    for kind in ("typing", "event", "messageReaction", "messageUpdate", "trace", "somethingNew"):
        assert not is_for_the_bot(read(type=kind, **{"from": sender}))
        assert is_for_the_bot(read(type=kind))


@pytest.mark.parametrize("value", [5, True, ["x"], {}])
def test_a2060_a_senders_id_that_is_no_text_is_refused(value: Any) -> None:
    for kind in ("message", "event", "conversationUpdate"):
        with pytest.raises(RequestRefused, match=r"From\.id"):
            read(type=kind, **{"from": {"id": value}})


UNDERSTOOD = [
    {"type": "mention", "mentioned": {"id": "bot", "name": "Bot"}, "text": "<at>Bot</at>"},
    {"type": "clientInfo", "timezone": "Europe/Paris"},
    {"type": "somethingNew", "mentioned": 5, "timezone": 5},
]


@pytest.mark.parametrize(
    "entity",
    [
        *(None, "x", 5, [], {}, {"type": None}, {"type": ""}, {"type": 5}, {"text": "x"}),
        {"type": "mention"},
        {"type": "mention", "mentioned": None},
        {"type": "mention", "mentioned": "bot", "text": "<at>Bot</at>"},
        {"type": "mention", "mentioned": {"name": "Bot"}},
        {"type": "mention", "mentioned": {"id": 5}},
        {"type": "mention", "mentioned": [{"id": "bot"}]},
    ],
)
def test_a2105_an_entity_that_cannot_be_understood_is_ignored(entity: Any) -> None:
    for place in range(len(UNDERSTOOD) + 1):
        entities = [*UNDERSTOOD[:place], entity, *UNDERSTOOD[place:]]
        assert encode_activity(read(entities=entities))["entities"] == UNDERSTOOD


@pytest.mark.parametrize("value", [5, True, [], {}, ["Europe/Paris"]])
def test_a2105_an_entity_whose_odd_field_may_be_missing_stays_without_it(value: Any) -> None:
    client = {"type": "clientInfo", "country": "FR", "timezone": value}
    mention = {"type": "mention", "mentioned": {"id": "bot", "name": "Bot"}, "text": value}
    assert encode_activity(read(entities=[client, mention]))["entities"] == [
        {"type": "clientInfo", "country": "FR"},
        {"type": "mention", "mentioned": {"id": "bot", "name": "Bot"}},
    ]


@pytest.mark.parametrize("text", [None, "", 5, "<at>Bot</at>"])
@pytest.mark.parametrize("name", [GONE, None, "", 5, "Bot"])
@pytest.mark.parametrize("kind", ["mention", "Mention"])
def test_a2105_the_sdk_can_work_with_each_mention_that_stays(
    kind: str, name: Any, text: Any
) -> None:
    mentioned = {"id": "bot"} | ({} if name is GONE else {"name": name})
    mention = {"type": kind, "mentioned": mentioned, "text": text}
    nobody = {"type": kind, "text": text}
    activity = read(entities=[nobody, mention], text="<at>Bot</at> hi")
    assert [one.type for one in TurnContext.get_mentions(activity)] == [kind]
    assert "hi" in TurnContext.remove_recipient_mention(activity)


@pytest.mark.parametrize("value", ["x", 5, [], {"id": 5}, {"id": ["x"], "entities": {}}])
def test_a3133_a_semantic_action_that_cannot_be_parsed_is_ignored(value: Any) -> None:
    assert read(semanticAction=value).semantic_action is None


def test_a3133_so_are_single_fields_of_one() -> None:
    action = {"id": "book", "state": 5, "entities": {"odd": 5, "city": {"type": "place"}}}
    assert encode_activity(read(semanticAction=action))["semanticAction"] == {
        "id": "book",
        "entities": {"city": {"type": "place"}},
    }


@pytest.mark.parametrize(
    "highlight",
    [
        *({}, {"occurrence": 1}, {"text": None}, {"text": ""}, {"text": 5}, None, "x"),
        *({"text": "hi", "occurrence": -1}, {"text": "hi", "occurrence": "1"}),
        *({"text": "hi", "occurrence": 1.5}, {"text": "hi", "occurrence": []}),
    ],
)
def test_a7720_a_highlight_of_nothing_is_ignored(highlight: Any) -> None:
    good = [{"text": "hi"}, {"text": "there", "occurrence": 2}, {"text": "a", "occurrence": 0}]
    activity = read(textHighlights=[good[0], highlight, *good[1:]])
    assert encode_activity(activity)["textHighlights"] == good


LIKE, ANN, IMAGE = {"type": "like"}, {"id": "ann", "name": "Ann"}, {"contentType": "image/png"}


@pytest.mark.parametrize(
    ("name", "sent", "left"),
    [
        ("attachments", [None, IMAGE, "x", {"contentType": 5}, {"contentUrl": {}}], [IMAGE]),
        ("attachments", [IMAGE | {"name": 5, "thumbnailUrl": []}], [IMAGE]),
        ("membersAdded", [[], ANN, {"name": "x"}, {"id": 5}, {"id": ""}, {"id": "a\nb"}], [ANN]),
        ("membersRemoved", [None, {"id": None}, ANN, {"id": "x" * 1001}, 5], [ANN]),
        ("membersAdded", [ANN | {"role": 5, "aadObjectId": {}}], [ANN]),
        ("reactionsAdded", [None, LIKE, {"type": []}], [LIKE]),
        ("reactionsRemoved", [[LIKE], LIKE, 5], [LIKE]),
        ("listenFor", ["a", 5, None, ["b"], "c"], ["a", "c"]),
        (
            "suggestedActions",
            {"to": [5, "m"], "actions": [None, "x", {"type": 5}, {"type": "imBack", "title": 1}]},
            {"to": ["m"], "actions": [{"type": "imBack"}]},
        ),
    ],
)
def test_what_is_odd_is_left_out_and_its_neighbours_stay(name: str, sent: Any, left: Any) -> None:
    assert encode_activity(read(**{name: sent}))[name] == left


@pytest.mark.parametrize("action", [5, "x", "", [], [{}], True, None])
def test_the_action_of_a_card_is_an_object_or_left_out(action: Any) -> None:
    card = {"type": "invoke", "name": "adaptiveCard/action"}
    assert read(**card, value={"action": action, "trigger": "manual"}).value == {
        "trigger": "manual"
    }
    good = {"action": {"type": "Action.Execute"}}
    assert read(**card, value=good).value == good
    other = {"type": "invoke", "name": "somethingNew", "value": {"action": action}}
    assert read(**other).value == {"action": action}


@pytest.mark.parametrize("value", ["false", "true", 0, 1, {}])
def test_whether_it_is_a_group_must_be_true_or_false(value: Any) -> None:
    assert read(conversation={"id": "c", "isGroup": value}).conversation.is_group is None


@pytest.mark.parametrize("value", [5, True, [], {}])
def test_an_object_id_must_be_a_text(value: Any) -> None:
    sender = read(**{"from": {"id": "m", "aadObjectId": value}}).from_property
    assert (sender.id, sender.aad_object_id) == ("m", None)


@pytest.mark.parametrize("value", ["x" * 1001, "é" * 501, "a\nb", "\0", "\u2028"])
def test_an_id_to_reply_to_that_cannot_be_one_is_left_out(value: str) -> None:
    assert read(replyToId=value).reply_to_id is None
    assert read(replyToId="1:23").reply_to_id == "1:23"


ANY_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20)
    | st.sampled_from(["mention", "clientInfo", "2026-11-24T06:09:29Z", "\ud83d", "\\ud83d"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["type", "id", "name", "mentioned", "text", "actions", "contentType"])
            | st.text(max_size=8),
            inner,
            max_size=5,
        )
    ),
    max_leaves=20,
)
FIELDS = st.dictionaries(
    st.sampled_from(sorted({field["key"] for field in attributes_of(Activity).values()} - NEEDED))
    | st.text(max_size=10).filter(lambda name: name not in NEEDED),
    ANY_JSON,
    max_size=6,
)
SAYS = st.sampled_from(["name", "role", "aadObjectId", "properties", "isGroup", "tenantId", "x"])
ABOUT = st.dictionaries(SAYS, ANY_JSON, max_size=3)


@given(FIELDS, ABOUT, ABOUT, ABOUT, st.text(max_size=30))
@settings(max_examples=200, deadline=None)
def test_any_json_in_any_field_that_no_answer_needs_leaves_text_and_ids_as_they_are(
    changes: dict[str, Any],
    sender: dict[str, Any],
    place: dict[str, Any],
    bot: dict[str, Any],
    text: str,
) -> None:
    accounts = {
        "from": sender | {"id": "mallory"},
        "conversation": place | {"id": "hostile"},
        "recipient": bot | {"id": "bot"},
    }
    activity = read(**changes, **accounts, text=text)
    assert (activity.type, activity.id, activity.text) == ("message", "hostile-1", text)
    assert (activity.channel_id, activity.service_url) == ("test", TARGET.service_url)
    ids = (activity.from_property.id, activity.conversation.id, activity.recipient.id)
    assert ids == ("mallory", "hostile", "bot")
    json.dumps(encode_activity(activity), ensure_ascii=False).encode()  # can be stored and sent


HALVES = [
    (r"nice \ud83d", "nice \ufffd"),
    (r"\ude00 nice", "\ufffd nice"),
    (r"\uD83D\uD83D\uDE00", "\ufffd\U0001f600"),
    (r"\ud83d\ude00\ude00\ud83d", "\U0001f600\ufffd\ufffd"),
    (r"\ud83dx\ude00", "\ufffdx\ufffd"),
    (r"\\\ud83d", "\\\ufffd"),
    (r"\\ud83d \ud83d", "\\ud83d \ufffd"),
    (r"\\\\\ud83d\\\\ud83d", "\\\\\ufffd\\\\ud83d"),
    (r"\ud83d\\ude00", "\ufffd\\ude00"),
    (r"\ud83d\n\"\ude00", '\ufffd\n"\ufffd'),
    (r"\ud83d\u0041\ud83c", "\ufffdA\ufffd"),
    (r"\\ud83d", "\\ud83d"),
    (r"\ud83d\ude00", "\U0001f600"),
]


@pytest.mark.parametrize(("escaped", "text"), HALVES, ids=[escaped for escaped, _ in HALVES])
@pytest.mark.parametrize("name", ["text", "summary", "locale"])
def test_half_of_a_pair_is_mended_whatever_stands_around_it(
    escaped: str, text: str, name: str
) -> None:
    assert read_text(escaped, name) == text


@given(st.lists(st.sampled_from(["\ud83d", "\ude00", "\\", "u", "d83d", '"', "\n", "a"])))
@settings(max_examples=300, deadline=None)
def test_only_halves_are_mended(pieces: list[str]) -> None:
    text = "".join(pieces)
    units = text.encode("utf-16-le", "surrogatepass")  # as JavaScript counts
    assert read(text=text).text == units.decode("utf-16-le", "replace")


def test_half_of_a_pair_in_names_cards_and_keys_is_mended() -> None:
    activity = read(
        value={"\ud83d": ["\ude00", 5]},
        entities=[{"type": "clientInfo", "country": "\ud83d"}],
        attachments=[{"contentType": "x", "content": {"body": "\ud83d"}}],
        **{"from": {"id": "mallory", "name": "Mall\ud83d"}},
    )
    assert activity.from_property.name == "Mall\ufffd"
    assert activity.value == {"\ufffd": ["\ufffd", 5]}
    assert activity.attachments[0].content == {"body": "\ufffd"}
    assert activity.entities[0].additional_properties == {"country": "\ufffd"}


def test_no_id_is_mended_to_that_of_somebody_else() -> None:
    activity = read(
        text="\ud83d",
        conversation={"id": "c", "tenantId": "t\ud83d", "aadObjectId": "t\ude00"},
        replyToId="r\ud83d",
        membersAdded=[{"id": "a\ud83d"}, {"id": "ann"}],
        membersRemoved=[{"id": "\ude00"}],
        **{"from": {"id": "mallory", "aadObjectId": "o\ud83d"}},
    )
    assert encode_activity(activity) == MESSAGE | {
        "text": "\ufffd",
        "conversation": {"id": "c"},
        "from": {"id": "mallory"},
        "membersAdded": [{"id": "ann"}],
        "membersRemoved": [],
    }


def test_an_id_that_has_the_replacement_character_itself_is_taken() -> None:
    assert read(**{"from": {"id": "ann\ufffd"}}).from_property.id == "ann\ufffd"


@pytest.mark.parametrize(
    "odd",
    [
        {"listenFor": [5] * 9_900},
        {"entities": [{"type": 5}] * 1_990},
        {"membersAdded": [{"id": 5, "name": 5, "role": 5}] * 1_990},
        {"attachments": [{"name": 5, "contentType": "x", "contentUrl": 5}] * 1_990},
        {"text": "\ud83d" * 40_000},
        {"text": "\\" * 120_000 + "\ud83d"},
        {"text": "\\ud83d" * 30_000 + "\ud83d"},
    ],
    ids=lambda odd: str(odd)[:30],
)
def test_a_body_full_of_what_is_odd_is_read_in_one_pass(odd: dict[str, Any]) -> None:
    body = TARGET.activity(**odd)
    fastest = 9.0
    for _ in range(3):
        began = time.process_time()
        read_activity(body, JSON)
        fastest = min(fastest, time.process_time() - began)
    assert fastest < 0.25  # seconds; a second look at all for each of them would take minutes
