"""Carrying out what an outbox holds, once it is committed."""

from __future__ import annotations

import asyncio
from typing import Any

from turnkeeper.connector.client import Connector
from turnkeeper.errors import DeliveryFailed, DeliveryRefused
from turnkeeper.ledger.ledger import Ledger
from turnkeeper.wire import json_text


async def carry_out(
    effect: dict[str, Any],
    ledger: Ledger,
    connector: Connector,
    service_url: str,
    deadline: float,
) -> str | None:
    """Do what an effect says.

    :param effect: a JSON object as :mod:`turnkeeper.turn.outbox` makes it.
    :param ledger: knows the channel's ids of earlier replies.
    :param service_url: where the channel listens now.
    :param deadline: in the event loop's time.
    :returns: the id that the channel gave, if it gave one. A refusal for good counts as done: the
        connector has logged it, and asking again cannot help.
    :raises DeliveryFailed: not done in time.
    """
    match effect["do"]:
        case "delay":
            await asyncio.sleep(effect["ms"] / 1000)
            return None
        case "send":
            call = connector.send(
                service_url,
                effect["conversation"],
                _text(effect["body"]).encode(),
                reply_to_id=effect["reply_to"] or None,
                deadline=deadline,
            )
        case "update":
            activity_id = ledger.channel_id(effect["activity"])
            body = {**json_text.decode(_text(effect["body"])), "id": activity_id}
            call = connector.update(
                service_url,
                effect["conversation"],
                activity_id,
                json_text.encode(body).encode(),
                deadline=deadline,
            )
        case "delete":
            activity_id = ledger.channel_id(effect["activity"])
            call = connector.delete(
                service_url, effect["conversation"], activity_id, deadline=deadline
            )
        case unknown:
            raise DeliveryFailed(f"the ledger holds an unknown effect {unknown!r}")
    try:
        return await call
    except DeliveryRefused:
        return None


def _text(body: Any) -> str:
    """The activity as JSON text; in a ledger of the first days it is an object."""
    return body if isinstance(body, str) else json_text.encode(body)
