"""Other ground under a host, for as long as a test lasts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from turnkeeper.adapters.footing import Footing
from turnkeeper.adapters.stock import StockAdapter
from turnkeeper.connector.client import Connector
from turnkeeper.errors import SettingsError
from turnkeeper.host import Host
from turnkeeper.settings import Settings
from turnkeeper.storage import RecordStorage
from turnkeeper.testing.clock import Clock
from turnkeeper.testing.outside.services import Services


@contextmanager
def standing(
    host: Host | StockAdapter, services: Services, storage: str | RecordStorage, clock: Clock
) -> Iterator[None]:
    """Have a host, or an adapter, stand on a test's services, store and clock.

    At the end it is as it was. What is the bot's own stays: its types, its name, how long it
    remembers.

    :param storage: the store, or its URL.
    :raises SettingsError: the settings are wrong.
    :raises BotError: the host is open already.
    """
    if host.faults:
        raise SettingsError(*host.faults)
    settings = host.footing.settings if isinstance(host, StockAdapter) else host.settings
    in_cloud = Settings(
        storage_url=storage if isinstance(storage, str) else "memory:",
        app_id=services.app_id,
        app_password=services.login.app_password,
        login_url=services.url,
        open_id_metadata_url=services.open_id_metadata_url,
        service_hosts=("127.0.0.1",),
        bot_name=settings.bot_name,
        max_turns=settings.max_turns,
        conversation_ttl=settings.conversation_ttl,
        profile_ttl=settings.profile_ttl,
        trusted_ids=settings.trusted_ids,
        allowed_tenants=settings.allowed_tenants,
    )
    own = storage if isinstance(storage, RecordStorage) else None
    connector = partial(Connector, clock=clock.waited, sleep=clock.skip)
    footing = Footing.of(in_cloud, own, clock, connector)
    with _host_on(host, footing) if isinstance(host, Host) else _adapter_on(host, footing):
        yield


@contextmanager
def _host_on(host: Host, footing: Footing) -> Iterator[None]:
    parts, settings = host._parts, host.settings
    before = parts.footing
    parts.stand_on(footing)
    host.settings = footing.settings
    try:
        yield
    finally:
        host.settings = settings
        parts.stand_on(before, anyhow=True)


@contextmanager
def _adapter_on(adapter: StockAdapter, footing: Footing) -> Iterator[None]:
    """The states of a bot hold on to the connection, which is lent the test's store."""
    with adapter.connection.lent(footing.store):
        before = adapter.stand_on_footing(footing)
        try:
            yield
        finally:
            adapter.stand_on_footing(before)
