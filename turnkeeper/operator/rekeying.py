"""Having people of Teams known by their Entra accounts, though they stay silent.

Who writes is carried over by the turn. The others are named by a file, or their own profiles tell
their accounts: a class of the bot's has a method ``entra()`` that returns an object id and a
tenant.
"""

from __future__ import annotations

import csv
import sys
from argparse import Namespace
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from typing import Any, Final

from turnkeeper.address import Address
from turnkeeper.channels.addressing import account_named
from turnkeeper.errors import BotError, SettingsError, UnreadableRecord, WriteConflict
from turnkeeper.operator.store import Store, opened
from turnkeeper.operator.terminal import one_line
from turnkeeper.state.people.succession import owned_by, stage
from turnkeeper.state.reading import pages
from turnkeeper.storage import RecordStorage
from turnkeeper.storage.transaction import Transaction
from turnkeeper.wire.codec import Codec

_TEAMS: Final = "msteams"
_PEOPLE: Final = f"{_TEAMS}/users/"
_ACCOUNTS: Final = f"{_PEOPLE}aad:"
_FIELDS: Final = 3
_TRIES: Final = 10


async def run(options: Namespace, store: Store) -> int:
    """Carry people over; return the exit code, 1 where somebody stays as they are.

    :raises SettingsError: neither a file nor the bot's types say who they are.
    :raises OSError: the file cannot be read.
    """
    if options.file is None and store.codec is None:
        text = "name the bot's host, whose types tell who is who, or give a FILE"
        raise SettingsError.of("--app", text)
    carried = faults = 0
    async with opened(store) as storage:
        async for old, new in _named(options.file, storage, store.codec):
            fault = new if not old else ""
            if not fault:
                fault = await _unreadable(store, storage, old)
            if fault:
                faults += 1
                print(one_line(fault), file=sys.stderr)
            elif await _carry_over(storage, old, new, dry=options.dry_run):
                carried += 1
                print(one_line(old), one_line(new), sep="\t")
    what = "would be carried over" if options.dry_run else "carried over"
    print(f"{carried:,} people {what}, {faults:,} left as they are", file=sys.stderr)
    return 1 if faults else 0


async def _named(
    file: str | None, storage: RecordStorage, codec: Codec | None
) -> AsyncIterator[tuple[str, str]]:
    """Yield older and new keys of people; "" and a text for what names nobody."""
    if file is not None:
        for pair in _in_file(file):
            yield pair
        return
    async for page in pages(storage, prefix=_PEOPLE):
        for key, record in page:
            if codec is None or key.startswith(_ACCOUNTS):
                continue
            state: dict[str, Any] = {}
            with suppress(UnreadableRecord):  # `check` names those
                state = codec.decode_state(record.body, key=key)
            for value in state.values():
                if account := _account_of(value):
                    yield key, f"{_PEOPLE}{account}"
                    break


def _account_of(value: Any) -> str:
    """Return the account that a value of a profile tells; "" for none."""
    if not callable(entra := getattr(value, "entra", None)):
        return ""
    try:
        object_id, tenant = entra()
    except Exception as error:
        name = type(value).__name__
        raise BotError(f"{name}.entra() must return an object id and a tenant") from error
    return account_named(str(tenant), str(object_id))


def _in_file(file: str) -> Iterator[tuple[str, str]]:
    with open(file, encoding="utf-8-sig", newline="") as lines:
        rows = csv.reader(lines)
        for row in rows:
            person, object_id, tenant = [*map(str.strip, row), "", "", ""][:_FIELDS]
            account = account_named(tenant, object_id)
            if len(row) == _FIELDS and person and account:
                yield Address.of("", _TEAMS, "", person).user_key, f"{_PEOPLE}{account}"
            elif row:
                yield "", f"line {rows.line_num}: must be 29:...,OBJECT_ID,TENANT_ID, with GUIDs"


async def _unreadable(store: Store, storage: RecordStorage, old: str) -> str:
    """Return why an older profile stays, "" where it can be read or is not there."""
    if (record := (await storage.fetch([old])).get(old)) is None:
        return ""
    try:
        store.check(old, record)
    except UnreadableRecord as error:
        return str(error)
    return ""


async def _carry_over(storage: RecordStorage, old: str, new: str, *, dry: bool) -> bool:
    """Return whether there is something to carry over; unless it is dry, it is done.

    :raises WriteConflict: others change the same records all the time; try again.
    """
    for tries in range(1, _TRIES + 1):
        owned = await owned_by(storage, old)
        profile = (await storage.fetch([old])).get(old)
        if not owned or (owned == [old] and profile and profile.owner == new):
            return False
        if dry:
            return True
        transaction = Transaction(storage)
        await stage(transaction, old, new, owned)
        try:
            await transaction.commit()
        except WriteConflict:
            if tries == _TRIES:
                raise
        else:
            break
    return True
