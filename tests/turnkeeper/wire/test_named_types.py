"""Classes that a bot names: each kind comes back as it was, or is refused when it is named."""

from __future__ import annotations

import abc
import enum
import json
import re
import sys
from collections import OrderedDict, namedtuple
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any, ClassVar, NamedTuple, Protocol, TypedDict

import pytest
from botbuilder.dialogs.choices import Choice, FoundChoice
from botbuilder.schema import ActivityTypes, HeroCard
from hypothesis import given
from hypothesis import strategies as st

from tests.turnkeeper.wire.samples import Card
from turnkeeper import Types
from turnkeeper.errors import CodecError, UnreadableRecord
from turnkeeper.wire.codec import Codec


def stored(value: object, *classes: type) -> Any:
    """The JSON that a property is stored as."""
    return json.loads(Codec(Types(*classes)).encode_state({"value": value}))["state"]["value"]


def again(value: Any, *classes: type) -> Any:
    """A value as it comes out of the store; stored once more it is the same."""
    codec = Codec(Types(*classes))
    body = codec.encode_state({"value": value})
    found = codec.decode_state(body)["value"]
    assert codec.encode_state({"value": found}) == body
    assert type(found) is type(value)
    return found


def read(data: object, *classes: type) -> Any:
    """What is made of the JSON of a property."""
    return Codec(Types(*classes)).decode_state(json.dumps({"v": 1, "state": {"x": data}}))["x"]


def refusal(value: object, *classes: type) -> str:
    """The words in which a value is refused."""
    with pytest.raises(CodecError) as error:
        Codec(Types(*classes)).encode_state({"value": value})
    return str(error.value)


# Enums: by the names of their members.


class Colour(enum.Enum):
    RED = "red"
    CRIMSON = "red"  # an alias
    PAIR = (1, [2])  # a value that cannot be hashed
    NAME = "name"


class Size(enum.StrEnum):
    SMALL = "s"


class Old(str, enum.Enum):  # noqa: UP042 - not the same
    A = "a"


class Level(enum.IntEnum):
    ONE = 1


class Right(enum.Flag):
    READ = 1
    WRITE = 2
    ALL = 3


class Bits(enum.IntFlag):
    ONE = 1
    TWO = 2


@pytest.mark.parametrize(
    "member",
    [
        *(*Colour, *Size, *Old, *Level, Right.READ, Right.ALL, Right(0), Right.READ | Right.WRITE),
        *(Bits.ONE | Bits.TWO, Bits(0)),
    ],
    ids=repr,
)
def test_a_member_of_an_enum_comes_back_as_itself(member: enum.Enum) -> None:
    assert again(member, type(member)) is member
    assert again([{"in": (member,)}], type(member))[0]["in"][0] is member


def test_a_member_is_stored_by_its_name_and_an_alias_by_that_of_its_member() -> None:
    assert stored(Colour.CRIMSON, Colour) == {"$": "Colour", "name": "RED"}
    assert stored(Right.READ | Right.WRITE, Right) == {"$": "Right", "name": "ALL"}
    assert stored(Bits.ONE | Bits.TWO, Bits) == {"$": "Bits", "names": ["ONE", "TWO"]}
    assert read({"$": "Colour", "name": "CRIMSON"}, Colour) is Colour.RED  # of an older version


def test_a_flag_whose_bits_have_no_names_is_refused() -> None:
    assert refusal(Bits(8), Bits) == "value: Bits has no name for it"


@pytest.mark.parametrize(
    "data", [{"name": "GONE"}, {"name": ["RED"]}, {"name": "__class__"}, {}, {"names": ["RED"]}]
)
def test_a_member_that_is_not_there_makes_a_record_unreadable(data: dict[str, Any]) -> None:
    with pytest.raises(UnreadableRecord):
        read({"$": "Colour", **data}, Colour)


@pytest.mark.parametrize("member", [Colour.RED, Size.SMALL, Old.A, Level.ONE, Right.READ])
def test_an_enum_that_is_not_named_is_refused_also_where_it_is_a_string(member: enum.Enum) -> None:
    name = type(member).__name__
    assert refusal({"in": [member]}).startswith("value[*][0]: ")
    assert refusal(member).endswith(f"name it where the host is made: types=Types({name})")


# Plain classes: all attributes that they have.


class Plain:
    """Wants arguments, and counts how often it was made."""

    made: ClassVar = 0
    later = "of the class"  # an attribute that came after records were stored

    def __init__(self, a: Any, *, b: int) -> None:
        Plain.made += 1
        self.a = a
        self._b = b

    @property
    def b(self) -> int:
        """Is read, and cannot be set."""
        return self._b

    @cached_property
    def counted(self) -> object:
        """Is not stored, and could not be."""
        return object()


class Slots:
    """Has nothing but slots."""

    __slots__ = ("__hidden", "__weakref__", "a", "unset")
    unset: int

    def __init__(self, a: int) -> None:
        self.a = a
        self.__hidden = "h"

    def hidden(self) -> str:
        """What it hides."""
        return self.__hidden


class Both(Slots):
    """Has slots and other attributes."""

    def __init__(self, a: int) -> None:
        super().__init__(a)
        self.c = [a]

    def __setattr__(self, name: str, value: object) -> None:
        if name == "a" and value == "refused":
            raise ValueError("today this is refused")
        super().__setattr__(name, value)


class Circle:
    """Holds what a test puts there."""


def test_a_plain_class_is_made_without_its_constructor() -> None:
    value = Plain({"x": (1, 2)}, b=2)
    assert value.counted
    made = Plain.made
    found = again(value, Plain)
    assert Plain.made == made
    assert vars(found) == {"a": {"x": (1, 2)}, "_b": 2}
    assert (found.b, found.later) == (2, "of the class")


def test_slots_come_back_and_those_that_were_not_set_are_not() -> None:
    found = again(Slots(1), Slots)
    assert (found.a, found.hidden(), hasattr(found, "unset")) == (1, "h", False)
    found = again(Both(1), Both)
    assert (found.a, found.hidden(), found.c) == (1, "h", [1])


def test_what_a_class_refuses_today_may_have_been_stored_before() -> None:
    assert read({"$": "Both", "a": "refused"}, Both).a == "refused"


def test_an_attribute_for_which_a_class_has_no_room_any_more_is_dropped() -> None:
    assert not hasattr(read({"$": "Slots", "gone": 1, "a": 2}, Slots), "gone")


def test_a_model_of_a_bots_own_is_a_plain_class() -> None:
    assert again(Card("own"), Card) == Card("own")


def test_what_holds_itself_is_refused() -> None:
    circle = Circle()
    circle.of = {"again": [circle]}  # type: ignore[attr-defined]
    assert "nests deeper than 64, or holds itself" in refusal(circle, Circle)


def test_what_is_held_twice_comes_back_as_two() -> None:
    one = Plain(1, b=1)
    first, second = again([one, one], Plain)
    assert vars(first) == vars(second)
    assert first is not second


@pytest.mark.parametrize(("name", "words"), [("$", "called '\\$'"), (5, "a key of type int")])
def test_an_attribute_that_is_no_name_is_refused(name: Any, words: str) -> None:
    value = Circle()
    vars(value)[name] = 1
    assert re.search(words, refusal(value, Circle))


# Dataclasses.


@dataclass
class Base:
    a: int
    kind: ClassVar[str] = "base"


@dataclass(kw_only=True)
class Derived(Base):
    b: int = field(init=False)
    c: list[int] = field(default_factory=list)

    @cached_property
    def twice(self) -> int:
        """Is not stored."""
        return self.a * 2


@dataclass
class Mixed(Slots):
    """A dataclass on a class with slots that are no fields."""

    d: int = 0

    __hash__ = None  # type: ignore[assignment]


@dataclass
class Counted:
    """A dataclass one field of which is counted."""

    a: int
    b: int = field(init=False)

    @property  # type: ignore[no-redef]
    def b(self) -> int:  # noqa: F811 - the field's
        """Cannot be set."""
        return self.a + 1


def test_a_field_that_is_a_property_is_counted_and_not_stored() -> None:
    value = object.__new__(Counted)
    value.a = 1
    assert stored(value, Counted) == {"$": "Counted", "a": 1}
    assert again(value, Counted).b == 2


def test_a_dataclass_comes_back_with_what_it_inherits() -> None:
    value = Derived(a=1, c=[3])
    assert refusal(value, Derived) == "value: Derived has no b"  # never set
    value.b = 2
    assert value.twice == 2
    assert stored(value, Derived) == {"$": "Derived", "a": 1, "b": 2, "c": [3]}
    assert again(value, Derived) == value


def test_an_attribute_that_is_no_field_is_refused_and_not_lost() -> None:
    value = Base(1)
    value.note = "kept?"  # type: ignore[attr-defined]
    assert refusal([value], Base).startswith(
        "value[0]: Base has the attribute note, which is no field: declare it"
    )
    mixed = Mixed(d=1)
    assert again(mixed, Mixed) == mixed
    mixed.a = 5
    assert "the attribute a, which is no field" in refusal(mixed, Mixed)


# Named tuples.


class Point(NamedTuple):
    x: int
    y: list[int] | None = None


Pair = namedtuple("Pair", "one two")  # noqa: PYI024


def test_a_named_tuple_comes_back_with_its_names() -> None:
    assert again(Point(1, [2]), Point) == Point(1, [2])
    assert again((Pair(1, 2.0),), Pair)[0].two == 2.0
    assert read({"$": "Point", "x": 1, "gone": 3}, Point) == Point(1)
    with pytest.raises(UnreadableRecord, match=r"Point\.x is missing"):
        read({"$": "Point"}, Point)
    assert refusal(Point(1)).endswith("types=Types(Point)")


# What cannot be named, and what is said about it.


class Shape(abc.ABC):
    @abc.abstractmethod
    def area(self) -> float: ...


class HasName(Protocol):
    name: str


class Typed(TypedDict):
    name: str


class MyDict(dict[str, int]):
    pass


@dataclass
class Record(dict[str, int]):
    a: int = 0


class Failed(Exception):
    pass


class Unmade(enum.Enum):
    pass


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ("Order", "'Order' is no class"),
        ([Base], "is no class"),
        (list[int], "is no class"),
        (int, "is built in, and needs no name"),
        (tuple, "is built in, and needs no name"),
        (Choice, "is built in, and needs no name"),
        (HeroCard, "is built in, and needs no name"),
        (ActivityTypes, "is built in, and needs no name"),
        (FoundChoice, "is built in, and needs no name"),
        (Typed, "plain dicts, which need no name"),
        (MyDict, "is derived from dict"),
        (Record, "is derived from dict"),
        (Failed, "is derived from (Base)?Exception"),
        (FunctionType, "is derived from function"),
        (ModuleType, "is derived from module"),
        (type, "is derived from type"),
        (re.Pattern, "cannot be made"),
        (object, "cannot be made"),
        (Shape, "is abstract; name the classes that are derived from it"),
        (HasName, "is abstract"),
        (enum.Enum, "is an Enum without members"),
        (Unmade, "is an Enum without members"),
    ],
)
def test_what_could_not_be_read_again_is_refused_when_it_is_named(wrong: Any, words: str) -> None:
    with pytest.raises(TypeError, match=words):
        Types(wrong)
    if not isinstance(wrong, list):
        with pytest.raises(TypeError, match=words):
            Types(tags={wrong: "Other"})


def test_a_class_is_not_made_to_see_whether_it_can_be() -> None:
    ended = []

    class Ends:
        def __del__(self) -> None:
            ended.append(self)

    Types(Ends)
    assert ended == []


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (OrderedDict(a=1), "keep it as a plain dict"),
        (MyDict(a=1), "keep it as a plain dict"),
        (Failed("x"), "keep what it holds in a dataclass, or as plain JSON"),
        (len, "keep what it holds in a dataclass, or as plain JSON"),
        (Plain(1, b=1), r"types=Types\(Plain\)"),
    ],
)
def test_a_refusal_says_what_to_do(value: object, words: str) -> None:
    assert re.search(words, refusal({"deep": [1, value]}))


def test_two_of_one_name_are_told_apart_by_a_tag() -> None:
    other: Any = type("Plain", (), {"__module__": "shop"})
    with pytest.raises(
        ValueError, match="'Plain' is taken by .*test_named_types.Plain; give shop."
    ):
        Types(Plain, other)
    assert refusal(other(), Plain).endswith("types=Types(tags={Plain: '...'})")
    codec = Codec(Types(Plain, tags={other: "Other"}))
    found = codec.decode_state(codec.encode_state({"a": other(), "b": Plain(1, b=1)}))
    assert [type(value) for value in found.values()] == [other, Plain]
    with pytest.raises(TypeError, match="must be a string"):
        Types(tags={Plain: 5})  # type: ignore[dict-item]


@pytest.fixture
def run_and_imported(tmp_path: Path) -> tuple[type, type]:
    """A class of app.py, as ``python app.py`` has it and as an import of it has it."""
    source = "class Order:\n    def __init__(self, price):\n        self.price = price\n"
    (tmp_path / "app.py").write_text(source)
    found = []
    for name in ("__main__", "app"):
        names = {"__name__": name}
        exec(compile(source, tmp_path / "app.py", "exec"), names)  # noqa: S102
        found.append(names["Order"])
    return found[0], found[1]  # type: ignore[return-value]


def test_a_class_is_the_same_however_its_module_was_run(run_and_imported: Any) -> None:
    run, imported = run_and_imported
    body = Codec(Types(run)).encode_state({"order": run(3)})
    assert vars(Codec(Types(imported)).decode_state(body)["order"]) == {"price": 3}
    # In one process they are two; it says why, and names no line that would not help.
    assert refusal(imported(3), run).endswith(
        "; __main__.Order, of the same name, is: its module was loaded twice; import the class "
        "everywhere from one module"
    )


def test_stored_bytes_make_nothing_of_a_class_that_was_not_named() -> None:
    made: list[str] = []
    before = set(sys.modules)
    for tag in (
        "Plain",
        "test_named_types.Plain",
        "os.system",
        "builtins.object",
        "Base",
        "antigravity",
    ):
        with pytest.raises(UnreadableRecord, match="unknown tag"):
            read({"$": tag, "a": 1}, Colour)
    assert made == []
    assert set(sys.modules) == before


# Any value of any of these, one in another.

_LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=4)
    | st.sampled_from([*Colour, *Size, Right.READ | Right.WRITE])
)


def _holders(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    holders: list[Callable[[Any], Any]] = [
        *(Slots, Both, lambda item: Plain(item, b=1), Base),
        *(lambda item: Point(1, item), lambda item: {"$": item}, lambda item: (item,)),
    ]
    return st.builds(lambda hold, item: hold(item), st.sampled_from(holders), inner)


def apart(value: Any) -> Any:
    """A value as what can be compared, with all types in it."""
    kind = type(value)
    if isinstance(value, Slots):
        return (kind, apart(value.a), value.hidden(), apart(getattr(value, "c", None)))
    if isinstance(value, dict):
        return (kind, [(key, apart(item)) for key, item in value.items()])
    if isinstance(value, list | tuple):
        return (kind, [apart(item) for item in value])
    if isinstance(value, Plain | Base):
        return (kind, apart(vars(value)))
    return (kind, value)


@given(st.recursive(_LEAVES, lambda inner: _holders(inner) | st.lists(inner, max_size=2)))
def test_any_of_these_in_any_other_comes_back_as_it_was(value: Any) -> None:
    classes = (Colour, Size, Right, Slots, Both, Plain, Base, Point)
    assert apart(again(value, *classes)) == apart(value)
