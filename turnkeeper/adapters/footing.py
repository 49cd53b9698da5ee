"""What an adapter stands on, made of settings: the store, who may send, where replies may go."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, replace

from turnkeeper.adapters.hosted import HostedAdapter
from turnkeeper.auth.authentication import Authenticator
from turnkeeper.auth.service_url import ServiceUrls
from turnkeeper.auth.tenants import Tenants
from turnkeeper.background.dispatcher import Dispatcher
from turnkeeper.background.sweeper import sweep_for_ever
from turnkeeper.connector.client import Connector
from turnkeeper.errors import Fault, SettingsError
from turnkeeper.ledger.upgrade import upgrade
from turnkeeper.login.certificate import check_certificate
from turnkeeper.login.token import NoToken, TokenSource
from turnkeeper.login.token_source import check_authority, token_source
from turnkeeper.observing.metrics import Metrics
from turnkeeper.outbound.proxy import outward_proxy
from turnkeeper.settings import Settings
from turnkeeper.storage import RecordStorage, store_at
from turnkeeper.storage.format import FORMAT, OWED_APART, format_of, mark
from turnkeeper.storage.namespace import Namespace
from turnkeeper.storage.place import fault_of_place
from turnkeeper.storage.private_file import warn_if_open
from turnkeeper.variables import ENV_FILE

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Footing:
    """What the adapter stands on, and bot code holds nothing of.

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
        store = storage or store_at(settings.storage_url, clock)
        local = settings.local_mode
        # Anybody on this machine may post to a bot in local mode, and name a host of its network.
        further = not local or settings.dangerously_listen_without_credentials
        return cls(
            settings,
            clock or time.time,
            make_connector,
            store,
            Namespace(store, settings.bot_name) if settings.bot_name else store,
            Authenticator(settings),
            ServiceUrls(
                settings.service_hosts if further else (),
                local=local,
                tenants=Tenants.of(settings),
            ),
            token_source(settings),
        )

    def on(self, records: RecordStorage) -> Footing:
        """Return the same on another store, or on a bot's part of one."""
        store = records.storage if isinstance(records, Namespace) else records
        return replace(self, store=store, records=records)

    def connector(self, metrics: Metrics) -> Connector:
        """Return a new connector."""
        per_host = self.settings.max_turns
        return self.make_connector(self.token, per_host=per_host, observer=metrics)

    async def open(
        self,
        adapter: HostedAdapter,
        metrics: Metrics,
        stack: AsyncExitStack,
        *,
        everywhere: Callable[[], bool],
    ) -> None:
        """Open all of it, also again after it was closed, and have an adapter take turns on it.

        :param stack: gets what closes each; one that fails to close leaves no other open.
        :param everywhere: whether what other processes left is taken up too, and not only what
            turns of this one owe.
        :raises SettingsError: the store can never be used.
        :raises StorageError: it is away, or cannot be read.
        """
        warn_if_open(ENV_FILE, [ENV_FILE])
        await self.store.open()
        stack.push_async_callback(self.store.close)
        # A script leaves a store that others may be using with an earlier version as it is.
        if (found := await format_of(self.store)) < FORMAT and (everywhere() or not found):
            moved = await upgrade(self.store) if found < OWED_APART else 0
            await mark(self.store)
            if found or moved:
                _log.info("the store is of format %d now; earlier versions refuse it", FORMAT)
        stack.push_async_callback(self.authenticator.close)
        self.authenticator.start()
        stack.push_async_callback(self.token.close)
        self.token.start(metrics.on_login_failure)
        connector = self.connector(metrics)
        stack.push_async_callback(connector.close)
        adapter.open(connector)
        stack.push_async_callback(adapter.close)
        settings = self.settings
        dispatcher = Dispatcher(
            self.records,
            adapter.senders,
            metrics,
            bot=settings.app_id,
            everywhere=lambda: settings.dispatch and everywhere(),
        )
        for chore in (dispatcher.run(), sweep_for_ever(self.store), metrics.watch_loop()):
            stack.push_async_callback(_end, asyncio.create_task(chore))


async def _end(task: asyncio.Task[None]) -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


def faults_of_parts(settings: Settings, storage: RecordStorage | None) -> Iterator[Fault]:
    """Yield what the parts say against the settings; nothing is connected."""
    parts: tuple[Callable[[], object], ...] = (
        lambda: storage or store_at(settings.storage_url),
        lambda: ServiceUrls(settings.service_hosts),
        lambda: check_certificate(settings.certificate_path, settings.certificate_thumbprint),
        lambda: check_authority(settings),
        lambda: settings.local_mode or outward_proxy(),
    )
    if storage is None:
        yield from faults_of_place(settings, settings.storage_url)
    for part in parts:
        try:
            part()
        except SettingsError as error:
            yield from error.faults


def faults_of_place(settings: Settings, url: str) -> tuple[Fault, ...]:
    """Return what is wrong with where a bot of these settings is to remember.

    :param url: of the store.
    """
    allowed = settings.allow_remote_store
    return fault_of_place(url, local_mode=settings.local_mode, allowed=allowed)
