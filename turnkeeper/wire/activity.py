"""Activities and the SDK's other models, to and from JSON documents.

Equal to msrest's own ``deserialize`` and ``serialize``, which walk the attribute maps on every
call; here each class is compiled once, on first use. What differs, on purpose:

- ``conversation.tenantId``: the SDK's map says ``tenantID``, which no channel sends. It is read
  into ``conversation.tenant_id`` (and stays in ``additional_properties``, where the SDK puts it)
  and written as ``tenantId``.
- Fields a model does not know are kept in ``additional_properties``, as in the SDK, and are
  written again, which the SDK does not do. A field of the model wins over one of the same name.
- :func:`decode_activity` takes no value of another JSON type than the declared one (the SDK makes
  the text ``"5"`` of ``5``) and no null in a list. It leaves such a field or item out, and refuses
  the activity only for what an answer needs.
- Whatever is refused is one :class:`WireError`. In the SDK it is one of several exceptions.
- An enum of the SDK inside a free-form field is written as its value; the SDK fails on it.
- Free-form fields are at most :data:`MAX_NESTING` levels deep.

A decoded model shares nothing with its document, nor a document with its model.
"""

from __future__ import annotations

import copy
from datetime import datetime, timedelta
from typing import Any, TypeVar

from botbuilder.schema import Activity
from msrest.serialization import Model

from turnkeeper.wire.decoding import INCOMING, LENIENT
from turnkeeper.wire.encoding import write_model
from turnkeeper.wire.fields import ATOMS, MAX_NESTING, WireError

__all__ = [
    "MAX_NESTING",
    "WireError",
    "copy_activity",
    "decode",
    "decode_activity",
    "encode",
    "encode_activity",
]

M = TypeVar("M")


def decode_activity(data: dict[str, Any]) -> Activity:
    """Make an activity of a JSON document from outside, which may hold anything.

    A field whose value is not of its declared type is left out. An item of a list is left out where
    that field is what it says: the type of an entity, the id of an account, the content type of an
    attachment. Names, times, and whatever else has no part in an answer can so be lost alone.

    :param data: the document, as ``json.loads`` gives it.
    :raises WireError: it is no object, or ``type``, ``id``, ``channelId``, ``serviceUrl``, ``text``
        or the ``id`` of ``conversation``, ``from`` or ``recipient`` is no string.
    """
    return INCOMING[Activity](data)


def decode(cls: type[M], data: dict[str, Any]) -> M:
    """Make a model of a JSON document, converting simple values as ``cls.deserialize`` does.

    :param cls: a class of ``botbuilder.schema``, ``botbuilder.schema.teams`` or one like them.
    :param data: the document, as ``json.loads`` gives it.
    :raises WireError: the document does not fit the class (where the SDK raises).
    """
    return LENIENT[cls](data)  # type: ignore[no-any-return]


def encode_activity(activity: Activity) -> dict[str, Any]:
    """Make the JSON document of an activity, as the SDK's connector client sends it.

    :raises WireError: a field holds what cannot be written as its type.
    """
    return encode(activity)


def encode(model: Any) -> dict[str, Any]:
    """Make the JSON document of a model of any class. Fields that are None are left out.

    :raises WireError: a field holds what cannot be written as its type.
    """
    try:
        return write_model(model)
    except RecursionError:
        raise WireError(f"at most {MAX_NESTING} levels of nesting") from None


_SHARED = ATOMS | {datetime, timedelta}


def copy_activity(activity: Activity) -> Activity:
    """Copy an activity with all it holds, as ``copy.deepcopy`` does but many times faster.

    An object that is held in two places becomes two objects.
    """
    return _copy(activity)


def _copy(value: Any) -> Any:
    kind = value.__class__
    if kind in _SHARED:
        return value
    if kind is list:
        return [_copy(item) for item in value]
    if kind is dict:
        return {key: _copy(item) for key, item in value.items()}
    if isinstance(value, Model) and not hasattr(kind, "__deepcopy__"):
        model = kind.__new__(kind)
        model.__dict__ = held = value.__dict__.copy()
        for name, item in held.items():
            if item is not None and item.__class__ is not str:
                held[name] = _copy(item)
        return model
    return copy.deepcopy(value)
