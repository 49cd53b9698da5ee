"""Carrying out what a turn wants done, once it is committed."""

from __future__ import annotations

from turnkeeper.connector.client import Connector
from turnkeeper.ledger.effects import Delay, Effect, Send, Update
from turnkeeper.ledger.ledger import Ledger
from turnkeeper.wire import json_text


async def carry_out(
    effect: Effect, ledger: Ledger, connector: Connector, service_url: str, deadline: float
) -> str | None:
    """Do what an effect says.

    :param ledger: knows the channel's ids of earlier replies.
    :param service_url: where the channel listens now.
    :param deadline: as the connector's ``deadline`` gives it.
    :returns: the id that the channel gave, if it gave one.
    :raises DeliveryFailed: not done in time.
    :raises DeliveryRefused: the channel refuses it for good.
    """
    if isinstance(effect, Delay):
        await connector.pause(effect.ms / 1000)
        return None
    if isinstance(effect, Send):
        return await connector.send(
            service_url,
            effect.conversation,
            effect.body.encode(),
            reply_to_id=effect.reply_to or None,
            deadline=deadline,
        )
    activity_id = ledger.channel_id(effect.activity)
    if isinstance(effect, Update):
        body = {**json_text.decode(effect.body), "id": activity_id}
        return await connector.update(
            service_url,
            effect.conversation,
            activity_id,
            json_text.encode(body).encode(),
            deadline=deadline,
        )
    await connector.delete(service_url, effect.conversation, activity_id, deadline=deadline)
    return None
