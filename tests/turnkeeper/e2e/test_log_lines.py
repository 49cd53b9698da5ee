"""What an operator finds in the log: whose turn it was, what went wrong, and nobody's words."""

import asyncio
import io
import json
import logging
import os
import shlex
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import TestServer
from botbuilder.core import ActivityHandler, TurnContext
from botbuilder.dialogs import DialogInstance, DialogState
from botbuilder.schema import Activity

from tests.turnkeeper.bot import make_host
from tests.turnkeeper.e2e.process import BotProcess
from tests.turnkeeper.said import APOLOGY
from tests.turnkeeper.tiny.app import TYPES, make_bot
from turnkeeper import Host
from turnkeeper.ledger.ledger import Ledger
from turnkeeper.observing.logs import Handler, JSONFormatter
from turnkeeper.operator.cli import main as state_command
from turnkeeper.storage import ANY, Change, store_at
from turnkeeper.testing import Answer, Cloud
from turnkeeper.turn.naming import turn_of
from turnkeeper.wire.codec import Codec

StartApp = Callable[..., Awaitable[tuple[str, Host]]]


class Lines:
    """The log so far, one object a line."""

    def __init__(self) -> None:
        self.stream = io.StringIO()

    def __call__(self, **wanted: str) -> list[dict[str, Any]]:
        """The lines in which these fields are as wanted."""
        lines = [json.loads(line) for line in self.stream.getvalue().splitlines()]
        return [line for line in lines if wanted.items() <= line.items()]


@pytest.fixture
def lines() -> Iterator[Lines]:
    root, found = logging.getLogger(), Lines()
    level, handler = root.level, Handler(found.stream)
    handler.setFormatter(JSONFormatter())
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    yield found
    root.removeHandler(handler)
    root.setLevel(level)


@pytest.fixture
def store(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/bot.db"


@pytest.fixture
async def start_app(store: str) -> AsyncIterator[StartApp]:
    """Starts the bot, or one of other code; its URL and its host."""
    async with AsyncExitStack() as stack:

        async def start(bot: ActivityHandler | None = None) -> tuple[str, Host]:
            host = make_host(storage_url=store)
            own = make_bot(host)
            server = await stack.enter_async_context(TestServer(host.app(bot or own)))
            return str(server.make_url("/api/messages")), host

        yield start


async def put(store: str, key: str, body: str) -> None:
    storage = store_at(store)
    await storage.open()
    await storage.commit([Change(key, body, ANY)])
    await storage.close()


class Careless(ActivityHandler):  # type: ignore[misc]  # the SDK is untyped
    """Takes whatever is said for a number."""

    async def on_message_activity(self, turn_context: TurnContext) -> None:
        int(turn_context.activity.text)


async def test_a_turn_of_bot_code_that_fails_is_found_in_log_and_ledger_without_what_was_said(
    cloud: Cloud, start_app: StartApp, lines: Lines
) -> None:
    url, host = await start_app(Careless())
    person = cloud.person(channel="msteams", bot_url=url)
    message = person.message("my PIN is Zyxwv")
    await person.sends(message)
    [line] = lines(level="ERROR")
    assert line["conversation"] == person.conversation.id
    assert line["activity"] == message["id"]
    assert line["turn"] == turn_of(Activity.deserialize(message))
    assert "in on_message_activity" in line["exception"]
    assert line["exception"].endswith("ValueError")
    key = f"msteams/ledgers/{person.conversation.id}/"
    ledger = Ledger.read(key, (await host.storage.records.fetch([key]))[key])
    assert ledger.knows(line["turn"])
    assert "Zyxwv" not in lines.stream.getvalue()


async def test_a_turn_without_an_id_has_a_name_in_the_log_that_its_ledger_knows(
    cloud: Cloud, start_app: StartApp, lines: Lines
) -> None:
    url, host = await start_app(Careless())
    person = cloud.person(channel="msteams", bot_url=url)
    for _ in range(2):
        await person.says("one", id=None)
    first, second = lines(level="ERROR")
    assert first["activity"] == ""
    assert first["turn"] != second["turn"]
    key = f"msteams/ledgers/{person.conversation.id}/"
    ledger = Ledger.read(key, (await host.storage.records.fetch([key]))[key])
    assert ledger.knows(first["turn"])
    assert ledger.knows(second["turn"])


async def test_a_turn_that_fails_for_good_names_itself(
    cloud: Cloud, start_app: StartApp, lines: Lines
) -> None:
    url, host = await start_app(Careless())
    host.adapter.on_turn_error = None
    person = cloud.person(channel="msteams", bot_url=url)
    message = person.message("my PIN is Zyxwv")
    assert (await person.sends(message)).status == 500
    [line] = lines(message="turn failed")
    assert line["conversation"] == person.conversation.id
    assert (line["activity"], line["turn"]) == (
        message["id"],
        turn_of(Activity.deserialize(message)),
    )
    assert "Zyxwv" not in lines.stream.getvalue()


async def test_a_turn_that_the_store_refuses_names_itself(
    cloud: Cloud, start_app: StartApp, lines: Lines, tmp_path: Path
) -> None:
    url, _ = await start_app()
    person = cloud.person(channel="msteams", bot_url=url)
    await person.says("hi")
    os.rename(tmp_path / "bot.db", tmp_path / "moved.db")
    message = person.message("Zyxwv")
    answered = await cloud.post_to_bot(url, message)
    assert answered.json()["error"]["code"] == "storage_unavailable"
    [line] = lines(level="ERROR")
    assert line["message"].startswith("turn refused: ")
    assert line["conversation"] == person.conversation.id
    assert (line["activity"], line["turn"]) == (
        message["id"],
        turn_of(Activity.deserialize(message)),
    )


async def test_a_reply_that_the_channel_does_not_take_names_its_turn(
    cloud: Cloud, start_app: StartApp, lines: Lines
) -> None:
    url, _ = await start_app()
    person = cloud.person(channel="msteams", bot_url=url)
    message = person.message("hi")
    cloud.faults.next(Answer(429, {"Retry-After": "60"}))
    assert (await person.sends(message)).status == 201
    [line] = lines(level="WARNING")
    assert "a reply was not taken" in line["message"]
    assert person.conversation.id in line["message"]
    assert line["turn"] == turn_of(Activity.deserialize(message))


async def test_a_record_that_cannot_be_read_is_named_with_the_command_that_shows_it(
    cloud: Cloud,
    start_app: StartApp,
    lines: Lines,
    store: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    url, host = await start_app()
    person = cloud.person(channel="msteams", bot_url=url)
    key = f"msteams/ledgers/{person.conversation.id}/"
    await host.storage.records.commit([Change(key, '{"v": 999}', ANY)])
    answered = await cloud.post_to_bot(url, person.message("hi"))
    assert answered.status == 503
    assert "Retry-After" not in answered.headers
    assert answered.json()["error"] == {
        "code": "record_unreadable",
        "message": "What the bot remembers here cannot be read.",
    }
    [line] = lines(level="ERROR")
    assert line["message"].startswith(f"turn refused: {key}: format 999 is not known; ")
    assert line["conversation"] == person.conversation.id
    _, _, command = line["message"].partition("python -m turnkeeper ")
    arguments = [*shlex.split(command), "--url", store]
    assert await asyncio.to_thread(state_command, arguments) == 0
    assert json.loads(capsys.readouterr().out)["key"] == key


class Forgetful(ActivityHandler):  # type: ignore[misc]  # the SDK is untyped
    """Changes and deletes activities without knowing which."""

    async def on_message_activity(self, turn_context: TurnContext) -> None:
        if turn_context.activity.text == "update":
            await turn_context.update_activity(Activity(type="message", text="Zyxwv"))
        else:
            await turn_context.delete_activity("")


@pytest.mark.parametrize("what", ["update", "delete"])
async def test_what_cannot_be_sent_for_want_of_an_id_is_warned_of(
    cloud: Cloud, start_app: StartApp, lines: Lines, what: str
) -> None:
    url, _ = await start_app(Forgetful())
    person = cloud.person(channel="msteams", bot_url=url)
    await person.says(what)
    [line] = lines(level="WARNING")
    assert person.conversation.id in line["message"]
    assert "empty id" in line["message"]
    assert line["turn"]


class Reminding(ActivityHandler):  # type: ignore[misc]  # the SDK is untyped
    """Speaks in a turn of its own, and fails there, when it is spoken to."""

    async def on_message_activity(self, turn_context: TurnContext) -> None:
        if turn_context.activity.text != "remind me":
            return
        reference = TurnContext.get_conversation_reference(turn_context.activity)
        reference.conversation.id = "elsewhere"

        async def remind(_: TurnContext) -> None:
            raise RuntimeError

        await turn_context.adapter.continue_conversation(reference, remind, "bot")
        raise LookupError


async def test_a_turn_of_the_bots_own_has_ids_of_its_own(
    cloud: Cloud, start_app: StartApp, lines: Lines
) -> None:
    url, _ = await start_app(Reminding())
    person = cloud.person(channel="msteams", bot_url=url)
    message = person.message("remind me")
    await person.sends(message)
    own, persons = lines(level="ERROR")
    assert own["conversation"] == "elsewhere"
    assert own["turn"] != persons["turn"]
    assert persons["conversation"] == person.conversation.id
    assert persons["turn"] == turn_of(Activity.deserialize(message))


@pytest.mark.parametrize(("level", "is_shown"), [("INFO", False), ("DEBUG", True)])
async def test_the_bot_says_at_debug_alone_what_an_error_quotes(
    cloud: Cloud, store: str, level: str, is_shown: bool
) -> None:
    person = cloud.person(channel="msteams")
    # An open dialog that is in no set: the SDK's error says how it is called.
    open_dialog = DialogInstance()
    open_dialog.id = "Zyxwv"
    body = Codec(TYPES).encode_state({"DialogState": DialogState([open_dialog])})
    await put(store, f"msteams/conversations/{person.conversation.id}", body)
    variables = {"STORAGE_URL": store, "LOG_LEVEL": level, "LOG_FORMAT": "json"}
    async with BotProcess(variables) as bot:
        assert await person.says("hi", bot.url) == [APOLOGY]
        await bot.terminate()
    logged = [json.loads(line) for line in bot.printed if line.startswith("{")]
    assert any(line["level"] == "ERROR" for line in logged)
    quoting = {line["level"] for line in logged if "Zyxwv" in json.dumps(line)}
    assert quoting == ({"DEBUG"} if is_shown else set())
