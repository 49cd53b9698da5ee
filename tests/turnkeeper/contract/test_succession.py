"""A person of Teams is their Entra account; what an earlier version held by ``29:`` is theirs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from botbuilder.core import TurnContext
from botbuilder.schema import ChannelAccount, ConversationParameters

from tests.turnkeeper.contract.accounts import (
    ACCOUNT_KEY,
    OBJECT_ID,
    TENANT,
    KnowingBot,
    knowing_process_on,
    said,
    says_as,
)
from tests.turnkeeper.contract.owing import Owing, queue_in
from tests.turnkeeper.contract.remembering import (
    ADA,
    ADA_KEY,
    BOB,
    BOB_KEY,
    NAME,
    everything,
    remember_everywhere,
    says,
)
from tests.turnkeeper.models import TYPES
from tests.turnkeeper.turn.world import SERVICE_URL, Process, World
from turnkeeper.ledger.ledger import digest
from turnkeeper.ledger.queue import Queue
from turnkeeper.state.people.erasure import erase, records_of
from turnkeeper.state.people.export import export
from turnkeeper.storage import ANY, Change, RecordStorage
from turnkeeper.turn.unseen import unseen
from turnkeeper.wire.codec import Codec

CODEC = Codec(TYPES)
NEW_ADA = "29:2-Ada_after_the_move"
UNREADABLE = '{"v":999,"state":{}}'


@pytest.fixture
async def process(storage: RecordStorage) -> AsyncIterator[Process]:
    """A process in whose store Ada's name is wherever it can be, as an earlier version left it."""
    process = knowing_process_on(storage)
    await remember_everywhere(process, NAME, person=ADA, own="a")
    await remember_everywhere(process, "Bob", person=BOB, own="b")
    yield process
    await process.stop()


async def owners(storage: RecordStorage) -> dict[str, str]:
    """Whose each record is."""
    return {key: record.owner for key, record in await storage.scan(limit=10_000)}


async def test_the_turn_begins_from_what_is_held_under_the_older_key(process: Process) -> None:
    await process.take(says_as("who am I?", person=ADA))
    assert said(process)[-1] == f"You are {NAME}."


async def test_all_that_the_older_key_owns_is_carried_over(
    storage: RecordStorage, process: Process
) -> None:
    before = await owners(storage)
    await process.take(says_as("who am I?", person=ADA))
    after = await owners(storage)
    assert ADA_KEY not in {*after, *after.values()}
    assert after[ACCOUNT_KEY] == ACCOUNT_KEY
    for key in before.keys() - {ADA_KEY}:
        assert after[key] == before[key].replace(ADA_KEY, ACCOUNT_KEY)


async def test_so_is_what_is_owed_elsewhere_and_what_was_given_up(
    storage: RecordStorage, process: Process
) -> None:
    owing = Owing("a-2", owner=ADA_KEY, holder="00", beat=7)
    keys = [owing.turn("still open", person=ADA), owing.given_up("tried in vain", person=ADA)]
    await owing.store(storage)
    due = await storage.due()
    await process.take(says_as("who am I?", person=ADA))
    after = await storage.fetch([*keys, owing.key])
    assert {record.owner for record in after.values()} == {ACCOUNT_KEY}
    assert [key for key, _ in await storage.due()] == [key for key, _ in due]
    assert (await queue_in(storage, owing.key)).holder == "00"


async def test_a_turn_that_reads_no_state_carries_nothing_over(
    storage: RecordStorage, process: Process
) -> None:
    async def mute(context: object) -> None:
        """Say nothing."""

    before = await everything(storage)
    process.bot.on_turn = mute
    await process.take(says_as("anything", person=ADA))
    assert await everything(storage) == before


async def test_after_the_bot_moved_to_another_registration_a_person_is_known(
    storage: RecordStorage, process: Process
) -> None:
    await process.take(says_as("who am I?", person=ADA))
    await process.take(says_as("who am I?", person=NEW_ADA, conversation="a-new"))
    assert said(process, "a-new") == [f"You are {NAME}."]
    assert {ADA_KEY, f"msteams/users/{NEW_ADA}"}.isdisjoint(await owners(storage))


async def test_and_is_forgotten_as_a_whole(storage: RecordStorage, process: Process) -> None:
    await process.take(says_as("who am I?", person=ADA))
    await process.take(says_as("forget me", person=NEW_ADA, conversation="a-new"))
    left = await everything(storage)
    assert not [text for text in (NAME, ADA, "aad:", digest(ADA_KEY)) if f'"{text}' in left]
    assert {key async for key, _ in records_of(storage, BOB_KEY)}


async def test_who_forgets_before_anything_was_carried_over_is_forgotten_under_both_keys(
    storage: RecordStorage, process: Process
) -> None:
    await process.take(says_as("forget me", person=ADA))
    records = [record async for _, record in records_of(storage, ADA_KEY, ACCOUNT_KEY)]
    assert not [record for record in records if NAME in record.body]
    assert ADA_KEY not in await owners(storage)


async def test_where_both_are_there_the_new_one_counts_and_the_older_is_kept_and_found(
    storage: RecordStorage, process: Process
) -> None:
    await process.take(says_as("Ada the second", person=NEW_ADA, conversation="a-new"))
    await process.take(says_as("who am I?", person=ADA))
    assert said(process)[-1] == "You are Ada the second."
    assert (await owners(storage))[ADA_KEY] == ACCOUNT_KEY
    exported = await export(storage, ACCOUNT_KEY, CODEC)
    assert {ADA_KEY, ACCOUNT_KEY} <= {record["key"] for record in exported["records"]}
    await process.take(says_as("forget me", person=NEW_ADA, conversation="a-new"))
    assert {ADA_KEY, ACCOUNT_KEY}.isdisjoint(await owners(storage))


@pytest.mark.parametrize("given", [ADA_KEY, ACCOUNT_KEY])
async def test_the_operator_finds_and_erases_all_by_either_key(
    storage: RecordStorage, process: Process, given: str
) -> None:
    await process.take(says_as("who am I?", person=ADA))
    by_old, by_new = [await export(storage, key, CODEC) for key in (ADA_KEY, ACCOUNT_KEY)]
    assert [r["key"] for r in by_old["records"]] == [r["key"] for r in by_new["records"]]
    await erase(storage, given)
    left = await everything(storage)
    assert NAME not in left
    assert OBJECT_ID not in left
    assert ADA not in left


async def test_a_group_forgets_a_person_by_the_older_digest_too(
    storage: RecordStorage, process: Process
) -> None:
    owing = Owing("19:h", unseen={digest(ADA_KEY): 1, digest(BOB_KEY): 1})
    await owing.store(storage)
    await process.take(says_as("who am I?", person=ADA))
    await erase(storage, ACCOUNT_KEY)
    assert (await queue_in(storage, owing.key)).unseen == {digest(BOB_KEY): 1}


async def test_so_it_does_where_nothing_had_to_be_carried_over(storage: RecordStorage) -> None:
    process, owing = knowing_process_on(storage), Owing("19:h", unseen={digest(ADA_KEY): 1})
    await owing.store(storage)
    await process.take(says_as(NAME, person=ADA, conversation="19:g", group=True))
    await erase(storage, ACCOUNT_KEY)
    assert (await queue_in(storage, owing.key)).unseen == {}
    await process.stop()


def test_a_queue_knows_a_person_by_another_digest_from_then_on() -> None:
    queue = Queue(unseen={"old": 3, "other": 4})
    number = queue.enter("turn", "old", 1, 0.0)
    queue.rename("old", "new")
    assert queue.unseen == {"other": 4, "new": 3}
    assert queue.open[number].who == "new"


async def test_a_question_owed_in_a_group_by_an_earlier_version_has_not_reached_them(
    storage: RecordStorage,
) -> None:
    process, seen = knowing_process_on(storage), []

    async def look(context: TurnContext) -> None:
        seen.append(unseen(context))

    owing = Owing("19:h", unseen={digest(ADA_KEY): 1})
    await owing.store(storage)
    process.bot.on_turn = look
    await process.take(says_as("an answer", person=ADA, conversation="19:h", group=True))
    assert seen == [True]
    await process.stop()


async def test_of_two_processes_at_once_each_gets_the_name_and_one_record_is_left(
    storage: RecordStorage, process: Process
) -> None:
    other = World(storage, CODEC).process()
    other.bot = type(process.bot)(*other.states)
    turns = [
        one.take(says_as("who am I?", person=ADA, conversation=conversation))
        for one, conversation in ((process, "a-1"), (other, "a-3"), (process, "a-4"))
    ]
    await asyncio.gather(*turns)
    told = [said(process)[-1], *said(other, "a-3"), *said(process, "a-4")]
    assert told == [f"You are {NAME}."] * 3
    assert ADA_KEY not in {*(await owners(storage)), *(await owners(storage)).values()}
    await other.stop()


async def test_what_a_failed_run_would_have_carried_over_is_not_lost(
    storage: RecordStorage, process: Process
) -> None:
    answer, process.bot.on_turn = process.bot.on_turn, None

    async def fail(context: TurnContext) -> None:
        await answer(context)
        raise RuntimeError("the bot is broken")

    async def apologise(context: TurnContext, error: Exception) -> None:
        await context.send_activity("Something went wrong.")

    process.bot.on_turn = fail
    process.adapter.on_turn_error = apologise
    await process.take(says_as("who am I?", person=ADA))
    process.bot.on_turn = answer
    await process.take(says_as("who am I?", person=ADA, conversation="a-5"))
    assert said(process, "a-5") == [f"You are {NAME}."]


async def test_a_profile_that_cannot_be_read_stays_where_it_is(
    storage: RecordStorage, process: Process, caplog: pytest.LogCaptureFixture
) -> None:
    await storage.commit([Change(ADA_KEY, UNREADABLE, ANY, ADA_KEY)])

    async def apologise(context: TurnContext, error: Exception) -> None:
        await context.send_activity("Something went wrong.")

    process.adapter.on_turn_error = apologise
    await process.take(says_as("Ada anew", person=ADA))
    assert said(process)[-1] == "Something went wrong."
    found = await storage.fetch([ADA_KEY, ACCOUNT_KEY])
    assert {key: record.body for key, record in found.items()} == {ADA_KEY: UNREADABLE}
    assert ADA_KEY in caplog.text


async def test_who_tells_no_account_is_known_by_the_channels_id_as_ever(
    storage: RecordStorage, process: Process
) -> None:
    await process.take(says("who am I?", person=ADA, conversation="a-1"))
    assert said(process)[-1] == f"You are {NAME}."
    assert ADA_KEY in await owners(storage)


async def test_who_is_known_by_their_account_is_so_where_an_activity_does_not_tell_it(
    storage: RecordStorage,
) -> None:
    process = knowing_process_on(storage)
    new = "29:never-seen-before"
    await process.take(says_as(NAME, person=new, conversation="n"))
    await process.take(says("who am I?", person=new, conversation="n"))
    assert said(process, "n")[-1] == f"You are {NAME}."
    assert f"msteams/users/{new}" not in await owners(storage)
    await process.take(says("forget me", person=new, conversation="n"))
    assert not {ACCOUNT_KEY} & {*(held := await owners(storage)), *held.values()}
    await process.stop()


@pytest.mark.parametrize(
    ("tenant", "account"),
    [(TENANT, "no guid"), ("contoso.com", OBJECT_ID), ("", OBJECT_ID), (TENANT, "../users/x")],
)
async def test_parts_that_are_no_guids_make_no_account(
    storage: RecordStorage, process: Process, tenant: str, account: str
) -> None:
    activity = says_as("who am I?", person=ADA)
    activity.conversation.tenant_id, activity.from_property.aad_object_id = tenant, account
    await process.take(activity)
    assert said(process)[-1] == f"You are {NAME}."
    assert ADA_KEY in await owners(storage)


# The bot speaks first.


async def begin(process: Process, *, in_channel_data: bool) -> None:
    """Begin a conversation with somebody whom the bot knows by their Entra id."""
    tenant = {"channel_data": {"tenant": {"id": TENANT}}} if in_channel_data else {}
    parameters = ConversationParameters(
        bot=ChannelAccount(id="bot"),
        members=[ChannelAccount(id=OBJECT_ID)],
        tenant_id=None if in_channel_data else TENANT,
        **tenant,
    )
    asked = KnowingBot(*process.states)

    async def speak(context: TurnContext) -> None:
        context.activity.text = "who am I?"
        await asked.on_message_activity(context)

    await process.adapter.create_conversation("app", speak, parameters, "msteams", SERVICE_URL)


@pytest.mark.parametrize("in_channel_data", [False, True])
async def test_who_is_named_by_their_entra_id_is_that_person(
    storage: RecordStorage, process: Process, in_channel_data: bool
) -> None:
    await process.take(says_as("who am I?", person=ADA))
    await begin(process, in_channel_data=in_channel_data)
    assert said(process, begun := f"with-{OBJECT_ID}") == [f"You are {NAME}."]
    assert (await owners(storage))[f"msteams/ledgers/{begun}/"] == ACCOUNT_KEY


async def test_so_is_whom_a_reference_names_with_account_and_tenant(
    storage: RecordStorage, process: Process
) -> None:
    await process.take(says_as("who am I?", person=ADA))
    activity = says_as("", person=NEW_ADA, conversation="later")
    known = KnowingBot(*process.states)

    async def speak(context: TurnContext) -> None:
        context.activity.text = "who am I?"
        await known.on_message_activity(context)

    reference = TurnContext.get_conversation_reference(activity)
    await process.adapter.continue_conversation(reference, speak, "app")
    assert said(process, "later") == [f"You are {NAME}."]
