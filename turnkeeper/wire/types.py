"""What a bot of one's own may store, and how its older records become today's."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

from turnkeeper.errors import UnreadableRecord
from turnkeeper.wire.built_in import built_in
from turnkeeper.wire.values import ESCAPED, TAG, Registry

Upgrade = Callable[[dict[str, Any]], dict[str, Any]]
"""Makes a stored JSON object of the next format out of one of the format before."""


class Types:
    """The dataclasses that a bot may store, beside what is built in.

    Built in are JSON's own types, int of any size, Decimal, datetime, the models of
    ``botbuilder.schema`` that bots keep, and what the SDK's dialogs and prompts put into state.
    A field that a stored record lacks gets its default; one that the class has no more is dropped.
    A stored object is made without its constructor, ``__post_init__`` included.

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

    :param classes: dataclasses. What a class is called is its tag in the store.
    :param tags: classes with another tag: for a class that was renamed, its old name.
    :param format: the number of today's format. Raise it with a change that older versions of the
        bot must not overwrite.
    :param upgrades: by format N, the function that leads to N + 1.
    :raises TypeError: a class is no dataclass.
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
        for cls in (*classes, *(tags or ())):
            if not (isinstance(cls, type) and dataclasses.is_dataclass(cls)):
                raise TypeError(f"Types(): {cls!r} is no dataclass")
        self._tags = {**dict.fromkeys(classes, ""), **(tags or {})}
        self.registry()

    def registry(self) -> Registry:
        """Return a new registry of these types and of those that are built in."""
        registry = built_in()
        for cls, name in self._tags.items():
            tag = name or cls.__name__
            if tag in registry or tag in _LATE:
                raise ValueError(
                    f"Types(): the tag {tag!r} is taken; give {cls.__module__}.{tag} another one: "
                    f"tags={{{cls.__name__}: '...'}}"
                )
            _add_dataclass(registry, cls, tag)
        return registry

    def upgraded(self, state: dict[str, Any], version: int) -> dict[str, Any]:
        """Return the JSON of a record's properties in today's format.

        :param version: the format in which it was stored.
        :raises TypeError: an upgrade returned something else than a dict.
        """
        for step in range(version, self.format):
            state = _each_object(state, self._upgrades[step])
        return state


_LATE = frozenset({"DialogState", "DialogInstance", "PromptOptions", "Choice", "ListStyle"})


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


def _add_dataclass(registry: Registry, cls: Any, tag: str) -> None:
    fields = dataclasses.fields(cls)
    names = tuple(field.name for field in fields)
    makers = {field.name: _default_of(field) for field in fields}

    def make(data: dict[str, Any]) -> Any:
        # Without its constructor: what that does is done already in what is stored, and what it
        # refuses today may have been stored before.
        value = object.__new__(cls)
        for name in names:
            if name in data:
                item = data[name]
            elif (make_default := makers[name]) is not None:
                item = make_default()
            else:
                raise UnreadableRecord("", f"{tag}.{name} is missing, and has no default")
            object.__setattr__(value, name, item)  # also where it is frozen
        return value

    registry.add_attributes(cls, tag, names, make)


def _default_of(field: dataclasses.Field[Any]) -> Callable[[], Any] | None:
    if field.default is not dataclasses.MISSING:
        default = field.default
        return lambda: default
    return None if field.default_factory is dataclasses.MISSING else field.default_factory
