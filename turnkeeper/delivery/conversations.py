"""The conversations that this process knows something of; nothing is kept of one at rest."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import suppress

from turnkeeper.delivery.conversation import Conversation, Debt
from turnkeeper.delivery.lease import LeaseClock
from turnkeeper.errors import UnreadableRecord
from turnkeeper.ledger.ledger import Ledger
from turnkeeper.storage import RecordStorage


class Conversations:
    """Conversations by the keys of their ledgers.

    :param clock: measures the age of writes.
    :param reply_ttl: seconds after which a reply that fails is given up.
    """

    def __init__(self, clock: LeaseClock, reply_ttl: float) -> None:
        self._clock = clock
        self._reply_ttl = reply_ttl
        self._by_key: dict[str, Conversation] = {}

    def __iter__(self) -> Iterator[Conversation]:
        """Iterate over them; meanwhile some may come and go."""
        return iter(list(self._by_key.values()))

    def of(self, key: str) -> Conversation:
        """Return the conversation with this ledger; it is made where it is new."""
        found = self._by_key.get(key)
        if found is None:
            found = self._by_key[key] = Conversation(key, self._clock, self._reply_ttl)
        return found

    def holds(self, key: str) -> bool:
        """Return whether this process is the sender of a conversation."""
        return key in self._by_key and bool(self._by_key[key].token)

    def drop(self, conversation: Conversation) -> None:
        """Forget a conversation if it is at rest."""
        if conversation.at_rest and self._by_key.get(conversation.key) is conversation:
            del self._by_key[conversation.key]

    def debt(self, key: str, turn: str) -> Debt | None:
        """Return what a turn still owes; None where it owes nothing, or that is not known here.

        :param key: of the ledger.
        :param turn: the turn's name.
        """
        conversation = self._by_key.get(key)
        open_turns = conversation.ledger.queue.open if conversation else {}
        for number, one in open_turns.items():
            if conversation and one.turn == turn:
                debt = conversation.debts.get(number)
                if debt is None or debt.settled.done():
                    settled = asyncio.get_running_loop().create_future()
                    debt = conversation.debts[number] = Debt(settled, len(one.marks))
                return debt
        return None

    async def look(self, storage: RecordStorage) -> None:
        """See what others have made of those in which turns of this process owe something.

        :raises StorageError: the store is away.
        """
        elsewhere = [one for one in self if one.is_sent_elsewhere]
        found = await storage.fetch([one.key for one in elsewhere]) if elsewhere else {}
        for one in elsewhere:
            record = found.get(one.key)
            with suppress(UnreadableRecord):  # whoever is to send there tells the operator
                ledger = Ledger.read(one.key, record)
                if one.is_sent_elsewhere:
                    one.learn(ledger, record)
                    one.known = False  # it was read outside of the lock
                    self.drop(one)

    def owed(self, now: float) -> tuple[int, float]:
        """Return how many turns owe something, and for how many seconds the oldest has.

        :param now: seconds since the epoch by the store's clock.
        """
        turns = [one for each in self for one in each.ledger.queue.open.values()]
        return len(turns), max((now - one.at for one in turns), default=0.0)
