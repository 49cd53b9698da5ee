"""State survives a round trip, and stored bytes never decide which class is made."""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from botbuilder.dialogs import DialogInstance, DialogState, PromptOptions
from botbuilder.dialogs.choices import Choice, ListStyle
from botbuilder.schema import Activity, ActivityTypes, Attachment
from hypothesis import given
from hypothesis import strategies as st

from tests.turnkeeper.models import TYPES, Known, Talk
from turnkeeper import Types
from turnkeeper.errors import CodecError, UnreadableRecord
from turnkeeper.wire.codec import MAX_BODY, Codec

CODEC = Codec(TYPES)

plain_json = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda children: st.lists(children) | st.dictionaries(st.text(), children),
    max_leaves=20,
)


def round_trip(state: dict[str, Any]) -> dict[str, Any]:
    return CODEC.decode_state(CODEC.encode_state(state))


@given(st.dictionaries(st.text(), plain_json))
def test_plain_json_comes_back_as_it_was(state: dict[str, Any]) -> None:
    assert round_trip(state) == state


@pytest.mark.parametrize("key", ["$", "v", "state", "py/object"])
def test_no_key_of_a_plain_dict_is_taken_for_a_tag(key: str) -> None:
    state = {"value": {key: "Known", "name": "Ada"}}
    assert round_trip(state) == state


def test_our_models_come_back() -> None:
    profile = Known(name="Ada\x00\ud800é", seen_at=1.5)
    data = Talk(welcomed=True, person="p")
    assert round_trip({"p": profile, "d": data}) == {"p": profile, "d": data}


def test_an_open_dialog_comes_back() -> None:
    options = PromptOptions(
        prompt=Activity(type=ActivityTypes.message, text="Name?", channel_data={"$": "x"}),
        choices=[Choice("red", synonyms=["crimson"])],
        style=ListStyle.in_line,
        number_of_attempts=2,
    )
    inner = DialogState([DialogInstance("prompt", {"options": options, "state": {}})])
    state = {
        "DialogState": DialogState([DialogInstance("root", {"dialogs": inner, "stepIndex": 0})])
    }

    stack = round_trip(state)["DialogState"].dialog_stack

    assert [instance.id for instance in stack] == ["root"]
    assert stack[0].state["stepIndex"] == 0
    prompt = stack[0].state["dialogs"].dialog_stack[0]
    assert prompt.id == "prompt"
    read = prompt.state["options"]
    assert (read.number_of_attempts, read.style) == (2, ListStyle.in_line)
    assert (read.choices[0].value, read.choices[0].synonyms) == ("red", ["crimson"])
    assert (read.prompt.text, read.prompt.channel_data) == ("Name?", {"$": "x"})


def test_times_and_attachments_come_back() -> None:
    moment = datetime(2026, 11, 24, tzinfo=UTC)
    read = round_trip({"t": moment, "a": Attachment(name="x", content={"$": 1})})
    assert read["t"] == moment
    assert (read["a"].name, read["a"].content) == ("x", {"$": 1})


@pytest.mark.parametrize("digits", ["3", "3.10", "-0", "1E+400", "0.1000000000000000055511151231"])
def test_a_number_of_the_sdks_prompt_comes_back_digit_by_digit(digits: str) -> None:
    read = round_trip({"answer": Decimal(digits), "in": [{"a": Decimal(digits)}]})
    assert [type(read["answer"]), str(read["answer"])] == [Decimal, digits]
    assert read["in"] == [{"a": Decimal(digits)}]


def test_equal_states_have_equal_bodies() -> None:
    first, second = Known(name="Ada"), Known(name="Ada")
    assert CODEC.encode_state({"p": first}) == CODEC.encode_state({"p": second})


class Unregistered:
    pass


@dataclass
class Child:
    born: object = ""


@dataclass
class Family:
    children: list[Child] = field(default_factory=list)
    phones: dict[Any, object] = field(default_factory=dict)


FAMILIES = Codec(Types(Child, Family))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (bytearray(b"1"), "Family: builtins.bytearray is not among the types that may be stored; "),
        (
            Family([Child(), Child(), Child(bytearray(b"1815"))]),
            "Family.children[2].born: builtins.bytearray is not among the types",
        ),
        (Family(phones={"Ada's": [1, (2, 3j)]}), "Family.phones[*][1][1]: builtins.complex is not"),
        (Family(phones={"Ada's": {(2, 3j)}}), "Family.phones[*][*][1]: builtins.complex is not"),
        (
            Family(phones={"Ada's": {"own": Child(1j)}}),
            "Family.phones[*][*].born: builtins.complex",
        ),
        (Family(phones={4711: "Ada's"}), "Family.phones: a dict has a key of type int; "),
        ({"Ada's": [{4711: 1}]}, "Family[*][0]: a dict has a key of type int; "),
        ([float("inf")], "Family[0]: inf has no form in JSON"),
        (
            PromptOptions(prompt=Activity(entities=[1j])),
            "Family.prompt.entities[0]: builtins.complex is not",
        ),
    ],
)
def test_an_error_begins_with_the_place_and_quotes_no_person(value: object, text: str) -> None:
    with pytest.raises(CodecError) as refusal:
        FAMILIES.encode_state({"fine": 1, "Family": value})
    assert str(refusal.value).startswith(text)
    assert "Ada" not in str(refusal.value)
    assert "4711" not in str(refusal.value)


def test_an_error_says_what_to_do() -> None:
    with pytest.raises(CodecError, match="in a dataclass, or as plain JSON"):
        CODEC.encode_state({"value": 1j})
    with pytest.raises(CodecError, match=r"types=Types\(Unregistered\)"):
        CODEC.encode_state({"value": Unregistered()})
    with pytest.raises(CodecError, match=r"where the host is made: types=Types\(Child\)"):
        CODEC.encode_state({"value": Child()})


def deep(levels: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(levels):
        value = [value]
    return value


@pytest.mark.parametrize(
    "value",
    [
        Unregistered(),
        {1: "int key"},
        float("nan"),
        float("inf"),
        deep(100),
        print,
    ],
)
def test_what_is_not_on_the_list_is_not_stored(value: object) -> None:
    with pytest.raises(CodecError):
        CODEC.encode_state({"value": value})


def test_a_state_that_is_too_long_is_not_stored() -> None:
    with pytest.raises(CodecError, match="at most"):
        CODEC.encode_state({"value": "x" * MAX_BODY})


@pytest.mark.parametrize(
    "body",
    [
        "",
        "null",
        "[]",
        "{",
        '{"v": 1}',
        '{"v": 1, "state": []}',
        '{"v": "1", "state": {}}',
        '{"v": true, "state": {}}',
        '{"v": 0, "state": {}}',
        '{"v": 2, "state": {}}',
        '{"v": 1, "state": {"x": {"$": "os.system"}}}',
        '{"v": 1, "state": {"x": {"$": "Unregistered"}}}',
        '{"v": 1, "state": {"x": {"$": ["Known"]}}}',
        '{"v": 1, "state": {"x": {"$": "dict"}}}',
        '{"v": 1, "state": {"x": {"$": "DialogState"}}}',
        '{"v": 1, "state": {"x": {"$": "DialogState", "stack": "abc"}}}',
        '{"v": 1, "state": {"x": {"$": "PromptOptions", "prompt": null}}}',
        '{"v": 1, "state": {"x": {"$": "ListStyle", "value": 99}}}',
        '{"v": 1, "state": {"x": {"$": "datetime", "iso": "yesterday"}}}',
        '{"v": 1, "state": {"x": {"$": "datetime", "iso": "2026-01-02", "zone": "../../passwd"}}}',
        '{"v": 1, "state": {"x": {"$": "int", "digits": "' + "9" * 9_999 + '"}}}',
        '{"v": 1, "state": {"x": {"$": "py.tuple", "items": "abc"}}}',
        '{"v": 1, "state": {"x": {"$": "py.set", "items": [[]]}}}',
        '{"v": 1, "state": {"x": {"$": "py.frozenset"}}}',
        '{"v": 1, "state": {"x": {"$": "py.list", "items": []}}}',
        '{"v": 1, "state": {"x": {"$": "py.timedelta", "days": 1e99}}}',
        '{"v": 1, "state": {"x": {"$": "py.bytes", "hex": "0"}}}',
        '{"v": 1, "state": {"x": {"$": "py.uuid", "hex": 5}}}',
        '{"v": 1, "state": {"x": {"$": "model.Model"}}}',
        '{"v": 1, "state": {"x": {"$": "model.ErrorResponseException"}}}',
        '{"v": 1, "state": {"x": {"$": "model._models_py3"}}}',
        '{"v": 1, "state": {"x": {"$": "model.teams.HeroCard"}}}',
        '{"v": 1, "state": {"x": {"$": "model.\\ud800"}}}',
        '{"v": 1, "state": {"x": {"$": "model.HeroCard", "additional_properties": 5}}}',
        '{"v": 1, "state": {"x": {"$": "model.ActivityTypes", "name": "mro"}}}',
        '{"v": 1, "state": {"x": {"$": "sdk.FoundChoice", "value": "a"}}}',
        '{"v": 1, "state": {"x": {"$": "sdk.TurnContext"}}}',
        '{"v": 1, "state": {"x": {"$": "schema.HeroCard", "data": "{}"}}}',
        '{"v": 1, "state": {"x": {"$": "Decimal", "digits": "three"}}}',
        '{"v": 1, "state": {"x": {"$": "schema.Activity", "data": "{\\"entities\\": 5}"}}}',
        '{"py/object": "os.system", "v": 1, "state": {"x": {"$": "py/object"}}}',
        '{"v": 1, "state": {"x": ' + "[" * 100 + "]" * 100 + "}}",
        "[" * 100_000,
    ],
    ids=lambda body: body[:40],
)
def test_what_cannot_be_read_is_refused_by_name(body: str) -> None:
    with pytest.raises(UnreadableRecord) as refusal:
        CODEC.decode_state(body, key="emulator/users/1")
    assert refusal.value.key == "emulator/users/1"


@given(plain_json)
def test_any_json_is_read_or_refused(value: object) -> None:
    try:
        state = CODEC.decode_state(json.dumps({"v": 1, "state": value}))
    except UnreadableRecord:
        return
    assert isinstance(state, dict)


def test_a_new_field_gets_its_default_in_an_old_record() -> None:
    body = '{"v": 1, "state": {"p": {"$": "Known", "name": "Ada"}}}'
    assert CODEC.decode_state(body) == {"p": Known(name="Ada")}


def to_2(data: dict[str, Any]) -> dict[str, Any]:
    if "full_name" in data:
        return {"$": "Known", "name": data["full_name"]}
    return data


def to_3(data: dict[str, Any]) -> dict[str, Any]:
    if data.get("$") == "Known":
        data["name"] = data["name"].title()
    return data


def test_an_older_format_is_upgraded_before_anything_is_made() -> None:
    newer = Codec(Types(Known, format=3, upgrades={1: to_2, 2: to_3}))
    person = {"full_name": "ada lovelace"}
    for version, stored in ((1, person), (2, {"$": "Known", "name": "ada lovelace"})):
        body = json.dumps({"v": version, "state": {"people": [{"first": stored}]}})
        read = newer.decode_state(body)
        assert read == {"people": [{"first": Known(name="Ada Lovelace")}]}
    body = newer.encode_state({"p": Known(name="ada")})
    assert newer.decode_state(body) == {"p": Known(name="ada")}, "that of today stays"
    with pytest.raises(UnreadableRecord, match="format 3 is not known; newest is 1"):
        CODEC.decode_state(body)


def test_an_upgrade_that_fails_leaves_the_record_unread() -> None:
    broken = Codec(Types(format=2, upgrades={1: lambda data: {"born": data["born"]}}))
    with pytest.raises(UnreadableRecord, match=r"k: not readable \(KeyError\)"):
        broken.decode_state('{"v": 1, "state": {"x": 1}}', key="k")


def test_each_format_has_an_upgrade() -> None:
    with pytest.raises(ValueError, match=r"\[2\]"):
        Types(format=3, upgrades={1: to_2})


def test_a_tag_is_taken_once() -> None:
    other: Any = dataclass(type("Known", (), {}))
    with pytest.raises(ValueError, match="taken"):
        Types(Known, other)
    both = Codec(Types(Known, tags={other: "Other"}))
    read = both.decode_state(both.encode_state({"a": other(), "b": Known(name="Ada")}))
    assert (type(read["a"]), read["b"]) == (other, Known(name="Ada"))


def test_two_codecs_know_nothing_of_each_other() -> None:
    body = FAMILIES.encode_state({"x": Child(born="1815")})
    with pytest.raises(UnreadableRecord, match="unknown tag 'Child'"):
        CODEC.decode_state(body)


def test_a_field_that_the_class_no_longer_has_is_dropped() -> None:
    body = '{"v":1,"state":{"p":{"$":"Known","name":"Ada","shoe_size":38}}}'
    assert CODEC.decode_state(body) == {"p": Known(name="Ada")}


def test_the_names_of_properties_are_strings() -> None:
    with pytest.raises(CodecError, match="only strings"):
        CODEC.encode_state({5: "five"})  # type: ignore[dict-item]


@pytest.mark.parametrize("state", [{"phones": {4711: "Ada"}}, {4711: "Ada"}, {4711: {1: 1}}])
def test_the_error_for_a_key_that_is_no_string_does_not_quote_it(state: dict[str, object]) -> None:
    with pytest.raises(CodecError, match="of type int") as refusal:
        CODEC.encode_state(state)
    assert "4711" not in str(refusal.value)
