"""Stored records for the eyes of people: all of them page by page, and each as plain JSON."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any, Final

from turnkeeper.errors import UnreadableRecord
from turnkeeper.ledger.ledger import Ledger
from turnkeeper.storage.records import Record, RecordStorage
from turnkeeper.wire import codec

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


def state_of(key: str, record: Record) -> dict[str, Any]:
    """What the bot would find in a record, as plain JSON without the codec's tags.

    :raises UnreadableRecord: it would find nothing: the record is of an unknown format.
    """
    if key.split("/", 2)[1:2] == ["turns"]:
        owed = Ledger.read(key, record).owed
        state: dict[str, Any] = json.loads(record.body)["state"]
        for effect in state["turns"]["owed"]["effects"] if owed else ():
            if isinstance(effect.get("body"), str):  # an activity, as JSON in JSON
                effect["body"] = _activity(key, effect["body"])
        return state
    # Decoded and encoded again, a record of an earlier format is shown as one of today.
    decoded = codec.decode_state(record.body, key=key)
    return {
        name: _untagged(value)
        for name, value in json.loads(codec.encode_state(decoded))["state"].items()
    }


def readable(key: str, record: Record) -> dict[str, Any]:
    """A record as a JSON object: its key, owner, expiry and state.

    One that is not readable has, in place of ``state``, the reason and the stored text as it is.
    """
    shown: dict[str, Any] = {
        "key": key,
        "owner": record.owner or None,
        "expires_at": iso_time(record.expires_at),
    }
    try:
        return {**shown, "state": state_of(key, record)}
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
    if tag == "dict":  # a plain dict that has a key "$" of its own
        return {name: _untagged(item) for name, item in value["items"].items()}
    if tag == "int":  # one too large for some JSON libraries
        return int(value["digits"])
    if tag and tag.startswith("schema."):  # the SDK's models are stored as JSON in JSON
        return json.loads(value["data"])
    return {name: _untagged(item) for name, item in value.items()}
