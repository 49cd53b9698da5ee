"""Erasing what the bot holds about one person.

A person is named by the key of the user state, ``channel/users/id``. It is the owner of the
profile, of the person's places in conversations, and of the ledgers of one-to-one conversations.
The ledger of a group belongs to several people and has no owner. It may hold a person's name in
its answers, which are kept for deliveries that come twice, and in replies that are still owed.
The answers go when one of these people is erased; what is owed goes when it is sent, or given up.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import suppress
from typing import Final

from turnkeeper.address import (
    Address,
    is_ledger,
    ledger_keys,
    ledger_prefixes,
    ledgers_of,
    named_in,
    stored_name,
)
from turnkeeper.errors import BotError, UnreadableRecord, WriteConflict
from turnkeeper.ledger.ledger import Ledger
from turnkeeper.state.reading import pages
from turnkeeper.storage import ANY, Change, Record, RecordStorage
from turnkeeper.storage.transaction import Transaction
from turnkeeper.wire.codec import Codec

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


async def stage_erasure(transaction: Transaction, address: Address, codec: Codec) -> None:
    """Have a turn erase a person: it takes effect with the turn's commit, as a whole.

    What the turn itself has put for the person goes too. Empty the turn's own state as well
    (``clear_state``), or it is saved again. Of ledgers, all bots'
    on the store, digests of activities are left, so that none runs again: the person's own lose
    what is still owed and all else, groups' their answers. Of groups, only those are found in which
    the person has a place or was last.

    The ledger of the turn's conversation is deleted even if it is a group's: the host writes it
    anew, with nothing but the digests.

    :param transaction: the turn's.
    :param address: the turn's; its person is erased.
    :param codec: reads what conversations the person's record names.
    """
    own: list[str] = []
    storage = transaction.storage
    conversations = {stored_name(address.conversation)}
    async for key, record in records_of(storage, address.user_key):
        own.append(key)
        conversations |= _conversations_named_in(key, record, address, codec)
    own += transaction.put_for(address.user_key)
    own.append(address.ledger_key)
    ledgers: set[str] = set()
    for name in conversations:
        ledgers.update(ledger_keys(address.bot, address.channel, name))
        async for page in pages(storage, prefix=ledgers_of(address.channel, name)):
            ledgers.update(key for key, _ in page)
    ledgers.difference_update(own)
    await transaction.load([*own, *ledgers])
    for key in own:
        if is_ledger(key) and key != address.ledger_key:
            _keep_digests(transaction, key)
        else:
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
            await storage.commit([Change(key, None, ANY) for key in own[start : start + 500]])
        erased.update(own)
    for prefix in ledger_prefixes(owner.partition("/")[0]):
        async for page in pages(storage, prefix=prefix, owner=""):
            await _drop_all_answers(storage, [key for key, r in page if '"answers"' in r.body])
    while await storage.sweep():
        pass
    return len(erased)


def _conversations_named_in(key: str, record: Record, address: Address, codec: Codec) -> set[str]:
    """Return the conversations that a record of a person names, in its key or in what it holds.

    They are as :func:`turnkeeper.address.stored_name` has them. A class of the bot's that names
    some has a method ``conversations()`` that returns their ids.
    """
    place = named_in(key)
    if place.conversation and place.person:
        return {place.conversation}
    named: set[str] = set()
    if key == address.user_key:
        with suppress(UnreadableRecord):
            for value in codec.decode_state(record.body).values():
                if callable(conversations := getattr(value, "conversations", None)):
                    named.update(_ids_of(type(value), conversations))
    return named


def _ids_of(cls: type, conversations: Callable[[], Iterable[str]]) -> list[str]:
    try:
        return [stored_name(name) for name in conversations()]
    except Exception as error:
        raise BotError(
            f"{cls.__name__}.conversations() must return ids of conversations; nobody is erased"
        ) from error


def _keep_digests(transaction: Transaction, key: str) -> None:
    try:
        seen = Ledger.read(key, transaction.record(key)).seen
    except UnreadableRecord:
        transaction.put(key, None)
    else:
        transaction.rewrite(key, Ledger(seen=seen).body())


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
