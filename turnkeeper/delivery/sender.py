"""Sending what one conversation owes, in order, while this process is its sender."""

from __future__ import annotations

import logging
from typing import Final

from turnkeeper.address import owed_key
from turnkeeper.auth.service_url import ServiceUrls
from turnkeeper.connector.client import Connector
from turnkeeper.connector.outcome import Failed as TryFailed
from turnkeeper.connector.outcome import Refused as ChannelRefused
from turnkeeper.connector.outcome import Taken
from turnkeeper.delivery.conversation import Conversation
from turnkeeper.delivery.posting import carry_out
from turnkeeper.delivery.receipts import Receipts
from turnkeeper.errors import DeliveryRefused, RequestRefused, UnreadableRecord
from turnkeeper.ledger.effects import Delay, Effect, Send, Update
from turnkeeper.ledger.facts import Fact, Failed, Place, Refused, Sent
from turnkeeper.ledger.ledger import Ledger
from turnkeeper.ledger.owed import Owed
from turnkeeper.ledger.queue import LONG
from turnkeeper.observing.logs import TurnIds
from turnkeeper.observing.metrics import Metrics
from turnkeeper.observing.tracing import span
from turnkeeper.outbound.backoff import backoff
from turnkeeper.storage import RecordStorage
from turnkeeper.wire import json_text

PACE: Final = 7
"""Effects that are begun in a conversation in any second at most; Teams takes no more.

https://learn.microsoft.com/microsoftteams/platform/bots/how-to/rate-limit
"""

SPREAD: Final = 0.5
"""Seconds by which a wait that the channel asked for is longer, at random."""

A_SECOND: Final = 1.05
"""Seconds that are one to the channel too, though not all requests are equally long on the way."""

LATE: Final = 10.0
"""Seconds after its commit from which a reply counts as sent late."""

_log = logging.getLogger(__name__)


class Sender:
    """Sends what conversations owe, one effect of each at a time.

    :param storage: where records are.
    :param connector: sends.
    :param receipts: writes what the channel answers.
    :param service_urls: checks anew where the bot may post.
    :param metrics: is told of replies that are late, refused or given up.
    """

    def __init__(
        self,
        storage: RecordStorage,
        connector: Connector,
        receipts: Receipts,
        service_urls: ServiceUrls,
        metrics: Metrics,
    ) -> None:
        self._storage = storage
        self._connector = connector
        self._receipts = receipts
        self._service_urls = service_urls
        self._metrics = metrics

    async def send_all(self, conversation: Conversation) -> None:
        """Send what is owed until nothing is, or this process is the sender no more."""
        while conversation.token and not conversation.stopping:
            queue = conversation.ledger.queue
            wait = queue.not_before - self._storage.now()
            head = queue.head()
            if head is None or wait > LONG or not conversation.fresh():
                # With this write it lets go, where nothing is open or the wait is long.
                await self._receipts.beat(conversation)
            elif wait > 0 or (wait := self._too_soon(conversation)) > 0:
                await self._connector.pause(wait)
            elif owed := await self._owed(conversation, head[0]):
                place = Place(head[0], owed.turn, head[1])
                with TurnIds({"turn": owed.turn}):
                    fact = await self._try(conversation, owed, place)
                if fact:
                    await self._receipts.note(conversation, fact)

    def _too_soon(self, conversation: Conversation) -> float:
        """Return for how many seconds the pace of a conversation forbids to begin an effect."""
        lately = conversation.begun[-PACE:]
        return lately[0] + A_SECOND - self._connector.now() if len(lately) == PACE else 0.0

    async def _owed(self, conversation: Conversation, number: int) -> Owed | None:
        """Return what a number owes; None where that is not to be sent after all."""
        newest = max(conversation.ledger.queue.open)
        known = newest < conversation.heard or newest in conversation.owed
        if not known or number not in conversation.owed:
            await self._read_owed(conversation)
        if number not in conversation.owed:
            # Somebody has erased it, or has sent it, since its ledger was read. Or it is lost.
            conversation.known = False
            await self._receipts.beat(conversation)
            if conversation.token and (one := conversation.ledger.queue.open.get(number)):
                key = owed_key(conversation.key, number)
                _log.error("%s: what it owes is not there, or not readable", key)
                for index in [n for n, mark in enumerate(one.marks) if mark >= 0]:
                    self._metrics.given_up.inc()
                    fact = Refused(Place(number, one.turn, index))
                    await self._receipts.note(conversation, fact)
        return conversation.owed.get(number)

    async def _read_owed(self, conversation: Conversation) -> None:
        """Read what is owed and not known, and by the newest of it where the channel listens.

        What cannot be read is no hindrance to what can.
        """
        turns, told = conversation.ledger.queue.open, conversation.unreadable
        keys = {n: owed_key(conversation.key, n) for n in turns if n not in conversation.owed}
        found = await self._storage.fetch(list(keys.values()))
        conversation.unreadable = set()
        for n, key in keys.items():
            if key not in found:
                continue
            try:
                conversation.owed[n] = Owed.read(key, found[key]).checked(key, turns[n])
            except UnreadableRecord as error:
                conversation.unreadable.add(n)
                if n not in told:
                    _log.error("replies are lost: %s", error)
        newest = max(conversation.owed, default=0)
        if newest and newest >= conversation.heard:
            conversation.service_url = conversation.owed[newest].service_url
            conversation.heard = newest

    async def _try(self, conversation: Conversation, owed: Owed, place: Place) -> Fact | None:
        """Try one effect; return what the channel answered, None where nothing was begun."""
        effect, setting = owed.effects[place.index], "SERVICE_URL_HOSTS"
        try:
            service_url = self._service_urls.check(conversation.service_url)
            setting = "ALLOWED_TENANTS"
            self._service_urls.tenants.check_again(owed.tenant)
        except RequestRefused as refusal:
            _log.error("%s: %s; %s does not name it", conversation.key, refusal, setting)
            return self._refused(conversation, effect, place, ChannelRefused(403))
        if not isinstance(effect, Delay):
            conversation.begun = [*conversation.begun[1 - PACE :], self._connector.now()]
        conversation.in_hand = True
        try:
            ledger = conversation.ledger
            with span("delivery", ledger=conversation.key):
                outcome = await carry_out(
                    effect, ledger, self._connector, service_url, conversation.fresh
                )
        finally:
            conversation.in_hand = False
        match outcome:
            case Taken(id=channel_id):
                self._count(conversation, place)
                return Sent(place, _name_of(effect, ledger), channel_id)
            case ChannelRefused():
                _log.error("%s: the channel refused a reply: %d", conversation.key, outcome.status)
                return self._refused(conversation, effect, place, outcome)
            case TryFailed():
                return self._failed(conversation, effect, place, outcome)
            case _:
                return None  # this process may send no more, for all it knows

    def _refused(
        self, conversation: Conversation, effect: Effect, place: Place, refusal: ChannelRefused
    ) -> Refused:
        self._metrics.replies_refused.inc()
        if debt := conversation.debts.get(place.number):
            text = f"the channel refused a reply with {refusal.status}"
            debt.refusals.append(DeliveryRefused(refusal.status, text, code=refusal.code))
        return refusal_of(effect, place)

    def _failed(
        self, conversation: Conversation, effect: Effect, place: Place, failure: TryFailed
    ) -> Failed:
        now, one = self._storage.now(), conversation.ledger.queue.open.get(place.number)
        tries = one.marks[place.index] + 1 if one else 1
        if tries == 1:
            _log.warning("%s: a reply was not taken: %s", conversation.key, failure.reason)
        wait = backoff(tries, now - one.failing if one and one.failing else 0.0)
        asked = failure.retry_after is not None and failure.retry_after > 0
        if failure.retry_after is not None:
            # It was told to many at once: they should not come back as one.
            wait = max(wait, failure.retry_after + min(wait, SPREAD))
        reply = effect.id if isinstance(effect, Send) else ""
        return Failed(place, failure.status, now + wait, asked, failure.of_the_bot, reply)

    def _count(self, conversation: Conversation, place: Place) -> None:
        if one := conversation.ledger.queue.open.get(place.number):
            seconds = max(0.0, self._storage.now() - one.at)
            self._metrics.delivery_seconds.observe(seconds)
            if seconds > LATE:
                self._metrics.sent_late.inc()


def refusal_of(effect: Effect | None, place: Place) -> Refused:
    """Return the fact that an effect is refused for good.

    :param effect: None for one that cannot be read.
    """
    reply = effect.id if isinstance(effect, Send) else ""
    return Refused(place, reply, missed=effect is None or _is_message(effect))


def _is_message(effect: Effect) -> bool:
    """Return whether it is something new that a person reads; no update, no event."""
    return isinstance(effect, Send) and json_text.decode(effect.body).get("type") == "message"


def _name_of(effect: Effect, ledger: Ledger) -> str:
    """Return the id by which the bot knows a reply; "" where the channel's id of it is known."""
    match effect:
        case Send(id=name):
            return name
        case Update(activity=name) if name and not ledger.channel_id(name):  # it went as a new one
            return name
        case _:
            return ""
