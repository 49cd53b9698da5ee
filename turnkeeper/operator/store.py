"""The store that a command works on, and what is known of the types in it."""

from __future__ import annotations

import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any, Final

from turnkeeper.adapters.stock import StockAdapter
from turnkeeper.errors import Fault, SettingsError
from turnkeeper.host import Host
from turnkeeper.operator.application import load
from turnkeeper.settings import Settings
from turnkeeper.state.reading import readable, state_of
from turnkeeper.storage import MemoryStorage, Record, RecordStorage, store_at
from turnkeeper.storage.connection import Connection
from turnkeeper.storage.namespace import Namespace
from turnkeeper.storage.server_url import ServerUrl
from turnkeeper.storage.sqlite.storage import SQLiteStorage
from turnkeeper.variables import read_variables
from turnkeeper.wire.codec import Codec

_VARIABLE: Final = "env:"


@dataclass(frozen=True, slots=True)
class Store:
    """A store, not yet open.

    :param records: as the bot has them.
    :param name: fit to be printed.
    :param argument: by which it was named, for errors.
    :param codec: reads the bot's types; None where they are not known, and not checked.
    """

    records: RecordStorage
    name: str
    argument: str = "STORAGE_URL"
    codec: Codec | None = None

    def readable(self, key: str, record: Record) -> dict[str, Any]:
        """Return a record as :func:`turnkeeper.state.reading.readable` shows it."""
        return {**readable(*self._known(key, record)), "key": key}

    def check(self, key: str, record: Record) -> None:
        """Read a record.

        :raises UnreadableRecord: the bot cannot.
        """
        state_of(*self._known(key, record))

    def _known(self, key: str, record: Record) -> tuple[str, Record, Codec | None]:
        # The store's mark, and what other bots keep in namespaces: none of this bot's types.
        if key.startswith("~"):
            return key.partition("/")[2], record, None
        return key, record, self.codec


def find(url: str | None, app: str | None) -> Store:
    """Return the store of the bot.

    :param url: the store, or its variable, in place of the one that the bot's settings name.
    :param app: ``MODULE:NAME`` of a host, an adapter or a storage; None for no more than the
        environment says.
    :raises SettingsError: there is no such store.
    """
    url = None if url is None else url_of(url, "--url")
    if app is None:
        return _of_environment(url)
    found = load(app)
    name = f"the store of {app}"
    if isinstance(found, RecordStorage | StockAdapter):
        if url is not None:
            what = "a host, or the storage of a bot's states,"
            raise SettingsError.of("--app", f"must name {what} beside --url: this has no types")
        return Store(found.records if isinstance(found, StockAdapter) else found, name)
    storage = found.storage if isinstance(found, Host) else found
    if url is None:
        return Store(storage.records, name, codec=storage.codec)
    bot = (
        found.settings.bot_name if isinstance(found, Host) else _settings_of_environment().bot_name
    )
    return at(url, "--url", bot, storage.codec)


def url_of(text: str, argument: str) -> str:
    """Return the URL that an argument gives: itself, or ``env:NAME``, the variable that has it.

    :param argument: its name, for errors.
    :raises SettingsError: the variable is not set.
    """
    if text.startswith(_VARIABLE):
        variables, faults = read_variables()
        if faults:
            raise SettingsError(*faults)
        if url := variables.get(text.removeprefix(_VARIABLE), "").strip():
            return url
        raise SettingsError.of(
            argument, f"the variable that {_VARIABLE} names is not set, or blank"
        )
    with suppress(SettingsError):  # the store says what is wrong with it
        if ServerUrl.parse(text).has_password:
            print(
                f"warning: {argument}: others on this machine can read the password while the "
                "command runs, and the shell keeps it; put the URL into a variable and give "
                f"{_VARIABLE}NAME",
                file=sys.stderr,
            )
    return text


def at(url: str, argument: str, bot: str = "", codec: Codec | None = None) -> Store:
    """Return the store at a URL.

    :param argument: which has the URL, for errors.
    :param bot: BOT_NAME, or "" for the store as a whole.
    :param codec: see :class:`Store`.
    :raises SettingsError: it is no URL of a store.
    """
    try:
        records = store_at(url)
        scheme = url.partition(":")[0].lower()
        name = url.partition("?")[0] if scheme == "sqlite" else ServerUrl.parse(url).address
    except SettingsError as error:
        raise _about(argument, error) from None
    return Store(Namespace(records, bot) if bot else records, name, argument, codec)


def sqlite_path(store: Store) -> str | None:
    """Return the path of a store's SQLite file; None where it is another kind of store."""
    records = _unwrapped(store.records)
    return records.path if isinstance(records, SQLiteStorage) else None


@asynccontextmanager
async def opened(store: Store, *, create: bool = False) -> AsyncIterator[RecordStorage]:
    """Have a store open within the block.

    :param create: whether a SQLite file may be made.
    :raises SettingsError: the store cannot hold anything, or is not there.
    """
    try:
        _require_lasting(store.records, create)
        await store.records.open()
    except SettingsError as error:
        raise _about(store.argument, error) from None
    try:
        yield store.records
    finally:
        await store.records.close()


def _settings_of_environment() -> Settings:
    """Return the settings, whatever is wrong with those that have nothing to do with the store."""
    variables, faults = read_variables()
    settings, more = Settings.read(variables)
    if faults := faults or [fault for fault in more if fault.variable == "BOT_NAME"]:
        raise SettingsError(*faults)
    return settings


def _of_environment(url: str | None) -> Store:
    """Return the store as the bot finds it."""
    settings = _settings_of_environment()
    if url is not None:
        return at(url, "--url", settings.bot_name)
    return at(settings.storage_url, "STORAGE_URL", settings.bot_name)


def _unwrapped(records: RecordStorage) -> RecordStorage:
    """Return the store that a bot's part, or a process's connection, leads to."""
    if isinstance(records, Namespace):
        records = records.storage
    return store_at(records.url) if isinstance(records, Connection) else records


def _about(argument: str, error: SettingsError) -> SettingsError:
    return SettingsError(*(Fault(argument, fault.text) for fault in error.faults))


def _require_lasting(records: RecordStorage, create: bool) -> None:
    """Refuse a store that cannot hold anything, and a mistyped path before a file is made of it."""
    records = _unwrapped(records)
    if isinstance(records, MemoryStorage):
        raise SettingsError.of("STORAGE_URL", "memory: lasts no longer than the bot; name a store")
    if isinstance(records, SQLiteStorage) and not (create or os.path.exists(records.path)):
        raise SettingsError.of("STORAGE_URL", f"{records.path} does not exist")
