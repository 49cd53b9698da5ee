"""JSON documents to models: one reader per class, compiled from the SDK's attribute map.

A reader walks the keys of the document, not the attributes of the class (an activity has 42, a
document some 15), and makes the object without its constructor, whose result for an empty
document it has kept.
"""

from __future__ import annotations

from typing import Any

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


class Readers(dict[Any, Read]):
    """The readers of one mode, by class; a reader is compiled when first asked for.

    :param simple: the readers of the types that hold no model.
    :param strict: refuse null in a list, and whatever ``simple`` refuses.
    """

    def __init__(self, simple: dict[str, Read], *, strict: bool) -> None:
        super().__init__()
        self._simple = simple
        self._strict = strict

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
        read = _model_reader(cls, shape.blank, by_key)
        if issubclass(cls, ConversationAccount):
            return _with_tenant(read, self._simple["str"])
        return read

    def _reader(self, kind: str, models: dict[str, type]) -> Read:
        if kind in self._simple:
            return self._simple[kind]
        if kind.startswith("["):
            return self._list_reader(self._reader(kind[1:-1], models))
        if kind.startswith("{"):
            by_sdk = None if self._strict else sdk_reader(kind, models)
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
        nulls = not self._strict

        def read(value: Any) -> Any:
            if value.__class__ is not list:
                raise WireError("a list")
            items: list[Any] = []
            try:
                for item in value:
                    items.append(None if item is None and nulls else read_item(item))
            except WireError as error:
                error.inside(len(items))
                raise
            return items

        return read

    def _dict_reader(self, read_item: Read, otherwise: Read | None) -> Read:
        nulls = not self._strict

        def read(value: Any) -> Any:
            if value.__class__ is not dict:
                if otherwise is None:
                    raise WireError("an object")
                return otherwise(value)
            items: dict[str, Any] = {}
            key = ""
            try:
                for key, item in value.items():
                    items[key] = None if item is None and nulls else read_item(item)
            except WireError as error:
                error.inside("*")  # the key is the sender's text, not a word of the schema
                raise
            return items

        return read


def _model_reader(
    cls: Any, blank: dict[str, Any], by_key: dict[str, tuple[str, bool, Read]]
) -> Read:
    find = by_key.get
    new = cls.__new__

    def read(data: Any) -> Any:
        if data.__class__ is not dict:
            raise WireError("an object")
        values = blank.copy()
        values["additional_properties"] = others = {}
        key = ""
        try:
            for key, value in data.items():
                field = find(key)
                if field is None:
                    others[key] = value if value.__class__ in ATOMS else copy_json(value)
                elif value is not None:
                    name, is_text, read_value = field
                    as_is = is_text and value.__class__ is str
                    values[name] = value if as_is else read_value(value)
        except WireError as error:
            error.inside(key if key in by_key else "*")
            raise
        except RecursionError:
            deep = WireError(f"at most {MAX_NESTING} levels of nesting")
            deep.inside(key if key in by_key else "*")
            raise deep from None
        model = new(cls)
        model.__dict__ = values
        return model

    return read


def _with_tenant(read: Read, read_text: Read) -> Read:
    """Read ``tenantId`` of a conversation, which the SDK's map calls ``tenantID``."""

    def read_conversation(data: Any) -> Any:
        conversation = read(data)
        tenant = conversation.additional_properties.get("tenantId")
        if tenant is not None:
            try:
                conversation.tenant_id = read_text(tenant)
            except WireError as error:
                error.inside("tenantId")
                raise
        return conversation

    return read_conversation


STRICT = Readers(STRICT_READERS, strict=True)
LENIENT = Readers(LENIENT_READERS, strict=False)
