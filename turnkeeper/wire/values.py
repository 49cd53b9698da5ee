"""Values as plain JSON and back, for the types on an allow-list.

Plain JSON stands for itself. Any other value is an object with the key ``"$"``, which names one of
the registered types: its tag. Stored bytes never decide which class is made.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from math import isfinite
from operator import attrgetter
from typing import Any, Final

from turnkeeper.errors import CodecError, UnreadableRecord
from turnkeeper.wire import json_text
from turnkeeper.wire.nameable import advice, full_name

MAX_DEPTH: Final = 64
"""How deep values may nest."""

TAG: Final = "$"
ESCAPED: Final = "dict"
"""The tag of a plain dict that has the key ``"$"`` itself; it stands behind ``items``."""

_PLAIN: Final = frozenset({str, bool, type(None)})
_NESTING: Final = frozenset({dict, list})
_BARE: Final = frozenset({*_PLAIN, *_NESTING, int, float, tuple, set, frozenset})
_INTEGERS: Final = range(-(2**63), 2**63)  # what every JSON library keeps exactly
_TOO_DEEP: Final = f"state nests deeper than {MAX_DEPTH}, or holds itself"
_DIGITS: Final = 1 << 2000  # below it Python writes and reads ints in decimals, however it is set

COLLECTIONS: Final[dict[type, str]] = {
    tuple: "py.tuple",
    set: "py.set",
    frozenset: "py.frozenset",
}
"""The tags of the collections that are no list; what they hold stands behind ``items``."""

_Apart = Callable[[Any], Iterable[tuple[str, Any]]]
_Make = Callable[[dict[str, Any]], Any]
_Late = Callable[["Registry", "type | str"], bool]


class Registry:
    """The types that may be stored, each with its tag.

    :param known: a registry whose types are known from the beginning.
    :param late: adds a type when it is first met, by its class or by its tag; returns whether it
        knows that.
    """

    def __init__(self, known: Registry | None = None, late: _Late = lambda *_: False) -> None:
        self._apart: dict[type, tuple[str, _Apart]] = dict(known._apart) if known else {}
        self._makers: dict[str, _Make] = dict(known._makers) if known else {}
        self._late = late

    def __contains__(self, known: type) -> bool:
        """Whether instances of a class may be stored."""
        return known in self._apart or known in _BARE or self._late(self, known)

    def class_of(self, tag: str) -> type | None:
        """Return the class that is stored under a tag, if it is known yet."""
        return next((cls for cls, (its, _) in self._apart.items() if its == tag), None)

    def add(self, cls: type, tag: str, take_apart: _Apart, make: _Make) -> None:
        """Allow instances of ``cls`` (exactly, no subclass).

        :param tag: the name in the stored JSON; never change it while records hold it.
        :param take_apart: the instance as pairs of a name and an allowed value; names are strings,
            and none is ``"$"``. Whatever is not allowed raises CodecError.
        :param make: the instance from these as a dict; whatever it raises makes the record
            unreadable.
        """
        self._apart[cls] = (tag, take_apart)
        self._makers[tag] = make

    def add_tag(self, tag: str, make: _Make) -> None:
        """Allow a tag to be read that is no class's own; see :meth:`add`."""
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
            return value if value in _INTEGERS else _digits(value)
        if depth > MAX_DEPTH:
            raise CodecError(_TOO_DEEP)
        if kind is dict:
            packed = self._pack_dict(value, depth)
            return {TAG: ESCAPED, "items": packed} if TAG in packed else packed
        if kind is list:
            return self._pack_list(value, depth)
        if kind is float:
            if not isfinite(value):
                raise CodecError(f"{value!r} has no form in JSON")
            return value
        if kind in self._apart:
            tag, take_apart = self._apart[kind]
            try:
                apart = take_apart(value)
            except AttributeError as error:
                raise CodecError(f"{kind.__qualname__} has no {error.name}") from None
            return self._pack_pairs(apart, depth, {TAG: tag})
        if kind in COLLECTIONS:
            pack_items = self._pack_list if kind is tuple else self._pack_set
            if depth == MAX_DEPTH:
                raise CodecError(_TOO_DEEP)
            return {TAG: COLLECTIONS[kind], "items": pack_items(value, depth + 1)}
        if self._late(self, kind):
            return self.pack(value, depth)
        raise CodecError(
            f"{full_name(kind)} is not among the types that may be stored; "
            + advice(kind, self.class_of(kind.__name__))
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
        if make is None and type(tag) is str and self._late(self, tag):
            make = self._makers.get(tag)
        if make is None:
            raise UnreadableRecord(
                "", f"unknown tag {str(tag)[:40]!r}: name its class in Types(), or give it that tag"
            )
        return make(items)

    def _pack_set(self, values: Iterable[Any], depth: int) -> list[Any]:
        """Pack what a set holds, in an order that is the same for equal sets."""
        try:
            packed = [self.pack(item, depth + 1) for item in values]
        except CodecError as error:
            error.inside("[*]")
            raise
        return sorted(packed, key=json_text.encode)

    def _pack_list(self, value: Iterable[Any], depth: int) -> list[Any]:
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


def _digits(number: int) -> dict[str, Any]:
    if -_DIGITS < number < _DIGITS:
        return {TAG: "int", "digits": str(number)}
    return {TAG: "int", "hex": f"{number:x}"}


def key_error(name: object) -> CodecError:
    """Return the error for a key that is no string."""
    kind = type(name).__qualname__  # not the key itself: it may be what a person said
    return CodecError(f"a dict has a key of type {kind}; only strings can be stored")


def attributes(names: tuple[str, ...]) -> _Apart:
    """Return a function that gives the names of an object's attributes and what they are."""
    if len(names) < 2:  # noqa: PLR2004 - then attrgetter() gives no tuple
        return lambda value: [(name, getattr(value, name)) for name in names]
    get = attrgetter(*names)
    return lambda value: zip(names, get(value), strict=True)
