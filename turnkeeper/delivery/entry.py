"""The ledger's part of a turn's commit, composed from the newest ledger there is."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from turnkeeper.address import owed_key
from turnkeeper.delivery.conversation import Conversation, Debt, lasting
from turnkeeper.delivery.lease import Moment
from turnkeeper.errors import RequestRefused
from turnkeeper.ledger.ledger import Ledger
from turnkeeper.ledger.owed import Owed
from turnkeeper.ledger.queue import MOST_OPEN, Queue
from turnkeeper.storage import ANY, Change, Record, RecordStorage


@dataclass(frozen=True, slots=True)
class Entry:
    """A turn that is to be committed.

    :param turn: its name.
    :param owed: what it owes; without effects nothing.
    :param who: digest of the person whose turn it is; "" for nobody.
    :param enter: enters the turn in a ledger as it is now, and returns the numbers whose person is
        forgotten by it. It may raise :class:`turnkeeper.errors.WriteConflict`.
    :param owner: of the ledger, "" for nobody; None keeps the one it has.
    :param expires_at: of the ledger.
    """

    turn: str
    owed: Owed
    who: str
    enter: Callable[[Ledger], Iterable[int]]
    owner: str | None
    expires_at: float | None


class Composition:
    """The ledger's part of a commit, composed anew as often as others write it.

    :param entry: the turn.
    :param may_take: whether this process may become the sender.
    """

    def __init__(
        self,
        key: str,
        entry: Entry,
        conversation: Conversation,
        storage: RecordStorage,
        *,
        may_take: bool,
    ) -> None:
        self._key = key
        self._entry = entry
        self._conversation = conversation
        self._storage = storage
        self._may_take = may_take

    def revise(self, record: Record | None) -> Iterator[Change]:
        """Yield the changes of a ledger."""
        key, entry = self._key, self._entry
        ledger = self._ledger = Ledger.read(key, record)
        for number in entry.enter(ledger):
            yield Change(owed_key(key, number), None, ANY)
        queue, now = ledger.queue, self._storage.now()
        self._number, self._token = 0, ""
        if entry.owed.effects:
            if len(queue.open) >= MOST_OPEN:
                raise too_much_owed()
            effects = len(entry.owed.effects)
            number = self._number = queue.enter(entry.turn, entry.who, effects, now)
            owner = entry.owed.owner
            yield Change(owed_key(key, number), entry.owed.body(), ANY, owner)
        if queue.open and not queue.holder and queue.not_before <= now and self._may_take:
            self._token = secrets.token_hex(8)
        elif queue.holder and queue.holder == self._conversation.token:
            self._token = queue.holder
        if self._token:
            queue.take(self._token)
        expires_at = lasting(entry.expires_at, ledger, now)
        yield Change(
            key,
            ledger.body(),
            record.e_tag if record else None,
            (record.owner if record else "") if entry.owner is None else entry.owner,
            expires_at,
            self._due_in(record, queue, now),
        )

    def _due_in(self, record: Record | None, queue: Queue, now: float) -> float | None:
        due_in = queue.due_in(now)
        if due_in is not None and queue.holder and not self._token and record and record.due_at:
            return min(
                due_in, record.due_at - now
            )  # another's turn is no sign of the holder's life
        return due_in

    def committed(self, record: Record | None, begun: Moment) -> Debt | None:
        """Take note that it is committed; return what the turn owes.

        :param begun: when the write was begun: so old is the beat.
        """
        conversation, number = self._conversation, self._number
        conversation.token = self._token or conversation.token
        conversation.learn(self._ledger, record)
        if self._token:
            conversation.beaten(begun)
        conversation.service_url = self._entry.owed.service_url or conversation.service_url
        conversation.heard = self._ledger.queue.next
        if not number:
            return None
        conversation.owed[number] = self._entry.owed
        debt = Debt(asyncio.get_running_loop().create_future(), len(self._entry.owed.effects))
        conversation.debts[number] = debt
        return debt


def too_much_owed() -> RequestRefused:
    """Return the refusal of a message to a conversation that owes too much already."""
    return RequestRefused(
        503, "replies_owed", "Too many replies wait for this conversation.", retry_after=10
    )
