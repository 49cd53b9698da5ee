"""TLS to a PostgreSQL that is not on this machine: checked, unless the operator says otherwise.

The driver's own default is ``sslmode=prefer``: it sends the password in clear where TLS is refused,
and to whoever takes it. See https://www.postgresql.org/docs/current/libpq-ssl.html.
"""

from __future__ import annotations

import logging
import os
import ssl
from pathlib import Path
from typing import Final

from turnkeeper.storage.server_url import ServerUrl

_FULL: Final = "verify-full"
_CLEAR: Final = "the password and all that is remembered may cross the network in clear"
_ANYBODY: Final = (
    "whoever is in between can pose as the server, and read the password and all that is remembered"
)
_RISKS: Final = {
    "disable": _CLEAR,
    "allow": _CLEAR,
    "prefer": _CLEAR,
    "require": _ANYBODY,
    "verify-ca": _ANYBODY,
}

_log = logging.getLogger(__name__)


def tls_of(server: ServerUrl) -> ssl.SSLContext | str | None:
    """Return the driver's argument ``ssl`` for a server that is elsewhere.

    :param server: of its ``sslmode``, or PGSSLMODE, any but ``verify-full`` is left to the driver.
        ``sslrootcert``, or PGSSLROOTCERT, names a file with the certificates of those whom the bot
        believes; without it, and without ``~/.postgresql/root.crt``, they are the system's.
    :returns: None to have the driver do as the URL says.
    :raises OSError: a certificate cannot be read.
    """
    if _mode_of(server) != _FULL:
        return None
    roots = _option(server, "sslrootcert")
    if roots not in ("", "system") or (not roots and _has_roots()):
        return _FULL
    context = ssl.create_default_context()
    context.set_alpn_protocols(["postgresql"])
    if own := _option(server, "sslcert"):
        password = server.options.get("sslpassword", "")
        context.load_cert_chain(own, _option(server, "sslkey") or None, lambda: password)
    return context


def warn_of_risk(server: ServerUrl) -> None:
    """Say what is at risk where the operator chose less than ``verify-full``.

    :param server: is elsewhere.
    """
    mode = _mode_of(server)
    if risk := _RISKS.get(mode):
        _log.warning(
            "STORAGE_URL: sslmode=%s to PostgreSQL at %s: %s; leave sslmode out to have the "
            "server's certificate and name checked",
            mode,
            server.address,
            risk,
        )


def _mode_of(server: ServerUrl) -> str:
    return _option(server, "sslmode").replace("_", "-") or _FULL


def _option(server: ServerUrl, name: str) -> str:
    """Return an option of the URL, else what the variable says that all of PostgreSQL heeds."""
    return server.options.get(name) or os.environ.get(f"PG{name.upper()}", "")


def _has_roots() -> bool:
    try:
        return (Path.home() / ".postgresql" / "root.crt").exists()
    except (RuntimeError, OSError):  # there is no home
        return False
