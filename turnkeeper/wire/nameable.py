"""Which classes a bot may name to have their instances stored, and what to do about the others."""

from __future__ import annotations

import inspect
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from functools import cached_property
from types import MemberDescriptorType
from typing import Any, Final, is_typeddict
from uuid import UUID

_PLAIN: Final = (
    *(str, float, int, dict, list, tuple, set, frozenset, bytes),
    *(datetime, date, time, timedelta, Decimal, UUID),
)


def full_name(cls: type) -> str:
    """Return the name of a class with its module."""
    return f"{cls.__module__}.{cls.__qualname__}"


def is_named_tuple(cls: type) -> bool:
    """Whether a class is one of ``NamedTuple`` or ``namedtuple``."""
    return issubclass(cls, tuple) and hasattr(cls, "_fields") and hasattr(cls, "_make")


def is_pydantic(cls: type) -> bool:
    """Whether a class is a model of pydantic 2, which need not be installed."""
    marks = ("model_dump", "model_validate", "model_fields", "__pydantic_fields_set__")
    return all(hasattr(cls, mark) for mark in marks)


def slots_of(cls: type) -> dict[str, Any]:
    """Return the slots of a class and of its bases: their descriptors, by name."""
    return {
        name: slot
        for base in reversed(cls.__mro__)
        for name, slot in vars(base).items()
        if isinstance(slot, MemberDescriptorType)
    }


def caches_of(cls: type) -> frozenset[str]:
    """Return the names of a class's ``cached_property``: those are counted anew, not stored."""
    return frozenset(
        name
        for base in cls.__mro__
        for name, value in vars(base).items()
        if isinstance(value, cached_property)
    )


def is_computed(cls: type, name: str) -> bool:
    """Whether a field of a dataclass is a property that cannot be set."""
    found = inspect.getattr_static(cls, name, None)
    return isinstance(found, property) and found.fset is None


def why_not(cls: Any) -> str:  # noqa: PLR0911 - a table of kinds
    """Return why a class cannot be named, in words that follow its name; "" where it can."""
    if not isinstance(cls, type):
        return "is no class"
    if is_typeddict(cls):
        return "is a TypedDict: its values are plain dicts, which need no name"
    if is_named_tuple(cls):
        return ""
    if issubclass(cls, Enum):
        return "" if cls.__members__ else "is an Enum without members"
    if base := _made_by_its_base(cls):
        return f"is derived from {base.__name__}, which only its own constructor makes"
    if inspect.isabstract(cls) or getattr(cls, "_is_protocol", False):
        return "is abstract; name the classes that are derived from it"
    return "" if _can_be_made(cls) else "cannot be made without its constructor"


def advice(cls: type, known: type | None) -> str:
    """Return what an author does about a value whose class is not among those that may be stored.

    :param known: the class of the same name that is.
    """
    name = cls.__name__
    if known and known.__qualname__ == cls.__qualname__ and _is_one_class(cls, known):
        return (
            f"{full_name(known)}, of the same name, is: its module was loaded twice; "
            "import the class everywhere from one module"
        )
    if not why_not(cls):
        how = f"tags={{{name}: '...'}}" if known else name
        return f"name it where the host is made: types=Types({how})"
    if plain := next((base for base in _PLAIN if issubclass(cls, base)), None):
        return f"keep it as a plain {plain.__name__}"
    return "keep what it holds in a dataclass, or as plain JSON"


def _is_one_class(one: type, other: type) -> bool:
    """Whether two classes are one, of a module that was run and then imported."""
    modules = {one.__module__, other.__module__}
    return "__main__" in modules or len(modules) == 1


def _made_by_its_base(cls: type) -> type | None:
    """Return the class of C in whose memory an instance is, such as dict; None for object."""
    return next((b for b in cls.__mro__[:-1] if inspect.isbuiltin(vars(b).get("__new__"))), None)


def _can_be_made(cls: type) -> bool:
    if cls is object:
        return False
    if hasattr(cls, "__del__"):  # it would run, on an object that has nothing
        return True
    try:
        object.__new__(cls)
    except TypeError:
        return False
    return True
