"""Models to JSON documents: one writer per class, compiled from the SDK's attribute map.

A model is written by its own class, not by the class its field is declared with, so that a
``Mention`` among the entities keeps all its fields (msrest does the same).
"""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from typing import Any

from botbuilder.schema import ConversationAccount
from msrest.serialization import (
    Deserializer,
    Model,
    Serializer,
    attribute_key_case_insensitive_extractor,
    last_rest_key_case_insensitive_extractor,
    rest_key_case_insensitive_extractor,
)

from turnkeeper.wire.fields import (
    ATOMS,
    MAX_NESTING,
    WRITERS,
    WireError,
    Write,
    shape_of,
    write_text,
    write_timestamp,
)
from turnkeeper.wire.sdk import MODELS, models_beside

_SDK_ENUMS = tuple(model for model in MODELS.values() if issubclass(model, Enum))
_SDK_SERIALIZER = Serializer(MODELS)


class _Writers(dict[Any, Write]):
    """The writers by class; a writer is compiled when first asked for."""

    def __missing__(self, cls: Any) -> Write:
        if not issubclass(cls, Model):
            raise WireError("a model")
        shape = shape_of(cls)
        if shape is None:
            self[cls] = _write_by_sdk
            return _write_by_sdk
        if issubclass(cls, ConversationAccount):
            # The SDK's map says tenantID; the channels say tenantId.
            shape.fields["tenant_id"] = ("tenantId", "str")
        models = models_beside(cls)
        by_name = {
            name: (key, kind == "str", _writer(kind, models))
            for name, (key, kind) in shape.fields.items()
        }
        self[cls] = write = _model_writer(by_name)
        return write


_WRITERS = _Writers()


def write_model(model: Any) -> dict[str, Any]:
    """Write a model of any class.

    :raises WireError: a field holds what cannot be written as its type.
    :raises RecursionError: it is nested too deeply.
    """
    return _WRITERS[model.__class__](model)  # type: ignore[no-any-return]


def _write_by_sdk(model: Any) -> Any:
    try:
        return model.serialize()
    except RecursionError:
        raise
    except Exception:
        raise WireError(f"a complete {model.__class__.__name__}") from None


def _model_writer(by_name: dict[str, tuple[str, bool, Write]]) -> Write:
    find = by_name.get

    def write(model: Any) -> Any:
        held = model.__dict__
        document: dict[str, Any] = {}
        key = ""
        try:
            for name, value in held.items():
                if value is not None:
                    field = find(name)
                    if field is not None:
                        key, is_text, write_value = field
                        as_is = is_text and value.__class__ is str
                        document[key] = value if as_is else write_value(value)
            others = held.get("additional_properties")
            if others and isinstance(others, dict):
                for key, value in others.items():
                    if key not in document:
                        document[key] = _write_object(value)
        except WireError as error:
            error.inside(key)
            raise
        return document

    return write


def _writer(kind: str, models: dict[str, type]) -> Write:
    if kind == "object":
        return _write_object
    if kind.startswith("["):
        return _list_writer(_writer(kind[1:-1], models))
    if kind.startswith("{"):
        return _dict_writer(_writer(kind[1:-1], models))
    if kind in WRITERS:
        return _simple_writer(kind)
    return _nested_writer(kind, models)


def _simple_writer(kind: str) -> Write:
    write_value = WRITERS[kind]

    def write(value: Any) -> Any:
        try:
            return write_value(value)
        except Exception:
            raise WireError(f"a value of type {kind}") from None

    return write


def _list_writer(write_item: Write) -> Write:
    def write(value: Any) -> Any:
        if isinstance(value, str):
            raise WireError("a list")
        items: list[Any] = []
        try:
            for item in value:
                items.append(None if item is None else write_item(item))
        except WireError as error:
            error.inside(len(items))
            raise
        except TypeError:
            raise WireError("a list") from None
        return items

    return write


def _dict_writer(write_item: Write) -> Write:
    def write(value: Any) -> Any:
        if not isinstance(value, dict):
            raise WireError("a dict")
        return {
            write_text(key): None if item is None else write_item(item)
            for key, item in value.items()
        }

    return write


def _nested_writer(kind: str, models: dict[str, type]) -> Write:
    def write(value: Any) -> Any:
        if isinstance(value, Model):
            return _WRITERS[value.__class__](value)
        if isinstance(value, dict):
            return write_model(_model_of_dict(kind, models, value))
        raise WireError(kind)

    return write


def _model_of_dict(kind: str, models: dict[str, type], value: dict[str, Any]) -> Any:
    """Make the model of a dict that bot code put in its place, as msrest's ``Serializer.body``."""
    deserializer = Deserializer(models)
    deserializer.additional_properties_detection = False
    deserializer.key_extractors = [
        rest_key_case_insensitive_extractor,
        attribute_key_case_insensitive_extractor,
        last_rest_key_case_insensitive_extractor,
    ]
    try:
        return deserializer._deserialize(kind, value)
    except Exception:
        raise WireError(kind) from None


def _write_object(value: Any, room: int = MAX_NESTING) -> Any:
    """Write what a free-form field holds: JSON, models, dates, enums.

    What cannot be written is dropped inside a list and null inside a dict, as in msrest.
    """
    kind = value.__class__
    if kind in ATOMS:
        return value
    if kind is dict:
        return _write_object_dict(value, room)
    if kind is list:
        return _write_object_list(value, room)
    if isinstance(value, Model):
        return write_model(value)
    return _write_other_object(value)


def _write_other_object(value: Any) -> Any:
    try:
        if isinstance(value, _SDK_ENUMS):
            return value.value
        if value.__class__ is datetime:
            return write_timestamp(value)
        return _SDK_SERIALIZER.serialize_object(value)
    except Exception:
        raise WireError("a JSON value, a model or a date") from None


def _write_object_dict(value: dict[Any, Any], room: int) -> dict[Any, Any]:
    if not room:
        raise RecursionError
    document: dict[Any, Any] = {}
    for key, item in value.items():
        name = write_text(key)
        try:
            document[name] = item if item.__class__ in ATOMS else _write_object(item, room - 1)
        except ValueError:
            document[name] = None
    return document


def _write_object_list(value: list[Any], room: int) -> list[Any]:
    if not room:
        raise RecursionError
    items: list[Any] = []
    for item in value:
        try:
            items.append(item if item.__class__ in ATOMS else _write_object(item, room - 1))
        except ValueError:
            continue
    return items
