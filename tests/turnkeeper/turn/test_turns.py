"""The way of a turn: in order, once, commit before send."""

import asyncio
import gc
import weakref
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from datetime import UTC, datetime, timedelta

import pytest
from botbuilder.core import ActivityHandler, InvokeResponse, TurnContext
from botbuilder.schema import Activity, ActivityTypes, ConversationAccount

from tests.turnkeeper.turn.world import Process, World, log_of, message
from turnkeeper import deadlines
from turnkeeper.errors import RequestRefused, StorageUnavailable, TurnEnded
from turnkeeper.ledger.ledger import SENT_IDS
from turnkeeper.observing.metrics import Metrics
from turnkeeper.turn import order as turn_order
from turnkeeper.turn.order import TurnOrder
from turnkeeper.turn.slots import Slots

CONVERSATION = "msteams/conversations/c"
ALL = ["1: a", "end of 1"]


async def test_a_turn_is_one_read_one_write_and_its_replies(process: Process) -> None:
    other = message("b", conversation="d", person="bob")
    await asyncio.gather(process.take(message("a")), process.take(other))
    # and of each reply a receipt; those of several conversations are one write.
    assert process.steps.count <= 2 * (1 + 1 + 2) + 2 + 2
    assert process.world.channel.received["c"] == ALL


async def test_a_turn_of_one_reply_is_two_writes_and_one_read(process: Process) -> None:
    async def say(context: TurnContext) -> None:
        await context.send_activity("hi")

    process.bot = Scripted(say)
    await process.take(message("a"))
    assert process.steps.count == 1 + 1 + 1 + 1  # read, committed, sent, written down
    await process.stop()
    assert process.steps.count == 1 + 1 + 1 + 1


async def test_what_was_sent_is_written_down_before_the_answer(
    world: World, process: Process
) -> None:
    await process.take(message("a"))
    assert process.steps.count == 1 + 1 + 2 + 2
    process.steps.dead = True  # killed right after its answer
    fresh = world.process()
    await fresh.dispatch()
    await fresh.take(message("b"))
    await asyncio.sleep(10)
    assert world.channel.received["c"] == [*ALL, "2: b", "end of 2"]
    await fresh.stop()


@pytest.mark.parametrize("times", [1, 3])
async def test_a_redelivered_activity_takes_effect_once(process: Process, times: int) -> None:
    for _ in range(1 + times):
        await process.take(message("a"))
    assert await log_of(process.world, CONVERSATION) == ["a"]
    assert process.world.channel.received == {"c": ALL}


async def test_also_when_it_arrives_many_times_at_once(world: World) -> None:
    processes = [world.process(), world.process()]
    await asyncio.gather(*(p.take(message("a")) for p in processes * 4))
    assert await log_of(world, CONVERSATION) == ["a"]
    assert world.channel.received == {"c": ALL}
    for process in processes:
        await process.stop()


async def test_also_in_a_process_that_starts_later(world: World) -> None:
    first = world.process()
    await first.take(message("a"))
    await first.stop()
    second = world.process()
    await second.take(message("a"))
    assert world.channel.received == {"c": ALL}
    await second.stop()


@pytest.mark.parametrize("missing", ["", None])
async def test_an_activity_without_id_is_never_a_duplicate(
    process: Process, missing: str | None
) -> None:
    for _ in range(2):
        activity = message("a")
        activity.id = missing
        await process.take(activity)
    assert await log_of(process.world, CONVERSATION) == ["a", "a"]


async def test_the_same_id_in_another_conversation_is_another_activity(process: Process) -> None:
    await process.take(message("a"))
    await process.take(message("a", conversation="d"))
    assert await log_of(process.world, "msteams/conversations/d") == ["a"]


async def test_a_conversations_activities_are_taken_in_the_order_of_their_arrival(
    process: Process,
) -> None:
    texts = [str(number) for number in range(20)]
    await asyncio.gather(*(process.take(message(text)) for text in texts))
    assert await log_of(process.world, CONVERSATION) == texts
    await asyncio.sleep(10)
    expected = [line for n, text in enumerate(texts, 1) for line in (f"{n}: {text}", f"end of {n}")]
    assert process.world.channel.received["c"] == expected


async def test_no_reply_leaves_when_the_commit_fails(
    process: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: object) -> None:
        raise StorageUnavailable("away")

    monkeypatch.setattr(process.world.storage, "commit", away)
    with pytest.raises(StorageUnavailable):
        await process.take(message("a"))
    assert process.world.channel.received == {}


async def test_what_the_channel_does_not_take_is_committed_and_sent_when_it_does(
    process: Process,
) -> None:
    channel = process.world.channel
    channel.down = True
    assert await process.take(message("a")) is None  # answered 2xx, two seconds later
    assert await log_of(process.world, CONVERSATION) == ["a"]
    channel.down = False
    await asyncio.sleep(6)
    assert channel.received == {"c": ALL}
    await process.take(message("a"))
    assert channel.received == {"c": ALL}


async def test_the_next_turns_are_taken_meanwhile_and_their_replies_come_after(
    process: Process,
) -> None:
    channel = process.world.channel
    channel.down = True
    for text in "ab":
        await process.take(message(text))
    assert await log_of(process.world, CONVERSATION) == ["a", "b"]
    channel.down = False
    await asyncio.sleep(6)
    assert channel.received == {"c": [*ALL, "2: b", "end of 2"]}


async def test_another_process_goes_on_with_what_a_process_leaves_at_its_end(
    world: World,
) -> None:
    first, second = world.process(), world.process()
    await second.dispatch()
    world.channel.down = True
    await first.take(message("a"))
    await first.stop()
    world.channel.down = False
    await asyncio.sleep(8)
    assert world.channel.received == {"c": ALL}
    await second.stop()


async def test_two_processes_take_turns_as_one(world: World) -> None:
    processes = [world.process(), world.process()]
    texts = [str(number) for number in range(10)]
    for number, text in enumerate(texts):
        await processes[number % 2].take(message(text))
    assert await log_of(world, CONVERSATION) == texts
    assert len(world.channel.received["c"]) == 20
    for process in processes:
        await process.stop()


async def test_racing_processes_lose_nothing_and_answer_everything(world: World) -> None:
    processes = [world.process() for _ in range(3)]
    texts = [str(number) for number in range(12)]
    await asyncio.gather(*(processes[n % 3].take(message(t)) for n, t in enumerate(texts)))
    log = await log_of(world, CONVERSATION)
    assert sorted(log) == sorted(texts)
    await asyncio.sleep(10)
    assert world.channel.received["c"] == [
        line for n, text in enumerate(log, 1) for line in (f"{n}: {text}", f"end of {n}")
    ]
    for process in processes:
        await process.stop()


async def test_one_person_in_many_conversations_at_once_loses_nothing(process: Process) -> None:
    names = [str(number) for number in range(8)]
    await asyncio.gather(*(process.take(message(n, conversation=n)) for n in names))
    assert sorted(await log_of(process.world, "msteams/users/ada")) == names


# What bot code may do in a turn.


class Scripted:
    """A bot that does what it is told."""

    def __init__(self, *steps: object) -> None:
        self.steps = list(steps)

    async def on_turn(self, context: TurnContext) -> None:
        await self.steps.pop(0)(context)  # type: ignore[operator]


async def test_a_reply_can_be_updated_and_deleted_also_in_a_later_turn(process: Process) -> None:
    sent: list[str] = []

    async def first(context: TurnContext) -> None:
        sent.append((await context.send_activity("draft")).id)
        await context.update_activity(Activity(type="message", id=sent[0], text="better"))

    async def second(context: TurnContext) -> None:
        await context.update_activity(Activity(type="message", id=sent[0], text="best"))
        await context.delete_activity(sent[0])
        await context.delete_activity("the-channels-own")

    process.bot = Scripted(first, second)
    await process.take(message("a"))
    await process.take(message("b"))
    await asyncio.sleep(2)
    assert process.world.channel.received["c"] == [
        "draft",
        "update channel-1: better",
        "update channel-1: best",
        "delete channel-1",
        "delete the-channels-own",
    ]


async def test_a_delay_keeps_its_place(process: Process) -> None:
    async def wait_a_moment(context: TurnContext) -> None:
        await context.send_activities(
            [
                Activity(type="message", text="one"),
                Activity(type="delay", value=1),
                Activity(type="message", text="two"),
            ]
        )

    process.bot = Scripted(wait_a_moment)
    await process.take(message("a"))
    assert process.world.channel.received["c"] == ["one", "two"]


async def test_nothing_can_be_said_in_a_turn_that_is_over(process: Process) -> None:
    contexts: list[TurnContext] = []
    process.bot.on_message_activity = _noting(contexts)
    await process.take(message("a"))
    with pytest.raises(TurnEnded, match="continue_conversation"):
        await contexts[0].send_activity("too late")
    assert process.world.channel.received == {}


async def test_a_turn_is_gone_when_it_is_over_without_the_garbage_collector(
    process: Process,
) -> None:
    contexts: list[weakref.ref[TurnContext]] = []
    on_message = process.bot.on_message_activity

    async def note(context: TurnContext) -> None:
        contexts.append(weakref.ref(context))
        context.on_send_activities(_pass_on)
        await on_message(context)

    process.bot.on_message_activity = note
    gc.disable()
    try:
        await process.take(message("a"))
        assert [context() for context in contexts] == [None]
    finally:
        gc.enable()


async def test_nothing_can_be_saved_in_it_either(process: Process) -> None:
    contexts: list[TurnContext] = []
    process.bot.on_message_activity = _noting(contexts)
    await process.take(message("a"))
    state = process.states[0]
    with pytest.raises(TurnEnded):
        await state.create_property("log").set(contexts[0], ["too late"])
    with pytest.raises(TurnEnded):
        await state.load(contexts[0])


async def test_nor_be_added_to_what_an_http_response_holds(process: Process) -> None:
    contexts: list[TurnContext] = []
    process.bot.on_message_activity = _noting(contexts)
    await process.take(message("a", delivery_mode="expectReplies"))
    with pytest.raises(TurnEnded):
        await contexts[0].send_activity("too late")


async def test_handlers_of_replies_run_one_around_the_other(process: Process) -> None:
    steps: list[str] = []
    on_message = process.bot.on_message_activity

    def handler(name: str) -> Callable[..., Awaitable[None]]:
        async def handle(_: TurnContext, __: object, send: Callable[[], Awaitable[None]]) -> None:
            steps.append(f"before {name}")
            await send()
            steps.append(f"after {name}")

        return handle

    async def handled(context: TurnContext) -> None:
        context.on_send_activities(handler("outer")).on_send_activities(handler("inner"))
        await on_message(context)

    process.bot.on_message_activity = handled
    await process.take(message("a"))
    assert steps == ["before outer", "before inner", "after inner", "after outer"] * 2
    assert process.world.channel.received["c"] == ALL


async def test_nothing_watches_a_turn_that_is_over(
    process: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deadlines, "PRECISION", 3600)
    await process.take(message("a"))  # the timer has its context, until it goes off
    mark = ContextVar[set[str]]("mark")

    async def take_another() -> weakref.ref[set[str]]:
        mark.set(marked := set[str]())
        await process.take(message("b"))
        return weakref.ref(marked)

    marked = await asyncio.create_task(take_another())
    await asyncio.sleep(0)  # the loop is done with the task
    gc.collect()
    assert marked() is None  # what watches a turn has its context


def _noting(contexts: list[TurnContext]) -> Callable[[TurnContext], Awaitable[None]]:
    async def note(context: TurnContext) -> None:
        contexts.append(context)

    return note


async def _pass_on(_: TurnContext, __: object, send: Callable[[], Awaitable[None]]) -> None:
    await send()


async def test_a_trace_leaves_only_for_the_emulator(process: Process) -> None:
    async def trace(context: TurnContext) -> None:
        await context.send_trace_activity("x", {"secret": 1})

    process.bot = Scripted(trace)
    await process.take(message("a"))
    assert process.world.channel.received == {}


async def test_the_answer_of_an_invoke_is_the_same_when_it_is_delivered_again(
    process: Process,
) -> None:
    async def answer(context: TurnContext) -> None:
        response = InvokeResponse(status=200, body={"value": [ConversationAccount(id="x")]})
        await context.send_activity(Activity(type=ActivityTypes.invoke_response, value=response))

    process.bot = Scripted(answer)
    for _ in range(2):
        invoke = message("a")
        invoke.type = "invoke"
        response = await process.take(invoke)
        assert response is not None
        assert (response.status, response.body) == (200, {"value": [{"id": "x"}]})


async def test_expected_replies_are_the_same_when_they_are_delivered_again(
    process: Process,
) -> None:
    for _ in range(2):
        response = await process.take(message("a", delivery_mode="expectReplies"))
        assert response is not None
        assert [reply["text"] for reply in response.body["activities"]] == ALL
    assert process.world.channel.received == {}


async def test_what_bot_code_does_to_the_activity_is_undone_before_the_next_run(
    world: World,
) -> None:
    process = world.process()
    seen = []

    async def strip(context: TurnContext) -> None:
        seen.append(context.activity.text)
        context.activity.text = context.activity.text.removeprefix("bot ")
        state = process.states[0].create_property("n")
        await state.set(context, len(seen))
        await process.states[0].save_changes(context)
        if len(seen) == 1:
            other = world.process()
            await other.take(message("b"))
            await other.stop()

    process.bot = Scripted(strip, strip)
    await process.take(message("bot a"))
    assert seen == ["bot a", "bot a"]
    await process.stop()


# The bot speaks first.


async def test_a_bot_may_speak_first_and_it_is_a_turn_like_any_other(process: Process) -> None:
    reference = TurnContext.get_conversation_reference(message("a"))
    log = process.states[0].create_property("log")

    async def remind(context: TurnContext) -> None:
        await log.set(context, ["reminded"])
        await process.states[0].save_changes(context)
        await context.send_activity("Do not forget.")

    await process.adapter.continue_conversation(reference, remind, "app")
    assert process.world.channel.received == {"c": ["Do not forget."]}
    assert await log_of(process.world, CONVERSATION) == ["reminded"]


async def test_it_speaks_first_to_a_channel_only(process: Process) -> None:
    reference = TurnContext.get_conversation_reference(message("a"))
    reference.service_url = "https://evil.example"

    async def never(_: TurnContext) -> None:
        raise AssertionError("the bot ran")

    with pytest.raises(RequestRefused):
        await process.adapter.continue_conversation(reference, never, "app")


async def test_an_edit_is_no_duplicate_of_the_message_nor_of_another_edit(process: Process) -> None:
    class Bot(ActivityHandler):  # type: ignore[misc]  # the SDK is untyped
        async def on_turn(self, turn_context: TurnContext) -> None:
            activity = turn_context.activity
            await turn_context.send_activity(f"{activity.type} {activity.text}")

    process.bot = Bot()
    original = message("a", id="1")
    edits = [message(text, id="1", timestamp=datetime(2026, 1, 1, tzinfo=UTC)) for text in "bcc"]
    edits[2].timestamp += timedelta(seconds=1)
    for edit in edits:
        edit.type = "messageUpdate"
    gone = message("", id="1")
    gone.type = "messageDelete"
    for activity in (original, *edits, gone):
        await process.take(activity)
        await process.take(activity)  # delivered again
    said = ["message a", "messageUpdate b", "messageUpdate c", "messageUpdate c", "messageDelete "]
    assert process.world.channel.received["c"] == said


async def test_the_same_id_from_another_person_is_another_activity(process: Process) -> None:
    await process.take(message("a", id="1"))
    await process.take(message("b", id="1", person="bob"))
    assert len(process.world.channel.received["c"]) == 4


async def test_nobody_waits_without_end_for_the_turns_before(
    process: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turn_order, "PATIENCE", 0.01)
    order = TurnOrder(Slots(512, Metrics()))

    async def another() -> None:
        async with order.turn("c"):
            pass

    async with order.turn("c"):
        with pytest.raises(RequestRefused) as refusal:
            await asyncio.create_task(another())
        assert (refusal.value.status, refusal.value.retry_after) == (503, 2)
        assert len(order) == 1
    assert len(order) == 0
    async with order.turn("c"):
        assert len(order) == 1


async def test_nor_does_who_comes_just_when_a_turn_ends_and_another_one_waits(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(turn_order, "PATIENCE", 0.05)
    order, hangs = TurnOrder(Slots(512, Metrics())), asyncio.Event()

    async def hanging() -> None:
        async with order.turn("c"):
            await hangs.wait()

    async with order.turn("c"):
        before = asyncio.create_task(hanging())
        await asyncio.sleep(0)  # now it waits
    with pytest.raises(RequestRefused) as refusal:
        async with asyncio.timeout(5), order.turn("c"):
            pass
    assert (refusal.value.status, refusal.value.retry_after) == (503, 2)
    hangs.set()
    await before
    assert len(order) == 0


async def test_an_update_by_the_channels_own_id_takes_no_place_among_the_ids_of_replies(
    process: Process,
) -> None:
    sent: list[str] = []

    async def bot(context: TurnContext) -> None:
        if context.activity.text == "a":
            sent.append((await context.send_activity("draft")).id)
        elif context.activity.text == "b":
            for number in range(SENT_IDS):
                await context.update_activity(Activity(type="message", id=f"{number}", text="x"))
        else:
            await context.delete_activity(sent[0])

    process.bot = Scripted(bot, bot, bot)
    for text in "abc":
        await process.take(message(text))
    await asyncio.sleep(5)
    assert process.world.channel.received["c"][-1] == "delete channel-1"


async def test_an_answer_that_is_no_longer_kept_is_not_made_up(process: Process) -> None:
    first = message("first", delivery_mode="expectReplies")
    await process.take(first)
    for number in range(25):
        await process.take(message(str(number), delivery_mode="expectReplies"))
    with pytest.raises(RequestRefused) as refusal:
        await process.take(first)
    assert refusal.value.status == 409
