"""What a turn begins with: the conversation's ledger, and where its person has their place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from botbuilder.schema import Activity, ActivityTypes

from turnkeeper.address import Address
from turnkeeper.channels.entities import text_in
from turnkeeper.delivery.senders import Senders
from turnkeeper.errors import WriteConflict
from turnkeeper.keys import known_as_key
from turnkeeper.ledger.ledger import Ledger
from turnkeeper.ledger.upgrade import taken_over, taken_over_from_0_1
from turnkeeper.storage import Change, RecordStorage
from turnkeeper.storage.transaction import Transaction
from turnkeeper.turn.unseen import LastReply


class Opening(NamedTuple):
    """What a turn begins with.

    :param ledger: as it is now.
    :param address: the activity's, with the place of its person.
    :param last: what became of what was said to them last.
    :param known: whether the store knows the person; only an erasure takes that away.
    :param several: whether others have talked in a conversation that tells of no group.
    """

    ledger: Ledger
    address: Address
    last: LastReply
    known: bool
    several: bool = False


class Openings:
    """Reads what turns begin with.

    :param storage: where state and ledgers are.
    :param senders: send what an earlier version owes.
    """

    def __init__(self, storage: RecordStorage, senders: Senders) -> None:
        self._storage = storage
        self._senders = senders

    async def read(
        self,
        transaction: Transaction,
        activity: Activity,
        address: Address,
        state_keys: Sequence[str],
    ) -> Opening:
        """Read what a turn needs.

        What an earlier version owes is moved first, in a write of its own.

        :param transaction: the turn's.
        :param activity: authenticated, its service URL checked.
        :param address: the activity's.
        :param state_keys: the records the bot will need.
        :raises WriteConflict: that was moved just now, by this process or another.
        :raises StorageError: the store does not answer, or the ledger is unreadable.
        """
        key, old_key = address.ledger_key, address.old_ledger_key
        links = _link_of(address)
        await transaction.load([key, old_key, *links, *state_keys])
        transaction.leave_unchecked(old_key)
        for one in links:
            if link := transaction.record(one):
                address = address.held_as(link.owner)
        record, old = transaction.record(key), transaction.record(old_key)
        ledger = Ledger.read(key, record)
        now, url, changes = self._storage.now(), activity.service_url, list[Change]()
        if ledger.earlier:
            debt = ledger.earlier
            changes = list(taken_over(key, record, ledger, debt, now, service_url=url))
        elif old:
            known_as = text_in(activity.recipient, "id")
            changes = taken_over_from_0_1(address, record, old, now, url, known_as)
        if changes:
            await self._storage.commit(changes)
            await self._senders.claim(key)
            raise WriteConflict(key)
        several = address.group
        if address.owner and not several:
            address = await _placed(transaction, address, ledger)
        last = LastReply.to(address, ledger, now)
        known, apart = _knows(transaction, address), address.group is not several
        return Opening(ledger, address, last, known, apart)


def _link_of(address: Address) -> list[str]:
    """Return the key of what may say who a person of Teams is, where the activity does not."""
    if address.channel != "msteams" or address.old_user_key or not address.person:
        return []
    return [known_as_key(address.user_key)]


async def _placed(transaction: Transaction, address: Address, ledger: Ledger) -> Address:
    """Return the address with the place of a person of a conversation that tells of no group.

    The conversation's record is its first sender's; any later one has a place beside it, as in a
    group, and keeps it.
    """
    first = transaction.record(address.conversation_key)
    is_firsts = first is None or first.owner in ("", address.owner, address.old_user_key)
    if is_firsts and not ledger.several:
        return address
    beside = address.beside()
    if not is_firsts:
        return beside
    await transaction.load([beside.place_key])
    if transaction.record(beside.place_key) is not None:
        return beside
    return beside._replace(place_key=address.place_key)


def _knows(transaction: Transaction, address: Address) -> bool:
    """Return whether the store knows the person: it has their profile, and their ledger.

    Bot code may empty a profile; only an erasure takes the ledger of a conversation with it.
    """
    ledger = transaction.record(address.ledger_key)
    if any(transaction.has(key) and transaction.record(key) for key in address.user_keys):
        return True
    owners = (address.user_key, address.old_user_key)
    return bool(not address.group and ledger and ledger.owner in owners)


def ends_conversation(activity: Activity) -> bool:
    """Return whether an activity ends the conversation, so that no question in it is open.

    That is ``endOfConversation``, and the removal of the bot.

    :param activity: any incoming activity.
    """
    if activity.type == ActivityTypes.end_of_conversation.value:
        return True
    if activity.type == ActivityTypes.installation_update.value:
        return bool(activity.action == "remove")  # "remove-upgrade" is followed by an addition
    bot = text_in(activity.recipient, "id")
    removed = activity.members_removed
    return bool(bot) and any(text_in(one, "id") == bot for one in removed or ())
