"""Replies to others that name somebody who is erased: they are listed, and not touched."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from turnkeeper.address import ledger_of, stored_name
from turnkeeper.errors import UnreadableRecord
from turnkeeper.ledger.effects import Send, Update
from turnkeeper.ledger.owed import Owed
from turnkeeper.state.people.erasure import records_of
from turnkeeper.state.reading import pages
from turnkeeper.storage import Record, RecordStorage
from turnkeeper.wire import json_text

_KINDS = ("owed/", "given-up/")


async def names_of(storage: RecordStorage, owner: str) -> set[str]:
    """Return the names by which replies may call a person: ask before the person is erased.

    They are those under which the person's own replies are addressed, and what the profile calls
    ``name``.

    :param owner: the person's user-state key.
    """
    names: set[str] = set()
    async for key, record in records_of(storage, owner):
        if key == owner:
            names.update(_names_in(_decoded(record.body)))
        elif ledger_of(key):
            for activity in _activities(key, record):
                recipient = activity.get("recipient") or {}
                if stored_name(str(recipient.get("id"))) == _id_of(owner):
                    names.add(str(recipient.get("name") or ""))
    return {name for name in names if name.strip()}


async def replies_that_name(storage: RecordStorage, owner: str, names: set[str]) -> list[str]:
    """Return the keys of others' replies, owed or given up, that name a person.

    :param owner: the person's user-state key.
    :param names: as :func:`names_of` gave them.
    """
    person = _id_of(owner)
    # Not within a longer word; but many scripts have nothing between their words.
    either = "|".join(map(re.escape, {person, *names}))
    named = re.compile(f"(?<![A-Za-z0-9])(?:{either})(?![A-Za-z0-9])")
    found: list[str] = []
    for kind in _KINDS:
        async for page in pages(storage, prefix=kind):
            for key, record in page:
                ledger = ledger_of(key)
                if ledger and ledger[0].partition("/")[0] == owner.partition("/")[0]:
                    texts = _texts(_activities(key, record))
                    if any(named.search(text) or stored_name(text) == person for text in texts):
                        found.append(key)
    return found


def _id_of(owner: str) -> str:
    return owner.partition("/")[2].removeprefix("users/")


def _decoded(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _names_in(profile: Any) -> Iterator[str]:
    """Yield what the properties of a profile call ``name``, or are called so."""
    state = profile.get("state") if isinstance(profile, dict) else None
    values = [state, *state.values()] if isinstance(state, dict) else []
    for value in values:
        if isinstance(value, dict) and isinstance(name := value.get("name"), str):
            yield name


def _activities(key: str, record: Record) -> list[Any]:
    """Return the activities that a record owes; of one that cannot be read its text."""
    try:
        effects = Owed.read(key, record).effects
        return [json_text.decode(one.body) for one in effects if isinstance(one, Send | Update)]
    except (UnreadableRecord, ValueError):
        return [{"text": record.body}]


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for one in value.values() if isinstance(value, dict) else value:
            yield from _texts(one)
