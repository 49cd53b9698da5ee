"""JSON documents to models: one reader per class, compiled from the SDK's attribute map.

A reader walks the keys of the document, not the attributes of the class (an activity has 42, a
document some 15), and makes the object without its constructor, whose result for an empty
document it has kept.
"""

from __future__ import annotations

from typing import Any, Final

from botbuilder.schema import ConversationAccount
from msrest.serialization import Model

from turnkeeper.wire.fields import (
    ATOMS,
    LENIENT_READERS,
    MAX_NESTING,
    STRICT_READERS,
    Read,
    WireError,
    copy_json,
    sdk_reader,
    shape_of,
)
from turnkeeper.wire.sdk import models_beside

_NEEDED: Final[dict[str, frozenset[str]]] = {
    "Activity": frozenset(
        {
            *("type", "id", "channelId", "serviceUrl", "text"),
            *("conversation.id", "from.id", "recipient.id"),
        }
    ),
    "ConversationAccount": frozenset({"id"}),
    "ChannelAccount": frozenset({"id"}),
    "Entity": frozenset({"type"}),
    "Attachment": frozenset({"contentType", "contentUrl"}),
    "CardAction": frozenset({"type"}),
    "MessageReaction": frozenset({"type"}),
    "SemanticAction": frozenset({"id"}),
    "TextHighlight": frozenset({"text", "occurrence"}),
}
"""By class, the fields without which an object says something else, or nothing at all."""

_NONE: Final[frozenset[str]] = frozenset()


class Readers(dict[Any, Read]):
    """The readers of one mode, by class; a reader is compiled when first asked for.

    :param simple: the readers of the types that hold no model.
    :param sparing: leave out each field, and each item of a list, that does not fit (null in a list
        too), and refuse only an object that lacks a needed one because of that. Otherwise all that
        does not fit is refused.
    """

    def __init__(self, simple: dict[str, Read], *, sparing: bool) -> None:
        super().__init__()
        self._simple = simple
        self._sparing = sparing

    def __missing__(self, cls: Any) -> Read:
        self[cls] = read = self._compile(cls)
        return read

    def _compile(self, cls: Any) -> Read:
        models = models_beside(cls)
        shape = shape_of(cls)
        if shape is None:
            return sdk_reader(cls.__name__, models)
        by_key = {
            key: (name, kind == "str", self._reader(kind, models))
            for name, (key, kind) in shape.fields.items()
        }
        needed = _NEEDED.get(cls.__name__, _NONE) if self._sparing else None
        read = _model_reader(cls, shape.blank, by_key, needed)
        if issubclass(cls, ConversationAccount):
            return _with_tenant(read, self._simple["str"], sparing=self._sparing)
        return read

    def _reader(self, kind: str, models: dict[str, type]) -> Read:
        if kind in self._simple:
            return self._simple[kind]
        if kind.startswith("["):
            return self._list_reader(self._reader(kind[1:-1], models))
        if kind.startswith("{"):
            by_sdk = None if self._sparing else sdk_reader(kind, models)
            return self._dict_reader(self._reader(kind[1:-1], models), by_sdk)
        model = models.get(kind)
        if isinstance(model, type) and issubclass(model, Model):
            return self._nested_reader(model)
        return sdk_reader(kind, models)

    def _nested_reader(self, cls: type) -> Read:
        def read(value: Any) -> Any:
            return self[cls](value)  # looked up at each call: classes may hold one another

        return read

    def _list_reader(self, read_item: Read) -> Read:
        sparing = self._sparing

        def read(value: Any) -> Any:
            if value.__class__ is not list:
                raise WireError("a list")
            items: list[Any] = []
            for index, item in enumerate(value):
                try:
                    items.append(None if item is None and not sparing else read_item(item))
                except WireError as error:
                    if not sparing:
                        error.inside(index)
                        raise
            return items

        return read

    def _dict_reader(self, read_item: Read, otherwise: Read | None) -> Read:
        sparing = self._sparing

        def read(value: Any) -> Any:
            if value.__class__ is not dict:
                if otherwise is None:
                    raise WireError("an object")
                return otherwise(value)
            items: dict[str, Any] = {}
            for key, item in value.items():
                try:
                    items[key] = None if item is None and not sparing else read_item(item)
                except WireError as error:
                    if not sparing:
                        error.inside("*")  # the key is the sender's text, not a word of the schema
                        raise
            return items

        return read


def _model_reader(
    cls: Any,
    blank: dict[str, Any],
    by_key: dict[str, tuple[str, bool, Read]],
    needed: frozenset[str] | None,
) -> Read:
    """Return the reader of a class.

    :param needed: the paths at which what does not fit is refused; None for all.
    """
    find = by_key.get
    new = cls.__new__

    def read(data: Any) -> Any:
        if data.__class__ is not dict:
            raise WireError("an object")
        values = blank.copy()
        values["additional_properties"] = others = {}
        for key, value in data.items():
            field = find(key)
            try:
                if field is None:
                    others[key] = value if value.__class__ in ATOMS else copy_json(value)
                elif value is not None:
                    name, is_text, read_value = field
                    as_is = is_text and value.__class__ is str
                    values[name] = value if as_is else read_value(value)
            except WireError as error:
                error.inside("*" if field is None else key)
                if needed is None or error.path in needed:
                    raise
            except RecursionError:
                if needed is None:
                    deep = WireError(f"at most {MAX_NESTING} levels of nesting")
                    deep.inside("*" if field is None else key)
                    raise deep from None
        model = new(cls)
        model.__dict__ = values
        return model

    return read


def _with_tenant(read: Read, read_text: Read, *, sparing: bool) -> Read:
    """Read ``tenantId`` of a conversation, which the SDK's map calls ``tenantID``."""

    def read_conversation(data: Any) -> Any:
        conversation = read(data)
        tenant = conversation.additional_properties.get("tenantId")
        if tenant is not None:
            try:
                conversation.tenant_id = read_text(tenant)
            except WireError as error:
                if not sparing:
                    error.inside("tenantId")
                    raise
                del conversation.additional_properties["tenantId"]
        return conversation

    return read_conversation


INCOMING = Readers(STRICT_READERS, sparing=True)
LENIENT = Readers(LENIENT_READERS, sparing=False)
