"""Carrying over what is held of a person under an older key, in the commit of a turn or alone.

A person of Teams is their Entra account; before 0.6 they were the channel's own id. All records
that the older key owns get another owner; the profile lies under the new key, unless one is there
already: that one counts then, and the older stays, owned, until it is erased.

Where a page chose the id, the older key may be that of several people, and nobody can tell any more
whose the profile is. So it is carried over in the conversation whose ledger is that key's, and only
if no other conversation's is; else it stays, untold.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Final

from turnkeeper.address import Address, is_ledger, ledger_of, stored_name
from turnkeeper.keys import conversation_of, known_as_key, ledger_prefixes
from turnkeeper.state.accessor import CachedState
from turnkeeper.state.items import unreadable
from turnkeeper.state.people.identities import link
from turnkeeper.state.reading import pages
from turnkeeper.storage import Change, Record, RecordStorage
from turnkeeper.storage.transaction import Transaction
from turnkeeper.wire.codec import Codec

_BOTS: Final = 20
"""So many bots on one store have ledgers of one conversation, at most."""


async def carry_over(transaction: Transaction, address: Address, codec: Codec) -> None:
    """Have a turn begin from what is held of its person under their older key.

    It takes effect with the turn's commit, as a whole; of two turns at once one runs again. Where
    the older profile cannot be read, it stays, and the turn finds it in place of the new one.

    :param codec: of the bot's states: it says whether the older profile can be read.
    """
    old, new = address.old_user_key, address.user_key
    if not old or old in transaction.carried or transaction.forgets:
        return
    await transaction.load([old, new, address.ledger_key])
    transaction.leave_unchecked(old)
    if not _concerned(transaction, address):
        return
    profile = transaction.record(old)
    if unreadable(codec, old, profile):
        if transaction.record(new) is None:
            transaction.know(new, profile)
            transaction.leave_unchecked(new)
        return
    transaction.carried[old] = not address.chosen or await _is_alone(transaction.storage, address)
    if transaction.carried[old]:
        owned = await owned_by(transaction.storage, old)
        await stage(transaction, old, new, owned, own=address.ledger_key)


async def introduce(
    transaction: Transaction, address: Address, state: CachedState, owner: str, ttl: float | None
) -> None:
    """Have a commit say who the channel's own id is, where it is the first that keeps a person.

    An activity that tells no account, such as one made of a reference, is theirs then too.

    :param state: the turn's, about to be saved.
    :param owner: whose the record is.
    :param ttl: seconds that the record is kept.
    """
    new = address.user_key
    if address.chosen or owner != new or state.base is not None or state.body() is None:
        return
    known_as = known_as_key(address.old_user_key)
    await transaction.load([known_as])
    if transaction.record(known_as) is None:
        transaction.stage(link(address.old_user_key, new, None, transaction.expiry(ttl)))


def owner_of_ledger(transaction: Transaction, address: Address) -> str:
    """Return whose ledger a turn's is from its commit on; "" leaves it whose it is.

    A group's is nobody's. One that is still the older key's stays so until what that has is carried
    over: the ledger is the sign that it may be.
    """
    ledger, old = transaction.record(address.ledger_key), address.old_user_key
    left = old and ledger and ledger.owner == old and not transaction.carried.get(old)
    return "" if address.group or left else address.owner


def origin(transaction: Transaction, address: Address, key: str) -> str:
    """Return the key under which the record that a turn finds under a key really lies."""
    old = address.old_user_key
    if not old or key != address.user_key or not transaction.has(old):
        return key
    found = transaction.record(key)
    return old if found is not None and found is transaction.record(old) else key


def _concerned(transaction: Transaction, address: Address) -> bool:
    """Return whether the older key has something that this turn may carry over."""
    old, new = address.old_user_key, address.user_key
    ledger, place = transaction.record(address.ledger_key), address.place_key
    own = not address.group and ledger is not None and ledger.owner == old
    if address.chosen:
        return own
    profile = transaction.record(old)
    if profile is not None and profile.owner != new:
        return True
    held = transaction.record(place) if transaction.has(place) else None
    return own or (held is not None and held.owner == old)


async def _is_alone(storage: RecordStorage, address: Address) -> bool:
    """Return whether no other conversation's ledger is the older key's; there may be thousands."""
    whole, old = stored_name(address.conversation), address.old_user_key
    for prefix in ledger_prefixes(address.channel):
        found = await storage.scan(prefix=prefix, owner=old, limit=_BOTS)
        if len(found) == _BOTS or any(conversation_of(key) != whole for key, _ in found):
            return False
    return True


async def owned_by(storage: RecordStorage, owner: str) -> list[str]:
    """Return the keys of all records of a user-state key, its own among them if it is there."""
    keys = list(await storage.fetch([owner]))
    async for page in pages(storage, owner=owner):
        keys += [key for key, _ in page if key != owner]
    return keys


async def stage(
    transaction: Transaction, old: str, new: str, keys: list[str], *, own: str = ""
) -> None:
    """Have a commit carry over records to another user-state key.

    :param keys: of the records; ``old`` among them is the profile.
    :param own: the key of the turn's own ledger: the turn enters itself there.
    """
    known_as = known_as_key(old)
    await transaction.load([old, new, known_as, *keys])
    storage = transaction.storage
    for key in keys:
        record = transaction.record(key)
        if record is None or key == old:
            continue
        if ledger_of(key) or is_ledger(key):
            if key != own:
                transaction.revise(key, partial(_with_owner, storage, key, old, new))
        else:
            transaction.stage(Change(key, record.body, record.e_tag, new, record.expires_at))
    profile, found = transaction.record(old), transaction.record(new)
    if old in keys and profile is not None:
        body, e_tag, expires_at = profile.body, profile.e_tag, profile.expires_at
        if found is None:
            transaction.stage(Change(new, body, None, new, expires_at))
            transaction.stage(Change(old, None, e_tag))
        else:
            transaction.stage(Change(old, body, e_tag, new, expires_at))
    if new.partition("/")[2].startswith("users/"):
        said = transaction.record(known_as)
        expires_at = profile.expires_at if profile else None
        transaction.stage(link(old, new, said.e_tag if said else None, expires_at))


def _with_owner(
    storage: RecordStorage, key: str, old: str, new: str, record: Record | None
) -> Iterator[Change]:
    if record is None or record.owner != old:
        return  # it was sent meanwhile, or carried over
    due_in = None if record.due_at is None else record.due_at - storage.now()
    yield Change(key, record.body, record.e_tag, new, record.expires_at, due_in)
