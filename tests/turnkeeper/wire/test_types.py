"""What a bot may store beside what is built in, and how its older records become today's."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import InitVar, dataclass, field
from typing import Any

import pytest
from botbuilder.dialogs.choices import Choice

from turnkeeper import Types
from turnkeeper.errors import CodecError, UnreadableRecord
from turnkeeper.wire.codec import Codec


@dataclass
class Order:
    """Something that costs something."""

    price: int = 0
    notes: list[str] = field(default_factory=list)


@dataclass
class Basket:
    """Orders in a list and in a dict."""

    orders: list[Order] = field(default_factory=list)
    by_name: dict[str, Order] = field(default_factory=dict)


@dataclass(frozen=True)
class Total:
    """Counts itself; what it counts is no argument of its constructor."""

    prices: tuple[int, ...] = ()
    total: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        object.__setattr__(self, "total", sum(self.prices))


def stored(codec: Codec, value: object) -> Any:
    """The JSON that a property is stored as."""
    return json.loads(codec.encode_state({"value": value}))["state"]["value"]


def again(codec: Codec, value: object) -> Any:
    """A value as it comes out of the store."""
    return codec.decode_state(codec.encode_state({"value": value}))["value"]


# Which classes, under which tags.


def test_a_dataclass_is_stored_under_its_name() -> None:
    codec = Codec(Types(Order))
    assert stored(codec, Order(5)) == {"$": "Order", "price": 5, "notes": []}
    assert again(codec, Order(5, ["soon"])) == Order(5, ["soon"])


def test_a_class_that_was_renamed_keeps_its_old_tag() -> None:
    codec = Codec(Types(tags={Order: "Purchase"}))
    assert stored(codec, Order(5))["$"] == "Purchase"
    body = '{"v":1,"state":{"value":{"$":"Purchase","price":7,"notes":[]}}}'
    assert codec.decode_state(body) == {"value": Order(7)}


def test_a_tag_that_is_named_counts_before_the_name_of_the_class() -> None:
    assert stored(Codec(Types(Order, tags={Order: "Purchase"})), Order())["$"] == "Purchase"


def test_a_class_that_is_not_named_is_neither_stored_nor_made() -> None:
    codec = Codec(Types(Basket))
    with pytest.raises(CodecError, match=r"^value\.orders\[0\]: .*types=Types\(Order\)"):
        codec.encode_state({"value": Basket([Order()])})
    body = Codec(Types(Order)).encode_state({"value": Order()})
    with pytest.raises(UnreadableRecord, match="unknown tag 'Order'"):
        codec.decode_state(body)


def test_a_subclass_is_another_class() -> None:
    @dataclass
    class Gift(Order):
        pass

    with pytest.raises(CodecError, match="Gift"):
        Codec(Types(Order)).encode_state({"value": Gift()})


@pytest.mark.parametrize(
    "tag",
    [
        *("Order", "int", "datetime", "Decimal", "dict", "schema.Activity", "DialogState"),
        *("py.set", "py.later", "sdk.FoundChoice", "model.HeroCard", "model.teams.Later"),
    ],
)
def test_a_tag_that_is_taken_is_refused(tag: str) -> None:
    with pytest.raises(ValueError, match=f"the tag '{tag}' is taken.*tags={{Basket: "):
        Types(Order, tags={Basket: tag})


def test_nor_may_a_bots_class_be_called_as_one_of_the_sdk() -> None:
    mine = dataclasses.make_dataclass("Choice", ["value"])
    with pytest.raises(ValueError, match="'Choice' is taken by a type that is built in"):
        Types(mine)
    codec = Codec(Types(tags={mine: "MyChoice"}))
    assert again(codec, mine("a")) == mine("a")
    assert isinstance(again(codec, Choice("b")), Choice)


def test_two_bots_in_one_process_do_not_know_each_others_types() -> None:
    Other = dataclasses.make_dataclass("Order", ["number"])  # noqa: N806 - a class
    one, two = Codec(Types(Order)), Codec(Types(Other))
    assert again(one, Order(1)) == Order(1)
    assert again(two, Other(2)) == Other(2)
    with pytest.raises(CodecError):
        one.encode_state({"value": Other(2)})
    with pytest.raises(CodecError):
        two.encode_state({"value": Order(1)})
    # What has the same tag is made into what the reader calls so; its fields do not fit here.
    with pytest.raises(UnreadableRecord):
        two.decode_state(one.encode_state({"value": Order(1)}))


# Classes that have changed, or compute.


def test_a_field_that_a_record_lacks_has_its_default_and_one_that_is_gone_is_dropped() -> None:
    body = '{"v":1,"state":{"value":{"$":"Order","price":7,"colour":"red"}}}'
    assert Codec(Types(Order)).decode_state(body) == {"value": Order(7, [])}


def test_a_field_that_is_no_argument_comes_back_as_it_was_also_where_it_is_frozen() -> None:
    codec = Codec(Types(Total))
    assert stored(codec, Total((1, 2))) == {
        "$": "Total",
        "prices": {"$": "py.tuple", "items": [1, 2]},
        "total": 3,
    }
    body = '{"v":1,"state":{"value":{"$":"Total","prices":[1,2],"total":99}}}'
    found = codec.decode_state(body)["value"]
    assert (found.prices, found.total) == ([1, 2], 99)
    without = codec.decode_state('{"v":1,"state":{"value":{"$":"Total","prices":[1,2]}}}')["value"]
    assert without.total == 0  # its default: no constructor counts it


@dataclass(init=False)
class Bare:
    """Has no constructor of dataclasses."""

    a: int

    def __init__(self, first: int, second: int) -> None:
        self.a = first + second


@dataclass
class Started:
    """Its constructor makes more of what it is given, and refuses some of it."""

    a: int
    plus: InitVar[int] = 5

    def __post_init__(self, plus: int) -> None:
        if self.a < 0:
            raise ValueError("negative")
        self.a += plus


def test_objects_come_back_without_their_constructor() -> None:
    codec = Codec(Types(Bare, Started))
    started = Started(1)
    started.a = -6  # later, and refused by the constructor
    state = codec.decode_state(codec.encode_state({"bare": Bare(1, 2), "started": started}))
    assert (state["bare"].a, state["started"].a) == (3, -6)


def test_a_field_without_default_that_a_record_lacks_is_named() -> None:
    with pytest.raises(UnreadableRecord, match=r"Started\.a is missing, and has no default"):
        Codec(Types(Started)).decode_state('{"v":1,"state":{"x":{"$":"Started"}}}')


@pytest.mark.parametrize("number", [0, -1, True, "2", 1.0])
def test_a_format_is_a_whole_number_from_1_on(number: Any) -> None:
    with pytest.raises(ValueError, match="whole number"):
        Types(format=number)


# Formats.


def cents(data: dict[str, Any]) -> dict[str, Any]:
    """Prices were in euros once."""
    if data.get("$") == "Order":
        data["price"] *= 100
    return data


def test_an_upgrade_reaches_every_object_wherever_it_stands() -> None:
    before, after = Types(Order, Basket), Types(Order, Basket, format=2, upgrades={1: cents})
    state = {
        "one": Order(1),
        "basket": Basket([Order(2)], {"x": Order(3)}),
        "plain": {"in": [{"a": [Order(4)]}], "$": {"$": Order(5)}},
    }
    found = Codec(after).decode_state(Codec(before).encode_state(state))
    assert found == {
        "one": Order(100),
        "basket": Basket([Order(200)], {"x": Order(300)}),
        "plain": {"in": [{"a": [Order(400)]}], "$": {"$": Order(500)}},
    }
    # It is stored in today's format, and not upgraded twice.
    body = Codec(after).encode_state(found)
    assert json.loads(body)["v"] == 2
    assert Codec(after).decode_state(body) == found


def test_upgrades_run_one_after_the_other_and_the_record_comes_last() -> None:
    seen: list[str] = []

    def note(data: dict[str, Any]) -> dict[str, Any]:
        seen.append(str(data.get("$")))
        return data

    def rename(data: dict[str, Any]) -> dict[str, Any]:
        if "value" in data:
            data["order"] = data.pop("value")
        return data

    types = Types(Order, Basket, format=3, upgrades={1: note, 2: rename})
    body = Codec(Types(Order, Basket)).encode_state({"value": Basket([Order(1)])})
    assert Codec(types).decode_state(body) == {"order": Basket([Order(1)])}
    assert seen[0] == "Order"  # what is inside comes first
    assert seen[-2:] == ["Basket", "None"]


def test_a_record_of_a_later_format_is_not_read() -> None:
    later = Codec(Types(Order, format=2, upgrades={1: cents})).encode_state({"value": Order()})
    with pytest.raises(UnreadableRecord, match="format 2 is not known; newest is 1"):
        Codec(Types(Order)).decode_state(later, key="k")


@pytest.mark.parametrize("upgrade", [lambda _: None, lambda _: [], lambda data: data["gone"]])
def test_an_upgrade_that_fails_leaves_the_record_unreadable(upgrade: Any) -> None:
    codec = Codec(Types(Order, format=2, upgrades={1: upgrade}))
    body = Codec(Types(Order)).encode_state({"value": Order()})
    with pytest.raises(UnreadableRecord, match="^k: not readable"):
        codec.decode_state(body, key="k")


def test_a_format_without_an_upgrade_is_refused() -> None:
    with pytest.raises(ValueError, match=r"upgrades has nothing for \[1, 3\]"):
        Types(Order, format=4, upgrades={2: cents})
