"""What one committed turn owes: a record of its own, inserted and deleted, never changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from turnkeeper.errors import UnreadableRecord
from turnkeeper.ledger.effects import Delay, Delete, Effect, effect_from_json
from turnkeeper.ledger.open_turn import Open
from turnkeeper.storage import Record
from turnkeeper.wire import json_text

FORMAT: Final = 1


@dataclass(frozen=True, slots=True)
class Owed:
    """What a turn owes.

    :param turn: its name in the ledger.
    :param service_url: where the channel listened when the turn was committed.
    :param effects: in order. A mark of the ledger says of each how it stands.
    :param tenant: of Teams, to which it goes; "" where none was told, or in records up to 0.5.
    :param owner: of the record: the user-state key of the person whose turn it was, or "".
    """

    turn: str
    service_url: str
    effects: list[Effect]
    owner: str = ""
    tenant: str = ""

    @classmethod
    def read(cls, key: str, record: Record) -> Owed:
        """Return what a record holds.

        :raises UnreadableRecord: it is none of a known format.
        """
        try:
            data = json_text.decode(record.body)
            if data["v"] != FORMAT:
                raise UnreadableRecord(key, f"format {data['v']!r} is not known")
            owed = data["state"]["owed"]
            effects = [effect_from_json(effect) for effect in owed["effects"]]
            if not all(map(_is_whole, effects)):
                raise UnreadableRecord(key, "an effect is not whole")
            turn, url, tenant = owed["turn"], owed["service_url"], owed.get("tenant", "")
            return cls(str(turn), str(url), effects, record.owner, str(tenant))
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise UnreadableRecord(key, f"not readable ({type(error).__name__})") from error

    def checked(self, key: str, turn: Open) -> Owed:
        """Return it, if it is what the ledger says of it.

        :param key: of its record.
        :param turn: what the ledger has under its number.
        :raises UnreadableRecord: it is not. To send by it would be to send for ever.
        """
        if (self.turn, len(self.effects)) != (turn.turn, len(turn.marks)):
            raise UnreadableRecord(key, "not what its ledger says of it")
        return self

    def body(self) -> str:
        """Return the record's body."""
        effects = [effect.to_json() for effect in self.effects]
        owed: dict[str, Any] = {
            "turn": self.turn,
            "service_url": self.service_url,
            "effects": effects,
        }
        if self.tenant:
            owed["tenant"] = self.tenant
        return json_text.encode({"v": FORMAT, "state": {"owed": owed}})


def _is_whole(effect: Effect) -> bool:
    """Return whether a stored effect can be carried out."""
    if isinstance(effect, Delay):
        return isinstance(effect.ms, int | float)
    texts = [getattr(effect, name) for name in effect.__dataclass_fields__]
    if not all(isinstance(text, str | None) for text in texts):  # as earlier versions had them
        return False
    return isinstance(effect, Delete) or isinstance(json_text.decode(effect.body), dict)
