"""The SDK's own clients, made only when bot code asks for them: making one costs milliseconds."""

from __future__ import annotations

from asyncio import iscoroutine
from collections.abc import Callable, Coroutine
from typing import Any

from botbuilder.core.cloud_adapter_base import CloudAdapterBase
from botbuilder.schema import Activity
from botframework.connector.auth import ClaimsIdentity

from turnkeeper.errors import BotError


class LateClient:
    """Stands in a turn's services for an SDK client and becomes it at its first use.

    :param make: makes the client. A coroutine function must not wait for anything, as the SDK's
        ``ConnectorFactory.create`` and ``create_user_token_client`` do not.
    """

    def __init__(self, make: Callable[[], Any]) -> None:
        self._make = make
        self._client: Any = None

    def __getattr__(self, name: str) -> Any:
        if self._client is None:
            made = self._make()
            self._client = _finish_at_once(made) if iscoroutine(made) else made
        return getattr(self._client, name)


def late_clients(
    adapter: CloudAdapterBase, identity: ClaimsIdentity, activity: Activity, audience: str | None
) -> dict[str, LateClient]:
    """Return the clients that an adapter of the SDK has in the services of a turn, by name.

    :param identity: who has sent the turn's activity.
    :param audience: of the bot's tokens.
    """
    sdk = adapter.bot_framework_authentication
    connectors = sdk.create_connector_factory
    return {
        adapter.BOT_CONNECTOR_CLIENT_KEY: LateClient(
            lambda: connectors(identity).create(activity.service_url, audience)
        ),
        adapter.CONNECTOR_FACTORY_KEY: LateClient(lambda: connectors(identity)),
        adapter.USER_TOKEN_CLIENT_KEY: LateClient(lambda: sdk.create_user_token_client(identity)),
    }


def _finish_at_once(coroutine: Coroutine[Any, Any, Any]) -> Any:
    # An attribute cannot be awaited; these coroutines never wait, so one step finishes them.
    try:
        coroutine.send(None)
    except StopIteration as done:
        return done.value
    coroutine.close()
    raise BotError("an SDK client could not be made without waiting")
