"""Stored records for the eyes of people: all of them page by page, and each as plain JSON."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any, Final

from turnkeeper.address import is_ledger, ledger_of
from turnkeeper.errors import UnreadableRecord
from turnkeeper.keys import is_known_as
from turnkeeper.ledger.ledger import Ledger
from turnkeeper.ledger.owed import Owed
from turnkeeper.state.items import OBJECT
from turnkeeper.storage import Record, RecordStorage
from turnkeeper.wire.codec import Codec
from turnkeeper.wire.values import COLLECTIONS

PAGE: Final = 200
"""Records read at once."""


async def pages(
    storage: RecordStorage, *, prefix: str = "", owner: str | None = None
) -> AsyncIterator[list[tuple[str, Record]]]:
    """All records in ascending order of their keys, :data:`PAGE` at a time.

    What is written while they are read may be among them or not.

    :param prefix: only keys that start with it.
    :param owner: only records of this owner.
    """
    after = ""
    while page := await storage.scan(prefix=prefix, owner=owner, after=after, limit=PAGE):
        yield page
        after = page[-1][0]


def state_of(key: str, record: Record, codec: Codec | None) -> dict[str, Any]:
    """Return what the bot would find in a record, as plain JSON without the codec's tags.

    :param codec: the bot's; None where its types are not known: then they are not checked.
    :raises UnreadableRecord: it would find nothing: the record is of an unknown format.
    """
    if is_ledger(key):
        Ledger.read(key, record)
        state: dict[str, Any] = json.loads(record.body)["state"]
        return _with_activities(key, state, state["turns"].get("owed") or {})
    if ledger_of(key):
        Owed.read(key, record)
        state = json.loads(record.body)["state"]
        return _with_activities(key, state, state["owed"])
    if codec is None or is_known_as(key):
        return _raw_state(key, record)
    # Decoded and encoded again, a record of an earlier format is shown as one of today.
    decoded = codec.decode_state(record.body, key=key)
    return _plain_state(json.loads(codec.encode_state(decoded))["state"])


def _raw_state(key: str, record: Record) -> dict[str, Any]:
    try:
        data = json.loads(record.body)
        if type(data["v"]) is not int:
            raise UnreadableRecord(key, "not a record of state")
        return _plain_state(data["state"])
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise UnreadableRecord(key, f"not readable ({type(error).__name__})") from error


def _plain_state(state: dict[str, Any]) -> dict[str, Any]:
    """A record's properties without the tags; those of the object where it holds one."""
    item = state.get(OBJECT)
    if len(state) == 1 and isinstance(item, dict) and item.get("$", "dict") != "dict":
        fields = _untagged(item)
        return fields if isinstance(fields, dict) else {OBJECT: fields}
    return {name: _untagged(value) for name, value in state.items()}


def readable(key: str, record: Record, codec: Codec | None) -> dict[str, Any]:
    """A record as a JSON object: its key, owner, expiry and state.

    One that is not readable has, in place of ``state``, the reason and the stored text as it is.
    """
    shown: dict[str, Any] = {
        "key": key,
        "owner": record.owner or None,
        "expires_at": iso_time(record.expires_at),
    }
    try:
        return {**shown, "state": state_of(key, record, codec)}
    except UnreadableRecord as error:
        return {**shown, "unreadable": error.reason, "body": record.body}


def iso_time(moment: float | None) -> str | None:
    """A time in ISO 8601, UTC, to the second; None for never.

    :param moment: seconds since the epoch.
    """
    if moment is None:
        return None
    try:
        return datetime.fromtimestamp(moment, UTC).isoformat(timespec="seconds")
    except (ValueError, OverflowError, OSError):
        return str(moment)  # beyond the year 9999


def _with_activities(key: str, state: dict[str, Any], owed: dict[str, Any]) -> dict[str, Any]:
    """Return what is owed with its activities as JSON, and not as JSON in JSON."""
    for effect in owed.get("effects", ()):
        if isinstance(effect.get("body"), str):
            effect["body"] = _activity(key, effect["body"])
    return state


def _activity(key: str, text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise UnreadableRecord(key, "what it owes is no activity") from error


def _untagged(value: Any) -> Any:
    """A value as :mod:`turnkeeper.wire.codec` stores it, without the tags that name its type."""
    if isinstance(value, list):
        return [_untagged(item) for item in value]
    if not isinstance(value, dict):
        return value
    tag = value.pop("$", None)
    if tag == "dict" or tag in COLLECTIONS.values():
        # A plain dict that has a key "$" of its own; a tuple or a set.
        items = value["items"]
        return (
            {n: _untagged(item) for n, item in items.items()} if tag == "dict" else _untagged(items)
        )
    if tag in ("int", "Decimal"):  # too large, or too exact, for some JSON libraries
        return _number(tag, value)
    if tag and tag.startswith("schema."):  # models of the SDK were JSON in JSON up to 0.3
        return json.loads(value["data"])
    return {name: _untagged(item) for name, item in value.items()}


def _number(tag: str, value: dict[str, str]) -> int | str:
    if "hex" in value:  # too long for Python to write its digits
        return value["hex"]
    return int(value["digits"]) if tag == "int" else value["digits"]
