"""The SDK's own clients, made only when bot code asks for them: making one costs milliseconds."""

from __future__ import annotations

from asyncio import iscoroutine
from collections.abc import Callable, Coroutine
from typing import Any

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


def _finish_at_once(coroutine: Coroutine[Any, Any, Any]) -> Any:
    # An attribute cannot be awaited; these coroutines never wait, so one step finishes them.
    try:
        coroutine.send(None)
    except StopIteration as done:
        return done.value
    coroutine.close()
    raise BotError("an SDK client could not be made without waiting")
