"""``open_storage``: what a bot of the SDK has in place of its ``MemoryStorage()``."""

from __future__ import annotations

from turnkeeper.settings import Settings
from turnkeeper.state.typed_storage import Lifetimes, TypedStorage
from turnkeeper.storage.connection import connection_to
from turnkeeper.variables import read_variables
from turnkeeper.wire.codec import Codec
from turnkeeper.wire.types import Types


def open_storage(url: str | None = None, *, types: Types | None = None) -> TypedStorage:
    """Return a storage for the states of a bot: a view, with types of its own, on a store.

    All views on one URL share the process's one connection to it. It is opened at the first use,
    with the adapter's application or before, and what is wrong with the URL is told then. Where the
    bot has a BOT_NAME, all keys begin with it.

    :param url: of the store, as STORAGE_URL; by default that of the environment or of ``.env``.
        ``memory:`` is one store a process, ``memory:NAME`` another.
    :param types: what the bot may store beside what is built in.
    """
    if url is not None and not isinstance(url, str):
        raise TypeError(f"url: must be a string, not {type(url).__name__}")
    variables, _ = read_variables()
    settings, _ = Settings.read(variables)  # what is wrong with them the adapter tells
    connection = connection_to(url or settings.storage_url)
    lifetimes = Lifetimes(settings.conversation_ttl, settings.profile_ttl)
    return TypedStorage(connection.named(settings.bot_name), Codec(types), lifetimes)
