"""The SDK's middleware on the host's adapter works as on the SDK's own, and so does one's own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from botbuilder.core import (
    AutoSaveStateMiddleware,
    MemoryTranscriptStore,
    Middleware,
    NullTelemetryClient,
    ShowTypingMiddleware,
    TelemetryLoggerMiddleware,
    TranscriptLoggerMiddleware,
    TurnContext,
    UserState,
)
from botbuilder.core.cloud_adapter_base import CloudAdapterBase
from botbuilder.core.inspection import InspectionMiddleware, InspectionState
from botbuilder.schema import Activity, ActivityTypes, ConversationReference
from botframework.connector.aio import ConnectorClient

from tests.turnkeeper.said import APOLOGY
from turnkeeper import Host, Settings
from turnkeeper.testing import Cloud, Conversation

Next = Callable[[], Awaitable[Any]]
TRACE = "trace"


@pytest.fixture
def host() -> Host:
    """A host in local mode."""
    return Host(Settings())


@pytest.fixture
async def loop_errors() -> AsyncIterator[list[str]]:
    """What tasks of nobody failed with while the test ran; there must be none."""
    errors: list[str] = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, told: errors.append(str(told)))
    yield errors
    assert errors == []


async def echo(context: TurnContext) -> None:
    """Say what was said."""
    await context.send_activity(f"You said: {context.activity.text}")


class Failed(Exception):
    """What bots here fail with."""


async def failing(context: TurnContext) -> None:
    """Say something, and fail."""
    await context.send_activity("half said")
    raise Failed("the reason")


async def replacing(context: TurnContext) -> None:
    """Say something, change it and say something that is deleted."""
    first = await context.send_activity("first")
    await context.update_activity(Activity(type="message", id=first.id, text="changed"))
    second = await context.send_activity("second")
    await context.delete_activity(second.id)


class Translation(Middleware):  # type: ignore[misc]  # the SDK is untyped
    """Shouts: the bot hears small letters and is heard in capitals."""

    async def on_turn(self, context: TurnContext, logic: Next) -> None:
        context.activity.text = (context.activity.text or "").lower()
        context.turn_state["shout"] = str.upper
        context.set("shout", "!")
        context.on_send_activities(self.on_send)
        context.on_update_activity(self.on_update)
        await logic()

    async def on_send(self, context: TurnContext, replies: list[Activity], send: Next) -> None:
        """Translate what is said."""
        for reply in replies:
            if reply.type == ActivityTypes.message:
                reply.text = context.turn_state["shout"](reply.text) + context.get("shout")
        await send()

    async def on_update(self, context: TurnContext, reply: Activity, update: Next) -> None:
        """Translate what is said in place of something else."""
        reply.text = context.turn_state["shout"](reply.text)
        await update()


class Guard(Middleware):  # type: ignore[misc]  # the SDK is untyped
    """Answers some messages itself; the bot never gets them."""

    async def on_turn(self, context: TurnContext, logic: Next) -> None:
        if context.activity.text == "secret":
            await context.send_activity("Hush.")
        else:
            await logic()


class Notes(Middleware):  # type: ignore[misc]  # the SDK is untyped
    """Notes the turn from its beginning to its end.

    :param name: its own.
    :param notes: where to.
    """

    def __init__(self, name: str, notes: list[str]) -> None:
        self.name = name
        self.notes = notes

    async def on_turn(self, context: TurnContext, logic: Next) -> None:
        context.on_send_activities(self.on_send)
        context.on_delete_activity(self.on_delete)
        self.notes.append(f"{self.name} begins")
        await logic()
        self.notes.append(f"{self.name} ends, {context.responded}")

    async def on_send(self, _: TurnContext, replies: list[Activity], send: Next) -> None:
        """Note what is said, around those who note it further in."""
        self.notes.append(f"{self.name} sends {[reply.text for reply in replies]}")
        await send()
        self.notes.append(f"{self.name} has sent")

    async def on_delete(self, _: TurnContext, gone: ConversationReference, delete: Next) -> None:
        """Note what is deleted."""
        self.notes.append(f"{self.name} deletes {gone.activity_id}")
        await delete()


class Telemetry(NullTelemetryClient):  # type: ignore[misc]  # the SDK is untyped
    """Keeps the events it is told of."""

    def __init__(self) -> None:
        self.events: list[tuple[str, Any]] = []

    def track_event(self, name: str, properties: Any = None, measurements: Any = None) -> None:
        self.events.append((name, properties))


# One's own


async def test_middleware_runs_in_the_order_in_which_it_was_added(host: Host) -> None:
    notes: list[str] = []
    host.adapter.use(Notes("outer", notes)).use(Notes("inner", notes))
    async with Cloud(host, echo) as cloud:
        assert await cloud.person("Ada").says("hi") == ["You said: hi"]
    assert notes == [
        "outer begins",
        "inner begins",
        "outer sends ['You said: hi']",
        "inner sends ['You said: hi']",
        "inner has sent",
        "outer has sent",
        "inner ends, True",
        "outer ends, True",
    ]


async def test_middleware_that_does_not_go_on_answers_in_place_of_the_bot(host: Host) -> None:
    heard: list[str] = []

    async def bot(context: TurnContext) -> None:
        heard.append(context.activity.text)
        await echo(context)

    host.adapter.use(Guard())
    async with Cloud(host, bot) as cloud:
        ada = cloud.person("Ada")
        assert await ada.says("secret") == ["Hush."]
        assert await ada.says("hi") == ["You said: hi"]
    assert heard == ["hi"]


async def test_it_is_around_a_turn_in_which_the_bot_speaks_first(host: Host) -> None:
    notes: list[str] = []
    host.adapter.use(Notes("own", notes))
    async with Cloud(host, echo) as cloud:
        ada = cloud.person("Ada")
        await host.adapter.continue_conversation(
            ada.reference, lambda context: context.send_activity("news")
        )
        assert await ada.hears() == ["news"]
    assert notes == ["own begins", "own sends ['news']", "own has sent", "own ends, True"]


async def test_it_finds_the_services_of_the_sdks_adapter(host: Host) -> None:
    found: list[str] = []
    clients: list[Any] = []

    class Services(Middleware):  # type: ignore[misc]  # the SDK is untyped
        async def on_turn(self, context: TurnContext, logic: Next) -> None:
            names = (
                CloudAdapterBase.BOT_IDENTITY_KEY,
                CloudAdapterBase.BOT_CONNECTOR_CLIENT_KEY,
                CloudAdapterBase.USER_TOKEN_CLIENT_KEY,
                CloudAdapterBase.BOT_CALLBACK_HANDLER_KEY,
                CloudAdapterBase.CONNECTOR_FACTORY_KEY,
                CloudAdapterBase.BOT_OAUTH_SCOPE_KEY,
            )
            found.extend(name for name in names if name not in context.turn_state)
            factory = context.turn_state[CloudAdapterBase.CONNECTOR_FACTORY_KEY]
            clients.append(await factory.create(context.activity.service_url, None))
            await logic()

    host.adapter.use(Services())
    async with Cloud(host, echo) as cloud:
        assert await cloud.person("Ada").says("hi") == ["You said: hi"]
    assert found == []
    assert [type(client) for client in clients] == [ConnectorClient]


# Translation


@pytest.mark.parametrize("fields", [{}, {"deliveryMode": "expectReplies"}])
async def test_what_is_said_and_answered_can_be_translated(
    host: Host, fields: dict[str, str]
) -> None:
    host.adapter.use(Translation())
    async with Cloud(host, echo) as cloud:
        assert await cloud.person("Ada").says("HI", **fields) == ["YOU SAID: HI!"]


async def test_a_message_that_is_changed_is_translated_too(host: Host) -> None:
    host.adapter.use(Translation())
    async with Cloud(host, replacing) as cloud:
        ada = cloud.person("Ada")
        assert await ada.says("hi") == ["FIRST!", "SECOND!"]
        place = ada.conversation.id
        assert [one["text"] for one in cloud.updated(place)] == ["CHANGED"]
        assert cloud.deleted(place) == [ada.last[1]["id"]]


# What is sent after an exception


@pytest.mark.parametrize("fields", [{}, {"deliveryMode": "expectReplies"}])
async def test_what_is_said_of_a_failure_goes_through_the_hooks_of_the_turn(
    host: Host, fields: dict[str, str]
) -> None:
    host.adapter.use(Translation())
    async with Cloud(host, failing) as cloud:
        ada = cloud.person("Ada", channel="msteams")
        assert await ada.says("hi", **fields) == [f"{APOLOGY.upper()}!"]


async def test_on_turn_error_has_hooks_but_nothing_of_what_the_turn_said_and_kept(
    host: Host,
) -> None:
    notes: list[str] = []
    kept = host.user_state.create_property("kept")
    stock = UserState(host.storage)
    theirs = stock.create_property("theirs")

    async def bot(context: TurnContext) -> None:
        await kept.set(context, "new")
        await theirs.set(context, "new")
        await failing(context)

    async def on_turn_error(context: TurnContext, _: Exception) -> None:
        left = context.responded, await kept.get(context), await theirs.get(context)
        gone = await context.send_activity(f"{left}")
        await context.send_activity("sorry")
        await context.delete_activity(gone.id)

    host.adapter.use(Notes("own", notes))
    host.adapter.on_turn_error = on_turn_error
    async with Cloud(host, bot) as cloud:
        ada = cloud.person("Ada")
        assert await ada.says("hi") == ["(False, None, None)", "sorry"]
        assert cloud.deleted(ada.conversation.id) == [ada.last[0]["id"]]
        assert [note.partition(" reply-")[0] for note in notes] == [
            "own begins",
            "own sends ['half said']",
            "own has sent",
            "own sends ['(False, None, None)']",
            "own has sent",
            "own sends ['sorry']",
            "own has sent",
            "own deletes",
        ]
        notes.clear()
        await ada.says("again")
        assert notes[0] == "own begins"
        assert len(notes) == 8


async def test_an_invoke_answered_before_the_failure_is_answered_500(host: Host) -> None:
    async def bot(context: TurnContext) -> None:
        answer = {"status": 200, "body": None}
        await context.send_activity(Activity(type="invokeResponse", value=answer))
        raise Failed

    host.adapter.use(Translation())
    async with Cloud(host, bot) as cloud:
        assert (await cloud.person("Ada").invokes("any", {})).status == 500


async def test_middleware_that_catches_the_failure_has_the_turn_succeed(host: Host) -> None:
    class Catching(Middleware):  # type: ignore[misc]  # the SDK is untyped
        async def on_turn(self, context: TurnContext, logic: Next) -> None:
            try:
                await logic()
            except Failed:
                await context.send_activity("caught")

    host.adapter.use(Catching())
    async with Cloud(host, failing) as cloud:
        assert await cloud.person("Ada").says("hi") == ["half said", "caught"]


# ShowTypingMiddleware


async def rounds(number: int) -> None:
    """Let the loop run what is ready, some times."""
    for _ in range(number):
        await asyncio.sleep(0)


def timers() -> set[asyncio.Task[Any]]:
    """The timers of ShowTypingMiddleware that go on."""
    return {task for task in asyncio.all_tasks() if "Timer.set_timeout" in f"{task.get_coro()}"}


@pytest.mark.parametrize("long", [*range(8), 100])
@pytest.mark.usefixtures("loop_errors")
async def test_typing_is_shown_before_the_reply_and_never_after_it(host: Host, long: int) -> None:
    async def bot(context: TurnContext) -> None:
        await rounds(long)
        if long == 100:  # it leaves while the bot works
            sent = cloud.sent
            here = context.activity.conversation.id
            await cloud.connector.wait_until(lambda: bool(sent(here)), 10)
        await echo(context)

    host.adapter.use(ShowTypingMiddleware(delay=0, period=0.001))
    async with Cloud(host, bot) as cloud:
        ada = cloud.person("Ada")
        assert await ada.says("hi") == ["You said: hi"]
        kinds = [one["type"] for one in cloud.sent(ada.conversation.id)]
        assert kinds in (["message"], ["typing", "message"])  # with one that is very quick: neither
        assert long < 100 or len(kinds) == 2
        async with asyncio.timeout(10):
            while ending := timers():
                await asyncio.wait(ending)
        assert [one["type"] for one in cloud.sent(ada.conversation.id)] == kinds


@pytest.mark.usefixtures("loop_errors")
async def test_typing_ends_with_a_turn_that_fails(host: Host) -> None:
    host.adapter.use(ShowTypingMiddleware(delay=0.001, period=0.001))
    async with Cloud(host, failing) as cloud:
        ada = cloud.person("Ada")
        assert await ada.says("hi") == [APOLOGY]
        kinds = [one["type"] for one in cloud.sent(ada.conversation.id)]
        async with asyncio.timeout(10):
            while ending := timers():
                await asyncio.wait(ending)
        assert [one["type"] for one in cloud.sent(ada.conversation.id)] == kinds
        assert "typing" not in kinds


# AutoSaveStateMiddleware


async def test_state_is_saved_by_auto_save(host: Host) -> None:
    stock = UserState(host.storage)
    counts = [stock.create_property("count"), host.conversation_state.create_property("here")]

    async def bot(context: TurnContext) -> None:
        for count in counts:
            await count.set(context, (await count.get(context) or 0) + 1)
        if context.activity.text == "fail":
            raise Failed
        await context.send_activity(f"{[await count.get(context) for count in counts]}")

    host.adapter.use(AutoSaveStateMiddleware([stock, host.conversation_state]))
    async with Cloud(host, bot) as cloud:
        ada = cloud.person("Ada")
        assert await ada.says("hi") == ["[1, 1]"]
        assert await ada.says("fail") == [APOLOGY]
        await cloud.restart()
        assert await ada.says("hi") == ["[2, 2]"]


# TranscriptLoggerMiddleware and TelemetryLoggerMiddleware


async def test_a_transcript_has_all_that_was_said_changed_and_deleted(host: Host) -> None:
    store = MemoryTranscriptStore()
    host.adapter.use(TranscriptLoggerMiddleware(store))
    async with Cloud(host, replacing) as cloud:
        ada = cloud.person("Ada", channel="msteams")
        assert await ada.says("hi") == ["first", "second"]
        logged: Any = store.channels["msteams"][ada.conversation.id]
    assert [(one.type, one.text) for one in logged] == [
        ("message", "hi"),
        ("message", "first"),
        ("messageUpdate", "changed"),
        ("message", "second"),
        ("messageDelete", None),
    ]
    assert logged[0].from_property.role == "user"
    assert all(one.id for one in logged)


async def test_telemetry_has_all_that_was_said_changed_and_deleted(host: Host) -> None:
    telemetry = Telemetry()
    host.adapter.use(TelemetryLoggerMiddleware(telemetry, log_personal_information=True))
    async with Cloud(host, replacing) as cloud:
        ada = cloud.person("Ada", channel="msteams", scope="channel")
        await ada.says("hi")
        said = ada.message("hi")
    assert [(name, told.get("text")) for name, told in telemetry.events] == [
        ("BotMessageReceived", "hi"),
        ("BotMessageSend", "first"),
        ("BotMessageUpdate", "changed"),
        ("BotMessageSend", "second"),
        ("BotMessageDelete", None),
    ]
    received = telemetry.events[0][1]
    assert (received["fromId"], received["fromName"]) == ("Ada", "Ada")
    assert received["TeamsTenantId"] == said["conversation"]["tenantId"]


async def test_telemetry_has_what_is_said_of_a_failure(host: Host) -> None:
    telemetry = Telemetry()
    host.adapter.use(TelemetryLoggerMiddleware(telemetry, log_personal_information=True))
    async with Cloud(host, failing) as cloud:
        await cloud.person("Ada").says("hi")
    told = [properties.get("text") for _, properties in telemetry.events]
    assert told[:3] == ["hi", "half said", APOLOGY]


# InspectionMiddleware


def asking(host: Host) -> Callable[[TurnContext], Awaitable[None]]:
    """A bot that asks for a name, and takes any text for it."""
    names = host.user_state.create_property("name")
    asked = host.conversation_state.create_property("asked")

    async def bot(context: TurnContext) -> None:
        if await names.get(context) is None and await asked.get(context, False):
            await names.set(context, context.activity.text)
        await asked.set(context, True)
        name = await names.get(context)
        await context.send_trace_activity("before the reply")
        await context.send_activity(f"Hello {name}!" if name else "What is your name?")
        await context.send_trace_activity("after the reply")

    return bot


@pytest.mark.usefixtures("loop_errors")
async def test_a_conversation_is_inspected_and_a_command_is_never_a_name(host: Host) -> None:
    state = InspectionState(host.storage)
    host.adapter.use(InspectionMiddleware(state, host.user_state, host.conversation_state))
    async with Cloud(host, asking(host)) as cloud:
        ada = cloud.person("Ada", channel="emulator")
        inspector = cloud.person("Inspector", conversation=Conversation("emulator"))
        assert await ada.says("hi") == ["What is your name?"]
        assert await inspector.says("/INSPECT open") == []
        [command] = inspector.last
        assert (command["type"], command["name"]) == (TRACE, "Command")
        await cloud.restart()
        attached = "Attached to session, all traffic is being replicated for inspection."
        assert await ada.says(command["value"]) == [attached]
        assert await ada.state("name") is None
        assert await ada.says("Ada Lovelace") == ["Hello Ada Lovelace!"]
        assert [one.get("name") or one["text"] for one in ada.last] == [
            "before the reply",
            "Hello Ada Lovelace!",
            "after the reply",
        ]
        traces = cloud.sent(inspector.conversation.id)[1:]
        seen = [(one["type"], one["name"], one["value"].get("text")) for one in traces]
        assert seen == [
            (TRACE, "ReceivedActivity", "Ada Lovelace"),
            (TRACE, "SentActivity", None),
            (TRACE, "SentActivity", "Hello Ada Lovelace!"),
            (TRACE, "SentActivity", None),
            (TRACE, "Bot State", None),
        ]
        shown = traces[-1]["value"]
        assert shown["user_state"]["name"] == "Ada Lovelace"
        assert shown["conversation_state"]["asked"] is True


async def test_a_session_that_is_not_there_is_told(host: Host) -> None:
    host.adapter.use(InspectionMiddleware(InspectionState(host.storage)))
    async with Cloud(host, asking(host)) as cloud:
        ada = cloud.person("Ada", channel="emulator")
        await ada.says("hi")
        assert await ada.says("/INSPECT attach x") == ["Open session with id x does not exist."]
        assert await ada.says("/INSPECT open") == []
        assert await ada.state("name") is None
