"""What the bot holds about one person: to be erased, or handed out.

A person is named by the key of the user state, ``channel/users/id``. It is the owner of the
profile, of the person's places in conversations, and of the ledgers of one-to-one conversations.
The ledger of a group belongs to several people and has no owner. It may hold a person's name in
its answers, which are kept for deliveries that come twice, and in replies that are still owed.
The answers go when one of these people is erased; what is owed goes when it is sent, or given up.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import unquote

from botbuilder.schema import Activity, ConversationAccount

from state.models import UserProfile
from turnkeeper.errors import UnreadableRecord, WriteConflict
from turnkeeper.ledger.ledger import Ledger
from turnkeeper.state import keys
from turnkeeper.state.reading import pages, readable
from turnkeeper.storage.records import Record, RecordStorage
from turnkeeper.storage.transaction import Transaction
from turnkeeper.wire import codec

TRIES: Final = 20
"""How often a group's ledger is tried that turns keep changing."""


async def records_of(storage: RecordStorage, owner: str) -> AsyncIterator[tuple[str, Record]]:
    """Every record of a person, with its key.

    :param owner: the person's user-state key.
    """
    # The profile first: the SDK's own BotState writes it without an owner.
    for key, record in (await storage.fetch([owner])).items():
        yield key, record
    async for page in pages(storage, owner=owner):
        for key, record in page:
            if key != owner:
                yield key, record


async def stage_erasure(transaction: Transaction, owner: str, *, ledger_key: str = "") -> None:
    """Have a turn erase a person: it takes effect with the turn's commit, as a whole.

    Empty the turn's own state too (``clear_state``), or it is saved again. Replies that are still
    owed in other conversations of the person's own go with their ledgers. Of groups, only those
    are found in which the person has a place or was last.

    :param transaction: the turn's.
    :param owner: the person's user-state key.
    :param ledger_key: the ledger of the turn's conversation. It is deleted even if it is a
        group's: the host writes it anew, with nothing but the digests of activities.
    """
    own: list[str] = []
    ledgers: set[str] = set()
    async for key, record in records_of(transaction.storage, owner):
        own.append(key)
        ledgers |= _ledgers_named_in(key, record, owner)
    if ledger_key:
        own.append(ledger_key)
    ledgers.difference_update(own)
    await transaction.load([*own, *ledgers])
    for key in own:
        transaction.put(key, None)
    for key in ledgers:
        _drop_answers(transaction, key)


async def erase(storage: RecordStorage, owner: str) -> int:
    """Erase a person outside of any turn; may be done again, and while the bot runs.

    Beyond what :func:`stage_erasure` does, all groups of the channel are looked through, and
    what has expired (anybody's) is swept away: it counts as absent, but it is there.

    :param owner: the person's user-state key.
    :returns: how many records of the person are gone.
    :raises WriteConflict: a group's ledger is changed by others all the time; try again.
    """
    erased: set[str] = set()
    while own := [key async for key, _ in records_of(storage, owner)]:
        for start in range(0, len(own), 500):
            await storage.delete(own[start : start + 500])
        erased.update(own)
    channel = owner.partition("/")[0]
    async for page in pages(storage, prefix=f"{channel}/turns/", owner=""):
        await _drop_all_answers(storage, [key for key, r in page if '"answers"' in r.body])
    while await storage.sweep():
        pass
    return len(erased)


async def export(storage: RecordStorage, owner: str, *, replies: bool = True) -> dict[str, Any]:
    """Everything stored about a person, as plain JSON.

    Group ledgers are not in it: they belong to several people.

    :param owner: the person's user-state key.
    :param replies: False tells only how many replies the ledgers hold. For the person, who has
        them: an export is a reply too, and each would hold those before it.
    :returns: ``{"user": owner, "exported_at": ISO time, "records": [...]}``, the records as
        :func:`turnkeeper.state.reading.readable` shows them, also those that are unreadable.
    """
    records = [readable(key, record) async for key, record in records_of(storage, owner)]
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
    if record["key"].split("/", 2)[1:2] != ["turns"] or "state" not in record:
        return
    turns = record["state"]["turns"]
    for holder, replies in ((turns, "answers"), (turns.get("owed") or {}, "effects")):
        if replies in holder:
            holder[replies] = len(holder[replies])


def _ledgers_named_in(key: str, record: Record, owner: str) -> set[str]:
    """The keys of the ledgers of conversations that a person's record names."""
    conversations: set[str] = set()
    channel, _, rest = key.partition("/")
    if rest.startswith("members/"):  # turnkeeper.state.keys.place_key
        conversations.add(unquote(rest.split("/")[1]))
    if key == owner:
        with suppress(UnreadableRecord):
            for value in codec.decode_state(record.body).values():
                if isinstance(value, UserProfile) and value.last_conversation:
                    conversations.add(value.last_conversation)
    return {
        keys.ledger_key(Activity(channel_id=channel, conversation=ConversationAccount(id=name)))
        for name in conversations
    }


def _drop_answers(transaction: Transaction, key: str) -> None:
    """Have a group's ledger written without its answers, where it has any."""
    try:
        ledger = Ledger.read(key, transaction.record(key))
    except UnreadableRecord:
        return  # such a one is never written over
    if ledger.answers:
        ledger.answers.clear()
        transaction.rewrite(key, ledger.body())


async def _drop_all_answers(storage: RecordStorage, ledgers: Sequence[str]) -> None:
    for attempt in range(TRIES):
        transaction = Transaction(storage)
        await transaction.load(ledgers)
        for key in ledgers:
            _drop_answers(transaction, key)
        try:
            await transaction.commit()
        except WriteConflict:
            if attempt == TRIES - 1:
                raise
            await asyncio.sleep(random.uniform(0, 0.1))  # noqa: S311
        else:
            return
