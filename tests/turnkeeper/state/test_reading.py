"""Records are shown as plain JSON: no tag of the codec, nothing lost, nothing made of bytes."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from botbuilder.dialogs import PromptOptions
from botbuilder.schema import Activity, ActivityTypes
from hypothesis import given
from hypothesis import strategies as st

from tests.turnkeeper.models import TYPES, Known
from turnkeeper.ledger.earlier import EarlierDebt
from turnkeeper.ledger.effects import Delay, Effect, Send
from turnkeeper.ledger.ledger import Ledger
from turnkeeper.ledger.owed import Owed
from turnkeeper.state.reading import iso_time, pages, readable
from turnkeeper.state.typed_storage import TypedStorage
from turnkeeper.storage import Change, MemoryStorage, Record
from turnkeeper.wire.codec import Codec
from turnkeeper.wire.types import Types

LEDGERS = pytest.mark.parametrize("ledger_key", ["c/turns/x", "c/ledgers/x/bot", "c/ledgers/x/"])
OWED = ["owed/bot/c/x/1", "owed//c/x/20", "given-up/bot/c/x/1-0"]
CODECS = pytest.mark.parametrize("codec", [Codec(), None])

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text() | st.just("$"), inner, max_size=3)
    ),
    max_leaves=8,
)


def shown(state: dict[str, Any], codec: Codec | None) -> Any:
    return readable("k", Record(Codec().encode_state(state), "1"), codec)["state"]


@CODECS
@given(st.dictionaries(st.text() | st.just("$"), JSON, max_size=3))
def test_plain_values_are_shown_as_they_are(codec: Codec | None, state: dict[str, Any]) -> None:
    assert shown(state, codec) == state


@CODECS
def test_values_with_a_type_are_shown_without_it(codec: Codec | None) -> None:
    options = PromptOptions(prompt=Activity(type="message", text="What is your name?"))
    state = shown(
        {
            "options": options,
            "at": datetime(2026, 11, 24, tzinfo=UTC),
            "both": (1, {"$": (2,)}),
            "sets": [{"a"}, frozenset({3})],
            "long": -(16**5_000),
            "kind": ActivityTypes.message,
        },
        codec,
    )
    assert state["options"]["prompt"] == {"type": "message", "text": "What is your name?"}
    assert state["at"] == {"iso": "2026-11-24T00:00:00+00:00"}
    assert state["both"] == [1, {"$": [2]}]
    assert state["sets"] == [["a"], [3]]
    assert state["long"] == "-1" + "0" * 5_000  # hexadecimal: Python writes no longer decimals
    assert state["kind"] == {"name": "message"}
    assert "$" not in json.dumps({**state, "both": None})


def test_a_model_that_version_0_3_stored_is_shown_without_a_codec() -> None:
    body = r"""{"v":1,"state":{"a":{"$":"schema.Activity","data":"{\"text\":\"hi\"}"}}}"""
    assert readable("k", Record(body, "1"), None)["state"] == {"a": {"text": "hi"}}


@pytest.mark.parametrize("codec", [Codec(TYPES), None])
async def test_an_object_is_shown_as_what_it_holds(codec: Codec | None) -> None:
    store = MemoryStorage()
    items: dict[str, Any] = {"k": Known("Ada"), "hi": Activity(type="message", text="hi")}
    await TypedStorage(store, Codec(TYPES)).write(items)
    found = await store.fetch(list(items))
    known, said = (readable(key, found[key], codec)["state"] for key in items)
    assert known == {"name": "Ada", "seen_at": None, "met_in": ""}
    assert said == {"type": "message", "text": "hi"}


def test_a_record_of_an_earlier_format_is_shown_as_one_of_today() -> None:
    codec = Codec(Types(format=2, upgrades={1: lambda data: {"new": data["old"]}}))
    record = Record('{"v":1,"state":{"old":1}}', "1")
    assert readable("k", record, codec)["state"] == {"new": 1}
    assert readable("k", record, None)["state"] == {"old": 1}


@LEDGERS
def test_a_ledger_may_hold_any_json_of_a_channel(ledger_key: str) -> None:
    ledger = Ledger(seen=" 00", answers={"00": {"status": 200, "body": {"$": "no tag"}}})
    record = Record(ledger.body(), "1")
    turns = readable(ledger_key, record, Codec())["state"]["turns"]
    assert turns["answers"]["00"]["body"] == {"$": "no tag"}
    assert "unreadable" in readable("c/conversations/x", record, Codec())
    assert "unreadable" in readable(ledger_key, Record('{"v":1,"state":{}}', "1"), Codec())


@LEDGERS
@CODECS
def test_what_a_ledger_of_an_earlier_version_owes_is_shown_as_activities(
    ledger_key: str, codec: Codec | None
) -> None:
    owed: list[Effect] = [Send("1", "x", "", '{"text":"hi"}'), Delay(1)]
    ledger = Ledger(earlier=EarlierDebt("00", owed, 0))
    turns = readable(ledger_key, Record(ledger.body(), "1"), codec)["state"]["turns"]
    assert [effect.get("body") for effect in turns["owed"]["effects"]] == [{"text": "hi"}, None]


def test_a_ledger_that_owes_what_is_no_activity_is_shown_as_stored() -> None:
    effects: list[Effect] = [Send("1", "x", "", "no JSON")]
    ledger = Ledger(earlier=EarlierDebt("00", effects, 0))
    assert "unreadable" in readable("c/turns/x", Record(ledger.body(), "1"), None)
    assert "unreadable" in readable(OWED[0], Record(Owed("00", "", effects).body(), "1"), None)


@pytest.mark.parametrize("key", OWED)
@CODECS
def test_what_a_turn_owes_is_shown_as_activities(key: str, codec: Codec | None) -> None:
    owed = Owed("00", "https://c.example", [Send("1", "x", "", '{"text":"hi"}'), Delay(1)])
    shown = readable(key, Record(owed.body(), "1"), codec)["state"]["owed"]
    assert (shown["turn"], shown["service_url"]) == ("00", "https://c.example")
    assert [effect.get("body") for effect in shown["effects"]] == [{"text": "hi"}, None]
    for body in ('{"v":9,"state":{"owed":{}}}', '{"v":1,"state":{}}', "no JSON"):
        assert "unreadable" in readable(key, Record(body, "1"), codec)


BROKEN = ["", "null", "[1]", '{"v":1}', '{"v":"1","state":{}}', '{"v":1,"state":[]}', "[" * 99_999]
TYPED = ['{"v":1,"state":{"a":{"$":"os"}}}', '{"v":2,"state":{}}']


@pytest.mark.parametrize(
    ("body", "codec"),
    [
        *((body, codec) for body in BROKEN for codec in (Codec(), None)),
        *((body, Codec()) for body in TYPED),
    ],
)
def test_a_record_that_cannot_be_read_is_shown_as_stored(body: str, codec: Codec | None) -> None:
    record = readable("k", Record(body, "1", "o", 0.0), codec)
    assert record.pop("unreadable")
    assert record == {
        "key": "k",
        "owner": "o",
        "expires_at": "1970-01-01T00:00:00+00:00",
        "body": body,
    }


@pytest.mark.parametrize("body", TYPED)
def test_a_type_that_is_not_known_is_shown_where_none_is_checked(body: str) -> None:
    assert "state" in readable("k", Record(body, "1"), None)


def test_times_are_shown_in_utc() -> None:
    assert iso_time(None) is None
    assert iso_time(4102444800.9) == "2100-01-01T00:00:00+00:00"
    assert iso_time(1e300) == "1e+300"
    assert iso_time(float("inf")) == "inf"


async def test_pages_hold_every_record_once() -> None:
    storage = MemoryStorage()
    await storage.commit([Change(f"a/{n}", "{}", None, f"o{n % 2}") for n in range(1_001)])
    await storage.commit([Change("b", "{}", None)])

    async def keys(**which: str) -> list[str]:
        return [key async for page in pages(storage, **which) for key, _ in page]

    assert await keys() == sorted([*(f"a/{n}" for n in range(1_001)), "b"])
    assert await keys(prefix="b") == ["b"]
    assert len(await keys(owner="o1")) == 500
