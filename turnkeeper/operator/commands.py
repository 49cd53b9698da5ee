"""What each command of ``python -m turnkeeper`` does.

See :mod:`turnkeeper.operator.cli` says how they are called.
"""

from __future__ import annotations

import asyncio
import os
import sys
from argparse import Namespace
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

from turnkeeper.errors import SettingsError, StorageError, StorageUnavailable, UnreadableRecord
from turnkeeper.operator import migration
from turnkeeper.operator.terminal import Progress, one_line, pretty_json
from turnkeeper.state import erasure
from turnkeeper.state.reading import iso_time, pages, readable, state_of
from turnkeeper.storage import RecordStorage, open_storage
from turnkeeper.storage.server_url import ServerUrl
from turnkeeper.storage.sqlite.file import SQLiteFile
from turnkeeper.variables import read_variables

DEFAULT_URL: Final = "sqlite:///data/bot.db"
"""As in the settings of the bot."""

_NAMED: Final = 10
"""How many keys are named where something is wrong with many."""


def run(options: Namespace) -> int:
    """Run the command that ``options.command`` names; return the exit code.

    :raises BotError: it cannot be done.
    :raises OSError: a file cannot be written, or standard output is closed.
    """
    match options.command:
        case "list":
            return asyncio.run(_list(options))
        case "show":
            return asyncio.run(_show(options))
        case "check":
            return asyncio.run(_check(options))
        case "export":
            return _export(options)
        case "erase":
            return _erase(options)
        case _:
            return asyncio.run(_migrate(options))


async def _list(options: Namespace) -> int:
    left = options.limit
    async with _opened(options.url) as storage:
        async for page in pages(storage, prefix=options.prefix):
            for key, record in page:
                if left == 0:
                    return 0
                left = None if left is None else left - 1
                size = len(record.body.encode())
                expiry = iso_time(record.expires_at) or "-"
                print(one_line(key), size, one_line(record.owner) or "-", expiry, sep="\t")
    return 0


async def _show(options: Namespace) -> int:
    async with _opened(options.url) as storage:
        record = (await storage.fetch([options.key])).get(options.key)
    if record is None:
        raise StorageError(f"{options.key}: there is no such record")
    shown = readable(options.key, record)
    print(pretty_json(shown, sys.stdout.encoding))
    if reason := shown.get("unreadable"):
        _say(f"this record is unreadable ({reason}); shown is what is stored")
    return 0


async def _check(options: Namespace) -> int:
    checked = unreadable = 0
    async with _opened(options.url) as storage:
        async for page in pages(storage):
            for key, record in page:
                checked += 1
                try:
                    state_of(key, record)
                except UnreadableRecord as error:
                    unreadable += 1
                    print(one_line(key), one_line(error.reason), sep="\t")
    _say(f"{_records(checked)} read, {unreadable:,} of them unreadable")
    return 1 if unreadable else 0


def _export(options: Namespace) -> int:
    exported = asyncio.run(_exported(options))
    if not exported["records"]:
        raise StorageError(f"{options.user}: nothing is stored about this person")
    if options.output is None:
        print(pretty_json(exported, sys.stdout.encoding))
        return 0
    # For the owner's eyes only.
    file = os.open(options.output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with open(file, "w", encoding="utf-8") as output:
        output.write(pretty_json(exported) + "\n")
    _say(f"{_records(len(exported['records']))} in {options.output}")
    return 0


async def _exported(options: Namespace) -> dict[str, Any]:
    async with _opened(options.url) as storage:
        return await erasure.export(storage, options.user)


def _erase(options: Namespace) -> int:
    # The question is asked between two event loops: within one, Ctrl-C would wait for an answer.
    if not options.yes:
        if not sys.stdin.isatty():
            raise SettingsError("erase: --yes is needed where nobody can be asked")
        for user, count in asyncio.run(_count(options)).items():
            _say(f"{user}: {_records(count)} in {_name(_url(options.url))}")
        print("Erase them for good? [y/N] ", end="", file=sys.stderr, flush=True)
        if sys.stdin.readline().strip().lower() not in ("y", "yes"):
            raise StorageError("nothing was erased")
    if unknown := asyncio.run(_erase_all(options)):
        raise StorageError(f"{', '.join(unknown)}: nobody is known by this id")
    return 0


async def _count(options: Namespace) -> dict[str, int]:
    async with _opened(options.url) as storage:
        return {
            user: sum([1 async for _ in erasure.records_of(storage, user)])
            for user in options.users
        }


async def _erase_all(options: Namespace) -> list[str]:
    """Erase the people; return those of whom there was nothing."""
    unknown = []
    async with _opened(options.url) as storage:
        for user in options.users:
            if count := await erasure.erase(storage, user):
                _say(f"{user}: {_records(count)} erased")
            else:
                unknown.append(user)
        # Also where nobody was known: they may have been erased without it.
        if options.compact and (compacting := getattr(storage, "compact", None)):
            try:
                await compacting()
            except StorageUnavailable as error:
                raise StorageUnavailable(
                    f"{error}. The records are erased, but the file may still hold bytes of them; "
                    "run the command again"
                ) from error
    return unknown


async def _migrate(options: Namespace) -> int:
    async with (
        _opened(options.source, "SRC_URL") as source,
        _opened(options.target, "DST_URL", create=True) as target,
    ):
        total = await migration.count(source)
        with Progress("copied", total, sys.stderr) as progress:
            done = await migration.copy(
                source, target, overwrite=options.overwrite, progress=progress.add
            )
        with Progress("compared", total, sys.stderr) as progress:
            different = await migration.differences(source, target, progress=progress.add)
            compared = progress.done
    print(
        f"{_records(done.copied)} copied, {done.overwritten:,} overwritten, "
        f"{done.present:,} there already; "
        f"{compared - len(different):,} of {compared:,} are now the same in both stores"
    )
    for key in different[:_NAMED]:
        _say(f"{key}: {done.refused.get(key, 'differs')}")
    if different:
        raise StorageError(
            f"{_records(len(different))} of the source differ in the target, where they may be "
            "newer; --overwrite replaces them. While a bot runs on one of the two, some always do"
        )
    return 0


@asynccontextmanager
async def _opened(
    url: str | None, argument: str = "--url", *, create: bool = False
) -> AsyncIterator[RecordStorage]:
    """A storage that is open within the block.

    :param url: None for the one of the bot.
    :param argument: how the URL is called in errors.
    :param create: whether a SQLite file may be made.
    """
    try:
        found = _url(url)
        _require_lasting(found, create)
        storage = open_storage(found)
        await storage.open()
    except SettingsError as error:
        if url is None:
            raise
        raise SettingsError(
            *(fault.replace("STORAGE_URL", argument, 1) for fault in error.faults)
        ) from None
    try:
        yield storage
    finally:
        await storage.close()


def _url(url: str | None) -> str:
    """The storage URL, found as the bot finds it: the environment wins, blank is not set."""
    if url is not None:
        return url
    variables, faults = read_variables()
    if faults:
        raise SettingsError(*faults)
    return variables.get("STORAGE_URL", "").strip() or DEFAULT_URL


def _require_lasting(url: str, create: bool) -> None:
    """Refuse a store that cannot hold anything, and a mistyped path before a file is made of it."""
    scheme = url.partition(":")[0].lower()
    if scheme == "memory":
        raise SettingsError("STORAGE_URL: memory: lasts no longer than the bot; name a store")
    if scheme != "sqlite" or create:
        return
    path = SQLiteFile.from_url(url).path
    if not os.path.exists(path):
        raise SettingsError(f"STORAGE_URL: {path} does not exist")


def _name(url: str) -> str:
    """The storage URL without user, password and options."""
    scheme = url.partition(":")[0]
    return url.partition("?")[0] if scheme == "sqlite" else ServerUrl.parse(url).address


def _records(count: int) -> str:
    return "1 record" if count == 1 else f"{count:,} records"


def _say(text: str) -> None:
    print(one_line(text), file=sys.stderr)
