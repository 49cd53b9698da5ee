"""Classes that a bot names: how their instances are taken apart, and made without a constructor.

What a constructor does is done already in what is stored, and what it refuses today may have been
stored before.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping
from enum import Enum, Flag
from functools import reduce
from operator import or_
from typing import Any, Final

from turnkeeper.errors import CodecError, UnreadableRecord
from turnkeeper.wire.nameable import caches_of, is_computed, is_named_tuple, is_pydantic, slots_of
from turnkeeper.wire.values import TAG, Registry, attributes, key_error

_Default = Callable[[], Any]
_EXTRA: Final = "__pydantic_extra__"
_PRIVATE: Final = "__pydantic_private__"
_SET: Final = "__pydantic_fields_set__"


def add_class(registry: Registry, cls: Any, tag: str) -> None:
    """Allow instances of a class that :func:`turnkeeper.wire.nameable.why_not` has nothing against.

    :param tag: see :meth:`Registry.add`.
    """
    if issubclass(cls, Enum):
        add_enum(registry, cls, tag)
    elif dataclasses.is_dataclass(cls):
        _add_dataclass(registry, cls, tag)
    elif is_named_tuple(cls):
        _add_named_tuple(registry, cls, tag)
    elif is_pydantic(cls):
        _add_pydantic(registry, cls, tag)
    else:
        add_plain(registry, cls, tag)


def add_enum(registry: Registry, cls: Any, tag: str) -> None:
    """Allow the members of an Enum, stored by name; of a Flag, also what is made of several."""
    members: Mapping[str, Any] = cls.__members__

    def together(names: Iterable[str]) -> Any:
        return reduce(or_, [members[name] for name in names], cls(0))

    def apart(member: Any) -> list[tuple[str, Any]]:
        name = member._name_
        if members.get(name) is member:
            return [("name", name)]
        if isinstance(member, Flag):
            names = [one._name_ or "" for one in member]
            if members.keys() >= set(names) and together(names) is member:
                return [("names", names)]
        raise CodecError(f"{cls.__qualname__} has no name for it")

    def make(data: dict[str, Any]) -> Any:
        return together(data["names"]) if "names" in data else members[data["name"]]

    registry.add(cls, tag, apart, make)


def add_plain(
    registry: Registry, cls: Any, tag: str, *, needed: frozenset[str] = frozenset()
) -> None:
    """Allow a class of any other kind: all attributes that an instance has are stored.

    :param needed: attributes that each instance must have.
    """
    slots, caches, has_dict = slots_of(cls), caches_of(cls), bool(cls.__dictoffset__)

    def apart(value: Any) -> list[tuple[str, Any]]:
        held = vars(value) if has_dict else {}
        found = [(name, item) for name, item in held.items() if name not in caches]
        for name, slot in slots.items():
            try:
                found.append((name, slot.__get__(value)))
            except AttributeError:  # it was never set
                continue
        for name, _ in found:
            if type(name) is not str:
                raise key_error(name)
            if name == TAG:
                raise CodecError(f"{cls.__qualname__} has an attribute called {TAG!r}")
        if needed and (missing := sorted(needed.difference(name for name, _ in found))):
            raise CodecError(f"{cls.__qualname__} has no {missing[0]}")
        return found

    def make(data: dict[str, Any]) -> Any:
        if missing := sorted(needed - data.keys()):
            raise UnreadableRecord("", f"{tag}.{missing[0]} is missing")
        value = object.__new__(cls)
        for name, item in data.items():
            if name in slots:
                slots[name].__set__(value, item)
            elif has_dict:  # else it is an attribute that the class has no more
                value.__dict__[name] = item
        return value

    registry.add(cls, tag, apart, make)


def _add_dataclass(registry: Registry, cls: Any, tag: str) -> None:
    fields = [field for field in dataclasses.fields(cls) if not is_computed(cls, field.name)]
    names = tuple(field.name for field in fields)
    defaults = {field.name: _default_of(field) for field in fields}
    get = attributes(names)
    known, caches = frozenset(names), caches_of(cls)
    others = [slot for name, slot in slots_of(cls).items() if name not in known]
    has_dict = bool(cls.__dictoffset__)

    def apart(value: Any) -> Iterable[tuple[str, Any]]:
        beside = (vars(value).keys() if has_dict else set()) - known - caches
        for slot in others:
            if hasattr(value, slot.__name__):
                beside.add(slot.__name__)
        if beside:
            raise CodecError(
                f"{cls.__qualname__} has the attribute {min(beside, key=str)}, which is no field: "
                "declare it in the dataclass, or it would be lost"
            )
        return get(value)

    def make(data: dict[str, Any]) -> Any:
        value = object.__new__(cls)
        for name in names:
            item = data[name] if name in data else _missing(tag, name, defaults[name])
            object.__setattr__(value, name, item)  # also where it is frozen
        return value

    registry.add(cls, tag, apart if has_dict or others else get, make)


def _default_of(field: dataclasses.Field[Any]) -> _Default | None:
    if field.default is not dataclasses.MISSING:
        default = field.default
        return lambda: default
    return None if field.default_factory is dataclasses.MISSING else field.default_factory


def _missing(tag: str, name: str, default: _Default | None) -> Any:
    """Return what stands for a field that a record lacks."""
    if default is None:
        raise UnreadableRecord("", f"{tag}.{name} is missing, and has no default")
    return default()


def _add_named_tuple(registry: Registry, cls: Any, tag: str) -> None:
    names: tuple[str, ...] = cls._fields
    defaults = {name: lambda value=value: value for name, value in cls._field_defaults.items()}

    def apart(value: Any) -> Iterable[tuple[str, Any]]:
        if getattr(value, "__dict__", None):
            raise CodecError(f"{cls.__qualname__} has an attribute that is no field")
        return zip(names, tuple(value), strict=True)

    def make(data: dict[str, Any]) -> Any:
        items = (data[n] if n in data else _missing(tag, n, defaults.get(n)) for n in names)
        return tuple.__new__(cls, items)

    registry.add(cls, tag, apart, make)


def _add_pydantic(registry: Registry, cls: Any, tag: str) -> None:
    fields: dict[str, Any] = cls.model_fields
    caches = caches_of(cls)

    def apart(value: Any) -> list[tuple[str, Any]]:
        held = vars(value)
        if missing := [name for name in fields if name not in held]:
            raise CodecError(f"{cls.__qualname__} has no {missing[0]}")
        if beside := held.keys() - fields.keys() - caches:
            raise CodecError(
                f"{cls.__qualname__} has the attribute {min(beside)}, which is no field"
            )
        found = [(name, held[name]) for name in fields]
        found += [(name, more) for name in (_EXTRA, _PRIVATE) if (more := getattr(value, name))]
        was_set = value.model_fields_set & fields.keys()
        return [*found, (_SET, sorted(was_set))] if len(was_set) < len(fields) else found

    def make(data: dict[str, Any]) -> Any:
        held: dict[str, Any] = {}
        for name, field in fields.items():
            default = None if field.is_required() else _pydantic_default(field, held)
            held[name] = data[name] if name in data else _missing(tag, name, default)
        extra = data.get(_EXTRA, {}) if cls.model_config.get("extra") == "allow" else None
        was_set = set(data.get(_SET, fields.keys() & data.keys())) | (extra or {}).keys()
        value = object.__new__(cls)
        private = _private(cls, data.get(_PRIVATE, {}))
        parts = (("__dict__", held), (_SET, was_set), (_EXTRA, extra), (_PRIVATE, private))
        for name, part in parts:
            if getattr(value, name, value) is not part:  # a RootModel has its class's
                object.__setattr__(value, name, part)
        return value

    registry.add(cls, tag, apart, make)


def _pydantic_default(field: Any, held: dict[str, Any]) -> _Default:
    if getattr(field, "default_factory_takes_validated_data", False):
        return lambda: field.get_default(call_default_factory=True, validated_data=held)
    return lambda: field.get_default(call_default_factory=True)


def _private(cls: Any, stored: dict[str, Any]) -> dict[str, Any] | None:
    """Return the private attributes of a model of pydantic, those that lack by default."""
    if not cls.__private_attributes__:
        return None
    defaults = {
        name: attribute.get_default()
        for name, attribute in cls.__private_attributes__.items()
        if name not in stored
    }
    # What has no default is not there until it is set.
    found = {n: v for n, v in defaults.items() if type(v).__name__ != "PydanticUndefinedType"}
    return {**found, **stored}
