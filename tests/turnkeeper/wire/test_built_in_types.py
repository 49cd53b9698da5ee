"""What every bot may store without naming it: each value comes back as it was, class and all."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from botbuilder.core import IntentScore, RecognizerResult, StoreItem
from botbuilder.core.inspection.inspection_sessions_by_status import InspectionSessionsByStatus
from botbuilder.core.skills import BotFrameworkSkill
from botbuilder.core.skills.skill_conversation_reference import SkillConversationReference
from botbuilder.dialogs import (
    DialogEvents,
    DialogInstance,
    DialogReason,
    DialogState,
    DialogTurnStatus,
    PromptOptions,
)
from botbuilder.dialogs.choices import Choice, FoundChoice, ListStyle, ModelResult
from botbuilder.dialogs.choices.found_value import FoundValue
from botbuilder.dialogs.prompts import DateTimeResolution
from botbuilder.dialogs.prompts.oauth_prompt import CallerInfo
from botbuilder.dialogs.skills import BeginSkillDialogOptions
from botbuilder.schema import (
    ActionTypes,
    Activity,
    ActivityTypes,
    Attachment,
    CardAction,
    ChannelAccount,
    ConversationAccount,
    ConversationReference,
    HeroCard,
    Mention,
    TokenResponse,
)
from botbuilder.schema.teams import TaskModuleCardResponse, TeamInfo, TeamsChannelData
from botframework.connector.token_api import models as token_api
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from msrest.serialization import Model

from tests.turnkeeper.wire.samples import ATOMS, MODELS, Card, Colour, instances
from turnkeeper import Types
from turnkeeper.errors import CodecError, UnreadableRecord
from turnkeeper.wire.codec import Codec
from turnkeeper.wire.values import MAX_DEPTH

CODEC = Codec()
PARIS = ZoneInfo("Europe/Paris")


def again(value: Any, codec: Codec = CODEC) -> Any:
    """A value as it comes out of the store; stored once more it is the same."""
    body = codec.encode_state({"value": value})
    found = codec.decode_state(body)["value"]
    assert codec.encode_state({"value": found}) == body
    return found


def apart(value: Any) -> Any:  # noqa: PLR0911 - a table of types
    """A value as what can be compared, with all types in it: 1, 1.0 and True differ."""
    kind = type(value)
    if isinstance(value, dict):
        return (kind, [(key, apart(item)) for key, item in value.items()])
    if isinstance(value, list | tuple):
        return (kind, [apart(item) for item in value])
    if isinstance(value, set | frozenset):
        return (kind, sorted((apart(item) for item in value), key=repr))
    if isinstance(value, Model):
        return (kind, sorted((name, apart(item)) for name, item in vars(value).items()))
    if isinstance(value, datetime | time):
        return (kind, value.isoformat(), value.fold, getattr(value.tzinfo, "key", None))
    if hasattr(value, "__dict__") and kind.__module__.startswith("botbuilder.dialogs"):
        return (kind, apart(vars(value)) if not hasattr(value, "name") else value)
    return (kind, str(value) if kind is Decimal else value)


# Python's.

_ZONES = (
    st.none()
    | st.just(UTC)
    | st.just(PARIS)
    | st.builds(timezone, st.timedeltas(timedelta(hours=-23), timedelta(hours=23)))
)
_HASHABLE = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(-(10**900), 10**900)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.decimals(allow_nan=False)
    | st.text(max_size=4)
    | st.binary(max_size=8)
    | st.dates()
    | st.uuids()
    | st.timedeltas()
    | st.datetimes(timezones=_ZONES)
    | st.builds(
        lambda moment, fold: moment.replace(fold=fold),
        st.times(timezones=_ZONES),
        st.integers(0, 1),
    )
    | st.sampled_from([*ActivityTypes, *DialogTurnStatus, *ListStyle]),
    lambda inner: st.lists(inner, max_size=3).map(tuple) | st.frozensets(inner, max_size=3),
    max_leaves=6,
)
VALUES = st.recursive(
    _HASHABLE,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=2) | st.just("$"), inner, max_size=3)
        | st.lists(inner, max_size=3).map(tuple)
        | st.sets(_HASHABLE, max_size=3)
    ),
    max_leaves=8,
)


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(VALUES)
@example([1, True, 1.0, (1,), {1}, {True}, {"a": 1.0}, -0.0])
@example({(1,), frozenset({(2,)})})
@example([0, "0", b"0", Decimal("0.0"), Decimal("-NaN"), timedelta(0), date.min, time.max])
@example([10**5_000, -(10**5_000), 2**63, -(2**63) - 1])
@example(datetime(2026, 10, 25, 2, 30, tzinfo=PARIS, fold=1))
@example(datetime(2026, 10, 25, 2, 30, fold=1))  # noqa: DTZ001
def test_a_value_of_pythons_comes_back_as_it_was(value: Any) -> None:
    assert apart(again(value)) == apart(value)


@given(st.permutations(["b", "a", "c", (1, 2), Decimal(1), b"x", frozenset({"y", "z"})]))
def test_equal_sets_have_one_form(items: list[Any]) -> None:
    forms = {CODEC.encode_state({"set": set(items)}), CODEC.encode_state({"set": {*items[::-1]}})}
    assert len(forms) == 1


class Whim(tzinfo):
    """A zone that a bot made: at an offset that it tells, or does not."""

    def __init__(self, hours: int | None) -> None:
        self.offset = None if hours is None else timedelta(hours=hours)

    def utcoffset(self, _: datetime | None) -> timedelta | None:
        """Where it is."""
        return self.offset

    def dst(self, _: datetime | None) -> None:
        """Nobody knows."""

    def tzname(self, _: datetime | None) -> None:
        """It has none."""


def test_a_zone_that_is_not_pythons_comes_back_as_its_offset() -> None:
    moment = datetime(2026, 1, 2, tzinfo=Whim(3))
    assert again(moment) == moment
    assert again(moment).tzinfo == timezone(timedelta(hours=3))


def test_a_zone_that_this_machine_does_not_know_is_its_offset() -> None:
    stored = '{"$":"datetime","iso":"2026-01-02T03:04:05+09:00","zone":"Asia/Newtown"}'
    found = CODEC.decode_state(f'{{"v":1,"state":{{"x":{stored}}}}}')["x"]
    assert found == datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone(timedelta(hours=9)))


@pytest.mark.parametrize(
    "value", [datetime(2026, 1, 2, tzinfo=Whim(None)), time(1, tzinfo=Whim(None))]
)
def test_a_zone_that_does_not_tell_its_offset_is_refused(value: Any) -> None:
    with pytest.raises(CodecError, match=r"^value\[0\]: a \w+ whose time zone does not tell"):
        CODEC.encode_state({"value": [value]})


def test_what_is_a_little_more_than_a_built_in_type_is_refused() -> None:
    for kind, base in (
        (str, "x"),
        (int, 1),
        (list, [1]),
        (dict, {}),
        (datetime, None),
        (tuple, ()),
    ):
        cls: Any = type("Mine", (kind,), {})
        value = cls(2026, 1, 2) if base is None else cls(base)
        with pytest.raises(
            CodecError, match=f"Mine is not among.*keep it as a plain {kind.__name__}"
        ):
            CODEC.encode_state({"value": value})


WRAPPERS: list[Any] = [
    lambda item: [item],
    lambda item: (item,),
    lambda item: {"a": item},
    lambda item: {"$": item},
    lambda item: HeroCard(title=item),
    lambda item: DialogState([item]),
    lambda item: FoundChoice(item, 1, 1.0),
]


@given(st.lists(st.sampled_from(WRAPPERS), min_size=20, max_size=MAX_DEPTH + 6))
@example([WRAPPERS[1]] * MAX_DEPTH)
@example([WRAPPERS[0]] * MAX_DEPTH)
@example([WRAPPERS[0]] * (MAX_DEPTH - 1) + [WRAPPERS[1]])
def test_what_is_stored_is_never_too_deep_to_be_read(wrappers: list[Any]) -> None:
    value: Any = Decimal(1)
    for wrap in wrappers:
        value = wrap(value)
    try:
        body = CODEC.encode_state({"value": value})
    except CodecError as error:
        refusal = error.fault
        assert "nests deeper than 64" in refusal
    else:
        CODEC.decode_state(body)


@pytest.mark.parametrize("leaf", ["", 1, 2**70, Decimal(1), b"", (), frozenset()])
@pytest.mark.parametrize("levels", range(MAX_DEPTH - 4, MAX_DEPTH + 3))
def test_nor_at_its_last_level(leaf: Any, levels: int) -> None:
    for wrap in WRAPPERS[:4]:
        value = leaf
        for _ in range(levels):
            value = wrap(value)
        try:
            body = CODEC.encode_state({"value": value})
        except CodecError:
            continue
        CODEC.decode_state(body)


# Models.


@pytest.mark.parametrize("cls", MODELS, ids=lambda cls: cls.__name__)
def test_every_model_comes_back_with_all_it_holds(cls: Any) -> None:
    codec = Codec(Types(Colour, Card))

    @settings(
        max_examples=15,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
    @given(instances(cls), st.dictionaries(st.text(max_size=3), ATOMS, max_size=2))
    def check(model: Any, more: dict[str, Any]) -> None:
        if model is None:
            return
        model.additional_properties = more
        try:
            found = again(model, codec)
        except CodecError as error:
            fault = error.fault
            assert any(word in fault for word in ("a key of type", "bytearray", "no form in JSON"))
        else:
            assert apart(found) == apart(model)

    check()


def test_a_model_keeps_what_its_json_would_not() -> None:
    activity = Activity(
        type=ActivityTypes.message,
        local_timestamp=datetime(2026, 1, 2, 3, tzinfo=timezone(timedelta(hours=5))),
        attachments=[Attachment(content=HeroCard(title="t")), Attachment(content={"$": ["x"]})],
        entities=[Mention(mentioned=ChannelAccount(id="1"), text="<at>A</at>")],
        channel_data={"tuple": (1, 2), "at": date(2026, 1, 2)},
        from_property={"id": "a dict in the place of a model"},
        value=CardAction(type=ActionTypes.im_back, value={"set": {1}}),
    )
    activity.note = "an attribute of the bot's own"
    found = again(activity)
    assert apart(found) == apart(activity)
    assert found.type is ActivityTypes.message
    assert found.attachments[0].content.title == "t"
    assert found.entities[0].mentioned.id == "1"
    assert found.note == activity.note


@pytest.mark.parametrize(
    "model",
    [
        TeamsChannelData(team=TeamInfo(id="1")),
        object.__new__(TaskModuleCardResponse),  # its constructor always fails
        ConversationReference(conversation=ConversationAccount(id="c", tenant_id="t")),
        TokenResponse(token="t", expiration="later"),  # noqa: S106
        token_api.TokenResponse(token="t", properties={"a": 1}),  # noqa: S106
        RecognizerResult(text="x", intents={"book": IntentScore(score=0.5)}),
    ],
    ids=lambda model: type(model).__name__,
)
def test_models_of_all_modules_of_the_sdk_come_back(model: Any) -> None:
    found = again(model)
    assert type(found) is type(model)
    assert {k: v for k, v in vars(found).items() if v} == {
        k: v for k, v in vars(model).items() if v
    }


def test_what_would_not_be_read_is_not_written() -> None:
    card = HeroCard()
    card.additional_properties = [1]
    for value in (card, DialogState((DialogInstance("a"),))):
        with pytest.raises(CodecError, match="must be a (dict|list)"):
            CODEC.encode_state({"value": value})


def test_a_class_of_another_package_of_the_sdks_name_is_another() -> None:
    other: Any = type("DialogState", (), {"__module__": "botbuilder.mine"})
    with pytest.raises(CodecError, match=r"botbuilder\.mine\.DialogState is not among"):
        CODEC.encode_state({"value": other()})


def test_an_attribute_of_a_model_that_is_no_name_is_refused() -> None:
    card = HeroCard()
    vars(card)["$"] = "HeroCard"
    with pytest.raises(CodecError, match="called '\\$'"):
        CODEC.encode_state({"card": card})


@pytest.mark.parametrize(
    ("tag", "data", "model"),
    [
        ("Activity", {"from": {"id": "1"}, "text": "hi"},
         Activity(from_property=ChannelAccount(id="1"), text="hi")),
        ("Attachment", {"content": {"$": 1}}, Attachment(content={"$": 1})),
        ("CardAction", {"title": "t"}, CardAction(title="t")),
        ("ChannelAccount", {"id": "1"}, ChannelAccount(id="1")),
        ("ConversationAccount", {"id": "c"}, ConversationAccount(id="c")),
        ("ConversationReference", {"serviceUrl": "u"}, ConversationReference(service_url="u")),
        ("TokenResponse", {"token": "t"}, TokenResponse(token="t")),  # noqa: S106
    ],
)  # fmt: skip
def test_a_model_of_version_0_3_is_read(tag: str, data: dict[str, Any], model: Any) -> None:
    stored = {"$": f"schema.{tag}", "data": json.dumps(data)}
    assert CODEC.decode_state(json.dumps({"v": 1, "state": {"x": [stored]}}))["x"] == [model]


def test_what_version_0_3_stored_of_a_tuple_an_enum_and_a_datetime_is_read() -> None:
    body = (
        '{"v":1,"state":{"t":[1,[2]],"e":"message","d":{"$":"datetime","iso":"2026-01-02T03:04:05"},'
        '"n":{"$":"int","digits":"9223372036854775808"}}}'
    )
    assert CODEC.decode_state(body) == {
        "t": [1, [2]],
        "e": ActivityTypes.message,  # which its string equals
        "d": datetime(2026, 1, 2, 3, 4, 5),  # noqa: DTZ001
        "n": 2**63,
    }


# What the SDK's dialogs, prompts and middleware put into state.

ENUMS = [*DialogReason, *DialogTurnStatus, *DialogEvents, *ListStyle, *ActionTypes]
OBJECTS = [
    BeginSkillDialogOptions(Activity(text="hi")),
    BotFrameworkSkill("id", "app", "https://skill.example"),
    CallerInfo("https://caller.example", "scope"),
    Choice("red", CardAction(title="Red"), ["crimson"]),
    DateTimeResolution(timex="2026-01-02"),
    FoundChoice("red", 0, 1.0, "crimson"),
    FoundValue("red", 0, 0.5),
    InspectionSessionsByStatus({"a": ConversationReference(channel_id="emulator")}),
    ModelResult("red", 0, 2, "choice", FoundChoice("red", 0, 1.0)),
    SkillConversationReference(ConversationReference(channel_id="c"), "scope"),
    DialogInstance("root", {"values": {"colour": FoundChoice("red", 0, 1.0)}}),
    PromptOptions(choices=[Choice("red")], style=ListStyle.in_line),
    DialogState([DialogInstance("root", {"stepIndex": 1})]),
    StoreItem(e_tag="1", a=(1, 2)),
]  # fmt: skip


def deep(value: Any) -> Any:
    """An object of the SDK and those in it, as plain JSON."""
    return json.loads(json.dumps(value, default=lambda item: [type(item).__name__, vars(item)]))


@pytest.mark.parametrize("value", ENUMS, ids=str)
def test_an_enum_of_the_sdk_comes_back_as_itself(value: Any) -> None:
    assert again([value])[0] is value


@pytest.mark.parametrize("value", OBJECTS, ids=lambda value: type(value).__name__)
def test_an_object_of_the_sdk_comes_back(value: Any) -> None:
    found = again({"in": (value,)})["in"][0]
    assert type(found) is type(value)
    if not isinstance(value, PromptOptions | StoreItem):  # they hold what is no JSON
        assert deep(found) == deep(value)


def test_what_a_bot_puts_onto_an_object_of_the_sdk_comes_back_too() -> None:
    choice = FoundChoice("red", 0, 1.0)
    choice.note = (1, 2)
    assert again(choice).note == (1, 2)


@pytest.mark.parametrize("value", OBJECTS[:-2], ids=lambda value: type(value).__name__)
def test_an_object_of_the_sdk_that_lacks_an_attribute_is_neither_stored_nor_read(
    value: Any,
) -> None:
    body = CODEC.encode_state({"x": value})
    name = next(iter(vars(value)))
    broken = json.loads(body)
    del broken["state"]["x"][name]
    with pytest.raises(UnreadableRecord):
        CODEC.decode_state(json.dumps(broken))
    copy = object.__new__(type(value))
    copy.__dict__ = {key: item for key, item in vars(value).items() if key != name}
    with pytest.raises(CodecError, match=f"^x: .* has no {name}"):
        CODEC.encode_state({"x": copy})


def test_a_bots_class_may_be_called_as_one_of_the_sdk_that_is_not_a_bare_tag() -> None:
    @dataclass
    class FoundChoice:
        mine: int = 1

    codec = Codec(Types(FoundChoice))
    theirs = OBJECTS[5]
    found = codec.decode_state(codec.encode_state({"a": FoundChoice(2), "b": theirs}))
    assert (found["a"], type(found["b"])) == (FoundChoice(2), type(theirs))


def test_the_sdks_dialogs_are_imported_when_a_record_needs_them() -> None:
    program = """
import sys
from turnkeeper import Types
from turnkeeper.errors import UnreadableRecord
from turnkeeper.wire.codec import Codec

class DialogStates: pass

def dialogs(): return [name for name in sys.modules if name.startswith("botbuilder.dialogs")]

codec = Codec(Types(DialogStates))
try:
    codec.decode_state('{"v":1,"state":{"x":{"$":"Dialogs"}}}')
except UnreadableRecord:
    pass
codec.decode_state('{"v":1,"state":{"x":{"$":"model.HeroCard"},"y":{"$":"py.tuple","items":[]}}}')
assert not dialogs()
state = codec.decode_state('{"v":1,"state":{"x":{"$":"DialogState","stack":[]}}}')
assert type(state["x"]).__name__ == "DialogState" and dialogs()
"""
    subprocess.run([sys.executable, "-c", program], check=True)  # noqa: S603


def test_the_stored_form_of_pythons_types() -> None:
    state = {
        "u": UUID(int=5),
        "b": b"\x00\xff",
        "t": time(1, 2),
        "s": {2, 1},
        "d": timedelta(1, 2, 3),
    }
    assert json.loads(CODEC.encode_state(state))["state"] == {
        "u": {"$": "py.uuid", "hex": "00000000000000000000000000000005"},
        "b": {"$": "py.bytes", "hex": "00ff"},
        "t": {"$": "py.time", "iso": "01:02:00"},
        "s": {"$": "py.set", "items": [1, 2]},
        "d": {"$": "py.timedelta", "days": 1, "seconds": 2, "microseconds": 3},
    }
