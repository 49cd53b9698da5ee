"""What each command of ``python -m turnkeeper`` does.

:mod:`turnkeeper.operator.cli` says how they are called.
"""

from __future__ import annotations

import asyncio
import sys
from argparse import Namespace
from typing import Any, Final

from turnkeeper.errors import SettingsError, StorageError, StorageUnavailable, UnreadableRecord
from turnkeeper.operator import backup, migration, new, owed, rekeying
from turnkeeper.operator.naming import names_of, replies_that_name
from turnkeeper.operator.store import Store, at, find, opened, url_of
from turnkeeper.operator.terminal import Progress, one_line, pretty_json
from turnkeeper.state.people.erasure import erase, records_of
from turnkeeper.state.people.export import export
from turnkeeper.state.people.identities import identities
from turnkeeper.state.reading import iso_time, pages
from turnkeeper.storage import private_file

_NAMED: Final = 10
"""How many keys are named where something is wrong with many."""


def run(options: Namespace) -> int:
    """Run the command that ``options.command`` names; return the exit code.

    :raises BotError: it cannot be done.
    :raises OSError: a file cannot be written, or standard output is closed.
    """
    if options.command == "new":
        commands = new.make(options.folder)
        _say(f"a bot of your own is in {options.folder}; its README.md tells the rest. Next:")
        print(commands)
        return 0
    if options.command == "migrate":
        return asyncio.run(_migrate(options))
    if options.command == "backup":
        return backup.run(find(options.url, options.app), options.file)
    return _run_on_store(options)


def _run_on_store(options: Namespace) -> int:
    store = find(options.url, options.app)
    match options.command:
        case "list":
            return asyncio.run(_list(options, store))
        case "show":
            return asyncio.run(_show(options, store))
        case "check":
            return asyncio.run(_check(store))
        case "owed" | "rekey":
            run_on = owed.run if options.command == "owed" else rekeying.run
            return asyncio.run(run_on(options, store))
        case "export":
            return _export(options, store)
        case _:
            return _erase(options, store)


async def _list(options: Namespace, store: Store) -> int:
    left = options.limit
    async with opened(store) as storage:
        async for page in pages(storage, prefix=options.prefix):
            for key, record in page:
                if left == 0:
                    return 0
                left = None if left is None else left - 1
                size = len(record.body.encode())
                expiry = iso_time(record.expires_at) or "-"
                print(one_line(key), size, one_line(record.owner) or "-", expiry, sep="\t")
    return 0


async def _show(options: Namespace, store: Store) -> int:
    async with opened(store) as storage:
        found = await storage.fetch([options.key])
        if not found and "/users/" in options.key:  # carried over, maybe
            found = await storage.fetch(await identities(storage, options.key))
    if not found:
        raise StorageError(f"{options.key}: there is no such record")
    [(key, record), *_] = found.items()
    shown = store.readable(key, record)
    print(pretty_json(shown, sys.stdout.encoding))
    if reason := shown.get("unreadable"):
        _say(f"this record is unreadable ({reason}); shown is what is stored")
    return 0


async def _check(store: Store) -> int:
    checked = unreadable = 0
    async with opened(store) as storage:
        async for page in pages(storage):
            for key, record in page:
                checked += 1
                try:
                    store.check(key, record)
                except UnreadableRecord as error:
                    unreadable += 1
                    print(one_line(key), one_line(error.reason), sep="\t")
    _say(f"{_records(checked)} read, {unreadable:,} of them unreadable")
    if store.codec is None:
        _say(
            "values were not checked against the bot's types; for that, name its host: "
            "python -m turnkeeper check --app app:host"
        )
    return 1 if unreadable else 0


def _export(options: Namespace, store: Store) -> int:
    exported = asyncio.run(_exported(options, store))
    if not exported["records"]:
        raise StorageError(f"{options.user}: nothing is stored about this person")
    if options.output is None:
        print(pretty_json(exported, sys.stdout.encoding))
        return 0
    try:
        private_file.write(options.output, pretty_json(exported) + "\n")
    except FileExistsError:
        raise StorageError(f"{options.output}: it is there already; name a new file") from None
    _say(f"{_records(len(exported['records']))} in {options.output}")
    return 0


async def _exported(options: Namespace, store: Store) -> dict[str, Any]:
    async with opened(store) as storage:
        return await export(storage, options.user, store.codec)


def _erase(options: Namespace, store: Store) -> int:
    # The question is asked between two event loops: within one, Ctrl-C would wait for an answer.
    if not options.yes:
        if not sys.stdin.isatty():
            raise SettingsError.of("erase", "--yes is needed where nobody can be asked")
        for user, count in asyncio.run(_count(options, store)).items():
            _say(f"{user}: {_records(count)} in {store.name}")
        print("Erase them for good? [y/N] ", end="", file=sys.stderr, flush=True)
        if sys.stdin.readline().strip().lower() not in ("y", "yes"):
            raise StorageError("nothing was erased")
    unknown, named = asyncio.run(_erase_all(options, store))
    problems = [f"{', '.join(unknown)}: nobody is known by this id"] if unknown else []
    if named:
        problems.append(
            f"replies to others name {', '.join(named)}: they go when they are sent, or with "
            "owed --drop KEY"
        )
    if problems:
        raise StorageError("; ".join(problems))
    return 0


async def _count(options: Namespace, store: Store) -> dict[str, int]:
    async with opened(store) as storage:
        return {user: sum([1 async for _ in records_of(storage, user)]) for user in options.users}


async def _erase_all(options: Namespace, store: Store) -> tuple[list[str], list[str]]:
    """Erase the people; return those of whom there was nothing, and those whom replies name."""
    unknown, named = [], []
    async with opened(store) as storage:
        names = {user: await names_of(storage, user) for user in options.users}
        for user in options.users:
            if count := await erase(storage, user):
                _say(f"{user}: {_records(count)} erased")
            else:
                unknown.append(user)
        for user in options.users:
            keys = await replies_that_name(storage, user, names[user])
            for key in keys:
                _say(f"{key}: a reply to others names {user}")
            if keys:
                named.append(user)
        # Also where nobody was known: they may have been erased without it.
        if options.compact and (compacting := getattr(storage, "compact", None)):
            try:
                await compacting()
            except StorageUnavailable as error:
                raise StorageUnavailable(
                    f"{error}. The records are erased, but the file may still hold bytes of them; "
                    "run the command again"
                ) from error
    return unknown, named


async def _migrate(options: Namespace) -> int:
    named = (options.source, "SRC_URL"), (options.target, "DST_URL")
    stores = [at(url_of(*one), one[1]) for one in named]
    async with opened(stores[0]) as source, opened(stores[1], create=True) as target:
        total = await migration.count(source)
        done = await migration.copy(
            source, target, overwrite=options.overwrite, progress=Progress("copied", total).add
        )
        comparison = Progress("compared", total)
        different = await migration.differences(source, target, progress=comparison.add)
        compared = comparison.done
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


def _records(count: int) -> str:
    return "1 record" if count == 1 else f"{count:,} records"


def _say(text: str) -> None:
    print(one_line(text), file=sys.stderr)
