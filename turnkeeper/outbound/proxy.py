"""The way out through a proxy, for all calls alike: what HTTPS_PROXY and NO_PROXY say.

Only https goes through the proxy, in a tunnel: it learns the host and nothing else. Plain http is
spoken to this machine alone and to the managed identity that the platform puts beside it. Neither
is behind a proxy, and the identity's secret must not reach one.

Why not aiohttp's ``trust_env``: for each request it reads the environment and ``.netrc`` anew, in
a thread, which takes as long as half a turn; and it sends the credentials that ``.netrc`` holds
for a host along with the request. Here the environment is read once.
"""

from __future__ import annotations

from functools import cache, lru_cache
from urllib.request import getproxies, proxy_bypass

from yarl import URL

from turnkeeper.errors import SettingsError
from turnkeeper.variables import is_loopback


def proxy_for(url: URL) -> URL | None:
    """The proxy that a request must go through; None for none.

    :param url: where the request goes.
    :raises SettingsError: see :func:`outward_proxy`.
    """
    if url.scheme != "https" or (proxy := outward_proxy()) is None:
        return None
    return None if goes_directly(url.host or "") else proxy


@cache
def outward_proxy() -> URL | None:
    """The proxy that HTTPS_PROXY names, or the system does where it has such a setting.

    :raises SettingsError: it is none that is spoken to in plain http.
    """
    address = getproxies().get("https")
    if not address:
        return None
    try:
        proxy = URL(address if "://" in address else f"http://{address}")
        # A host that cannot be looked up would raise at each call.
        usable = proxy.scheme == "http" and (proxy.host or "").encode("idna")
    except ValueError:
        usable = b""
    if not usable:
        raise SettingsError.of("HTTPS_PROXY", "must be the http:// URL of a proxy")
    return proxy


@lru_cache(maxsize=256)
def goes_directly(host: str) -> bool:
    """Whether requests to a host go past the proxy: to this machine, or where NO_PROXY says so."""
    return is_loopback(host) or bool(proxy_bypass(host))
