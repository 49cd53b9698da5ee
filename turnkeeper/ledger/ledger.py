"""The ledger of a conversation: which activities took effect, and which replies are still owed.

It is one record beside the bot's state and is written in the same transaction. Its rules:

- An activity whose id is in the ledger never runs the bot again.
- At most one turn of a conversation owes replies. The process that committed it (the holder) has
  them to itself until ``until``; nobody commits another turn of the conversation before they are
  settled. So replies keep their order, also between processes.
- What the holder has sent is written down with the next turn, or shortly after, so a later reader
  knows it. Only a process that dies in between leaves replies that may be sent twice.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from hashlib import blake2b
from typing import Any, Final

from turnkeeper.errors import UnreadableRecord
from turnkeeper.ledger.effects import Effect, Send, Update, effect_from_json
from turnkeeper.storage import Record
from turnkeeper.wire import json_text

FORMAT: Final = 1
"""The format of ledgers. It is not the one of state: that one may rise alone."""

SEEN: Final = 100
"""How many activities of a conversation are remembered."""

ANSWERS: Final = 20
"""How many HTTP answers (invoke, expectReplies) are kept for redeliveries."""

LONGEST_ANSWER: Final = 32 * 1024
"""The longest of them, in characters of JSON; a redelivery of a longer one is answered 409."""

SENT_IDS: Final = 20
"""How many ids that the channel gave to replies are kept; see :meth:`Ledger.channel_id`."""

REFUSALS: Final = 5
REFUSED_FOR: Final = 3600.0
"""After so many deliveries, and so many seconds, in which the channel answered that it has an error
(5xx), a reply counts as refused for good."""

_OWED: Final = ("turn", "effects", "sent", "holder", "until", "refusals", "refused_at")
_HEAD: Final = f'{{"v":{FORMAT},"state":{{"turns":'


def digest(activity_id: str) -> str:
    """What the ledger keeps of an activity id: 16 hexadecimal digits."""
    return blake2b(activity_id.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


@dataclass(slots=True)
class Owed:
    """What a committed turn has to send.

    :param turn: names the turn; the digest of its activity id, where it has one.
    :param effects: in order.
    :param sent: how many of them are known to be sent.
    :param holder: the process that sends them.
    :param until: seconds since the epoch; the holder has given up by then.
    :param refusals: how many deliveries of the next effect the channel has answered with 5xx.
    :param refused_at: seconds since the epoch of the first of them.
    :param others: what another version keeps here; it is kept.
    """

    turn: str
    effects: list[Effect]
    sent: int
    holder: str
    until: float
    refusals: int = 0
    refused_at: float = 0.0
    others: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Owed:
        """Return what a ledger's record holds."""
        known = {name: stored.pop(name) for name in _OWED if name in stored}
        known["effects"] = [effect_from_json(effect) for effect in known["effects"]]
        return cls(**known, others=stored)

    def to_json(self) -> dict[str, Any]:
        """Return it as a ledger's record holds it."""
        stored = {
            **self.others,
            "turn": self.turn,
            "effects": [effect.to_json() for effect in self.effects],
            "sent": self.sent,
            "holder": self.holder,
            "until": self.until,
        }
        if self.refusals:
            stored |= {"refusals": self.refusals, "refused_at": self.refused_at}
        return stored

    @property
    def settled(self) -> bool:
        """Whether everything is sent."""
        return self.sent >= len(self.effects)

    def refused(self, now: float) -> bool:
        """Note that the channel answered 5xx to the next effect.

        :param now: seconds since the epoch.
        :returns: whether it counts as refused for good: no reply may block a conversation for ever.
        """
        self.refused_at = self.refused_at or now
        self.refusals += 1
        return self.refusals >= REFUSALS and now - self.refused_at >= REFUSED_FOR


@dataclass(slots=True)
class Ledger:
    """The ledger of one conversation.

    :param seen: digests of the last activities that took effect, oldest first, with blanks
        between them: one string is read and written faster than a list.
    :param holder: the process that committed last, or "".
    :param owed: what the last turn owes, or None.
    :param answers: digest to the HTTP answer ``{"status": int, "body": JSON}`` of a turn.
    :param sent_ids: the id a reply had in the bot to the id the channel gave it.
    :param others: what another version keeps here; it is kept.
    """

    seen: str = ""
    holder: str = ""
    owed: Owed | None = None
    answers: dict[str, dict[str, Any]] = field(default_factory=dict)
    sent_ids: dict[str, str] = field(default_factory=dict)
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
            if data["v"] != FORMAT:
                raise UnreadableRecord(key, f"format {data['v']!r} is not known")
            turns = data["state"]["turns"]
            if type(turns["seen"]) is not str or type(turns["holder"]) is not str:
                raise UnreadableRecord(key, "not a ledger")
            owed = turns.pop("owed", None)
            return cls(
                seen=turns.pop("seen"),
                holder=turns.pop("holder"),
                owed=Owed.from_json(owed) if owed else None,
                answers=turns.pop("answers", None) or {},
                sent_ids=turns.pop("sent_ids", None) or {},
                others=turns,
            )
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise UnreadableRecord(key, f"not readable ({type(error).__name__})") from error

    def body(self) -> str:
        """Return the record's body."""
        turns: dict[str, Any] = {**self.others, "seen": self.seen, "holder": self.holder}
        if self.owed:
            turns["owed"] = self.owed.to_json()
        if self.answers:
            turns["answers"] = self.answers
        if self.sent_ids:
            turns["sent_ids"] = self.sent_ids
        return f"{_HEAD}{json_text.encode(turns)}}}}}"

    def owed_by_another(self, *bot: str) -> bool:
        """Return whether what is owed is another bot's to send.

        Version 0.1 kept one ledger of a conversation for all bots on a store.

        :param bot: the ids by which this one is known, as far as they are.
        """
        effects = self.owed.effects if self.owed else ()
        bodies = [json_text.decode(one.body) for one in effects if isinstance(one, Send | Update)]
        senders = {str((body.get("from") or {}).get("id")) for body in bodies}
        ours = {one.removeprefix("28:") for one in bot if one}  # Teams has the app id so
        return bool(
            ours and senders and ours.isdisjoint(one.removeprefix("28:") for one in senders)
        )

    def without_debt(self) -> Ledger:
        """Return the ledger as it is once nothing is owed."""
        return replace(self, owed=None)

    def knows(self, turn: str) -> bool:
        """Whether the turn of this name took effect."""
        return turn in self.seen

    def answer(self, turn: str) -> dict[str, Any] | None:
        """The HTTP answer of a turn that took effect, where it had one and it is still kept."""
        return self.answers.get(turn)

    def enter(
        self,
        turn: str,
        *,
        effects: list[Effect],
        answer: dict[str, Any] | None,
        holder: str,
        until: float,
    ) -> None:
        """Enter a turn that takes effect with the next commit.

        :param turn: see :class:`Owed`.
        :param effects: what it has to send.
        :param answer: its HTTP answer, if it has one.
        """
        self.seen = f"{self.seen} {turn}"[-SEEN * (len(turn) + 1) :]
        self.holder = holder
        self.owed = Owed(turn, effects, 0, holder, until) if effects else None
        if answer is not None and len(json_text.encode(answer)) <= LONGEST_ANSWER:
            self.answers[turn] = answer
            for old in list(self.answers)[:-ANSWERS]:
                del self.answers[old]

    def sent(self, reply_id: str, channel_id: str | None) -> None:
        """Write down that the next owed effect was sent.

        :param reply_id: the id the reply had in the bot, or "".
        :param channel_id: the id the channel gave it, where it gave one.
        """
        if self.owed is None:
            return
        self.owed.sent += 1
        self.owed.refusals, self.owed.refused_at = 0, 0.0
        if reply_id and channel_id:
            self.sent_ids[reply_id] = channel_id
            for old in list(self.sent_ids)[:-SENT_IDS]:
                del self.sent_ids[old]

    def settle(self) -> None:
        """Drop what is owed once all of it was sent."""
        if self.owed is not None and self.owed.settled:
            self.owed = None

    def channel_id(self, reply_id: str) -> str:
        """The channel's id of a reply the bot knows by ``reply_id``; any other id as it is."""
        return self.sent_ids.get(reply_id, reply_id)
