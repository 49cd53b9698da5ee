"""The way of a turn: in order, once, commit before send."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from botbuilder.schema import Activity

from turnkeeper.address import Address
from turnkeeper.delivery.conversation import Debt
from turnkeeper.delivery.entry import Entry, too_much_owed
from turnkeeper.delivery.senders import Senders
from turnkeeper.errors import RequestRefused, StorageUnavailable, WriteConflict
from turnkeeper.ledger.effects import Effect
from turnkeeper.ledger.ledger import Ledger, digest
from turnkeeper.ledger.owed import Owed
from turnkeeper.ledger.queue import MOST_OPEN
from turnkeeper.ledger.upgrade import taken_over, taken_over_from_0_1
from turnkeeper.observing.logs import TurnIds
from turnkeeper.observing.metrics import Metrics
from turnkeeper.state.people.succession import owner_of_ledger
from turnkeeper.storage import Change, RecordStorage
from turnkeeper.storage.transaction import Transaction
from turnkeeper.turn.naming import turn_of
from turnkeeper.turn.order import TurnOrder
from turnkeeper.turn.response import answers_over_http
from turnkeeper.turn.unseen import LastReply

TRIES: Final = 10
"""How often a turn is run when others keep changing the same records; then 503."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run of the bot wants done once its state is committed.

    :param effects: in order.
    :param answer: the HTTP answer ``{"status": int, "body": JSON}``, where the turn has one.
    :param forgets: whether it erases the person of the turn.
    """

    effects: list[Effect]
    answer: dict[str, Any] | None = None
    forgets: bool = False


@dataclass(frozen=True, slots=True)
class Taken:
    """A turn that took effect, now or before.

    :param answer: its HTTP answer, where it has one.
    :param debt: what it owes, for whoever waits for that; None for nothing.
    """

    answer: dict[str, Any] | None = None
    debt: Debt | None = None


Run = Callable[[str, Transaction, LastReply], Awaitable[Outcome]]
"""Runs the bot under a turn's name, a transaction, and what became of the last reply."""


class Turns:
    """Takes each activity once, and the activities of a conversation one after another.

    :param storage: where state and ledgers are.
    :param senders: send what turns owe.
    :param order: the turns under way in this process.
    :param metrics: counts duplicates and conflicts.
    :param ttl: seconds the ledger of a quiet conversation is kept; None for ever.
    :param clock: seconds since the epoch.
    """

    def __init__(  # noqa: PLR0913 - each is a part of its own
        self,
        storage: RecordStorage,
        senders: Senders,
        order: TurnOrder,
        metrics: Metrics,
        *,
        ttl: float | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._storage = storage
        self._senders = senders
        self._order = order
        self._metrics = metrics
        self._ttl = ttl
        self._clock = clock

    async def take(
        self,
        activity: Activity,
        address: Address,
        state_keys: Sequence[str],
        run: Run,
        *,
        turn: str = "",
    ) -> Taken:
        """Take one activity, unless it took effect before. What it owes is being sent afterwards.

        A turn that changed nothing and says nothing is not entered in the ledger, unless that is
        since its person has not seen what was said last: a redelivery would be taken as an answer.

        :param activity: authenticated, its service URL checked.
        :param address: the activity's.
        :param state_keys: the records the bot will need, read together with the ledger.
        :param run: runs the bot; it is called again on fresh state where somebody else changed the
            same records.
        :param turn: its name in the ledger where the bot speaks first: then it takes no slot. By
            default it is made from the activity's id.
        :raises RequestRefused: 503, too many conflicts, too many waiting, or too much owed already;
            409, it took effect so long ago that its HTTP answer is no longer kept.
        :raises NestedTurn: it is called in a turn of the same conversation.
        :raises StorageError: the store does not answer, or the ledger is unreadable.
        """
        person = None if turn else address.owner  # a join is nobody's
        turn = turn or turn_of(activity)
        TurnIds.add(turn=turn)
        service_url = activity.service_url  # as checked: bot code may change the activity's
        met = False
        async with self._order.turn(address.ledger_key, person):
            for tries in range(TRIES):
                if tries:
                    await asyncio.sleep(random.uniform(0, 0.004 * 2**tries))  # noqa: S311
                transaction = Transaction(self._storage, hosted=True, clock=self._clock)
                try:
                    ledger = await self._read(transaction, activity, address, state_keys)
                    if ledger.knows(turn):
                        self._metrics.duplicates.inc()
                        debt = self._senders.conversations.debt(address.ledger_key, turn)
                        return Taken(self._known(ledger, turn, activity), debt)
                    if len(ledger.queue.open) >= MOST_OPEN:
                        raise too_much_owed()
                    known = self._knows(transaction, address)
                    last = self._last_reply(ledger, address)
                    erased = met and not known  # while the bot ran
                    outcome = Outcome([]) if erased else await run(turn, transaction, last)
                    met = met or known
                    told = outcome.effects or outcome.answer or last.was_unseen
                    if not (transaction.changed or told or erased):
                        return Taken()
                    entry = self._entry(turn, address, outcome, last, service_url, transaction)
                    debt = await self._commit(transaction, address.ledger_key, entry)
                except WriteConflict:
                    self._metrics.conflicts.inc()
                else:
                    return Taken(outcome.answer, debt)
        raise RequestRefused(
            503, "conflict", "Others keep changing the same records.", retry_after=1
        )

    def _known(self, ledger: Ledger, turn: str, activity: Activity) -> dict[str, Any] | None:
        """The answer to an activity that took effect before."""
        answer = ledger.answer(turn)
        if answer is None and answers_over_http(activity):
            raise RequestRefused(
                409, "answer_gone", "This activity took effect; its answer is no longer kept."
            )
        return answer

    @staticmethod
    def _knows(transaction: Transaction, address: Address) -> bool:
        """Return whether the store knows the person: it has their profile, and their ledger.

        Bot code may empty a profile; only an erasure takes the ledger of a conversation with it.
        """
        ledger = transaction.record(address.ledger_key)
        if any(transaction.has(key) and transaction.record(key) for key in address.user_keys):
            return True
        owners = (address.user_key, address.old_user_key)
        return bool(not address.group and ledger and ledger.owner in owners)

    async def _commit(self, transaction: Transaction, key: str, entry: Entry) -> Debt | None:
        """Commit a turn. Where the store's answer is lost, ask it whether the turn took effect."""
        try:
            return await self._senders.commit(transaction, key, entry)
        except StorageUnavailable:
            record = (await self._storage.fetch([key])).get(key)
            if not Ledger.read(key, record).knows(entry.turn):
                raise
            return None  # what it owes is found by the dispatcher

    def _last_reply(self, ledger: Ledger, address: Address) -> LastReply:
        return LastReply.to(address, ledger.queue, self._storage.now())

    async def _read(
        self,
        transaction: Transaction,
        activity: Activity,
        address: Address,
        state_keys: Sequence[str],
    ) -> Ledger:
        """Read what a turn needs, and return the ledger.

        What an earlier version owes in it is moved first, in a write of its own.

        :raises WriteConflict: that was moved just now, by this process or another.
        """
        key, old_key = address.ledger_key, address.old_ledger_key
        await transaction.load([key, old_key, *state_keys])
        transaction.leave_unchecked(old_key)
        record, old = transaction.record(key), transaction.record(old_key)
        ledger = Ledger.read(key, record)
        now, url, changes = self._storage.now(), activity.service_url, list[Change]()
        if ledger.earlier:
            debt = ledger.earlier
            changes = list(taken_over(key, record, ledger, debt, now, service_url=url))
        elif old:
            recipient = activity.recipient
            known_as = (recipient.id or "") if recipient else ""
            changes = taken_over_from_0_1(address, record, old, now, url, known_as)
        if changes:
            await self._storage.commit(changes)
            await self._senders.claim(key)
            raise WriteConflict(key)
        return ledger

    def _entry(  # noqa: PLR0913, PLR0917 - each is a part of the turn
        self,
        turn: str,
        address: Address,
        outcome: Outcome,
        last: LastReply,
        service_url: str,
        transaction: Transaction,
    ) -> Entry:
        """Return what the commit is to enter in the ledger, whatever that is by then."""
        who = digest(address.owner) if address.owner else ""

        def enter(ledger: Ledger) -> Iterable[int]:
            if ledger.knows(turn) or last.has_changed(ledger.queue, self._storage.now()):
                raise WriteConflict(address.ledger_key)
            gone: Iterable[int] = ()
            if outcome.forgets:
                people = map(digest, address.user_keys)  # also where the activity is nobody's
                gone = ledger.erase_member(*people) if address.group else ledger.erase()
            ledger.enter(turn, outcome.answer)
            if outcome.effects and last.was_asked:
                ledger.queue.seen(who if address.group else None)
            return gone

        owed = Owed(turn, service_url, outcome.effects, address.owner, address.tenant)
        owner = owner_of_ledger(transaction, address)
        return Entry(turn, owed, who, enter, owner, transaction.expiry(self._ttl))
