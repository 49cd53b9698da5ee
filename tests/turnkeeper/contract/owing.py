"""Conversations that owe something, or have given something up, as records."""

from __future__ import annotations

import json
import time
from typing import Any

from tests.turnkeeper.turn.world import SERVICE_URL
from turnkeeper.address import Address, given_up_key, owed_key
from turnkeeper.ledger.effects import Send
from turnkeeper.ledger.ledger import Ledger, digest
from turnkeeper.ledger.owed import Owed
from turnkeeper.ledger.queue import Queue
from turnkeeper.storage import ANY, Change, RecordStorage

LONG_AGO = 1_700_000_000.0
"""2023-11-14T22:13:20+00:00."""
FAR_OFF = 4_102_444_800.0
"""2100-01-01T00:00:00+00:00."""


class Owing:
    """The records of a conversation; nothing is stored before :meth:`store`.

    :param conversation: its id.
    :param owner: of the ledger: a user-state key, or "" for a group.
    :param bot: the bot's app id.
    :param queue: how things stand in its ledger.
    :ivar key: of the ledger.
    """

    def __init__(
        self, conversation: str = "c", *, owner: str = "", bot: str = "", **queue: Any
    ) -> None:
        self.key = Address.of(bot, "msteams", conversation).ledger_key
        self.ledger = Ledger(seen=" 00", queue=Queue(**queue))
        self._conversation = conversation
        self._owner = owner
        self._changes: list[Change] = []

    def turn(self, *texts: str, person: str = "", name: str = "", at: float = LONG_AGO) -> str:
        """Have a turn of a person's owe replies; return the key of what it owes."""
        queue, owner = self.ledger.queue, owner_of(person)
        turn = f"{queue.next:016x}"
        number = queue.enter(turn, digest(owner) if owner else "", len(texts), at)
        key = owed_key(self.key, number)
        self._changes.append(Change(key, self._owed(turn, texts, person, name), ANY, owner))
        return key

    def given_up(self, text: str, *, person: str = "", name: str = "", number: int = 900) -> str:
        """Have a reply given up; return its key."""
        key = given_up_key(self.key, number, 0)
        body = self._owed(f"{number:016x}", [text], person, name)
        self._changes.append(Change(key, body, ANY, owner_of(person), FAR_OFF))
        return key

    async def store(self, storage: RecordStorage) -> None:
        """Store all of it."""
        due_in = self.ledger.queue.due_in(time.time())
        ledger = Change(self.key, self.ledger.body(), ANY, self._owner, FAR_OFF, due_in)
        await storage.commit([ledger, *self._changes])

    def _owed(self, turn: str, texts: Any, person: str, name: str) -> str:
        recipient = {"id": person, **({"name": name} if name else {})}
        bodies = [{"type": "message", "text": text, "recipient": recipient} for text in texts]
        effects = [
            Send(f"{turn}-{index}", self._conversation, "", json.dumps(body))
            for index, body in enumerate(bodies)
        ]
        return Owed(turn, SERVICE_URL, [*effects]).body()


def owner_of(person: str) -> str:
    """The user-state key of a person; "" of nobody."""
    return Address.of("", "msteams", "c", person).owner


async def queue_in(storage: RecordStorage, key: str) -> Queue:
    """What a ledger says of what is owed."""
    return Ledger.read(key, (await storage.fetch([key]))[key]).queue


async def keys_of(storage: RecordStorage, prefix: str = "") -> list[str]:
    """The keys that begin so."""
    return [key for key, _ in await storage.scan(prefix=prefix)]
