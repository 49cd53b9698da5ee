"""TLS to a Redis or Valkey: with ``rediss://`` its certificate and its name are checked."""

from __future__ import annotations

import logging
from typing import Final

from turnkeeper.storage.server_url import ServerUrl

_FALSE: Final = ("0", "F", "FALSE", "N", "NO")
"""Of the driver's own: what in a URL means no."""

_log = logging.getLogger(__name__)


def url_of(server: ServerUrl) -> str:
    """Return the URL for the driver, which before version 6 does not check names by itself.

    It holds the password.
    """
    if server.base.startswith("rediss:") and server.options.get("ssl_cert_reqs") != "none":
        server.options.setdefault("ssl_check_hostname", "true")
    return server.rest()


def warn_of_risk(server: ServerUrl) -> None:
    """Say what is at risk where the way to the server is not by TLS that checks who it is.

    :param server: is elsewhere.
    """
    options = server.options
    if not server.base.startswith("rediss:"):
        risk = (
            "redis:// is in clear, the password too: whoever is on the network between can read "
            "and change all that is remembered; rediss:// is TLS"
        )
    elif (
        options.get("ssl_cert_reqs") == "none"
        or options.get("ssl_check_hostname", "").upper() in _FALSE
    ):
        risk = (
            "ssl_cert_reqs or ssl_check_hostname has the server's certificate or name not "
            "checked: whoever is in between can pose as the server; leave them out"
        )
    else:
        return
    _log.warning("STORAGE_URL: Redis at %s: %s", server.address, risk)
