"""Records are shown as plain JSON: no tag of the codec, nothing lost, nothing made of bytes."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from botbuilder.dialogs import PromptOptions
from botbuilder.schema import Activity
from hypothesis import given
from hypothesis import strategies as st

from turnkeeper.ledger.ledger import Ledger
from turnkeeper.state.reading import iso_time, pages, readable
from turnkeeper.storage import Change, MemoryStorage, Record
from turnkeeper.wire import codec
from turnkeeper.wire.codec import encode_state

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text() | st.just("$"), inner, max_size=3)
    ),
    max_leaves=8,
)


def shown(state: dict[str, Any], key: str = "k") -> Any:
    return readable(key, Record(encode_state(state), "1"))["state"]


@given(st.dictionaries(st.text() | st.just("$"), JSON, max_size=3))
def test_plain_values_are_shown_as_they_are(state: dict[str, Any]) -> None:
    assert shown(state) == state


def test_values_with_a_type_are_shown_without_it() -> None:
    options = PromptOptions(prompt=Activity(type="message", text="What is your name?"))
    state = shown({"options": options, "at": datetime(2026, 11, 24, tzinfo=UTC)})
    assert state["options"]["prompt"] == {"type": "message", "text": "What is your name?"}
    assert state["at"] == {"iso": "2026-11-24T00:00:00+00:00"}
    assert "$" not in json.dumps(state)


def test_a_record_of_an_earlier_format_is_shown_as_one_of_today(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(codec.UPGRADES, 0, lambda state: {"new": state["old"]})
    assert readable("k", Record('{"v":0,"state":{"old":1}}', "1"))["state"] == {"new": 1}


def test_a_ledger_may_hold_any_json_of_a_channel() -> None:
    ledger = Ledger(seen=" 00", answers={"00": {"status": 200, "body": {"$": "no tag"}}})
    record = Record(ledger.body(), "1")
    turns = readable("c/turns/x", record)["state"]["turns"]
    assert turns["answers"]["00"]["body"] == {"$": "no tag"}
    assert "unreadable" in readable("c/conversations/x", record)
    assert "unreadable" in readable("c/turns/x", Record('{"v":1,"state":{}}', "1"))


@pytest.mark.parametrize("body", ['{"text":"hi"}', {"text": "hi"}])
def test_what_a_ledger_owes_is_shown_as_activities(body: object) -> None:
    ledger = Ledger()
    effects = [{"do": "send", "body": body}, {"do": "delay", "ms": 1}]
    ledger.enter("00", effects=effects, answer=None, holder="h", until=0)
    turns = readable("c/turns/x", Record(ledger.body(), "1"))["state"]["turns"]
    assert turns["owed"]["effects"] == [{"do": "send", "body": {"text": "hi"}}, effects[1]]


def test_a_ledger_that_owes_what_is_no_activity_is_shown_as_stored() -> None:
    ledger = Ledger()
    effects = [{"do": "send", "body": "no JSON"}]
    ledger.enter("00", effects=effects, answer=None, holder="h", until=0)
    assert "unreadable" in readable("c/turns/x", Record(ledger.body(), "1"))


@pytest.mark.parametrize("body", ["", "null", "[1]", '{"v":1}', '{"v":1,"state":{"a":{"$":"os"}}}'])
def test_a_record_that_cannot_be_read_is_shown_as_stored(body: str) -> None:
    record = readable("k", Record(body, "1", "o", 0.0))
    assert record.pop("unreadable")
    assert record == {
        "key": "k",
        "owner": "o",
        "expires_at": "1970-01-01T00:00:00+00:00",
        "body": body,
    }


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
