"""The way of a turn: in order, once, commit before send."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from botbuilder.schema import Activity

from turnkeeper.address import Address
from turnkeeper.delivery.sender import LEASE, Sender
from turnkeeper.errors import DeliveryRefused, RequestRefused, WriteConflict
from turnkeeper.ledger.effects import Effect
from turnkeeper.ledger.ledger import Ledger, Owed
from turnkeeper.observing.logs import TurnIds
from turnkeeper.observing.metrics import Metrics
from turnkeeper.storage import Record, RecordStorage
from turnkeeper.storage.transaction import Transaction
from turnkeeper.turn.naming import turn_of
from turnkeeper.turn.order import TurnOrder
from turnkeeper.turn.response import answers_over_http

TRIES: Final = 10
"""How often a turn is run when others keep changing the same records; then 503."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run of the bot wants done once its state is committed.

    :param effects: in order.
    :param answer: the HTTP answer ``{"status": int, "body": JSON}``, where the turn has one.
    """

    effects: list[Effect]
    answer: dict[str, Any] | None = None


class Turns:
    """Takes each activity once, and the activities of a conversation one after another.

    :param storage: where state and ledgers are.
    :param sender: sends what turns owe.
    :param order: the turns under way in this process.
    :param metrics: counts duplicates and conflicts.
    :param ttl: seconds the ledger of a quiet conversation is kept; None for ever.
    :param clock: seconds since the epoch.
    """

    def __init__(  # noqa: PLR0913 - each is a part of its own
        self,
        storage: RecordStorage,
        sender: Sender,
        order: TurnOrder,
        metrics: Metrics,
        *,
        ttl: float | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._storage = storage
        self._sender = sender
        self._order = order
        self._metrics = metrics
        self._ttl = ttl
        self._clock = clock

    async def take(  # noqa: PLR0913 - each is a part of the turn
        self,
        activity: Activity,
        address: Address,
        state_keys: Sequence[str],
        run: Callable[[str, Transaction], Awaitable[Outcome]],
        *,
        turn: str = "",
        refusals: list[DeliveryRefused] | None = None,
    ) -> dict[str, Any] | None:
        """Take one activity, unless it took effect before; then only send what is still owed.

        A turn that changed nothing and says nothing is not entered in the ledger.

        :param activity: authenticated, its service URL checked.
        :param address: the activity's.
        :param state_keys: the records the bot will need, read together with the ledger.
        :param run: runs the bot under a turn's name and a transaction; it is called again on
            fresh state where somebody else changed the same records.
        :param turn: its name in the ledger where the bot speaks first: then it takes no slot. By
            default it is made from the activity's id.
        :param refusals: gets what the channel answers to replies that it refuses for good.
        :returns: the turn's HTTP answer, where it has one.
        :raises RequestRefused: 503, too many conflicts or too many waiting; 409, it took
            effect so long ago that its HTTP answer is no longer kept.
        :raises NestedTurn: it is called in a turn of the same conversation.
        :raises StorageError: the store does not answer, or the ledger is unreadable.
        :raises DeliveryFailed: committed, but replies are still owed.
        """
        key, old_key = address.ledger_key, address.old_ledger_key
        person = None if turn else address.owner  # a join is nobody's
        turn = turn or turn_of(activity)
        TurnIds.add(turn=turn)
        owner = "" if address.group else address.owner
        service_url = activity.service_url  # as checked: bot code may change the activity's
        tries, overdue = 0, None
        async with self._order.turn(key, person):
            while tries < TRIES:
                if tries:
                    await asyncio.sleep(random.uniform(0, 0.004 * 2**tries))  # noqa: S311
                transaction = Transaction(self._storage, hosted=True, clock=self._clock)
                await transaction.load([key, old_key, *state_keys])
                ledger = Ledger.read(key, transaction.record(key))
                self._sender.receipts.recall(key, ledger, self._sender.holder)
                try:
                    old = None if ledger.owed else transaction.record(old_key)
                    if old and await self._take_over(address, transaction, old, ledger, activity):
                        continue
                    if ledger.owed:
                        if self._sender.free(ledger) or ledger.owed == overdue:
                            await self._settle(key, ledger, transaction, service_url)
                        else:
                            overdue = await self._wait_for_others(key, ledger)
                        tries += 1
                        continue  # as nothing is owed now, with everything read anew
                    if ledger.knows(turn):
                        self._metrics.duplicates.inc()
                        return self._known(ledger, turn, activity)
                    shared = ledger.holder not in ("", self._sender.holder)
                    outcome = await run(turn, transaction)
                    if transaction.deletes(key):  # the bot forgets the person: so does the ledger
                        ledger = Ledger(seen=ledger.seen)
                    if outcome.effects or outcome.answer or transaction.changed:
                        self._enter(ledger, turn, outcome)
                        transaction.put(key, ledger.body(), owner=owner, ttl=self._ttl)
                        await transaction.commit()
                        self._sender.receipts.drop(key)
                except WriteConflict:
                    self._metrics.conflicts.inc()
                    tries += 1
                    continue
                await self._sender.deliver(
                    *(key, ledger, transaction, service_url), shared=shared, refusals=refusals
                )
                return outcome.answer
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

    async def _settle(
        self, key: str, ledger: Ledger, transaction: Transaction, service_url: str
    ) -> None:
        """Send what the turn before owes, so that replies keep their order.

        :raises WriteConflict: another process was quicker.
        """
        self._sender.claim(ledger)
        transaction.rewrite(key, ledger.body())
        await transaction.commit()
        await self._sender.deliver(key, ledger, transaction, service_url, shared=False)

    async def _take_over(  # noqa: PLR0913, PLR0917 - each is a part of the turn
        self,
        address: Address,
        transaction: Transaction,
        record: Record,
        ledger: Ledger,
        activity: Activity,
    ) -> bool:
        """Go on with the ledger that version 0.1 kept of a conversation.

        It is a write of its own, before the turn: claims and receipts go on from there. What was
        owed by this bot moves, so that it is sent once. The rest of the old ledger stays until it
        expires, for other bots on the store.

        :param record: the old ledger's.
        :param ledger: this version's, which owes nothing.
        :returns: whether anything was written: then all is to be read anew.
        :raises WriteConflict: somebody else has taken it over, or is at it.
        """
        key, old_key = address.ledger_key, address.old_ledger_key
        known = transaction.record(key) is not None
        if known and '"owed"' not in record.body:  # nearly always: it need not be read
            return False
        old = Ledger.read(old_key, record)
        recipient = activity.recipient
        if ours := not old.owed_by_another(address.bot, (recipient.id or "") if recipient else ""):
            await self._wait_for_others(old_key, old)
        if known and not (ours and old.owed):
            return False
        if not known:
            ledger = old if ours else old.without_debt()
        else:
            ledger.owed, ledger.holder = old.owed, old.holder
        transaction.put(key, ledger.body(), owner=record.owner, ttl=self._ttl)
        if ours and old.owed:
            transaction.rewrite(old_key, old.without_debt().body())
        await transaction.commit()
        self._sender.receipts.drop(key)
        return True

    async def _wait_for_others(self, key: str, ledger: Ledger) -> Owed | None:
        """Wait until the process that sends what is owed has noted so, or its time is over.

        :returns: what is owed still though nothing has happened for longer than a lease, by this
            machine's own count: clocks may have jumped.
        """
        loop = asyncio.get_running_loop()
        pause, since = 0.002, loop.time()
        while not self._sender.free(ledger):
            if loop.time() - since > 1.5 * LEASE:
                return ledger.owed
            await asyncio.sleep(pause)
            pause = min(pause * 1.5, 0.2)
            newer = Ledger.read(key, (await self._storage.fetch([key])).get(key))
            if newer.owed != ledger.owed:
                since = loop.time()
            ledger = newer
        return None

    def _enter(self, ledger: Ledger, turn: str, outcome: Outcome) -> None:
        ledger.enter(
            turn,
            effects=outcome.effects,
            answer=outcome.answer,
            holder=self._sender.holder,
            until=self._sender.lease(),
        )
