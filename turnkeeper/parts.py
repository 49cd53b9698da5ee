"""The parts of a host: made of its settings, opened and closed together."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from typing import Literal

from turnkeeper.adapters.cloud import CloudAdapter
from turnkeeper.adapters.turn_error import default_on_turn_error
from turnkeeper.auth.authentication import Authenticator
from turnkeeper.auth.service_url import ServiceUrls
from turnkeeper.background.sweeper import sweep_for_ever
from turnkeeper.connector.client import Connector
from turnkeeper.errors import BotError, Fault, SettingsError
from turnkeeper.login.credentials import check_certificate
from turnkeeper.login.token import NoToken, TokenSource, token_source
from turnkeeper.observing.metrics import Metrics
from turnkeeper.outbound.proxy import outward_proxy
from turnkeeper.settings import Settings
from turnkeeper.state.scope import ConversationState, UserState
from turnkeeper.state.turn_state import TurnState
from turnkeeper.state.typed_storage import Lifetimes, TypedStorage
from turnkeeper.storage import RecordStorage, open_storage
from turnkeeper.storage.format import mark
from turnkeeper.storage.namespace import Namespace
from turnkeeper.wire.codec import Codec
from turnkeeper.wire.types import Types

GroupState = Literal["person", "conversation"]


@dataclass(frozen=True)
class Footing:
    """What the parts stand on, and bot code holds nothing of.

    :ivar store: what opens and closes.
    :ivar records: the same, below the bot's name where it has one.
    """

    settings: Settings
    clock: Callable[[], float]
    make_connector: Callable[..., Connector]
    store: RecordStorage
    records: RecordStorage
    authenticator: Authenticator
    service_urls: ServiceUrls
    token: TokenSource | NoToken

    @classmethod
    def of(
        cls,
        settings: Settings,
        storage: RecordStorage | None = None,
        clock: Callable[[], float] | None = None,
        make_connector: Callable[..., Connector] = Connector,
    ) -> Footing:
        """Return what settings ask for; nothing is opened yet.

        :param storage: in place of that of the settings.
        :param make_connector: makes the connector, from its arguments.
        """
        clock = clock or time.time
        store = storage or open_storage(settings.storage_url, clock)
        name = settings.bot_name
        return cls(
            settings,
            clock,
            make_connector,
            store,
            Namespace(store, name) if name else store,
            Authenticator(settings),
            ServiceUrls(settings.service_hosts, local=settings.local_mode),
            token_source(settings),
        )

    def connector(self, metrics: Metrics) -> Connector:
        """Return a new connector."""
        per_host = self.settings.max_turns
        return self.make_connector(self.token, per_host=per_host, observer=metrics)


class Parts:
    """Everything that a bot runs on.

    :ivar footing: what it stands on.

    :param footing: its settings' TTLs are those of the states.
    :param types: what the bot may store beside what is built in.
    :param group_state: as of :class:`turnkeeper.Host`.
    """

    def __init__(self, footing: Footing, types: Types | None, group_state: GroupState) -> None:
        settings = footing.settings
        self.footing = footing
        self._open = False
        self.codec = Codec(types)
        lifetimes = Lifetimes(settings.conversation_ttl, settings.profile_ttl)
        self.storage = TypedStorage(footing.records, self.codec, lifetimes)
        self.conversation_state = ConversationState(self.storage, group_state=group_state)
        self.user_state = UserState(self.storage)
        self.states = TurnState(self.conversation_state, self.user_state)
        self.metrics = Metrics()
        self.adapter = CloudAdapter(
            self.states,
            footing.authenticator,
            footing.service_urls,
            footing.connector(self.metrics),
            bot_id=settings.app_id,
            metrics=self.metrics,
            conversation_ttl=settings.conversation_ttl,
            clock=self.clock,
        )
        self.adapter.on_turn_error = default_on_turn_error(self.conversation_state)

    def clock(self) -> float:
        """Return the seconds since the epoch."""
        return self.footing.clock()

    def stand_on(self, footing: Footing, *, anyhow: bool = False) -> None:
        """Change what the parts stand on, for a test.

        What bot code holds on to stays what it is: the states and their properties, the storage,
        the adapter with its middleware.

        :param anyhow: also where the parts are open; they close what they have opened.
        :raises BotError: the parts are open.
        """
        if self._open and not anyhow:
            raise BotError("the host is open; close its application first")
        self.footing = footing
        self.storage.records = footing.records
        app_id = footing.settings.app_id
        self.adapter.stand_on(footing.authenticator, footing.service_urls, app_id)

    async def open(self, stack: AsyncExitStack) -> None:
        """Open all parts, also again after they were closed.

        :param stack: gets what closes each; one that fails to close leaves no other open.
        :raises SettingsError: the store can never be used.
        :raises StorageError: it is away, or cannot be read.
        """
        footing, self._open = self.footing, True
        stack.callback(setattr, self, "_open", False)
        await footing.store.open()
        stack.push_async_callback(footing.store.close)
        await mark(footing.store)
        stack.push_async_callback(footing.authenticator.close)
        footing.authenticator.start()
        stack.push_async_callback(footing.token.close)
        connector = footing.connector(self.metrics)
        stack.push_async_callback(connector.close)
        self.adapter.open(connector)
        stack.push_async_callback(self.adapter.close)
        for chore in (sweep_for_ever(footing.store), self.metrics.watch_loop()):
            stack.push_async_callback(_end, asyncio.create_task(chore))


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
