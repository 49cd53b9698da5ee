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
from turnkeeper.observing.logs import TurnIds
from turnkeeper.observing.metrics import Metrics
from turnkeeper.state.people.succession import owner_of_ledger
from turnkeeper.storage import RecordStorage
from turnkeeper.storage.transaction import Transaction
from turnkeeper.turn.hearing import HEARS_ALL, Heard, Hearing
from turnkeeper.turn.naming import turn_of
from turnkeeper.turn.opening import Opening, Openings, ends_conversation
from turnkeeper.turn.order import TurnOrder
from turnkeeper.turn.response import answers_over_http

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


Run = Callable[[str, Transaction, Opening], Awaitable[Outcome]]
"""Runs the bot under a turn's name and a transaction, with what the turn begins with."""


class Turns:
    """Takes each activity once, and the activities of a conversation one after another.

    :param storage: where state and ledgers are.
    :param senders: send what turns owe.
    :param order: the turns under way in this process.
    :param metrics: counts duplicates and conflicts.
    :param hearing: which messages the bot hears.
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
        hearing: Hearing = HEARS_ALL,
        ttl: float | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._storage = storage
        self._senders = senders
        self._order = order
        self._metrics = metrics
        self._openings = Openings(storage, senders)
        self._hearing = hearing
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
        Nor is one that the bot does not hear.

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
        heard, ends = self._hearing.listen(activity), ends_conversation(activity)
        met = False
        async with self._order.turn(address.ledger_key, person):
            for tries in range(TRIES):
                if tries:
                    await asyncio.sleep(random.uniform(0, 0.004 * 2**tries))  # noqa: S311
                transaction = Transaction(self._storage, hosted=True, clock=self._clock)
                try:
                    opening = await self._openings.read(transaction, activity, address, state_keys)
                    ledger = opening.ledger
                    if ledger.knows(turn):
                        self._metrics.duplicates.inc()
                        debt = self._senders.conversations.debt(address.ledger_key, turn)
                        return Taken(self._known(ledger, turn, activity), debt)
                    if not heard.counts(ledger, self._storage.now()):
                        return Taken()
                    if len(ledger.queue.open) >= MOST_OPEN:
                        raise too_much_owed()
                    erased = met and not opening.known  # while the bot ran
                    outcome = Outcome([]) if erased else await run(turn, transaction, opening)
                    met = met or opening.known
                    told = outcome.effects or outcome.answer or opening.last.was_unseen
                    if not (transaction.changed or told or erased or ends):
                        return Taken()
                    enter = self._enter(turn, opening, outcome, heard, ends)
                    entry = self._entry(turn, opening, outcome, service_url, transaction, enter)
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

    async def _commit(self, transaction: Transaction, key: str, entry: Entry) -> Debt | None:
        """Commit a turn. Where the store's answer is lost, ask it whether the turn took effect."""
        try:
            return await self._senders.commit(transaction, key, entry)
        except StorageUnavailable:
            record = (await self._storage.fetch([key])).get(key)
            if not Ledger.read(key, record).knows(entry.turn):
                raise
            return None  # what it owes is found by the dispatcher

    def _entry(  # noqa: PLR0913, PLR0917 - each is a part of the turn
        self,
        turn: str,
        opening: Opening,
        outcome: Outcome,
        service_url: str,
        transaction: Transaction,
        enter: Callable[[Ledger], Iterable[int]],
    ) -> Entry:
        """Return what the commit is to enter in the ledger, whatever that is by then."""
        address = opening.address
        who = digest(address.owner) if address.owner else ""
        owed = Owed(turn, service_url, outcome.effects, address.owner, address.tenant)
        owner = owner_of_ledger(transaction, address) or None
        if outcome.forgets and not address.group:
            owner = ""  # what is left names nobody
        return Entry(turn, owed, who, enter, owner, transaction.expiry(self._ttl))

    def _enter(
        self, turn: str, opening: Opening, outcome: Outcome, heard: Heard, ends: bool
    ) -> Callable[[Ledger], Iterable[int]]:
        """Return what enters the turn in a ledger."""
        address, last = opening.address, opening.last

        def enter(ledger: Ledger) -> Iterable[int]:
            if ledger.knows(turn) or last.has_changed(ledger.queue, self._storage.now()):
                raise WriteConflict(address.ledger_key)
            gone: Iterable[int] = ()
            if outcome.forgets:
                people = map(digest, address.user_keys)  # also where the activity is nobody's
                gone = ledger.erase_member(*people) if address.group else ledger.erase()
            ledger.enter(turn, outcome.answer)
            heard.enter(ledger, self._storage.now())
            ledger.life += ends
            ledger.several = ledger.several or opening.several
            if outcome.effects and last.was_asked:
                ledger.queue.seen(digest(address.owner) if address.group else None)
            return gone

        return enter
