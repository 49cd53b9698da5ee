"""The SDK's own clients, made only when bot code asks for them: making one costs milliseconds."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from turnkeeper.errors import BotError


class LateClient:
    """Stands in a turn's services for an SDK client and becomes it at its first use.

    :param make: a coroutine function that makes the client without waiting for anything, as the
        SDK's ``ConnectorFactory.create`` and ``create_user_token_client`` do.
    """

    def __init__(self, make: Callable[[], Coroutine[Any, Any, Any]]) -> None:
        self._make = make
        self._client: Any = None

    def __getattr__(self, name: str) -> Any:
        if self._client is None:
            self._client = _finish_at_once(self._make())
        return getattr(self._client, name)


def _finish_at_once(coroutine: Coroutine[Any, Any, Any]) -> Any:
    # An attribute cannot be awaited; these coroutines never wait, so one step finishes them.
    try:
        coroutine.send(None)
    except StopIteration as done:
        return done.value
    coroutine.close()
    raise BotError("an SDK client could not be made without waiting")
