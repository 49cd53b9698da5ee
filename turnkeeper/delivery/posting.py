"""Carrying out one effect: one attempt, and what became of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from turnkeeper.connector.client import Connector
from turnkeeper.connector.outcome import Outcome, Taken
from turnkeeper.ledger.effects import Delay, Effect, Send, Update
from turnkeeper.ledger.ledger import Ledger
from turnkeeper.wire import json_text

_NOTHING_TO_DO: Final = Taken(None)


async def carry_out(
    effect: Effect,
    ledger: Ledger,
    connector: Connector,
    service_url: str,
    gate: Callable[[], bool],
) -> Outcome:
    """Do what an effect says, and return what became of it.

    Of a reply that the channel never took an update is sent as a new one, and a deletion is done.

    :param ledger: knows the channel's ids of earlier replies.
    :param service_url: where the channel listens now.
    :param gate: is asked as the last thing before bytes leave.
    """
    if isinstance(effect, Delay):
        await connector.pause(effect.ms / 1000)
        return _NOTHING_TO_DO
    if isinstance(effect, Send):
        reply_to = effect.reply_to or None
        body = effect.body.encode()
        return await connector.attempt_send(
            service_url, effect.conversation, body, reply_to_id=reply_to, gate=gate
        )
    activity_id = ledger.channel_id(effect.activity)
    lost = bool(effect.activity) and not activity_id
    if isinstance(effect, Update):
        activity = json_text.decode(effect.body)
        if lost:
            activity.pop("id", None)
            body = json_text.encode(activity).encode()
            return await connector.attempt_send(service_url, effect.conversation, body, gate=gate)
        body = json_text.encode({**activity, "id": activity_id}).encode()
        return await connector.attempt_update(
            service_url, effect.conversation, activity_id, body, gate=gate
        )
    if lost:
        return _NOTHING_TO_DO
    return await connector.attempt_delete(service_url, effect.conversation, activity_id, gate=gate)
