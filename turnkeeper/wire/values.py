"""Values as plain JSON and back, for the types on an allow-list.

Plain JSON stands for itself. Any other value is an object with the key ``"$"``, which names one of
the registered types: its tag. Stored bytes never decide which class is made.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import is_dataclass
from enum import Enum
from math import isfinite
from operator import attrgetter
from typing import Any, Final

from turnkeeper.errors import CodecError, UnreadableRecord

MAX_DEPTH: Final = 64
"""How deep values may nest."""

TAG: Final = "$"
ESCAPED: Final = "dict"
"""The tag of a plain dict that has the key ``"$"`` itself; it stands behind ``items``."""

_PLAIN: Final = frozenset({str, bool, type(None)})
_NESTING: Final = frozenset({dict, list})
_INTEGERS: Final = range(-(2**63), 2**63)  # what every JSON library keeps exactly
_Apart = Callable[[Any], dict[str, Any]]
_Make = Callable[[dict[str, Any]], Any]
_Pairs = Callable[[Any], Iterable[tuple[str, Any]]]


class Registry:
    """The types that may be stored, each with its tag.

    :param known: a registry whose types are known from the beginning.
    :param late: adds further types, when one is met that is not known yet.
    """

    def __init__(
        self, known: Registry | None = None, late: Callable[[Registry], None] | None = None
    ) -> None:
        self._apart: dict[type, tuple[str, _Pairs]] = dict(known._apart) if known else {}
        self._makers: dict[str, _Make] = dict(known._makers) if known else {}
        self._late = late

    def __contains__(self, tag: str) -> bool:
        """Whether a tag is taken."""
        return tag in self._makers or tag == ESCAPED

    def add(self, cls: type, tag: str, take_apart: _Apart, make: _Make) -> None:
        """Allow instances of ``cls`` (exactly, no subclass).

        :param tag: the name in the stored JSON; never change it while records hold it.
        :param take_apart: the instance as a dict of allowed values.
        :param make: the instance from that dict; whatever it raises makes the record unreadable.
        """
        self._apart[cls] = (tag, lambda value: take_apart(value).items())
        self._makers[tag] = make

    def add_attributes(self, cls: type, tag: str, names: tuple[str, ...], make: _Make) -> None:
        """Allow a class that is its attributes.

        :param names: those that are stored.
        """
        self._apart[cls] = (tag, _attributes(names))
        self._makers[tag] = make

    def pack(self, value: Any, depth: int) -> Any:  # noqa: PLR0911 - a table of types
        """Return a value as plain JSON.

        :param depth: of what it is in.
        :raises CodecError: something in it may not be stored; the error names where.
        """
        kind = type(value)
        if kind in _PLAIN:
            return value
        if kind is int:
            return value if value in _INTEGERS else {TAG: "int", "digits": _digits(value)}
        if depth > MAX_DEPTH:
            raise CodecError(f"state nests deeper than {MAX_DEPTH}")
        if kind is dict:
            packed = self._pack_dict(value, depth)
            return {TAG: ESCAPED, "items": packed} if TAG in packed else packed
        if kind is list or kind is tuple:
            return self._pack_list(value, depth)
        if kind is float:
            if not isfinite(value):
                raise CodecError(f"{value!r} has no form in JSON")
            return value
        if kind in self._apart:
            tag, pairs = self._apart[kind]
            try:
                apart = pairs(value)
            except AttributeError as error:
                raise CodecError(f"{kind.__qualname__} has no {error.name}") from None
            return self._pack_pairs(apart, depth, {TAG: tag})
        if isinstance(value, str) and isinstance(value, Enum):
            return value.value  # the SDK's enums equal their strings
        if self._knows_more():
            return self.pack(value, depth)
        raise CodecError(
            f"{kind.__module__}.{kind.__qualname__} is not among the types that may be stored; "
            + (
                f"name it where the host is made: types=Types({kind.__name__})"
                if is_dataclass(kind)
                else "keep what it holds in a dataclass, or as plain JSON"
            )
        )

    def unpack(self, value: Any, depth: int) -> Any:
        """Return the value that :meth:`pack` made plain JSON; the JSON is used up.

        :raises UnreadableRecord: it has an unknown tag.
        :raises CodecError: it nests too deep.
        """
        if depth > MAX_DEPTH:
            raise CodecError("too deep")
        if type(value) is list:
            return [self.unpack(item, depth + 1) for item in value]
        if type(value) is not dict:
            return value
        tag = value.pop(TAG, None)
        if tag == ESCAPED:
            value, tag = value["items"], None
        items = {
            name: self.unpack(item, depth + 1) if type(item) in _NESTING else item
            for name, item in value.items()
        }
        if tag is None:
            return items
        make = self._makers.get(tag) if type(tag) is str else None
        if make is None and self._knows_more():
            make = self._makers.get(tag)
        if make is None:
            raise UnreadableRecord(
                "", f"unknown tag {str(tag)[:40]!r}: name its class in Types(), or give it that tag"
            )
        return make(items)

    def _knows_more(self) -> bool:
        """Add the types that are added late, once; return whether there were any."""
        late, self._late = self._late, None
        if late is not None:
            late(self)
        return late is not None

    def _pack_list(self, value: Any, depth: int) -> list[Any]:
        packed: list[Any] = []
        try:
            for item in value:
                packed.append(self.pack(item, depth + 1))
        except CodecError as error:
            error.inside(len(packed))
            raise
        return packed

    def _pack_dict(self, value: dict[Any, Any], depth: int) -> dict[str, Any]:
        packed: dict[str, Any] = {}
        name: Any = ""
        try:
            for name, item in value.items():
                if type(name) is not str:
                    raise key_error(name)
                packed[name] = item if type(item) in _PLAIN else self.pack(item, depth + 1)
        except CodecError as error:
            if type(name) is str:  # else it is this dict that is at fault
                error.inside("[*]")  # the key may be what a person said; the log shows the path
            raise
        return packed

    def _pack_pairs(
        self, pairs: Iterable[tuple[str, Any]], depth: int, packed: dict[str, Any]
    ) -> dict[str, Any]:
        name = ""
        try:
            for name, item in pairs:
                packed[name] = item if type(item) in _PLAIN else self.pack(item, depth + 1)
        except CodecError as error:
            error.inside(name)
            raise
        return packed


def _digits(number: int) -> str:
    try:
        return str(number)
    except ValueError:  # sys.set_int_max_str_digits()
        raise CodecError("an int of so many digits that Python does not write it") from None


def key_error(name: object) -> CodecError:
    """Return the error for a key that is no string."""
    kind = type(name).__qualname__  # not the key itself: it may be what a person said
    return CodecError(f"a dict has a key of type {kind}; only strings can be stored")


def _attributes(names: tuple[str, ...]) -> _Pairs:
    """Return a function that gives the names of an object's attributes and what they are."""
    if len(names) < 2:  # noqa: PLR2004 - then attrgetter() gives no tuple
        return lambda value: [(name, getattr(value, name)) for name in names]
    get = attrgetter(*names)
    return lambda value: zip(names, get(value), strict=True)
