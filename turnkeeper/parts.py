"""The parts of a host: made of its settings, opened and closed together."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack, suppress
from typing import Literal

from turnkeeper.adapters.cloud import CloudAdapter
from turnkeeper.adapters.turn_error import default_on_turn_error
from turnkeeper.auth.authentication import Authenticator
from turnkeeper.auth.service_url import ServiceUrls
from turnkeeper.background.sweeper import sweep_for_ever
from turnkeeper.connector.client import Connector
from turnkeeper.errors import Fault, SettingsError
from turnkeeper.login.credentials import check_certificate
from turnkeeper.login.token import token_source
from turnkeeper.observing.metrics import Metrics
from turnkeeper.outbound.proxy import outward_proxy
from turnkeeper.settings import Settings
from turnkeeper.state.scope import ConversationState, TurnState, UserState
from turnkeeper.state.typed_storage import TypedStorage
from turnkeeper.storage import RecordStorage, open_storage
from turnkeeper.storage.format import mark
from turnkeeper.storage.namespace import Namespace
from turnkeeper.wire.codec import Codec
from turnkeeper.wire.types import Types

GroupState = Literal["person", "conversation"]


class Parts:
    """Everything that a bot runs on. The arguments are those of :class:`turnkeeper.Host`."""

    def __init__(
        self,
        settings: Settings,
        types: Types | None,
        storage: RecordStorage | None,
        clock: Callable[[], float] | None,
        group_state: GroupState,
    ) -> None:
        clock = clock or time.time
        self._store = storage or open_storage(settings.storage_url, clock)
        name = settings.bot_name
        self.records = Namespace(self._store, name) if name else self._store
        self.codec = Codec(types)
        self.storage = TypedStorage(self.records, self.codec)
        self.conversation_state = ConversationState(
            self.storage, group_state=group_state, ttl=settings.conversation_ttl
        )
        self.user_state = UserState(self.storage, ttl=settings.profile_ttl)
        self.states = TurnState(self.conversation_state, self.user_state)
        self.metrics = Metrics()
        self.authenticator = Authenticator(settings)
        self._token = token_source(settings)
        self._max_turns = settings.max_turns
        self.adapter = CloudAdapter(
            self.states,
            self.authenticator,
            ServiceUrls(settings.service_hosts, local=settings.local_mode),
            self._connector(),
            bot_id=settings.app_id,
            metrics=self.metrics,
            conversation_ttl=settings.conversation_ttl,
            clock=clock,
        )
        self.adapter.on_turn_error = default_on_turn_error(self.conversation_state)

    async def open(self, stack: AsyncExitStack) -> None:
        """Open all parts, also again after they were closed.

        :param stack: gets what closes each; one that fails to close leaves no other open.
        :raises SettingsError: the store can never be used.
        :raises StorageError: it is away, or cannot be read.
        """
        await self._store.open()
        stack.push_async_callback(self._store.close)
        await mark(self._store)
        stack.push_async_callback(self.authenticator.close)
        self.authenticator.start()
        stack.push_async_callback(self._token.close)
        connector = self._connector()
        stack.push_async_callback(connector.close)
        self.adapter.open(connector)
        stack.push_async_callback(self.adapter.close)
        for chore in (sweep_for_ever(self._store), self.metrics.watch_loop()):
            stack.push_async_callback(_end, asyncio.create_task(chore))

    def _connector(self) -> Connector:
        return Connector(self._token, per_host=self._max_turns, observer=self.metrics)


async def _end(task: asyncio.Task[None]) -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


def faults_of_parts(settings: Settings, storage: RecordStorage | None) -> Iterator[Fault]:
    """Yield what the parts say against the settings; nothing is connected."""
    parts: tuple[Callable[[], object], ...] = (
        lambda: storage or open_storage(settings.storage_url),
        lambda: ServiceUrls(settings.service_hosts),
        lambda: check_certificate(settings.certificate_path, settings.certificate_thumbprint),
        lambda: settings.local_mode or outward_proxy(),
    )
    for part in parts:
        try:
            part()
        except SettingsError as error:
            yield from error.faults
