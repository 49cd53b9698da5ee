"""The URL of a database server, read so that its password reaches no error and no log."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

from turnkeeper.errors import SettingsError

_HOST = re.compile(r"(\[[0-9a-fA-F:.%\w]+\]|[\w.%-]*)(:\d+)?", re.ASCII)
_MOST = 100_000  # connections, seconds or statements: nobody can mean more of any


@dataclass(frozen=True, slots=True)
class ServerUrl:
    """The parts of ``scheme://user:password@host:port/database?option=value``.

    :param base: the URL without its query; it holds the password.
    :param address: host, port and database, fit for an error or a log.
    :param options: the query, decoded; :meth:`take` takes those out that are not the driver's.
    :param hosts: the names, addresses or folders of sockets that it names, without ports.
    """

    base: str
    address: str
    options: dict[str, str]
    hosts: tuple[str, ...]

    @classmethod
    def parse(cls, url: str) -> ServerUrl:
        """Split a URL, refusing one that would leave a piece of the password in another part.

        :raises SettingsError: it is no such URL; the text quotes nothing of it.
        """
        base, _, query = url.partition("?")
        try:
            parts = urlsplit(base)
            options = (
                dict(parse_qsl(query, keep_blank_values=True, strict_parsing=True)) if query else {}
            )
        except ValueError:
            parts = None
        if parts is not None:
            hosts = parts.netloc.rpartition("@")[2]
            # Of two "@" the drivers take the first, and would ask another host.
            plain = parts.netloc.count("@") <= 1 and all(map(_HOST.fullmatch, hosts.split(",")))
            if plain and "@" not in parts.path + query and not parts.fragment:
                names = hosts_in(unquote(hosts) or options.get("host", ""))
                return cls(base, f"{hosts}{parts.path}", options, names)
        # Quoting it, or chaining the error of the parser, could show a piece of the password.
        raise SettingsError.of(
            "STORAGE_URL",
            "it cannot be read as scheme://user:password@host:port/database?options; "
            "percent-encode what is special in the password (%2F for /, %40 for @, %23 for #)",
        )

    @property
    def has_password(self) -> bool:
        """Whether a password stands in it."""
        return bool(urlsplit(self.base).password or self.options.get("password"))

    def take(self, name: str, default: float, *, least: float = 0) -> float:
        """Take an option of ours, a number, out of the query.

        :raises SettingsError: it is no number, or not one from ``least`` to 100,000.
        """
        try:
            value = float(self.options.pop(name, default))
        except ValueError:
            value = least - 1
        if not least <= value <= _MOST:
            raise SettingsError.of(
                "STORAGE_URL", f"{name} must be a number from {least:g} to {_MOST}"
            )
        return value

    def rest(self) -> str:
        """The URL with the options that are left; it holds the password."""
        return f"{self.base}?{urlencode(self.options)}" if self.options else self.base


def hosts_in(text: str) -> tuple[str, ...]:
    """Return hosts that have commas between them, without their ports."""
    return tuple(map(_without_port, text.split(","))) if text else ()


def _without_port(host: str) -> str:
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0]
