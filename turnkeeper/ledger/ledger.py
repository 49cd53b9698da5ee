"""The ledger of a conversation: which activities took effect, and what is still owed.

It is one record beside the bot's state. A turn writes it in the same transaction, and whoever sends
what is owed writes it too: it is composed when it is written, from the newest there is.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from hashlib import blake2b
from typing import Any, Final

from turnkeeper.errors import UnreadableRecord
from turnkeeper.ledger.earlier import EarlierDebt
from turnkeeper.ledger.facts import Fact, Failed, Refused, Sent
from turnkeeper.ledger.open_turn import GIVEN_UP
from turnkeeper.ledger.queue import Queue
from turnkeeper.storage import Record
from turnkeeper.wire import json_text

FORMAT: Final = 2
"""The format of ledgers, 1 up to 0.4. It is not the one of state: that one may rise alone."""

SEEN: Final = 100
"""How many activities of a conversation are remembered."""

ANSWERS: Final = 20
"""How many HTTP answers (invoke, expectReplies) are kept for redeliveries."""

LONGEST_ANSWER: Final = 32 * 1024
"""The longest of them, in characters of JSON; a redelivery of a longer one is answered 409."""

SENT_IDS: Final = 20
"""How many ids that the channel gave to replies are kept; see :meth:`Ledger.channel_id`."""

_READABLE: Final = (1, FORMAT)
_HEAD: Final = f'{{"v":{FORMAT},"state":{{"turns":'


def digest(text: str) -> str:
    """Return what the ledger keeps of an id: 16 hexadecimal digits."""
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


@dataclass(slots=True)
class Ledger:
    """The ledger of one conversation.

    :param seen: digests of the last activities that took effect, oldest first, with blanks
        between them: one string is read and written faster than a list.
    :param queue: what is owed.
    :param earlier: what a version before 0.5 still owes in the ledger itself; it is moved before
        anything else is done.
    :param answers: digest to the HTTP answer ``{"status": int, "body": JSON}`` of a turn.
    :param sent_ids: the id a reply had in the bot to the id the channel gave it; "" where the
        channel never took it.
    :param alike: what may answer by itself has sent this, so often in turn; see
        :mod:`turnkeeper.turn.hearing`.
    :param several: whether several people talk in a conversation whose activities do not say so.
    :param life: how often the conversation has ended: dialogs of an earlier life are closed.
    :param others: what another version keeps here; it is kept.
    """

    seen: str = ""
    queue: Queue = field(default_factory=Queue)
    earlier: EarlierDebt | None = None
    answers: dict[str, dict[str, Any]] = field(default_factory=dict)
    sent_ids: dict[str, str] = field(default_factory=dict)
    alike: tuple[str, int] = ("", 0)
    several: bool = False
    life: int = 0
    others: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def read(cls, key: str, record: Record | None) -> Ledger:
        """Return the ledger in a record; an empty one where there is none.

        :raises UnreadableRecord: the record is not a ledger of a known format.
        """
        if record is None:
            return cls()
        try:
            data = json_text.decode(record.body)
            if data["v"] not in _READABLE:
                raise UnreadableRecord(key, f"format {data['v']!r} is not known")
            turns = data["state"]["turns"]
            if type(turns["seen"]) is not str:
                raise UnreadableRecord(key, "not a ledger")
            turns.pop("holder", None)  # up to 0.4, who committed last
            owed = turns.pop("owed", None)
            return cls(
                seen=turns.pop("seen"),
                queue=Queue.from_json(turns.pop("queue", None) or {}),
                earlier=EarlierDebt.from_json(owed) if owed else None,
                answers=turns.pop("answers", None) or {},
                sent_ids=turns.pop("sent_ids", None) or {},
                alike=_alike_in(turns.pop("alike", None)),
                several=turns.pop("several", None) is True,
                life=int(turns.pop("life", 0)),
                others=turns,
            )
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise UnreadableRecord(key, f"not readable ({type(error).__name__})") from error

    def body(self) -> str:
        """Return the record's body."""
        turns: dict[str, Any] = {**self.others, "seen": self.seen, "queue": self.queue.to_json()}
        if self.earlier:
            turns["owed"] = self.earlier.to_json()
        if self.answers:
            turns["answers"] = self.answers
        if self.sent_ids:
            turns["sent_ids"] = self.sent_ids
        if self.alike[1]:
            turns["alike"] = self.alike
        if self.several:
            turns["several"] = True
        if self.life:
            turns["life"] = self.life
        return f"{_HEAD}{json_text.encode(turns)}}}}}"

    def without_earlier(self) -> Ledger:
        """Return the ledger without what an earlier version owes in it."""
        return replace(self, earlier=None)

    def knows(self, turn: str) -> bool:
        """Return whether the turn of this name took effect."""
        return turn in self.seen

    def answer(self, turn: str) -> dict[str, Any] | None:
        """Return the HTTP answer of a turn that took effect, if it had one and it is still kept."""
        return self.answers.get(turn)

    def enter(self, turn: str, answer: dict[str, Any] | None) -> None:
        """Enter a turn that takes effect with the next commit.

        :param turn: its name, such as the digest of its activity's id.
        :param answer: its HTTP answer, if it has one.
        """
        self.seen = f"{self.seen} {turn}"[-SEEN * (len(turn) + 1) :]
        if answer is not None and len(json_text.encode(answer)) <= LONGEST_ANSWER:
            self.answers[turn] = answer
            for old in list(self.answers)[:-ANSWERS]:
                del self.answers[old]

    def count(self, kind: str) -> None:
        """Count a message of what may answer by itself.

        :param kind: the same for messages that are alike; "" for a person's, which ends the row.
        """
        if kind or self.alike[1]:
            self.alike = (kind, self.in_a_row(kind) + 1 if kind else 0)

    def in_a_row(self, kind: str) -> int:
        """Return how many messages of a kind were the last ones."""
        return self.alike[1] if kind and kind == self.alike[0] else 0

    def note(self, fact: Fact, now: float, reply_ttl: float) -> bool:
        """Note a fact; return whether its effect is given up by that.

        :param now: seconds since the epoch by the store's clock.
        :param reply_ttl: seconds after which an effect that fails is given up.
        """
        if not self.queue.note(fact, now, reply_ttl):
            return False
        match fact:
            case Sent(reply=reply, channel_id=channel_id):
                self._name(reply, channel_id)
            case Refused(reply=reply):
                self._name(reply, "")
            case Failed(place=place, reply=reply):
                if self.queue.open[place.number].marks[place.index] == GIVEN_UP:
                    self._name(reply, "")
                    return True
        return False

    def erase(self) -> list[int]:
        """Forget all that is said of a person whose conversation it is.

        Of the turns digests are left, so that none runs again; who sends, until when to wait, and
        how often the conversation has ended stays too.

        :returns: the numbers of the turns that still owed something.
        """
        self.answers, self.sent_ids, self.earlier, self.others = {}, {}, None, {}
        self.alike = ("", 0)
        gone = list(self.queue.open)
        self.queue.open, self.queue.unseen = {}, {}
        return gone

    def erase_member(self, *who: str) -> list[int]:
        """Forget a person in a conversation of several; return the numbers of their turns.

        The answers go, which may name them.

        :param who: digests of the person's keys.
        """
        self.answers, self.alike = {}, ("", 0)
        return [number for one in who for number in self.queue.erase(one)]

    def channel_id(self, reply_id: str) -> str:
        """Return the channel's id of a reply the bot knows by ``reply_id``; any other as it is.

        It is "" where the channel never took the reply.
        """
        return self.sent_ids.get(reply_id, reply_id)

    def _name(self, reply_id: str, channel_id: str | None) -> None:
        if reply_id and channel_id is not None:
            self.sent_ids[reply_id] = channel_id
            for old in list(self.sent_ids)[:-SENT_IDS]:
                del self.sent_ids[old]


def _alike_in(value: Any) -> tuple[str, int]:
    """Return the kind and the number that a ledger holds."""
    if value is None:
        return "", 0
    kind, number = value
    return str(kind), int(number)
