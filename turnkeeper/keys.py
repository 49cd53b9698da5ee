"""What the keys of state name: a conversation, a person, whose a record is.

:mod:`turnkeeper.address` makes them.
"""

from __future__ import annotations

from typing import Final, NamedTuple
from urllib.parse import unquote

from turnkeeper.address import (
    HASHED,
    PRIVATE,
    VISITORS,
    is_ledger,
    ledger_of,
    ledgers_of,
    stored_name,
    visitor_key,
)

_KINDS_OF_ONE_ID: Final = frozenset({"conversations", "turns", "users"})
_LEDGERS: Final = ("ledgers", "turns")  # of this version, and of 0.1
_KNOWN_AS: Final = "known-as"


class Named(NamedTuple):
    """What a key of state names, as :func:`stored_name` has it; "" where it names none.

    :param conversation: its id.
    :param person: theirs.
    """

    conversation: str = ""
    person: str = ""


def named_in(key: str) -> Named:
    """Return the conversation and the person that a key of state names."""
    _, _, rest = key.partition("/")
    kind, _, ids = rest.partition("/")
    match kind:
        case "users":
            return Named(person=ids)
        case "members" | "visitors":
            conversation, _, person = ids.partition("/")
            return Named(unquote(conversation), unquote(person))
        case "conversations":
            conversation, _, who = ids.partition(PRIVATE)
            return Named(conversation, who.rpartition("/")[0] or who)
        case _:
            return Named()


def owner_named_in(key: str, channel: str) -> str:
    """Return the user-state key of the person that a key of state names; "" where it names none.

    :param channel: only its keys are keys of state; all others are the bot's own.
    """
    if not key.startswith(f"{channel}/") or not (person := named_in(key).person):
        return ""
    if is_visitor(key):
        return key
    return f"{channel}{PRIVATE}{person}"


def is_visitor(key: str) -> bool:
    """Return whether a key is that of a person whose id the page chose."""
    return key.split("/", 2)[1:2] == [VISITORS]


def stored_key(key: str) -> str:
    """Return the key under which a record lies, for one that may hold an id as the channel has it.

    :param key: as it is stored, or with an id that is too long for that.
    """
    channel, _, rest = key.partition("/")
    kind, _, native_id = rest.partition("/")
    if kind == "ledgers":
        conversation, _, bot = native_id.rpartition("/")
        return f"{ledgers_of(channel, _stored(unquote(conversation)))}{bot}"
    if kind == VISITORS:
        conversation, _, person = native_id.partition("/")
        return visitor_key(channel, *(_stored(unquote(one)) for one in (conversation, person)))
    if kind == "conversations" and PRIVATE in native_id:
        conversation, _, who = native_id.partition(PRIVATE)
        person, _, namespace = who.rpartition("/")
        whole, who = _stored(conversation), _stored(person)
        return f"{channel}/conversations/{whole}{PRIVATE}{who}/{namespace}"
    if kind not in _KINDS_OF_ONE_ID or native_id.startswith(HASHED):
        return key
    return f"{channel}/{kind}/{stored_name(native_id)}"


def _stored(name: str) -> str:
    return name if name.startswith(HASHED) else stored_name(name)


def known_as_key(user_key: str) -> str:
    """Return the key of the record that says under which key a person is held now.

    :param user_key: an older one of theirs.
    """
    channel, _, rest = user_key.partition("/")
    return f"{known_as_prefix(channel)}{rest.partition('/')[2]}"


def known_as_prefix(channel: str) -> str:
    """Return what the keys of all such records of a channel begin with."""
    return f"{channel}/{_KNOWN_AS}/"


def is_known_as(key: str) -> bool:
    """Return whether a key is that of such a record."""
    return key.split("/", 2)[1:2] == [_KNOWN_AS]


def formerly(known_as: str) -> str:
    """Return the older key of the person whom such a record is about."""
    channel, _, person = known_as.split("/", 2)
    return f"{channel}/users/{person}"


def conversation_of(key: str) -> str:
    """Return the conversation that a key of state, or of what is owed, names; "" for none.

    It is as :func:`turnkeeper.address.stored_name` has it.
    """
    if owed := ledger_of(key):
        key = owed[0]
    if is_ledger(key):
        name = key.split("/", 2)[2]
        return name if "/turns/" in key[: -len(name)] else unquote(name.rpartition("/")[0])
    return named_in(key).conversation


def ledger_prefixes(channel: str) -> list[str]:
    """Return what the keys of all ledgers of a channel begin with."""
    return [f"{channel}/{kind}/" for kind in _LEDGERS]
