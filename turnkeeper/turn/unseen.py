"""Whether the last thing that the bot said has reached the person who answers."""

from __future__ import annotations

from typing import Final, Self

from botbuilder.core import TurnContext

from turnkeeper.address import Address
from turnkeeper.ledger.ledger import Ledger, digest
from turnkeeper.ledger.queue import Arrival, Queue

_SLOT: Final = "turnkeeper.unseen"


class LastReply:
    """What became of the last thing that was said to the person of a turn.

    :param queue: as the turn has read it.
    :param who: digest of the person; None where all of the conversation is one person's.
    :param now: seconds since the epoch by the store's clock.
    :param formerly: digest by which an earlier version knew them; "" for none.
    :param life: how often the conversation has ended.
    :ivar was_asked: whether bot code has asked, of all that was said.
    """

    def __init__(
        self, queue: Queue, who: str | None, now: float, formerly: str = "", life: int = 0
    ) -> None:
        self._queue = queue
        self.life = life
        self._who = who
        self._formerly = formerly
        self._join(queue)
        self._now = now
        self._told: dict[int, Arrival] = {}
        self.was_asked = False

    @classmethod
    def to(cls, address: Address, ledger: Ledger, now: float) -> Self:
        """Return what became of the last thing that was said to the person of an address."""
        queue, life = ledger.queue, ledger.life
        if not address.group:
            return cls(queue, None, now, life=life)
        old = address.owner and address.old_user_key
        return cls(queue, digest(address.owner), now, digest(old) if old else "", life)

    @property
    def number(self) -> int:
        """The number that the turn gets if it says something; a higher one where others come in."""
        return self._queue.next

    @property
    def was_unseen(self) -> bool:
        """Whether bot code was told that it has not reached them."""
        return any(told is not Arrival.SEEN for told in self._told.values())

    def ask(self) -> Arrival:
        """Return it; the turn takes effect only if that is still so at its commit."""
        self.was_asked = True
        return self.ask_since(0)

    def ask_since(self, number: int) -> Arrival:
        """Return what became of all that was said since a turn; otherwise as :meth:`ask`.

        :param number: the turn's, as its :attr:`number` was; it counts too.
        """
        told = self._told[number] = self._queue.arrival(self._who, self._now, number)
        return told

    def has_changed(self, queue: Queue, now: float) -> bool:
        """Return whether bot code was told otherwise.

        :param queue: as it is at the commit; it knows the person by one digest from then on.
        """
        self._join(queue)
        return any(
            told is not queue.arrival(self._who, now, number) for number, told in self._told.items()
        )

    def is_after_others(self, number: int) -> bool:
        """Return whether something was said after a turn; in a group nobody can tell.

        :param number: the turn's; 0 where it is not known.
        """
        return self._who is None and 0 < number < self._queue.next - 1

    def left_at(self, number: int) -> float:
        """Return when the last reply of a turn had left, if it was late; else 0.

        :param number: the turn's.
        """
        late = self._queue.late
        return float(late[1]) if late and late[0] == number else 0.0

    def begin(self, context: TurnContext) -> None:
        """Have the functions of a context find it."""
        context.turn_state[_SLOT] = self

    def _join(self, queue: Queue) -> None:
        if self._formerly and self._who:
            queue.rename(self._formerly, self._who)


def last_reply(context: TurnContext) -> LastReply:
    """Return what is known of the last thing that the bot said to the person of a turn.

    Outside of the engine's turns, as in a ``DialogTestClient``, it was seen.
    """
    last = context.turn_state.get(_SLOT)
    return last if isinstance(last, LastReply) else LastReply(Queue(next=0), None, 0.0)


def unseen(context: TurnContext) -> bool:
    """Return whether the last thing that the bot said to the person has not reached them.

    The channel has refused it, or it was given up, or it waits. What the person says then is no
    answer to it. What is on its way, with nothing known to be wrong, counts as seen.

    :param context: the turn's.
    """
    return last_reply(context).ask() is not Arrival.SEEN
