"""The bot speaks first: turns like any other, though no request has begun them."""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from botbuilder.core import TurnContext
from botbuilder.schema import (
    ChannelAccount,
    ConversationAccount,
    ConversationParameters,
    ConversationReference,
)

from tests.turnkeeper.turn.world import SERVICE_URL, Process, log_of, message
from turnkeeper.adapters.turn_error import default_on_turn_error
from turnkeeper.errors import (
    DeliveryOwed,
    DeliveryRefused,
    NestedTurn,
    RequestRefused,
    ShuttingDown,
)
from turnkeeper.observing.logs import JSONFormatter
from turnkeeper.turn import proactive

CONVERSATION = "msteams/conversations/c"
Logic = Callable[[TurnContext], Awaitable[None]]


def reference(conversation: str = "c", **fields: object) -> ConversationReference:
    """Where to speak: as kept from a message, with some fields changed."""
    kept = TurnContext.get_conversation_reference(message("a", conversation=conversation))
    for name, value in fields.items():
        setattr(kept, name, value)
    return kept


def says(text: str) -> Logic:
    async def say(context: TurnContext) -> None:
        await context.send_activity(text)

    return say


def notes(process: Process, text: str) -> Logic:
    """Bot code that keeps a text in the states that the turn has and says it."""

    async def note(context: TurnContext) -> None:
        person = context.activity.from_property
        for state in process.states if person and person.id else process.states[:1]:
            (await state.create_property("log").get(context, list)).append(text)
            await state.save_changes(context)
        await context.send_activity(text)

    return note


async def never(_: TurnContext) -> None:
    raise AssertionError("the bot ran")


async def begin(process: Process, logic: Logic, *members: str, **fields: object) -> None:
    parameters = ConversationParameters(
        bot=ChannelAccount(id="bot"),
        members=[ChannelAccount(id=member) for member in members],
        **fields,
    )
    await process.adapter.create_conversation("app", logic, parameters, "msteams", SERVICE_URL)


# To nobody: a post into a channel has no user.


@pytest.mark.parametrize("user", [None, ChannelAccount()], ids=["no user", "no id"])
@pytest.mark.parametrize("kind", ["channel", "groupChat", "personal"])
async def test_a_turn_without_a_person_has_the_conversations_place_and_no_profile(
    process: Process, user: ChannelAccount | None, kind: str
) -> None:
    there = reference(user=user)
    there.conversation = ConversationAccount(id="c", conversation_type=kind)
    await process.adapter.continue_conversation(there, notes(process, "hi all"), "app")
    assert process.world.channel.received == {"c": ["hi all"]}
    stored = {key: record.owner for key, record in await process.world.storage.scan()}
    assert stored == {CONVERSATION: "", "msteams/ledgers/c/": ""}
    assert await log_of(process.world, CONVERSATION) == ["hi all"]


@pytest.mark.parametrize("user", [None, ChannelAccount(), ChannelAccount(id="")])
async def test_strangers_without_an_id_share_no_profile(
    process: Process, user: ChannelAccount | None
) -> None:
    profile = process.states[1].create_property("log")
    uses: list[Logic] = [
        profile.get,
        lambda context: profile.set(context, ["x"]),
        process.states[1].load,
        process.states[1].delete,
    ]
    for use in uses:
        with pytest.raises(TypeError, match=r"missing from_property\.id"):
            await process.adapter.continue_conversation(reference(user=user), use, "app")
    assert await process.world.storage.scan() == []


async def test_what_belongs_to_a_person_stays_theirs(process: Process) -> None:
    await process.take(message("a"))
    await process.adapter.continue_conversation(reference(user=None), notes(process, "b"), "app")
    records = dict(await process.world.storage.scan())
    assert records[CONVERSATION].owner == "msteams/users/ada"
    assert records["msteams/ledgers/c/"].owner == "msteams/users/ada"


async def test_an_error_in_a_turn_without_a_person_is_handled_as_in_any(process: Process) -> None:
    process.adapter.on_turn_error = default_on_turn_error(process.states[0])

    async def fail(context: TurnContext) -> None:
        await notes(process, "lost")(context)
        raise RuntimeError

    await process.adapter.continue_conversation(reference(user=None), fail, "app")
    assert process.world.channel.received == {}
    assert await log_of(process.world, CONVERSATION) == []


# In a new conversation.


async def test_a_new_conversation_begins_with_a_turn_of_the_person_it_is_with(
    process: Process,
) -> None:
    await process.take(message("a"))
    await begin(process, notes(process, "hello"), "ada")
    assert process.world.channel.received["with-ada"] == ["hello"]
    assert await log_of(process.world, "msteams/conversations/with-ada") == ["hello"]
    assert await log_of(process.world, "msteams/users/ada") == ["a", "hello"]


@pytest.mark.parametrize("members", [("ada",), ("ada", "bob")], ids=len)
async def test_a_group_is_nobodys(process: Process, members: tuple[str, ...]) -> None:
    await begin(process, notes(process, "hello"), *members, is_group=True)
    (conversation,) = process.world.channel.received
    assert await log_of(process.world, f"msteams/conversations/{conversation}") == ["hello"]
    assert await log_of(process.world, "msteams/users/ada") == []


async def test_a_conversation_that_was_there_already_is_spoken_in_again(process: Process) -> None:
    for text in ("one", "two"):
        await begin(process, says(text), "ada")
    assert process.world.channel.received == {"with-ada": ["one", "two"]}


async def test_the_turn_knows_where_it_is(process: Process) -> None:
    seen: list[ConversationReference] = []

    async def note(context: TurnContext) -> None:
        seen.append(TurnContext.get_conversation_reference(context.activity))

    await begin(process, note, "ada", tenant_id="contoso")
    (there,) = seen
    assert (there.activity_id, there.channel_id, there.service_url) == (
        "first",
        "msteams",
        SERVICE_URL,
    )
    assert (there.user.id, there.bot.id) == ("ada", "bot")
    await process.adapter.continue_conversation(there, says("again"), "app")
    assert process.world.channel.received == {"with-ada": ["again"]}


@pytest.mark.parametrize("missing", range(4))
async def test_what_is_needed_to_begin_is_said(process: Process, missing: int) -> None:
    given: list[Any] = [never, ConversationParameters(), "msteams", SERVICE_URL]
    given[missing] = None
    with pytest.raises(TypeError, match="service_url"):
        await process.adapter.create_conversation("app", *given)


# In a turn of the same conversation.


async def test_to_wait_for_a_turn_within_the_same_turn_is_an_error_at_once(
    process: Process,
) -> None:
    async def speak_twice(context: TurnContext) -> None:
        with pytest.raises(NestedTurn, match="task"):
            await process.adapter.continue_conversation(reference(), never, "app")
        await context.send_activity("still here")

    process.bot.on_message_activity = speak_twice
    await process.take(message("a"))
    await process.take(message("b"))
    assert process.world.channel.received == {"c": ["still here", "still here"]}


async def test_also_by_way_of_another_conversation(process: Process) -> None:
    async def back(_: TurnContext) -> None:
        await process.adapter.continue_conversation(reference(), never, "app")

    async def over(_: TurnContext) -> None:
        await process.adapter.continue_conversation(reference("d"), back, "app")

    process.bot.on_message_activity = over
    with pytest.raises(NestedTurn):
        await process.take(message("a"))


async def test_also_where_a_new_conversation_turns_out_to_be_this_one(process: Process) -> None:
    async def anew(_: TurnContext) -> None:
        await begin(process, never, "ada")

    process.bot.on_message_activity = anew
    with pytest.raises(NestedTurn):
        await process.take(message("a", conversation="with-ada"))


async def test_another_conversation_may_be_spoken_in(process: Process) -> None:
    async def tell_another(context: TurnContext) -> None:
        await process.adapter.continue_conversation(reference("d"), says("news"), "app")
        await context.send_activity("told")

    process.bot.on_message_activity = tell_another
    await process.take(message("a"))
    assert process.world.channel.received == {"d": ["news"], "c": ["told"]}


async def test_a_task_that_the_turn_does_not_await_speaks_after_it(process: Process) -> None:
    tasks: list[asyncio.Task[None]] = []

    async def later(context: TurnContext) -> None:
        speaking = process.adapter.continue_conversation(reference(), says("later"), "app")
        tasks.append(asyncio.create_task(speaking))
        await asyncio.sleep(0)
        await context.send_activity("now")

    process.bot.on_message_activity = later
    await process.take(message("a"))
    await tasks[0]
    assert process.world.channel.received == {"c": ["now", "later"]}


# Replies that do not leave.


def now() -> float:
    return asyncio.get_running_loop().time()


async def test_whoever_speaks_is_told_after_ten_seconds_that_it_is_still_owed(
    process: Process,
) -> None:
    process.world.channel.down = True
    with pytest.raises(DeliveryOwed):
        await process.adapter.continue_conversation(reference(), notes(process, "committed"), "app")
    assert 10 <= now() < 10.5
    assert await log_of(process.world, CONVERSATION) == ["committed"]
    process.world.channel.down = False
    await asyncio.sleep(6)
    assert process.world.channel.received == {"c": ["committed"]}


async def test_where_it_leaves_meanwhile_nothing_is_raised(process: Process) -> None:
    process.world.channel.down = True
    speaking = asyncio.create_task(
        process.adapter.continue_conversation(reference(), says("late"), "app")
    )
    await asyncio.sleep(3)
    process.world.channel.down = False
    await speaking
    assert process.world.channel.received == {"c": ["late"]}


async def test_a_refusal_is_told_and_what_comes_after_it_is_sent(process: Process) -> None:
    process.world.channel.answers = {"one": 403}

    async def speak(context: TurnContext) -> None:
        for text in ("one", "two"):
            await context.send_activity(text)

    with pytest.raises(DeliveryRefused) as refusal:
        await process.adapter.continue_conversation(reference(), speak, "app")
    assert refusal.value.status == 403
    assert process.world.channel.received == {"c": ["two"]}


async def test_within_a_turn_nobody_waits_for_what_is_said_elsewhere(process: Process) -> None:
    process.world.channel.answers = {"refused": 403, "late": 503}

    async def tell(context: TurnContext) -> None:
        for text in ("refused", "late"):
            await process.adapter.continue_conversation(reference("d"), says(text), "app")
        assert now() == 0
        await context.send_activity("told")

    process.bot.on_message_activity = tell
    await process.take(message("a"))
    assert process.world.channel.received == {"c": ["told"]}


async def test_what_could_not_be_delivered_is_sent_before_what_the_next_turn_says(
    process: Process,
) -> None:
    process.world.channel.down = True
    with pytest.raises(DeliveryOwed):
        await process.adapter.continue_conversation(reference(), notes(process, "first"), "app")
    process.world.channel.down = False
    await process.take(message("b"))
    await asyncio.sleep(6)
    assert process.world.channel.received == {"c": ["first", "2: b", "end of 2"]}


# The end.


async def test_who_closes_the_adapter_waits_for_turns_under_way(process: Process) -> None:
    reached, gate = asyncio.Event(), asyncio.Event()

    async def think(context: TurnContext) -> None:
        reached.set()
        await gate.wait()
        await begin(process, says("and elsewhere"), "bob")  # what it begins is part of it
        await context.send_activity("done")

    speaking = asyncio.create_task(process.adapter.continue_conversation(reference(), think, "app"))
    await reached.wait()
    closing = asyncio.create_task(process.adapter.close())
    await asyncio.sleep(0)
    for late in (
        process.adapter.continue_conversation(reference("d"), never, "app"),
        begin(process, never, "cleo"),
    ):
        with pytest.raises(ShuttingDown, match="shutting down"):
            await late
    assert not closing.done()
    gate.set()
    await closing
    assert process.world.channel.received == {"with-bob": ["and elsewhere"], "c": ["done"]}
    await speaking


async def test_it_does_not_wait_for_ever_and_then_nothing_is_half_done(
    process: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(proactive, "SHUTDOWN", 0.01)
    reached = asyncio.Event()

    async def hang(context: TurnContext) -> None:
        await notes(process, "half")(context)
        reached.set()
        await asyncio.Event().wait()

    speaking = asyncio.create_task(process.adapter.continue_conversation(reference(), hang, "app"))
    await reached.wait()
    await process.adapter.close()
    with pytest.raises(asyncio.CancelledError):
        await speaking
    assert process.world.channel.received == {}
    assert await log_of(process.world, CONVERSATION) == []


async def test_a_task_that_goes_on_after_its_turn_is_not_waited_for(process: Process) -> None:
    spoken = asyncio.Event()

    async def remind_for_ever() -> None:
        await process.adapter.continue_conversation(reference(), says("once"), "app")
        spoken.set()
        await asyncio.Event().wait()

    reminding = asyncio.create_task(remind_for_ever())
    await spoken.wait()
    await process.adapter.close()
    assert not reminding.done()
    reminding.cancel()


# Where it may go, and what is seen of it.


@pytest.mark.parametrize("url", ["https://evil.example", "http://169.254.169.254/x", "", None])
async def test_no_conversation_is_begun_at_a_host_that_is_no_channel(
    process: Process, monkeypatch: pytest.MonkeyPatch, url: str | None
) -> None:
    async def begun(*_: object, **__: object) -> tuple[str, None]:
        raise AssertionError("something was posted")

    monkeypatch.setattr(process.connector, "create_conversation", begun)
    parameters = ConversationParameters(members=[ChannelAccount(id="ada")])
    with pytest.raises((RequestRefused, TypeError)):
        await process.adapter.create_conversation("app", never, parameters, "msteams", url)


async def test_its_log_lines_carry_the_ids_of_the_turn(process: Process) -> None:
    lines = []

    async def log(_: TurnContext) -> None:
        record = logging.LogRecord("x", logging.INFO, "", 0, "hello", None, None)
        lines.append(json.loads(JSONFormatter().format(record)))

    await process.adapter.continue_conversation(reference(), log, "app")
    await begin(process, log, "ada")
    assert [line["conversation"] for line in lines] == ["c", "with-ada"]
    assert all(line["activity"] for line in lines)


async def test_it_is_in_the_metrics(process: Process) -> None:
    seen: list[tuple[float, float]] = []

    async def look(_: TurnContext | None) -> None:
        seen.append(
            (
                process.figure("bot_proactive_turns_under_way"),
                process.figure("bot_proactive_turn_seconds_count"),
            )
        )

    await process.adapter.continue_conversation(reference(), look, "app")
    await begin(process, look, "ada")
    await look(None)
    assert seen == [(1, 0), (1, 1), (0, 2)]
