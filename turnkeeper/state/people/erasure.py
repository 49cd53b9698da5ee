"""Erasing what the bot holds about one person.

A person is named by the key of the user state, see :class:`turnkeeper.address.Address`, or by an
older one (:mod:`turnkeeper.state.people.identities`). It is the owner of the
profile, of the person's places in conversations, and of the ledgers of one-to-one conversations.
The ledger of a group belongs to several people and has no owner. It knows a person by a digest, and
may hold their name in its answers, which are kept for deliveries that come twice; these go when one
of the group is erased. What a turn of the person's still owes is theirs, and goes; so does what was
given up of it, and all that was given up in a conversation of their own.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from typing import Final

from turnkeeper.address import (
    Address,
    given_up_key,
    is_ledger,
    ledger_keys,
    ledger_of,
    ledgers_of,
    owed_key,
    stored_name,
)
from turnkeeper.errors import BotError, UnreadableRecord
from turnkeeper.keys import ledger_prefixes, named_in
from turnkeeper.ledger.ledger import Ledger, digest
from turnkeeper.state.people.identities import identities, named_with
from turnkeeper.state.reading import pages
from turnkeeper.storage import ANY, Change, Record, RecordStorage
from turnkeeper.storage.transaction import Transaction
from turnkeeper.wire.codec import Codec

_KEPT: Final = 86400.0


async def records_of(storage: RecordStorage, *owners: str) -> AsyncIterator[tuple[str, Record]]:
    """Every record of a person, with its key.

    :param owners: user-state keys of the person; one is enough where the others were carried over.
    """
    people = await identities(storage, *owners)
    # The profiles first: the SDK's own BotState writes them without an owner.
    for key, record in (await storage.fetch(people)).items():
        yield key, record
    for owner in people:
        async for page in pages(storage, owner=owner):
            for key, record in page:
                if key not in people:
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
    owned: list[str] = []
    own: list[str] = []
    replies: list[str] = []
    ledgers, theirs = set[str](), set[str]()
    storage = transaction.storage
    conversations = {stored_name(address.conversation)}
    async for key, record in records_of(storage, *address.user_keys):
        owned.append(key)
        if named := ledger_of(key):
            ledgers.add(named[0])
            replies.append(key)
        elif is_ledger(key):
            theirs.add(key)
        else:
            own.append(key)
        conversations |= _conversations_named_in(key, record, address, codec)
    own += [*transaction.put_for(address.user_key), *await _of_visitor(storage, address)]
    people = named_with(await identities(storage, *address.user_keys), owned)
    ledgers |= theirs
    if not address.group:
        theirs.add(address.ledger_key)
    replies += await _given_up_in(storage, theirs)
    for name in conversations:
        ledgers.update(ledger_keys(address.bot, address.channel, name))
        async for page in pages(storage, prefix=ledgers_of(address.channel, name)):
            ledgers.update(key for key, _ in page)
    ledgers.discard(address.ledger_key)  # the turn enters itself there
    transaction.forgets = True
    await transaction.load([*own, *replies, *ledgers])
    for key in own:
        transaction.put(key, None)
    for key in replies:  # a sender may delete one meanwhile
        transaction.put(key, None, blindly=True)
    for key in ledgers:
        transaction.revise(key, partial(_without_person, storage, key, people))


async def erase(storage: RecordStorage, owner: str) -> int:
    """Erase a person outside of any turn; may be done again, and while the bot runs.

    Beyond what :func:`stage_erasure` does, all groups of the channel are looked through, and
    what has expired (anybody's) is swept away: it counts as absent, but it is there. A ledger in
    which a reply is on its way, or which has to wait, stays for a day, as nobody's.

    :param owner: the person's user-state key.
    :returns: how many records of the person are gone.
    :raises WriteConflict: a ledger is changed by others all the time; try again.
    """
    await storage.due(limit=1)  # the storage learns the store's clock by that
    erased: set[str] = set()
    people = {owner, *await identities(storage, owner)}
    while own := [key async for key, _ in records_of(storage, *people)]:
        people |= named_with([owner], own)
        ledgers = {key for key in own if is_ledger(key)}
        own += await _given_up_in(storage, ledgers)
        ledgers |= {named[0] for key in own if (named := ledger_of(key))}
        await _revise(storage, ledgers, people, [key for key in own if not is_ledger(key)])
        erased.update(own)
    for prefix in ledger_prefixes(owner.partition("/")[0]):
        async for page in pages(storage, prefix=prefix, owner=""):
            concerned = [key for key, record in page if _may_name(record, people)]
            await _revise(storage, concerned, people, [])
    while await storage.sweep():
        pass
    return len(erased)


async def _revise(
    storage: RecordStorage, ledgers: Iterable[str], people: Collection[str], gone: Sequence[str]
) -> None:
    """Write ledgers without a person, and delete other records of theirs."""
    for key in ledgers:  # first, so that nobody looks for what is owed and finds it gone
        transaction = Transaction(storage)
        await transaction.load([key])
        transaction.revise(key, partial(_without_person, storage, key, people, for_good=True))
        await transaction.commit()
    for start in range(0, len(gone), 500):
        await storage.commit([Change(key, None, ANY) for key in gone[start : start + 500]])


async def _of_visitor(storage: RecordStorage, address: Address) -> list[str]:
    """Return the keys of what whom the page named has here; an earlier version's may own it."""
    if not address.chosen:
        return []
    private = address.private_key() or ""
    found = [key async for page in pages(storage, prefix=private) for key, _ in page]
    return [address.place_key, *found]


async def _given_up_in(storage: RecordStorage, ledgers: Iterable[str]) -> list[str]:
    """Return the keys of all that was given up in some conversations, whosever turn it was."""
    keys: list[str] = []
    for ledger in ledgers:
        if ledger.split("/", 2)[1] == "ledgers":  # 0.1 gave nothing up
            prefix = given_up_key(ledger, 0, 0).removesuffix("0-0")
            async for page in pages(storage, prefix=prefix):
                keys += [key for key, _ in page]
    return keys


def _may_name(record: Record, people: Collection[str]) -> bool:
    body = record.body
    return '"answers"' in body or any(digest(owner) in body for owner in people)


def _conversations_named_in(key: str, record: Record, address: Address, codec: Codec) -> set[str]:
    """Return the conversations that a record of a person names, in its key or in what it holds.

    They are as :func:`turnkeeper.address.stored_name` has them. A class of the bot's that names
    some has a method ``conversations()`` that returns their ids.
    """
    place = named_in(key)
    if place.conversation and place.person:
        return {place.conversation}
    named: set[str] = set()
    if key in address.user_keys:
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


def _without_person(
    storage: RecordStorage,
    key: str,
    people: Collection[str],
    record: Record | None,
    *,
    for_good: bool = False,
) -> Iterator[Change]:
    """Yield the changes that take a person out of a ledger, with what they are still owed.

    What has been taken stays known, who sends, and until when to wait.

    :param people: the user-state keys that the person is, or was, known by.
    :param for_good: a ledger of the person's own is nobody's from then on, or gone.
    """
    if record is None:
        return
    own = record.owner in people
    try:
        ledger = Ledger.read(key, record)
    except UnreadableRecord:
        if own:
            yield Change(key, None, record.e_tag)
        return  # a group's is never written over
    own = own and not ledger.several
    before = ledger.body()
    numbers = ledger.erase() if own else ledger.erase_member(*map(digest, people))
    for number in numbers:
        yield Change(owed_key(key, number), None, ANY)
    now, queue = storage.now(), ledger.queue
    if own and for_good and not numbers and not queue.holder and queue.not_before <= now:
        yield Change(key, None, record.e_tag)
    elif own and for_good:
        expires_at = max(now, queue.not_before) + _KEPT
        yield Change(key, ledger.body(), record.e_tag, "", expires_at, queue.due_in(now))
    elif (body := ledger.body()) != before or record.owner in people:
        owner, due_in = "" if record.owner in people else record.owner, queue.due_in(now)
        yield Change(key, body, record.e_tag, owner, record.expires_at, due_in)
