"""What versions before 0.5 owe: the effects of one turn, in the ledger itself."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from turnkeeper.ledger.effects import Effect, Send, Update, effect_from_json
from turnkeeper.wire import json_text

_KNOWN: Final = ("turn", "effects", "sent")


@dataclass(slots=True)
class EarlierDebt:
    """What a turn of an earlier version has to send.

    :param turn: names the turn.
    :param effects: in order.
    :param sent: how many of them are known to be sent.
    :param others: what else was kept; it is kept until the debt is moved.
    """

    turn: str
    effects: list[Effect]
    sent: int
    others: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> EarlierDebt:
        """Return what a ledger's record holds.

        :raises TypeError, ValueError, KeyError: it is none.
        """
        known = {name: stored.pop(name) for name in _KNOWN}
        known["effects"] = [effect_from_json(effect) for effect in known["effects"]]
        return cls(**known, others=stored)

    def to_json(self) -> dict[str, Any]:
        """Return it as a ledger's record holds it."""
        return {
            **self.others,
            "turn": self.turn,
            "effects": [effect.to_json() for effect in self.effects],
            "sent": self.sent,
        }

    @property
    def left(self) -> list[Effect]:
        """What is not known to be sent."""
        return self.effects[self.sent :]

    def service_url(self) -> str:
        """Return where the channel listened, as the activities say; "" where none does."""
        found = (str(body.get("serviceUrl") or "") for body in self._bodies())
        return next(filter(None, found), "")

    def is_anothers(self, *bot: str) -> bool:
        """Return whether it is another bot's to send.

        Version 0.1 kept one ledger of a conversation for all bots on a store.

        :param bot: the ids by which this one is known, as far as they are.
        """
        senders = {str((body.get("from") or {}).get("id")) for body in self._bodies()}
        ours = {one.removeprefix("28:") for one in bot if one}  # Teams has the app id so
        return bool(
            ours and senders and ours.isdisjoint(one.removeprefix("28:") for one in senders)
        )

    def _bodies(self) -> list[dict[str, Any]]:
        bodies = (one.body for one in self.effects if isinstance(one, Send | Update))
        return [json_text.decode(body) for body in bodies]
