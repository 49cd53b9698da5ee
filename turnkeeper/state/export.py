"""Handing out what the bot holds about one person."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from turnkeeper.address import is_ledger
from turnkeeper.state.erasure import records_of
from turnkeeper.state.reading import readable
from turnkeeper.storage import RecordStorage
from turnkeeper.wire.codec import Codec


async def export(
    storage: RecordStorage, owner: str, codec: Codec | None, *, replies: bool = True
) -> dict[str, Any]:
    """Everything stored about a person, as plain JSON.

    Group ledgers are not in it: they belong to several people.

    :param owner: the person's user-state key.
    :param codec: the bot's; None where its types are not known.
    :param replies: False tells only how many replies the ledgers hold. For the person, who has
        them: an export is a reply too, and each would hold those before it.
    :returns: ``{"user": owner, "exported_at": ISO time, "records": [...]}``, the records as
        :func:`turnkeeper.state.reading.readable` shows them, also those that are unreadable.
    """
    records = [readable(key, record, codec) async for key, record in records_of(storage, owner)]
    if not replies:
        for record in records:
            _count_replies(record)
    return {
        "user": owner,
        "exported_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "records": records,
    }


def _count_replies(record: dict[str, Any]) -> None:
    """Put their number in place of the replies that a ledger holds."""
    if not is_ledger(record["key"]) or "state" not in record:
        return
    turns = record["state"]["turns"]
    for holder, replies in ((turns, "answers"), (turns.get("owed") or {}, "effects")):
        if replies in holder:
            holder[replies] = len(holder[replies])
