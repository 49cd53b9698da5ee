"""What a conversation owes, as its ledger has it: numbers and marks, who sends, until when to wait.

The rules are those of a protocol that was searched state by state; docs/delivery.md has them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Final

from turnkeeper.ledger.facts import Fact, Failed, Refused, Wait
from turnkeeper.ledger.open_turn import GIVEN_UP, REFUSED, SENT, Open

MOST_OPEN: Final = 50
"""So many turns of a conversation may owe something; then its next message is refused, 503."""

REPLY_TTL: Final = 3600.0
"""Seconds after which an effect that fails is given up, where no setting says otherwise."""

ERRING: Final = 900.0
"""Seconds after which an effect that is answered 500 all the time is given up."""

PROBATION: Final = 60.0
"""Seconds for which an effect has to fail at least before it is given up."""

LONG: Final = 2.0
"""Seconds. Whoever has to wait for longer holds the conversation no more."""

SHOWS: Final = 1.0
"""Seconds after the holder's last write from which the dispatchers see the conversation."""

_MOST_UNSEEN: Final = 20


class Arrival(Enum):
    """What became of the last thing that the bot said to somebody.

    ``SEEN``: it arrived, or is on its way and nothing is known to be wrong. ``OWED``: it waits, or
    a try has failed; it is coming. ``LOST``: the channel refused it, or it was given up.
    """

    SEEN = "seen"
    OWED = "owed"
    LOST = "lost"


@dataclass(slots=True)
class Queue:
    """The open turns of a conversation.

    :param next: the number of the next turn that owes something.
    :param not_before: nothing leaves earlier; seconds since the epoch by the store's clock.
    :param holder: a token of the one sender; "" for none. It is new at each taking.
    :param beat: counts the holder's writes.
    :param open: the turns by number, in ascending order.
    :param expires: when the ledger's record is to expire once nothing is open; 0 where that is when
        it does anyway.
    :param unseen: for whom something was lost, and the number of the last turn of which it was.
    :param late: the number of the last turn that had to wait for its replies to leave, and when the
        last of them had left; nothing where none had to.
    """

    next: int = 1
    not_before: float = 0.0
    holder: str = ""
    beat: int = 0
    open: dict[int, Open] = field(default_factory=dict)
    expires: float = 0.0
    unseen: dict[str, int] = field(default_factory=dict)
    late: list[int] = field(default_factory=list)

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Queue:
        """Return what a ledger's record holds.

        :raises TypeError, ValueError, KeyError: it is none.
        """
        turns = {int(number): Open(**one) for number, one in stored.pop("open", {}).items()}
        return cls(**stored, open=turns)

    def to_json(self) -> dict[str, Any]:
        """Return it as a ledger's record holds it; what says nothing is left out."""
        stored: dict[str, Any] = {"next": self.next}
        if self.not_before:
            stored["not_before"] = self.not_before
        if self.beat:
            stored |= {"holder": self.holder, "beat": self.beat}
        if self.open:
            stored["open"] = {str(number): one.to_json() for number, one in self.open.items()}
        if self.unseen:
            stored["unseen"] = self.unseen
        if self.expires:
            stored["expires"] = self.expires
        if self.late:
            stored["late"] = self.late
        return stored

    def enter(self, turn: str, who: str, effects: int, now: float) -> int:
        """Enter a turn that owes something; return its number."""
        number = self.next
        self.next += 1
        self.open[number] = Open(turn, [0] * effects, now, who)
        return number

    def head(self) -> tuple[int, int] | None:
        """Return the number and the index of the effect that is next."""
        for number, one in self.open.items():
            if (index := one.head()) is not None:
                return number, index
        return None

    def is_open(self, number: int, turn: str) -> bool:
        """Return whether a number is open, and of the turn of this name."""
        one = self.open.get(number)
        return one is not None and one.turn == turn

    def take(self, token: str) -> None:
        """Make a token the holder's; or beat, where it is already."""
        self.holder = token
        self.beat += 1

    def due_in(self, now: float) -> float | None:
        """Return in how many seconds a dispatcher should look here; None where nothing is open."""
        if not self.open:
            return None
        wait = max(0.0, self.not_before - now)
        return max(wait, SHOWS) if self.holder else wait

    def note(self, fact: Fact, now: float, reply_ttl: float) -> bool:
        """Note a fact; return whether it tells anything new of an effect.

        A wait counts always; all else where the effect is still open.

        :param now: seconds since the epoch by the store's clock.
        :param reply_ttl: seconds after which an effect that fails is given up.
        """
        if isinstance(fact, Wait):
            self._wait(fact.not_before, now, asked=True)
            return False
        if isinstance(fact, Failed):
            self._wait(fact.not_before, now, asked=fact.asked)
        one = self.open.get(fact.place.number)
        index = fact.place.index
        if one is None or one.turn != fact.place.turn or one.marks[index] < 0:
            return False
        if isinstance(fact, Failed):
            one.marks[index] = self._failed(one, fact, now, reply_ttl)
        else:
            one.marks[index] = REFUSED if isinstance(fact, Refused) and fact.missed else SENT
            one.failing = one.erring = 0.0
        return True

    def close(self, now: float) -> list[int]:
        """Take out the turns that owe nothing any more; return their numbers.

        :param now: seconds since the epoch by the store's clock.
        """
        closed = [number for number, one in self.open.items() if one.head() is None]
        for number in closed:
            one = self.open.pop(number)
            if self.not_before >= one.at or now - one.at > LONG:
                self.late = [number, round(now)]
            if not {REFUSED, GIVEN_UP}.isdisjoint(one.marks):
                self.seen(one.who)
                for old in list(self.unseen)[: 1 - _MOST_UNSEEN]:
                    del self.unseen[old]
                self.unseen[one.who] = number
        return closed

    def seen(self, who: str | None) -> None:
        """Forget that something was lost: bot code knows it, and has said something since.

        :param who: for whom; None where all of the conversation is one person's.
        """
        if who is None:
            self.unseen = {}
        else:
            self.unseen.pop(who, None)

    def arrival(self, who: str | None, now: float, since: int = 0) -> Arrival:
        """Return what became of the last thing that the bot said to somebody.

        :param who: to whom; None where all of the conversation is one person's.
        :param now: seconds since the epoch by the store's clock.
        :param since: the number of the turn that said it, whosever turn that was; their later ones
            count too, earlier ones do not. By default all of theirs count.
        """
        since = since if since <= self.next else 0  # the ledger had expired, and begins anew

        def counts(number: int, whose: str) -> bool:
            return number == since or (number > since and who in (None, whose))

        if any(counts(number, whose) for whose, number in self.unseen.items()):
            return Arrival.LOST
        turns = [number for number, one in self.open.items() if counts(number, one.who)]
        if not turns:
            return Arrival.SEEN
        if any(not {REFUSED, GIVEN_UP}.isdisjoint(self.open[n].marks) for n in turns):
            return Arrival.LOST
        failed = any(mark > 0 for n, o in self.open.items() if n <= turns[-1] for mark in o.marks)
        waits = self.not_before > now or not self.holder
        return Arrival.OWED if failed or waits else Arrival.SEEN

    def rename(self, who: str, now_as: str) -> None:
        """Know a person by another digest."""
        for one in self.open.values():
            one.who = now_as if one.who == who else one.who
        if who in self.unseen:
            self.unseen[now_as] = max(self.unseen.pop(who), self.unseen.get(now_as, 0))

    def erase(self, who: str) -> list[int]:
        """Take out the turns of a person; return their numbers. Holder, beat and wait stay."""
        gone = [number for number, one in self.open.items() if one.who == who]
        for number in gone:
            del self.open[number]
        self.seen(who)
        return gone

    def _wait(self, not_before: float, now: float, *, asked: bool) -> None:
        if asked:  # no time of the reply's own
            longer = not_before - max(now, self.not_before)
            for one in self.open.values() if longer > 0 else ():
                one.at += longer
                one.failing += longer if one.failing else 0.0
                one.erring += longer if one.erring else 0.0
        self.not_before = max(self.not_before, not_before)

    @staticmethod
    def _failed(one: Open, fact: Failed, now: float, reply_ttl: float) -> int:
        one.failing = one.failing or now
        one.erring = (one.erring or now) if fact.status == 500 else 0.0  # noqa: PLR2004
        # Not at once, where it is old since the bot was away: the channel may be back in a moment.
        late = now - one.at > reply_ttl and now - one.failing >= PROBATION
        if not fact.of_the_bot and (late or (one.erring and now - one.erring > ERRING)):
            one.failing = one.erring = 0.0
            return GIVEN_UP
        return one.marks[fact.place.index] + 1
