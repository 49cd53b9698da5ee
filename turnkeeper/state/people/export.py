"""Handing out what the bot holds about one person."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from turnkeeper.address import is_ledger, ledger_of
from turnkeeper.state.people.erasure import records_of
from turnkeeper.state.reading import readable
from turnkeeper.storage import RecordStorage
from turnkeeper.wire.codec import Codec


async def export(
    storage: RecordStorage, owner: str, codec: Codec | None, *older: str, replies: bool = True
) -> dict[str, Any]:
    """Everything stored about a person, as plain JSON.

    Group ledgers are not in it: they belong to several people.

    :param owner: the person's user-state key.
    :param codec: the bot's; None where its types are not known.
    :param older: further user-state keys of the person; those carried over are known.
    :param replies: False tells only how many replies are held. For the person, who has
        them: an export is a reply too, and each would hold those before it.
    :returns: ``{"user": owner, "exported_at": ISO time, "records": [...]}``, the records as
        :func:`turnkeeper.state.reading.readable` shows them, also those that are unreadable.
    """
    found = records_of(storage, owner, *older)
    records = [readable(key, record, codec) async for key, record in found]
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
    state = record.get("state")
    if state is None or not (is_ledger(record["key"]) or ledger_of(record["key"])):
        return
    turns = state.get("turns", {})
    for held in (turns, turns.get("owed") or {}, state.get("owed") or {}):
        for replies in ("answers", "effects"):
            if replies in held:
                held[replies] = len(held[replies])
