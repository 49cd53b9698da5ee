"""The fields of a dataclass of settings, and how variables fill them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import MISSING, field, fields
from typing import Any, TypeVar, get_type_hints

from turnkeeper.errors import Fault, SettingsError
from turnkeeper.look_alikes import names_of_field
from turnkeeper.variables import parser_of

OwnSettings = TypeVar("OwnSettings")


def setting(
    default: Any, parse: Callable[[str], Any], *variables: str, secret: bool = False
) -> Any:
    """Return a field: its default, how it is read, its variable and other names of that."""
    metadata = {"parse": parse, "variables": variables}
    return field(default=default, repr=not secret, metadata=metadata)


def read_own(
    cls: type[OwnSettings], variables: Mapping[str, str]
) -> tuple[OwnSettings, list[Fault]]:
    """Return a bot's own settings and what is wrong with them; then they are the defaults.

    :param cls: a dataclass whose fields all have defaults. A field's name in capital letters is
        its variable; its type, one of str, bool, int and float, says how it is read. Its
        ``__post_init__`` may raise :class:`SettingsError`, or ValueError.
    :raises TypeError: a field has no default, or is of another type.
    """
    for one in fields(cls):  # type: ignore[arg-type]
        if one.init and one.default is MISSING and one.default_factory is MISSING:
            raise TypeError(f"{cls.__name__}.{one.name} must have a default")
    values, faults = read_fields(cls, variables)
    try:
        return cls(**values), faults
    except SettingsError as error:
        return cls(), [*faults, *error.faults]
    except ValueError as error:
        return cls(), [*faults, Fault(cls.__name__, str(error))]


def read_fields(cls: Any, variables: Mapping[str, str]) -> tuple[dict[str, Any], list[Fault]]:
    """Return what the variables say of the fields of a dataclass, and their faults."""
    values: dict[str, Any] = {}
    faults: list[Fault] = []
    types = get_type_hints(cls)
    for one in fields(cls):
        if not one.init:
            continue
        names = names_of_field(one)
        parse = one.metadata.get("parse") or parser_of(types[one.name])
        found = {name: text for name in names if (text := variables.get(name, "").strip())}
        if len(set(found.values())) > 1:
            faults.append(Fault(", ".join(found), "must not be set to different values"))
        for name, text in list(found.items())[:1]:
            try:
                values[one.name] = parse(text)
            except ValueError as error:
                faults.append(Fault(name, str(error)))
                if one.default == "":
                    values[one.name] = text  # wrong, but not absent
    return values, faults
