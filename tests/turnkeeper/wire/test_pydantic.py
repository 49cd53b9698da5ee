"""Models of pydantic: by name, as their attributes, and without their validators."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import date
from functools import cached_property
from typing import Any

import pytest
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    PrivateAttr,
    RootModel,
    SecretStr,
    computed_field,
    field_validator,
)
from pydantic.dataclasses import dataclass

from turnkeeper import Types
from turnkeeper.errors import CodecError, UnreadableRecord
from turnkeeper.wire.codec import Codec


class Item(BaseModel):
    """Something that is ordered."""

    name: str = Field(alias="itemName")
    tags: tuple[str, ...] = ()


class Order(BaseModel):
    """Checks, counts and hides."""

    model_config = ConfigDict(frozen=True)

    items: list[Item] = Field(default_factory=list)
    due: date | None = None
    price: int = 0
    free: Any = None
    _seen: int = PrivateAttr(default=1)
    _later: str = PrivateAttr()

    @field_validator("price")
    @classmethod
    def check(cls, price: int) -> int:
        """Refuse what was allowed once."""
        assert price >= 0
        return price

    @computed_field  # type: ignore[prop-decorator]
    @property
    def double(self) -> int:
        """Is not stored."""
        return self.price * 2

    @cached_property
    def kept(self) -> object:
        """Nor is this."""
        return object()


class Open(BaseModel):
    """Takes any field."""

    model_config = ConfigDict(extra="allow")

    a: int = 0


class Names(RootModel[list[str]]):
    """Is a list."""


class Hidden(BaseModel):
    """Holds what only pydantic knows."""

    word: SecretStr


@dataclass
class Point:
    """A dataclass that is validated."""

    x: int


CODEC = Codec(Types(Item, Order, Open, Names, Hidden, Point))


def again(value: Any) -> Any:
    """A value as it comes out of the store; stored once more it is the same."""
    body = CODEC.encode_state({"value": value})
    found = CODEC.decode_state(body)["value"]
    assert CODEC.encode_state({"value": found}) == body
    assert found == value
    assert type(found) is type(value)
    return found


def private(model: BaseModel) -> dict[str, Any]:
    """The private attributes of a model."""
    found = model.__pydantic_private__
    assert found is not None
    return found


def read(data: dict[str, Any]) -> Any:
    """What is made of the JSON of a property."""
    return CODEC.decode_state(json.dumps({"v": 1, "state": {"x": data}}))["x"]


def test_a_model_comes_back_with_all_it_holds() -> None:
    order = Order(items=[Item(itemName="tea", tags=("a",))], due=date(2026, 1, 2), free={1, 2})
    assert order.kept
    private(order)["_seen"] = 5
    found = again(order)
    assert (found.items[0].tags, found.free) == (("a",), {1, 2})
    assert private(found) == {"_seen": 5}, "without _later, which was never set"
    assert found.model_dump() == order.model_dump()
    assert found.model_fields_set == order.model_fields_set == {"items", "due", "free"}
    private(found)["_later"] = "now"
    assert private(again(found)) == {"_seen": 5, "_later": "now"}


def test_further_fields_come_back_too() -> None:
    value = again(Open.model_validate({"a": 1, "b": [2]}))
    assert value.model_extra == {"b": [2]}
    assert value.model_fields_set == {"a", "b"}
    assert again(Open()).model_extra == {}
    assert again(Names(["a"])).root == ["a"]
    assert again(Point(x=1)) == Point(x=1)


def test_what_a_validator_refuses_today_may_have_been_stored_before() -> None:
    order = read({"$": "Order", "items": [], "due": None, "price": -1, "gone": 1})
    assert (order.price, order.free, private(order)["_seen"]) == (-1, None, 1)
    assert not hasattr(order, "gone")


def test_a_field_that_a_record_lacks_has_its_default_or_is_named() -> None:
    first, second = read({"$": "Order"}), read({"$": "Order"})
    assert first == Order()
    assert first.items is not second.items
    assert first.model_fields_set == set()
    with pytest.raises(UnreadableRecord, match=r"Item\.name is missing, and has no default"):
        read({"$": "Item"})


def test_what_could_not_be_read_again_is_refused() -> None:
    with pytest.raises(CodecError, match=r"^value\.word: pydantic.types.SecretStr is not among"):
        CODEC.encode_state({"value": Hidden(word=SecretStr("x"))})
    with pytest.raises(CodecError, match="^value: Item has no name"):
        CODEC.encode_state({"value": Item.model_construct()})
    with pytest.raises(CodecError, match=r"types=Types\(Item\)"):
        Codec(Types(Order)).encode_state({"value": Order(items=[Item(itemName="tea")])})


def test_it_need_not_be_installed() -> None:
    program = "import sys, turnkeeper; turnkeeper.Types(type('Plain', (), {}))\n"
    program += "assert 'pydantic' not in sys.modules"
    subprocess.run([sys.executable, "-c", program], check=True)  # noqa: S603
