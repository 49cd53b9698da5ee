"""How ``python -m turnkeeper`` is called, finds its store, and ends: never in a traceback."""

from __future__ import annotations

import asyncio
import json
import os
import pty
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.turnkeeper.contract.operator_command import Ended, ended, operate, start
from turnkeeper.storage import Change, RecordStorage, store_at

ADA = "msteams/users/29:ada"


@pytest.fixture
async def storage(folder: Path) -> AsyncIterator[RecordStorage]:
    """The bot's store; it stays open, as while the bot runs."""
    storage = store_at("sqlite:///data/bot.db")
    await storage.open()
    await storage.commit([Change(ADA, '{"v":1,"state":{"name":"Zo\\u00eb"}}', None, ADA)])
    yield storage
    await storage.close()


async def test_it_is_a_program(storage: RecordStorage, folder: Path) -> None:
    result = await ended(await start("list", folder=folder))
    assert result == Ended(0, f"{ADA}\t35\t{ADA}\t-\n", "")
    result = await ended(await start("--help", folder=folder))
    assert result.code == 0
    assert "migrate" in result.output


async def answered(answer: str, folder: Path, *more: str) -> tuple[str, Ended]:
    """Run ``erase`` on a terminal and type an answer; return the question too."""
    terminal, inner = pty.openpty()
    process = await start("erase", "--user", "msteams/29:ada", *more, folder=folder, stdin=inner)
    os.close(inner)
    try:
        assert process.stderr
        question = await process.stderr.readuntil(b"[y/N] ")
        if answer == "\x03":  # what a terminal makes of it for the process in front
            process.send_signal(signal.SIGINT)
        else:
            os.write(terminal, answer.encode())
        return question.decode(), await ended(process)
    finally:
        os.close(terminal)


async def test_erase_asks_on_a_terminal(storage: RecordStorage, folder: Path) -> None:
    question, result = await answered("y\n", folder)
    assert question == (f"{ADA}: 1 record in sqlite:///data/bot.db\nErase them for good? [y/N] ")
    assert result == Ended(0, "", f"{ADA}: 1 record erased\n")
    assert await storage.scan() == []


@pytest.mark.parametrize(
    ("answer", "said"),
    [("\n", "nothing was erased"), ("\x04", "nothing was erased"), ("\x03", "interrupted; ")],
)
async def test_any_answer_but_yes_erases_nothing(
    storage: RecordStorage, folder: Path, answer: str, said: str
) -> None:
    _, result = await answered(answer, folder)
    assert result.code == 1
    assert f"error: {said}" in result.errors
    assert ADA in await storage.fetch([ADA])


async def test_erase_needs_yes_where_nobody_can_be_asked(storage: RecordStorage) -> None:
    result = await operate("erase", "--user", ADA)
    assert result == Ended(2, "", "error: erase: --yes is needed where nobody can be asked\n")
    assert ADA in await storage.fetch([ADA])


async def test_a_reader_that_has_seen_enough_gets_no_complaint(
    storage: RecordStorage, folder: Path
) -> None:
    for first in range(0, 3_000, 500):
        keys = [f"{'long' * 30}{n}" for n in range(first, first + 500)]
        await storage.commit([Change(key, "{}", None) for key in keys])
    reading, writing = os.pipe()
    process = await start("list", folder=folder, stdout=writing)
    os.close(writing)
    assert os.read(reading, 4) == b"long"
    os.close(reading)
    assert await ended(process) == Ended(1, "", "")


async def test_ctrl_c_ends_a_command_with_one_line() -> None:
    connected = asyncio.Event()

    async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connected.set()
        await reader.read()
        writer.close()

    async with await asyncio.start_server(say_nothing, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        process = await start("list", "--url", f"redis://127.0.0.1:{port}/0?timeout=60")
        await connected.wait()
        process.send_signal(signal.SIGINT)
        result = await ended(process)
    assert result == Ended(
        1,
        "",
        "error: interrupted; what was done stays done; run the command again to finish it\n",
    )


async def test_a_terminal_without_unicode_gets_escapes(
    storage: RecordStorage, folder: Path
) -> None:
    await storage.commit([Change("日本", "{}", None)])
    variables = {"PYTHONIOENCODING": "ascii"}
    result = await ended(await start("list", folder=folder, variables=variables))
    assert result.output.endswith("\n\\u65e5\\u672c\t2\t-\t-\n")
    result = await ended(await start("show", ADA, folder=folder, variables=variables))
    assert json.loads(result.output)["state"]["name"] == "Zoë"


@pytest.mark.usefixtures("storage")
@pytest.mark.parametrize(
    ("variable", "dotenv", "found"),
    [
        (None, "", True),
        (None, "STORAGE_URL=sqlite:///other.db", False),
        ("", "STORAGE_URL=sqlite:///other.db", True),
        ("sqlite:///data/bot.db", "STORAGE_URL=sqlite:///other.db", True),
        ("sqlite:///other.db", "", False),
    ],
)
async def test_the_store_is_the_one_of_the_bot(
    folder: Path, monkeypatch: pytest.MonkeyPatch, variable: str | None, dotenv: str, found: bool
) -> None:
    (folder / ".env").write_text(dotenv)
    if variable is not None:
        monkeypatch.setenv("STORAGE_URL", variable)
    result = await operate("list")
    assert (ADA in result.output) is found
    assert result.errors.startswith("error: STORAGE_URL: ") is not found
    assert ADA in (await operate("list", "--url", "sqlite:///data/bot.db")).output


@pytest.mark.usefixtures("storage")
async def test_a_broken_line_of_the_file_is_not_taken_for_no_line(folder: Path) -> None:
    (folder / ".env").write_text("# the store\nSTORAGE_URL: sqlite:///other.db\n")
    result = await operate("list")
    assert (result.code, result.output) == (2, "")
    assert result.errors.startswith("error: .env line 2: ")
    assert "other.db" not in result.errors


async def test_a_mistyped_path_makes_no_file(folder: Path) -> None:
    result = await operate("list", "--url", "sqlite:///tpyo.db")
    assert (result.code, result.output) == (2, "")
    assert result.errors.startswith("error: --url: ")
    assert result.errors.endswith("tpyo.db does not exist\n")
    result = await operate("migrate", "sqlite:///tpyo.db", "sqlite:///new.db")
    assert result.code == 2
    assert result.errors.startswith("error: SRC_URL: ")
    assert os.listdir(folder) == []


SECRET = "s3cr3t"  # noqa: S105 - of nothing
POSTGRESQL = f"postgresql://me:{SECRET}@127.0.0.1:1/bot"
REDIS = f"redis://me:{SECRET}@127.0.0.1:1/0"


@pytest.mark.parametrize(
    "arguments",
    [
        ["list", "--url", POSTGRESQL],
        ["list", "--url", REDIS],
        ["list", "--url", POSTGRESQL.replace("@", "/x@")],
        ["list", "--url", POSTGRESQL + "?timeout=x"],
        ["list", "--url", POSTGRESQL.replace("postgresql", "mysql")],
        ["list", "--url", SECRET],
        ["list", "--url", f"sqlite://me:{SECRET}@x"],
        ["list", "--url", f"sqlite:///bot.db?password={SECRET}"],
        ["list", POSTGRESQL],
        ["list", "--limit", POSTGRESQL],
        [POSTGRESQL],
        ["migrate", "sqlite:///a.db", REDIS, REDIS],
        ["migrate", REDIS, POSTGRESQL],
        ["erase", "--user", "msteams/ada", "--url", REDIS + "x", "--yes"],
        ["list", "--app", POSTGRESQL],
        ["--app", REDIS, "list"],
    ],
)
async def test_no_password_is_shown(arguments: list[str]) -> None:
    result = await operate(*arguments)
    assert result.code in (1, 2)
    assert result.output == ""
    assert "error: " in result.errors
    assert SECRET not in result.errors


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["list", "--url", "memory:"], 2, "--url: memory: lasts no longer than the bot"),
        (["migrate", "memory:", "memory:"], 2, "SRC_URL: memory:"),
        (["list", "--url", "foo:"], 2, "--url: must begin with the name of a store"),
        (["list", "--url", ""], 2, "--url: must begin with the name of a store"),
        (["list", "--url", POSTGRESQL], 1, "PostgreSQL at 127.0.0.1:1/bot"),
        (["list", "--url", REDIS], 1, "Redis at 127.0.0.1:1/0"),
        ([], 2, "COMMAND"),
        (["list", "--limit", "-1"], 2, "must be a whole number"),
        (["show", "\udcff"], 2, "must be text in UTF-8"),
        (["export", "--user", "ada"], 2, "must be CHANNEL/ID"),
        (["export", "--user", "msteams/"], 2, "must be CHANNEL/ID"),
        (["export", "--user", "msteams/users/"], 2, "must be CHANNEL/ID"),
        (["export", "--user", "/ada"], 2, "must be CHANNEL/ID"),
        (["erase", "--yes"], 2, "--user"),
        (["list", "--app", "app"], 2, "--app: must be MODULE:NAME"),
        (["--app", "app.py:host", "list"], 2, "there is no module app"),
        (["--app", "app:", "list"], 2, "--app: must be MODULE:NAME"),
    ],
)
async def test_what_is_wrong_is_said_in_one_line(
    arguments: list[str], code: int, said: str
) -> None:
    result = await operate(*arguments)
    assert result.code == code
    *usage, last = result.errors.splitlines()
    assert said in last
    assert "error: " in last
    assert not any("error: " in line for line in usage)
