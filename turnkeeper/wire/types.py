"""What a bot of one's own may store, and how its older records become today's."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from turnkeeper.wire.built_in import built_in, is_reserved
from turnkeeper.wire.by_name import add_class
from turnkeeper.wire.nameable import full_name, why_not
from turnkeeper.wire.values import ESCAPED, TAG, Registry

Upgrade = Callable[[dict[str, Any]], dict[str, Any]]
"""Makes a stored JSON object of the next format out of one of the format before."""


class Types:
    """The classes whose instances a bot may store, beside what is built in.

    Built in are JSON's own types, int of any size, Decimal, datetime, date, time, timedelta, UUID,
    bytes, tuple, set, frozenset, the models and enums of ``botbuilder.schema``, those for Teams
    too, and what the SDK's dialogs and prompts put into state. Each comes back as what it was.

    To be named are dataclasses, Enums, named tuples, models of pydantic 2 and any other class
    written in Python. A stored object is made without its constructor, ``__post_init__`` and
    validators included. An Enum is stored by the names of its members. A field that a stored record
    lacks gets its default; one that the class has no more is dropped. Of a class that declares no
    fields all attributes are stored; one that a record lacks is not there, unless the class itself
    has it.

    ``upgrades`` is for what a class cannot tell by itself, such as a price that was in euros and
    now is in cents. A function gets each JSON object of a record in turn, wherever it stands, those
    inside of it first and the record's properties last; ``"$"`` in it is the tag of its class. It
    returns the object as it is to be::

        def cents(data):
            if data.get("$") == "Order":
                data["price"] *= 100
            return data

        Types(Order, format=2, upgrades={1: cents})

    Records are upgraded as they are read. A version that does not know the format of a record
    neither reads nor overwrites it.

    :param classes: what a class is called, without its module, is its tag in the store. A subclass
        is a class of its own.
    :param tags: classes with another tag: for a class that was renamed, its old name.
    :param format: the number of today's format. Raise it with a change that older versions of the
        bot must not overwrite.
    :param upgrades: by format N, the function that leads to N + 1.
    :raises TypeError: a class cannot be named; the error says why.
    :raises ValueError: two classes have one tag, or a format has no upgrade.
    """

    def __init__(
        self,
        *classes: type,
        tags: Mapping[type, str] | None = None,
        format: int = 1,  # noqa: A002 - the word an author looks for
        upgrades: Mapping[int, Upgrade] | None = None,
    ) -> None:
        if type(format) is not int or format < 1:
            raise ValueError(f"Types(format={format!r}): must be a whole number from 1 on")
        self.format = format
        self._upgrades = dict(upgrades or {})
        if missing := [number for number in range(1, format) if number not in self._upgrades]:
            raise ValueError(f"Types(format={format}): upgrades has nothing for {missing}")
        known = built_in()
        for cls in (*classes, *(tags or ())):
            is_known = isinstance(cls, type) and cls in known
            if reason := "is built in, and needs no name" if is_known else why_not(cls):
                raise TypeError(f"Types(): {cls!r} {reason}")
        self._tags = {**dict.fromkeys(classes, ""), **(tags or {})}
        self.registry()

    def registry(self) -> Registry:
        """Return a new registry of these types and of those that are built in."""
        registry = built_in()
        for cls, name in self._tags.items():
            tag = name or cls.__name__
            if type(tag) is not str:
                raise TypeError(f"Types(): the tag of {cls.__name__} must be a string")
            other = registry.class_of(tag)
            if other or is_reserved(tag):
                by = f"by {full_name(other)}" if other else "by a type that is built in"
                raise ValueError(
                    f"Types(): the tag {tag!r} is taken {by}; give {full_name(cls)} another one: "
                    f"tags={{{cls.__name__}: '...'}}"
                )
            add_class(registry, cls, tag)
        return registry

    def upgraded(self, state: dict[str, Any], version: int) -> dict[str, Any]:
        """Return the JSON of a record's properties in today's format.

        :param version: the format in which it was stored.
        :raises TypeError: an upgrade returned something else than a dict.
        """
        for step in range(version, self.format):
            state = _each_object(state, self._upgrades[step])
        return state


def _each_object(value: Any, upgrade: Upgrade) -> Any:
    if type(value) is list:
        return [_each_object(item, upgrade) for item in value]
    if type(value) is not dict:
        return value
    if value.get(TAG) == ESCAPED:  # its keys are none of ours
        items = value["items"].items()
        return {TAG: ESCAPED, "items": {k: _each_object(item, upgrade) for k, item in items}}
    changed = upgrade({name: _each_object(item, upgrade) for name, item in value.items()})
    if type(changed) is not dict:
        raise TypeError("an upgrade must return a dict")
    return changed
