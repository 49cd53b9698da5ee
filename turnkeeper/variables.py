"""The variables that settings are read from: where they stand, and what their texts may say.

No fault quotes a text, since a text in the wrong place may be a secret.
"""

from __future__ import annotations

import io
import ipaddress
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from dotenv.parser import parse_stream

from turnkeeper.errors import Fault
from turnkeeper.look_alikes import set_by

LAST_PORT: Final = 65535
CHOSEN_ON: Final = frozenset({"directline", "webchat"})
"""Channels on which a page may choose the ids of people."""

ENV_FILE: Final = ".env"
_WEB_ADDRESS: Final = re.compile(
    r"(https?)://([a-z0-9.-]+|\[[0-9a-f:.]+\])(?::(\d{1,5}))?(/[!-~]*)?", re.A
)


def read_variables() -> tuple[dict[str, str], list[Fault]]:
    """Return the variables, and the faults of the file ``.env``.

    They are those of the environment, and what the file in the working directory sets besides:
    what the environment names wins, also as blank. What others have set for themselves does not
    count.
    """
    found, faults = _read_file()
    environ = {name: text for name, text in os.environ.items() if not set_by(name, text.strip())}
    return {**found, **environ}, faults


def _read_file() -> tuple[dict[str, str], list[Fault]]:
    """Each value as it stands: a ``$`` in a password means itself."""
    try:
        text = Path(ENV_FILE).read_text(encoding="utf-8")
    except FileNotFoundError:
        return {}, []
    except (OSError, UnicodeDecodeError):
        text = "\0"
    if "\0" in text:  # no variable of the environment can hold it
        return {}, [Fault(ENV_FILE, "must be a readable text file in UTF-8")]
    found: dict[str, str] = {}
    faults: list[Fault] = []
    for binding in parse_stream(io.StringIO(text)):
        if binding.error or (binding.key is not None and binding.value is None):
            string, line = binding.original
            line += string[: -len(string.lstrip())].count("\n")  # blank lines stand before it
            faults.append(
                Fault(f"{ENV_FILE} line {line}", "must be NAME=value, with each quote closed")
            )
        elif binding.key is not None and binding.value:
            found[binding.key] = binding.value
    return found, faults


# Each of these turns the text of a variable into a value, or says in a ValueError what it must be.
def word(text: str) -> str:
    """One word of ASCII."""
    if not text.isascii() or len(text.split()) != 1:
        raise ValueError("must be one word, without white space")
    return text


def file_path(text: str) -> str:
    """The path of a file."""
    if not os.path.isfile(text):
        raise ValueError("must be the path of a file that is there")
    return text


def web_address(text: str) -> str:
    """A URL that secrets may be sent to."""
    match = _WEB_ADDRESS.fullmatch(text)
    if (
        not match
        or (match[1] == "http" and not is_loopback(match[2].strip("[]")))
        or not _may_be_host(match[2])
        or not 0 < int(match[3] or 443) <= LAST_PORT
    ):
        raise ValueError(
            "must be an https:// URL (http:// on this machine only) with a valid host name, "
            f"and a port up to {LAST_PORT}"
        )
    return text


def host_name(text: str) -> str:
    """An address, or the name of a host."""
    if not _may_be_host(text):
        raise ValueError("must be an address or a host name, without empty or overlong parts")
    return text


def host_names(text: str) -> tuple[str, ...]:
    """Host names, some with a ``*.`` in front."""
    hosts = _listed(text)
    if not all(re.fullmatch(r"(\*\.)?[a-z0-9.-]+|\[?[0-9a-f:.]+\]?", host) for host in hosts):
        raise ValueError("must be host names alone, with commas between them")
    return hosts


def tenants(text: str) -> tuple[str, ...]:
    """Ids of Entra tenants, or ``*`` for any."""
    ids = _listed(text)
    if ids != ("*",) and not all(map(is_guid, ids)):
        raise ValueError("must be ids of tenants (GUIDs) with commas between them, or * for any")
    return ids


def app_ids(text: str) -> tuple[str, ...]:
    """Ids of Entra apps."""
    ids = _listed(text)
    if not all(map(is_guid, ids)):
        raise ValueError("must be ids of apps (GUIDs) with commas between them")
    return ids


def is_guid(text: str) -> bool:
    """Whether a text is a GUID, as ids of Entra are."""
    return re.fullmatch(r"[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}", text, re.I | re.A) is not None


def channels_of_pages(text: str) -> frozenset[str]:
    """Channels on which a page may choose the ids of people."""
    names = frozenset(_listed(text))
    if not names <= CHOSEN_ON:
        raise ValueError("must be directline or webchat, or both with a comma between them")
    return names


def yes_or_no(text: str) -> bool:
    """Whether it is yes."""
    return one_of("yes", "no")(text) == "yes"


def _listed(text: str) -> tuple[str, ...]:
    return tuple(one for part in text.lower().split(",") if (one := part.strip()))


def bot_name(text: str) -> str:
    """The name that a bot's keys in the store begin with."""
    if not re.fullmatch(r"[A-Za-z0-9._-]{1,40}", text):
        raise ValueError("must be 1 to 40 letters, digits, dots, hyphens and underscores")
    return text


def parser_of(kind: Any) -> Callable[[str], Any]:
    """Return how a value of a type is read: str, bool, int or float.

    :raises TypeError: it is another type.
    """
    if kind not in _PARSERS:
        raise TypeError(f"a setting must be of type str, bool, int or float, not {kind}")
    return _PARSERS[kind]


def _integer(text: str) -> int:
    if not re.fullmatch(r"-?[0-9]{1,15}", text):
        raise ValueError("must be a whole number")
    return int(text)


def _number(text: str) -> float:
    if not re.fullmatch(r"-?[0-9]{1,15}(\.[0-9]{1,15})?", text):
        raise ValueError("must be a number")
    return float(text)


def one_of(*choices: str) -> Callable[[str], str]:
    """One of these, in capital letters or small ones."""
    by_name = {choice.lower(): choice for choice in choices}

    def parse(text: str) -> str:
        if text.lower() not in by_name:
            raise ValueError(f"must be {' or '.join(choices)}")
        return by_name[text.lower()]

    return parse


def log_level(text: str) -> str:
    """A level of Python's log, by any of its names."""
    other = {"warn": "WARNING", "fatal": "CRITICAL"}.get(text.lower(), text)
    return one_of("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")(other)


def whole(low: int, high: int) -> Callable[[str], int]:
    """A whole number between two others, or one of them."""

    def parse(text: str) -> int:
        if not re.fullmatch(r"[0-9]{1,9}", text) or not low <= int(text) <= high:
            raise ValueError(f"must be a whole number from {low} to {high}")
        return int(text)

    return parse


def on_or_off(text: str) -> bool:
    """Whether something is on."""
    return one_of("on", "off")(text) == "on"


def days(text: str) -> float | None:
    """Days, as seconds; None for ever."""
    if not re.fullmatch(r"[0-9]{1,5}(\.[0-9]{1,6})?", text):
        raise ValueError("must be a number of days, or 0 to keep for ever")
    return float(text) * 86400 or None


def is_loopback(host: str) -> bool:
    """Whether a host is this machine by its very name.

    :param host: a name or an address, as in a URL, without brackets.
    """
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def _may_be_host(name: str) -> bool:
    """Whether a name can be looked up at all: Python writes it in ASCII for that, or raises."""
    try:
        if name.startswith("["):
            ipaddress.IPv6Address(name.strip("[]"))
        name.encode("idna")
    except ValueError:
        return False
    return True


_PARSERS: Final[dict[Any, Callable[[str], Any]]] = {
    str: str,
    bool: yes_or_no,
    int: _integer,
    float: _number,
}
