"""What this process knows of a conversation in which something is owed."""

from __future__ import annotations

import asyncio
import logging
import math
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from turnkeeper.address import given_up_key, owed_key
from turnkeeper.delivery.lease import FRESH, LeaseClock, Moment
from turnkeeper.errors import DeliveryRefused
from turnkeeper.ledger.facts import Fact, Wait
from turnkeeper.ledger.ledger import Ledger
from turnkeeper.ledger.owed import Owed
from turnkeeper.ledger.queue import LONG
from turnkeeper.storage import ANY, Change, Record
from turnkeeper.storage.expiry import full_hour

OPEN_LASTS: Final = 7 * 86400.0
"""Seconds for which a ledger that owes something is kept at least, beyond its wait."""

KEPT_GIVEN_UP: Final = 86400.0
"""Seconds for which an operator can look at what was given up."""

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Noted:
    """A fact on its way into the ledger.

    :param fact: what the channel answered.
    :param written: done when it is in the ledger, or of no account.
    :ivar gives_up: whether its effect is given up by it, as it was composed last.
    """

    fact: Fact
    written: asyncio.Future[None]
    gives_up: bool = False


@dataclass(slots=True)
class Debt:
    """What one turn of this process owes, for whoever waits for it.

    :param settled: True when all of it has left, or is given up; False when nobody waits longer.
    :param effects: how many there are.
    :param refusals: what the channel refused for good.
    """

    settled: asyncio.Future[bool]
    effects: int
    refusals: list[DeliveryRefused] = field(default_factory=list)


class Conversation:
    """A conversation in which this process sends, has sent, or waits for another that does.

    All writes of its ledger by this process go one after another, under the lock, and each takes
    the newest ledger that the process knows: so it has no conflicts with itself.

    :param key: of the ledger.
    :param clock: measures the age of writes.
    :param reply_ttl: seconds after which an effect that fails is given up.
    :ivar lock: held by whoever writes the ledger.
    :ivar known: whether ``record`` and ``ledger`` are the newest that was read or written.
    :ivar token: this process's as the sender; "" where it is not, as far as it knows.
    :ivar in_hand: whether something may be on the wire.
    :ivar stopping: whether this process is to let go as soon as its hands are empty.
    :ivar facts: those not yet in the ledger.
    :ivar owed: what is owed, by number, as far as it was read.
    :ivar debts: what turns of this process owe, by number.
    :ivar unreadable: numbers whose records cannot be read; they stay.
    :ivar service_url: where the channel listens, by the newest turn.
    :ivar heard: the number from which on a turn tells that anew.
    """

    def __init__(self, key: str, clock: LeaseClock, reply_ttl: float) -> None:
        self.key = key
        self.lock = asyncio.Lock()
        self.record: Record | None = None
        self.ledger = Ledger()
        self.known = False
        self.token = ""
        self.in_hand = False
        self.stopping = False
        self.facts: list[Noted] = []
        self.owed: dict[int, Owed] = {}
        self.debts: dict[int, Debt] = {}
        self.unreadable: set[int] = set()
        self.service_url = ""
        self.heard = 0
        self.begun: list[float] = []  # when the last effects were begun, for their pace
        self._clock = clock
        self._reply_ttl = reply_ttl
        self._beat: Moment | None = None

    @property
    def at_rest(self) -> bool:
        """Whether nothing of it need be kept in this process."""
        return not (self.token or self.facts or self.debts or self.in_hand or self.lock.locked())

    @property
    def is_sent_elsewhere(self) -> bool:
        """Whether turns of this process owe something here that another process sends."""
        return bool(self.debts) and not self.token and not self.lock.locked()

    def fresh(self) -> bool:
        """Return whether an effect may be begun now: the last thing asked before bytes leave."""
        if not self.token or self.facts or self._beat is None:  # it has heard of a wait, maybe
            return False
        return self._clock.age(self._beat) < FRESH

    def beat_age(self) -> float:
        """Return how long ago the last confirmed write was begun, in seconds."""
        return self._clock.age(self._beat) if self._beat else math.inf

    def beaten(self, begun: Moment) -> None:
        """Take note that a write of this process as the sender is confirmed.

        :param begun: when it was begun: so old is the beat.
        """
        self._beat = begun

    def learn(self, ledger: Ledger, record: Record | None) -> None:
        """Take a ledger as the newest there is: it was just read, or written."""
        self.ledger, self.record, self.known = ledger, record, True
        self.notice()

    def undo(self) -> None:
        """Forget what was composed and not written."""
        self.ledger = Ledger.read(self.key, self.record)

    def notice(self) -> None:
        """See what others have made of the ledger."""
        queue = self.ledger.queue
        if self.token and queue.holder != self.token:
            self.token = ""
        for number in [n for n, one in self.owed.items() if not queue.is_open(n, one.turn)]:
            del self.owed[number]
        for number in [number for number in self.debts if number not in queue.open]:
            settled = self.debts.pop(number).settled
            if not settled.done():
                settled.set_result(True)

    def take(self) -> None:
        """Make this process the sender, with the write that is being composed."""
        self.token = secrets.token_hex(8)
        self.ledger.queue.take(self.token)

    def compose(self, now: float) -> Iterator[Change]:
        """Yield the changes that write the facts, or a beat; the ledger's comes last.

        What is composed becomes the newest ledger; where the write fails, read it anew.

        :param now: seconds since the epoch by the store's clock.
        """
        ledger, queue = self.ledger, self.ledger.queue
        ours = bool(self.token) and queue.holder == self.token
        for noted in self.facts:
            noted.gives_up = False
        if self.record is None and not any(isinstance(one.fact, Wait) for one in self.facts):
            return  # it was erased, or has expired: there is nothing to write to
        if not self.facts and not ours:
            return
        for noted in self.facts:
            place = getattr(noted.fact, "place", None)
            noted.gives_up = ledger.note(noted.fact, now, self._reply_ttl)
            if noted.gives_up and place is not None:
                yield from self._give_up(place.number, place.index, now)
        for number in queue.close(now):
            if number not in self.unreadable:
                yield Change(owed_key(self.key, number), None, ANY)
        if ours:
            done = self.stopping or not queue.open or queue.not_before - now > LONG
            if done and not self.in_hand:
                queue.holder = ""
                queue.beat += 1
            else:
                queue.take(self.token)
        yield self.change(now)

    def change(self, now: float) -> Change:
        """Return the change that writes the ledger as it is."""
        record, queue = self.record, self.ledger.queue
        expires_at = queue.expires or (record.expires_at if record else now + KEPT_GIVEN_UP)
        expires_at = lasting(expires_at, self.ledger, now)
        return Change(
            self.key,
            self.ledger.body(),
            record.e_tag if record else None,
            record.owner if record else "",
            expires_at,
            queue.due_in(now),
        )

    def written(self, change: Change, e_tag: str, begun: Moment) -> None:
        """Take note that a composed write is confirmed.

        :param change: the ledger's.
        :param e_tag: the new one.
        :param begun: when the write was begun: so old is the beat.
        """
        body = change.body or ""
        self.record = Record(body, e_tag, change.owner, change.expires_at)
        if self.token and self.ledger.queue.holder == self.token:
            self._beat = begun
        self.notice()

    def settle(self, facts: int) -> int:
        """Take note that the first facts are written; return how many replies they give up.

        :param facts: how many.
        """
        given_up = 0
        for noted in self.facts[:facts]:
            if noted.gives_up:
                given_up += 1
                _log.error("%s: a reply is given up", self.key)
            if not noted.written.done():
                noted.written.set_result(None)
        del self.facts[:facts]
        return given_up

    def _give_up(self, number: int, index: int, now: float) -> Iterator[Change]:
        owed = self.owed.get(number)
        if owed is None:
            return
        one = Owed(owed.turn, owed.service_url, [owed.effects[index]], tenant=owed.tenant)
        key = given_up_key(self.key, number, index)
        yield Change(key, one.body(), ANY, owed.owner, now + KEPT_GIVEN_UP)


def lasting(expires_at: float | None, ledger: Ledger, now: float) -> float | None:
    """Return when a ledger's record expires: while something is open, not soon.

    :param expires_at: when it would, and will once nothing is open.
    :param ledger: is told, so call it before the ledger is written.
    """
    queue = ledger.queue
    queue.expires = 0.0
    needed = max(now, queue.not_before) + OPEN_LASTS
    if expires_at is None or not queue.open or expires_at >= needed:
        return expires_at
    queue.expires = expires_at
    return full_hour(needed)
