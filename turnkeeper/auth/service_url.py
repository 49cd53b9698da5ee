"""Which service URLs the bot may post to.

Every activity names the URL that its replies go to, and the bot's access token goes with
them. Whoever could choose that URL could collect tokens, or make the bot post to hosts
inside its network. So only the hosts of the Bot Framework pass, before any turn and again
for URLs that were stored.

The parser is a strict pattern of our own. A lenient one is the usual hole here: two
parsers that read one odd URL differently.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from ipaddress import AddressValueError, IPv4Address, IPv4Network, IPv6Address
from typing import NamedTuple

from turnkeeper.auth.shared_domains import is_shared
from turnkeeper.auth.tenants import Tenants
from turnkeeper.errors import RequestRefused, SettingsError

MAX_LENGTH = 2000

# Teams (public, GCC, GCC High, DoD):
# https://learn.microsoft.com/microsoftteams/platform/bots/how-to/conversations/send-proactive-messages
# https://learn.microsoft.com/dotnet/api/microsoft.agents.extensions.msteams.teamsproactiveserviceendpoints
# All other channels:
# https://learn.microsoft.com/azure/bot-service/bot-service-resources-faq-security
# https://learn.microsoft.com/azure/bot-service/how-to-deploy-gov-cloud-high
# https://learn.microsoft.com/azure/bot-service/how-to-deploy-china-cloud
CHANNEL_HOSTS = frozenset(
    {
        "botframework.azure.cn",
        "botframework.azure.us",
        "botframework.com",
        "smba.infra.dod.teams.microsoft.us",
        "smba.infra.gcc.teams.microsoft.com",
        "smba.infra.gov.teams.microsoft.us",
        "smba.trafficmanager.net",
    }
)
CHANNEL_DOMAINS = (".botframework.azure.cn", ".botframework.azure.us", ".botframework.com")

_URL = re.compile(
    r"(?P<scheme>https?)://"
    r"(?P<host>[a-z0-9.-]+|\[[0-9a-f:.]+\])"
    r"(?::(?P<port>[0-9]{1,5}))?"
    r"(?P<path>(?:/(?:[a-z0-9._~!$&'()*+,;=:@-]|%[0-9a-f]{2})*)*)",
    re.IGNORECASE | re.ASCII,
)
_NAME = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9-]*[a-z][a-z0-9-]*")
_DOT_SEGMENT = re.compile(r"/(?:\.|%2e){1,2}(?=/|\Z)", re.IGNORECASE)
_LOOPBACK = IPv4Network("127.0.0.0/8")
_DEFAULT_PORTS = {"http": "80", "https": "443"}


class _Url(NamedTuple):
    """A URL in parts; the scheme and host are in lower case, a default port is gone."""

    scheme: str
    host: str
    port: str
    path: str

    def __str__(self) -> str:
        return f"{self.scheme}://{self.host}{self.port and ':' + self.port}{self.path.rstrip('/')}"


class ServiceUrls:
    """The allow-list of service URLs.

    With credentials set (``local=False``): https on the default port to the hosts of the
    Bot Framework, and https on any port to ``extra_hosts``. Loopback is not among them. To
    use the Emulator with credentials, add it: ``localhost`` or ``127.0.0.1`` among
    ``extra_hosts`` (``SERVICE_URL_HOSTS=localhost``) also allows http.

    In local mode (no credentials): loopback and ``extra_hosts``, http or https, on any port, and
    no host of the Bot Framework. Anybody may post to such a bot, so there are none of them unless
    the operator has said that it may be spoken to from elsewhere.

    :param extra_hosts: further hosts, each exact (``connector.example.com``) or with all its
        subdomains (``*.example.com``).
    :param local: whether the bot runs without credentials.
    :ivar tenants: of Teams, that the bot posts to.
    :raises SettingsError: an extra host that is none, or a domain that strangers share.
    """

    def __init__(
        self,
        extra_hosts: Iterable[str] = (),
        *,
        local: bool = False,
        tenants: Tenants | None = None,
    ) -> None:
        self.tenants = tenants or Tenants()
        self._local = local
        self._hosts: set[str] = set()
        self._domains: tuple[str, ...] = ()
        hosts = enumerate(extra_hosts, 1)
        if faults := [f"host {n} {fault}" for n, entry in hosts if (fault := self._add(entry))]:
            raise SettingsError.of("SERVICE_URL_HOSTS", "; ".join(faults))
        # Asked once a turn, nearly always about the same few URLs.
        self._normalised = lru_cache(maxsize=256)(self._normalise)

    def check(self, url: str | None) -> str:
        """The URL in its normal form, if the bot may post there.

        The scheme and host are in lower case, a default port and trailing slashes are gone,
        the rest of the path stands as it came.

        :raises RequestRefused: 403, whatever is wrong with it.
        """
        normal = self._normalised(url) if isinstance(url, str) and len(url) <= MAX_LENGTH else None
        if normal is None:
            raise RequestRefused(
                403, "service_url_refused", "The service URL is not that of a known channel."
            )
        return normal

    def _normalise(self, url: str) -> str | None:
        read = _read(url)
        return str(read) if read is not None and self._allowed(read) else None

    def _allowed(self, url: _Url) -> bool:
        scheme, host, port, _ = url
        if self._local:
            return _is_loopback(host) or host in self._hosts or host.endswith(self._domains)
        if host in self._hosts:
            return scheme == "https" or _is_loopback(host)
        if scheme != "https":
            return False
        if host.endswith(self._domains):
            return True
        return not port and (host in CHANNEL_HOSTS or host.endswith(CHANNEL_DOMAINS))

    def _add(self, entry: str) -> str:
        """Allow an extra host; return what is wrong with it, or ""."""
        wildcard = entry.startswith("*.")
        host = _host(entry[2:] if wildcard else entry)
        if host is None or (wildcard and ("." not in host or not _NAME.fullmatch(host))):
            return "is not a host name"
        if not wildcard:
            self._hosts.add(host)
        elif is_shared(host):
            return "is a domain in which strangers get names; give the whole name of yours"
        else:
            self._domains = (*self._domains, f".{host}")
        return ""


def normal_form(url: str) -> str | None:
    """Return a URL as :meth:`ServiceUrls.check` does, whoever's it is; None where it is none."""
    read = _read(url) if len(url) <= MAX_LENGTH else None
    return None if read is None else str(read)


def names_loopback(host: str) -> bool:
    """Return whether an entry of SERVICE_URL_HOSTS is this machine."""
    return _is_loopback(_host(host) or "")


def _read(url: str) -> _Url | None:
    match = _URL.fullmatch(url)
    if match is None or _DOT_SEGMENT.search(match["path"]):
        return None
    scheme, host = match["scheme"].lower(), _host(match["host"])
    if host is None:
        return None
    port = match["port"] or ""
    if port and not 0 < int(port) < 65536:  # noqa: PLR2004 - the range of TCP ports
        return None
    return _Url(scheme, host, "" if port == _DEFAULT_PORTS[scheme] else port, match["path"])


def _host(text: str) -> str | None:
    """A host in its one normal form: a name, an IPv4 or a bracketed IPv6 address."""
    host = text.lower()
    try:
        if ":" in host:
            return f"[{IPv6Address(host.removeprefix('[').removesuffix(']'))}]"
        if host[-1:].isdigit():
            # Only the four decimal numbers: no 127.1, no 0x7f.1, no leading zeros.
            return str(IPv4Address(host))
    except AddressValueError:
        return None
    return host if len(host) <= 253 and _NAME.fullmatch(host) else None  # noqa: PLR2004 - RFC 1035


def _is_loopback(host: str) -> bool:
    if host in ("localhost", "[::1]"):
        return True
    return host[-1:].isdigit() and IPv4Address(host) in _LOOPBACK
