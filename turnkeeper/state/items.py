"""What the SDK's ``Storage`` is given and gives back, as bodies of records.

A dict is a record's properties. An object of a class that may be stored is what it is: a record's
only property, :data:`OBJECT`. So is a dict that has a key of that name.
"""

from __future__ import annotations

import dataclasses
import warnings
from collections.abc import Mapping, MutableMapping
from contextlib import suppress
from copy import copy
from typing import Any, Final

from turnkeeper.errors import CodecError, StorageError, UnreadableRecord
from turnkeeper.storage import ANY, Record
from turnkeeper.wire.codec import Codec

OBJECT: Final = "$"
"""The property that is an object. The codec's tags have the same name, and no other has it."""

_PLAIN: Final = (str, int, float, list, tuple, type(None))


def e_tag_of(key: str, item: Any) -> str | None:
    """Return the e_tag that the stored record must have; None where any will do.

    :param key: the item's, for the error.
    :raises StorageError: it is "".
    """
    mapping = isinstance(item, Mapping)
    e_tag = item.get("e_tag") if mapping else getattr(item, "e_tag", None)
    if e_tag == "":
        raise StorageError(f"{key}: e_tag is empty; leave it out, or use '*' to overwrite")
    return None if e_tag == ANY else e_tag


def hold(item: Any, e_tag: str | None) -> None:
    """Have an item hold an e_tag, if it can: an object with slots may have none for it."""
    if isinstance(item, MutableMapping):
        item["e_tag"] = e_tag
        return
    try:
        item.e_tag = e_tag
    except AttributeError:
        with suppress(AttributeError):
            object.__setattr__(item, "e_tag", e_tag)  # where it is frozen
    except (TypeError, ValueError):
        return


def encoded(codec: Codec, item: Any) -> str:
    """Return the body of an item's record, without its e_tag.

    :raises CodecError: something in it may not be stored.
    :raises TypeError: it is neither a dict nor an object.
    """
    if isinstance(item, Mapping):
        fields = {name: value for name, value in item.items() if name != "e_tag"}
        return codec.encode_state({OBJECT: fields} if OBJECT in fields else fields)
    if isinstance(item, _PLAIN):
        raise TypeError(f"an item is a dict or an object, and no {type(item).__name__}")
    bare, kind = _without_e_tag(item), type(item).__name__
    try:
        return codec.body_of([(OBJECT, codec.encode_value(kind, bare))])
    except CodecError as refusal:
        if refusal.path != kind or not hasattr(bare, "__dict__"):
            raise
        warnings.warn(
            f"{kind} is not among the types that may be stored, so what is read is a dict; name "
            f"it where the host is made: types=Types({kind}). The next version refuses it",
            DeprecationWarning,
            stacklevel=3,
        )
        return codec.encode_state(vars(bare))


def decoded(codec: Codec, key: str, body: str, e_tag: str | None) -> Any:
    """Return the item that a record holds, with its e_tag.

    :raises UnreadableRecord: it is of an unknown format or holds an unknown tag.
    """
    item: Any = codec.decode_state(body, key=key)
    if len(item) == 1 and OBJECT in item:
        inner = item[OBJECT]
        if OBJECT in inner if isinstance(inner, dict) else not isinstance(inner, _PLAIN):
            item = inner
    hold(item, e_tag)
    return item


def unreadable(codec: Codec, key: str, record: Record | None) -> UnreadableRecord | None:
    """Return why a record cannot be read; None where it can, or is not there."""
    try:
        if record is not None:
            codec.decode_state(record.body, key=key)
    except UnreadableRecord as error:
        return error
    return None


def _without_e_tag(item: Any) -> Any:
    """Return a copy that holds no e_tag; the item itself where it holds none."""
    if not hasattr(item, "e_tag"):
        return item
    bare = copy(item)
    with suppress(AttributeError):
        object.__delattr__(bare, "e_tag")  # also where it is frozen
    fields = dataclasses.fields(bare) if dataclasses.is_dataclass(bare) else ()
    if any(field.name == "e_tag" for field in fields):
        object.__setattr__(bare, "e_tag", None)
    return bare
