"""Where a store is: on this machine by its very name, or elsewhere."""

from __future__ import annotations

import os
from urllib.parse import quote

from turnkeeper.errors import Fault, SettingsError
from turnkeeper.settings import fit_to_print
from turnkeeper.storage.server_url import ServerUrl, hosts_in
from turnkeeper.variables import is_loopback


def is_elsewhere(url: str) -> bool:
    """Return whether the way to a store can lead over a network.

    A loopback address, ``localhost`` and a Unix socket are this machine. Any other name counts as
    another one, whatever it means today.

    :raises SettingsError: the URL cannot be read.
    """
    scheme = url.partition(":")[0].lower()
    if scheme in ("memory", "sqlite"):
        return False
    hosts = ServerUrl.parse(url).hosts
    if scheme.startswith("postgres") and not hosts:
        hosts = _hosts_of_environment(url)
    return not all(host[:1] in ("", "/") or is_loopback(host) for host in hosts)


def fault_of_place(url: str, *, local_mode: bool, allowed: bool) -> tuple[Fault, ...]:
    """Return what is wrong with where a store is: a bot without credentials remembers at home.

    One that was started without them by mistake would write what anybody says into the records of
    the real one.

    :param url: one that cannot be read is another fault, and told elsewhere.
    :param local_mode: whether the bot has no credentials.
    :param allowed: what ALLOW_REMOTE_STORE says.
    """
    try:
        refused = local_mode and not allowed and is_elsewhere(url)
    except SettingsError:
        return ()
    text = (
        "names a store that is not on this machine, and without MicrosoftAppId nobody is checked "
        "who talks to the bot: set the bot's credentials, or ALLOW_REMOTE_STORE=yes"
    )
    return (Fault("STORAGE_URL", text),) if refused else ()


def name_of(url: str) -> str:
    """Return the URL of a store, fit to be printed; a file's with its absolute path."""
    from turnkeeper.storage.sqlite.file import SQLiteFile  # noqa: PLC0415 - of SQLite alone

    if url.partition(":")[0].lower() == "sqlite":
        try:
            path = SQLiteFile.from_url(url).path
        except SettingsError:
            return fit_to_print(url)
        return "sqlite:///" + quote(os.fsencode(path), safe="/:\\~")
    return fit_to_print(url)


def _hosts_of_environment(url: str) -> tuple[str, ...]:
    """Return where the driver goes when the URL of PostgreSQL names no host."""
    if "service" in ServerUrl.parse(url).options or os.environ.get("PGSERVICE"):
        return ("where a file says",)
    return hosts_in(os.environ.get("PGHOST", ""))
