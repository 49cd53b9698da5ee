"""One person under several keys.

In Teams a person is their Entra account. Earlier versions knew them by the channel's own id, which
is another one for each registration of the bot. What was held under such a key is carried over, and
a record ``channel/known-as/id`` says to whom: so they are found by either key.
"""

from __future__ import annotations

from typing import Any

from turnkeeper.keys import formerly, known_as_key, known_as_prefix, named_in
from turnkeeper.state.reading import pages
from turnkeeper.storage import Change, RecordStorage
from turnkeeper.wire import json_text

_FORMAT = 1
_USERS = "/users/"


async def identities(storage: RecordStorage, *known: str) -> list[str]:
    """Return all user-state keys of a person, first those that are given.

    :param known: user-state keys of theirs.
    """
    keys = dict.fromkeys(known)
    links = [known_as_key(key) for key in known if _USERS in key]
    for record in (await storage.fetch(links)).values() if links else ():
        keys[record.owner] = None
    for owner in list(keys):
        prefix = known_as_prefix(owner.partition("/")[0])
        async for page in pages(storage, prefix=prefix, owner=owner):
            keys.update((formerly(key), None) for key, _ in page)
    return list(keys)


def link(old: str, new: str, e_tag: str | None, expires_at: float | None) -> Change:
    """Return the change that says under which key a person is held now.

    :param old: the older key.
    :param e_tag: of the record that says so already; None where there is none.
    """
    state: dict[str, Any] = {"v": _FORMAT, "state": {"user": new}}
    return Change(known_as_key(old), json_text.encode(state), e_tag, new, expires_at)


def named_with(keys: list[str], owned: list[str]) -> set[str]:
    """Return all user-state keys that name a person, for ledgers that know them by a digest.

    :param keys: their user-state keys.
    :param owned: the keys of their records: those of their places name them by the channel's id.
    """
    channel = keys[0].partition("/")[0]
    people = {named_in(key).person for key in owned if key.startswith(f"{channel}/")}
    return {*keys, *(f"{channel}{_USERS}{person}" for person in people if person)}
