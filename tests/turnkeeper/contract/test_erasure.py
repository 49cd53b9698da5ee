"""A person can be forgotten, as a whole and for good, in every store; others are not touched."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import time
from collections.abc import AsyncIterator, Collection
from contextlib import nullcontext
from contextvars import Context
from typing import Any
from urllib.parse import quote

import pytest
from botbuilder.core import TurnContext

from tests.turnkeeper.contract.owing import Owing
from tests.turnkeeper.contract.raw import purge, raw_bytes
from tests.turnkeeper.contract.remembering import (
    ADA,
    ADA_KEY,
    BOB,
    BOB_KEY,
    NAME,
    RememberingBot,
    everything,
    process_on,
    remember_everywhere,
    says,
)
from tests.turnkeeper.models import TYPES, Known
from tests.turnkeeper.stores import shared
from tests.turnkeeper.turn.world import Process
from turnkeeper.address import owed_key
from turnkeeper.errors import WriteConflict
from turnkeeper.ledger.earlier import EarlierDebt
from turnkeeper.ledger.effects import Delay
from turnkeeper.ledger.ledger import Ledger, digest
from turnkeeper.ledger.owed import Owed
from turnkeeper.state.people.erasure import erase, records_of
from turnkeeper.state.people.export import export
from turnkeeper.state.typed_storage import TypedStorage
from turnkeeper.storage import ANY, Change, MemoryStorage, Record, RecordStorage
from turnkeeper.wire.codec import Codec

CODEC = Codec(TYPES)
DAY = 86400.0
UNREADABLE = '{"v":999,"state":{"secret":"' + NAME + '"}}'


@pytest.fixture
async def process(storage: RecordStorage) -> AsyncIterator[Process]:
    """A process of the bot in whose store Ada's name is wherever it can be, and Bob's too."""
    process = process_on(storage)
    await remember_everywhere(process, NAME, person=ADA, own="a")
    await remember_everywhere(process, "Bob", person=BOB, own="b")
    yield process
    await process.stop()


async def bobs(storage: RecordStorage) -> dict[str, str]:
    return {key: record.body async for key, record in records_of(storage, BOB_KEY)}


async def ledger_of(storage: RecordStorage, conversation: str) -> Ledger:
    key = f"msteams/ledgers/{quote(conversation, safe='')}/"
    return Ledger.read(key, (await storage.fetch([key])).get(key))


async def digests_left(storage: RecordStorage) -> list[str]:
    """The keys of what is left: ledgers that are nobody's, owe nothing and have no answer."""
    assert not [key async for key, _ in records_of(storage, ADA_KEY)]
    left = dict(await storage.scan(prefix="msteams/ledgers/a-"))
    ledgers = [Ledger.read(key, record) for key, record in left.items()]
    assert not [one for one in ledgers if one.queue.open or one.earlier or one.answers]
    assert {record.owner for record in left.values()} <= {""}
    return sorted(left)


async def test_forget_me_erases_the_person_wherever_it_is_said(
    storage: RecordStorage, process: Process
) -> None:
    before = await bobs(storage)
    assert NAME in await everything(storage)
    await process.take(says("forget me", person=ADA, conversation="a-1"))
    assert NAME not in await everything(storage)
    # What is left is that these conversations have had these activities.
    assert await digests_left(storage) == ["msteams/ledgers/a-1/", "msteams/ledgers/a-2/"]
    assert await bobs(storage) == before


async def test_forget_me_in_a_group_leaves_the_others_there(
    storage: RecordStorage, process: Process
) -> None:
    before = await bobs(storage)
    await process.take(says("forget me", person=ADA, conversation="19:h", group=True))
    assert NAME not in await everything(storage)
    assert await digests_left(storage) == ["msteams/ledgers/a-1/", "msteams/ledgers/a-2/"]
    assert await bobs(storage) == before


async def test_forget_me_finds_the_group_where_a_person_was_last_without_a_place_there(
    storage: RecordStorage, process: Process
) -> None:
    place = f"msteams/members/19%3Ah/{quote(ADA, safe='')}"
    await storage.commit([Change(place, None, ANY)])
    assert NAME in str((await ledger_of(storage, "19:h")).answers)
    await process.take(says("forget me", person=ADA, conversation="a-1"))
    assert NAME not in await everything(storage)


async def test_forget_me_finds_the_ledgers_of_version_0_1(
    storage: RecordStorage, process: Process
) -> None:
    old = Ledger(seen=" 00", answers={"00": {"status": 200, "body": f"Hello {NAME}"}})
    groups = ("msteams/turns/19:g;messageid=1", "msteams/turns/19:h")
    await storage.commit([Change(key, old.body(), None) for key in groups])
    await storage.commit([Change("msteams/turns/a-2", old.body(), None, ADA_KEY)])
    await process.take(says("forget me", person=ADA, conversation="a-1"))
    assert NAME not in await everything(storage)
    left = await storage.fetch([*groups, "msteams/turns/a-2"])
    assert {key: Ledger.read(key, record) for key, record in left.items()} == {
        key: Ledger(seen=" 00") for key in (*groups, "msteams/turns/a-2")
    }


@pytest.mark.parametrize("group", [True, False])
async def test_forget_me_finds_the_ledgers_of_other_bots_on_the_store(
    storage: RecordStorage, process: Process, group: bool
) -> None:
    conversation, owner = ("19:h", "") if group else ("a-2", ADA_KEY)
    key = f"msteams/ledgers/{quote(conversation, safe='')}/another-bot"
    said = {"00": {"status": 200, "body": f"Hello {NAME}"}}
    await storage.commit([Change(key, Ledger(seen=" 00", answers=said).body(), None, owner)])
    await process.take(says("forget me", person=ADA, conversation="a-1"))
    assert NAME not in await everything(storage)
    # What the other bot has taken does not run again.
    assert Ledger.read(key, (await storage.fetch([key]))[key]) == Ledger(seen=" 00")


async def test_what_was_said_before_is_not_taken_again(
    storage: RecordStorage, process: Process
) -> None:
    forget = says("forget me", person=ADA, conversation="a-1")
    await process.take(forget)
    await process.take(says(NAME, person=ADA, conversation="a-1"))
    await process.take(forget)
    assert NAME not in await everything(storage)
    assert process.world.channel.received["a-1"] == [f"Hello {NAME}", "I have forgotten you."]
    # In groups neither, and the others' are not taken again either.
    before = await everything(storage)
    await process.take(says("Bob", person=BOB, conversation="19:h", group=True))
    await process.take(says(NAME, person=ADA, conversation="19:h", group=True))
    assert await everything(storage) == before


async def test_forgetting_takes_effect_with_the_turn_or_not_at_all(
    storage: RecordStorage, process: Process, caplog: pytest.LogCaptureFixture
) -> None:
    class FailingBot(RememberingBot):
        async def forget(self, context: TurnContext) -> None:
            await super().forget(context)
            raise ValueError

    process.bot = FailingBot(*process.states)
    before = await everything(storage)
    with pytest.raises(ValueError):  # noqa: PT011 - raised above
        await process.take(says("forget me", person=ADA, conversation="a-1"))
    assert await everything(storage) == before


async def test_a_name_told_elsewhere_at_the_same_moment_is_forgotten_or_new(
    storage: RecordStorage, process: Process
) -> None:
    class InterruptedBot(RememberingBot):
        runs = 0

        async def forget(self, context: TurnContext) -> None:
            await super().forget(context)
            self.runs += 1
            if self.runs == 1:
                again = {"Known": Known(name="Ada again")}
                written = TypedStorage(storage, CODEC).write({ADA_KEY: again})
                # Elsewhere: in no turn of this process.
                await asyncio.create_task(written, context=Context())

    process.bot = InterruptedBot(*process.states)
    await process.take(says("forget me", person=ADA, conversation="a-1"))
    assert process.bot.runs == 2
    text = await everything(storage)
    assert NAME not in text
    assert "Ada again" not in text


@shared
async def test_no_byte_of_a_forgotten_name_is_left(
    storage: RecordStorage, process: Process, storage_url: str, request: pytest.FixtureRequest
) -> None:
    server = request.getfixturevalue("postgresql_server") if "postgresql" in storage_url else None
    await storage.commit([Change("long", json.dumps(NAME * 20_000), ANY, ADA_KEY)])
    assert NAME.encode() in await raw_bytes(storage_url, server)
    await process.take(says("forget me", person=ADA, conversation="a-1"))
    await purge(storage, storage_url)
    left = await raw_bytes(storage_url, server)
    assert NAME.encode() not in left
    assert BOB.encode() in left


@shared
async def test_no_byte_is_left_of_an_erased_person(
    storage: RecordStorage, process: Process, storage_url: str, request: pytest.FixtureRequest
) -> None:
    server = request.getfixturevalue("postgresql_server") if "postgresql" in storage_url else None
    assert ADA.encode() in await raw_bytes(storage_url, server)
    await process.stop()
    await erase(storage, ADA_KEY)
    await purge(storage, storage_url)
    left = await raw_bytes(storage_url, server)
    assert ADA.encode() not in left
    assert NAME.encode() not in left
    assert BOB.encode() in left


async def test_erase_says_how_many_records_are_gone(
    storage: RecordStorage, process: Process
) -> None:
    before = await bobs(storage)
    # The profile, two ledgers and a place for each of four conversations.
    assert await erase(storage, ADA_KEY) == 1 + 2 + 4
    assert NAME not in await everything(storage)
    assert await bobs(storage) == before
    assert await erase(storage, ADA_KEY) == 0


async def test_erase_takes_any_number_of_records(storage: RecordStorage) -> None:
    for start in range(0, 1_300, 100):
        keys = [f"msteams/conversations/{n}" for n in range(start, start + 100)]
        await storage.commit([Change(key, "{}", None, ADA_KEY) for key in keys])
    assert await erase(storage, ADA_KEY) == 1_300
    assert await storage.scan() == []


async def test_erase_takes_records_that_cannot_be_read_and_those_that_have_expired(
    storage: RecordStorage, storage_url: str, request: pytest.FixtureRequest
) -> None:
    long_ago = time.time() - 7200
    await storage.commit(
        [
            Change("msteams/conversations/1", UNREADABLE, None, ADA_KEY),
            Change("msteams/conversations/2", UNREADABLE, None, ADA_KEY, long_ago),
            Change("msteams/ledgers/g/", UNREADABLE.replace(NAME, "x"), None),
            Change(ADA_KEY, UNREADABLE, None),
        ]
    )
    assert await erase(storage, ADA_KEY) == 2
    assert await storage.sweep() == 0
    # That of a group belongs to others too.
    assert [key for key, _ in await storage.scan()] == ["msteams/ledgers/g/"]


async def test_a_profile_of_the_stock_user_state_has_no_owner_and_is_found(
    storage: RecordStorage,
) -> None:
    await TypedStorage(storage, CODEC).write({ADA_KEY: {"Known": Known(name=NAME)}})
    exported = (await export(storage, ADA_KEY, CODEC))["records"]
    assert [record["key"] for record in exported] == [ADA_KEY]
    assert await erase(storage, ADA_KEY) == 1
    assert await storage.scan() == []


async def test_erase_drops_answers_of_groups_and_keeps_what_others_are_owed(
    storage: RecordStorage, process: Process
) -> None:
    key = "msteams/ledgers/quiet/"
    # A group in which nothing but what she is owed tells that Ada was there.
    ledger = Ledger(seen=" 00", answers={"00": {"status": 200, "body": f"Hello {NAME}"}})
    numbers = {
        who: ledger.queue.enter(who, digest(who), 1, storage.now()) for who in (ADA_KEY, BOB_KEY)
    }
    ledger.queue.unseen = {digest(ADA_KEY): 1, digest(BOB_KEY): 2}
    ledger.queue.take("a sender that lives")
    ledger.queue.not_before = storage.now() + 60
    owed = [
        Change(owed_key(key, number), Owed(who, "", [Delay(1)]).body(), None, who)
        for who, number in numbers.items()
    ]
    await storage.commit([Change(key, ledger.body(), None, due_in=60), *owed])
    await erase(storage, ADA_KEY)
    record = (await storage.fetch([key]))[key]
    left = Ledger.read(key, record)
    assert (left.answers, left.seen) == ({}, " 00")
    assert list(left.queue.open) == [numbers[BOB_KEY]]
    assert left.queue.unseen == {digest(BOB_KEY): 2}
    before = ledger.queue
    assert (left.queue.holder, left.queue.beat, left.queue.not_before, left.queue.next) == (
        before.holder,
        before.beat,
        before.not_before,
        before.next,
    )
    found = await storage.fetch([change.key for change in owed])
    assert list(found) == [owed_key(key, numbers[BOB_KEY])]


async def test_erase_drops_the_answers_of_groups_that_version_0_1_kept(
    storage: RecordStorage,
) -> None:
    key = "msteams/turns/quiet"
    ledger = Ledger(seen=" 00", answers={"00": {"status": 200, "body": f"Hello {NAME}"}})
    ledger.earlier = EarlierDebt("01", [Delay(1)], 0)
    ledger.queue.enter("02", "who", 1, 0.0)
    await storage.commit([Change(key, ledger.body(), None)])
    await erase(storage, ADA_KEY)
    left = Ledger.read(key, (await storage.fetch([key]))[key])
    assert left == dataclasses.replace(ledger, answers={})


@shared
async def test_erase_while_the_others_go_on_talking(storage: RecordStorage) -> None:
    process = process_on(storage)
    await remember_everywhere(process, NAME, person=ADA, own="a")
    replies = {"delivery_mode": "expectReplies"}

    async def talk(conversation: str) -> None:
        for n in range(15):
            await process.take(
                says(f"Bob{n}", person=BOB, conversation=conversation, group=True, **replies)
            )

    await asyncio.gather(erase(storage, ADA_KEY), talk("19:g;messageid=1"), talk("19:h"))
    assert NAME not in await everything(storage)
    for conversation in ("19:g;messageid=1", "19:h"):
        assert len((await ledger_of(storage, conversation)).seen.split()) == 16
    await process.stop()


@pytest.mark.parametrize(("changes", "error"), [(5, None), (1_000, WriteConflict)])
async def test_erase_tries_again_where_a_group_goes_on_talking(
    changes: int, error: type[Exception] | None
) -> None:
    class BusyStorage(MemoryStorage):
        """Here somebody writes each time that somebody else has read."""

        left = changes

        async def fetch(self, keys: Collection[str]) -> dict[str, Record]:
            found = await super().fetch(keys)
            if "msteams/ledgers/g/" in keys and self.left:
                self.left -= 1
                body = Ledger(seen=str(self.left), answers={"0": {"body": NAME}}).body()
                await self.commit([Change("msteams/ledgers/g/", body, ANY)])
            return found

    storage = BusyStorage()
    await storage.fetch(["msteams/ledgers/g/"])
    with pytest.raises(error) if error else nullcontext():
        await erase(storage, ADA_KEY)
    assert (NAME in await everything(storage)) is bool(error)


async def test_export_is_all_that_is_held_as_plain_json(
    storage: RecordStorage, process: Process
) -> None:
    await storage.commit([Change("msteams/conversations/bad", UNREADABLE, None, ADA_KEY, 4e9)])
    exported: dict[str, Any] = json.loads(json.dumps(await export(storage, ADA_KEY, CODEC)))
    assert exported["user"] == ADA_KEY
    records = {record["key"]: record for record in exported["records"]}
    held = {key async for key, _ in records_of(storage, ADA_KEY)}
    assert set(records) == held
    assert len(exported["records"]) == len(held) == 8
    assert records[ADA_KEY]["state"]["Known"]["name"] == NAME
    assert records["msteams/conversations/a-1"] == {
        "key": "msteams/conversations/a-1",
        "owner": ADA_KEY,
        "expires_at": None,
        "state": {
            "Talk": {"welcomed": False, "person": ADA},
            "DialogState": {"stack": [{"id": "ask", "state": {"values": {"name": NAME}}}]},
        },
    }
    assert records["msteams/conversations/bad"] == {
        "key": "msteams/conversations/bad",
        "owner": ADA_KEY,
        "expires_at": "2096-10-02T07:06:40+00:00",
        "unreadable": "format 999 is not known; newest is 1",
        "body": UNREADABLE,
    }
    assert "Bob" not in json.dumps(exported)


async def test_export_for_the_person_only_counts_the_replies() -> None:
    storage = MemoryStorage()
    ledger = Ledger(earlier=EarlierDebt("01", [Delay(1)] * 2, 0))
    ledger.enter("00", {"status": 200, "body": NAME})
    names = ("msteams/ledgers/a/", "msteams/ledgers/b/", "odd")
    bodies = dict(zip(names, (ledger.body(), UNREADABLE, UNREADABLE), strict=True))
    await storage.commit([Change(key, body, None, ADA_KEY) for key, body in bodies.items()])
    whole = (await export(storage, ADA_KEY, CODEC))["records"]
    counted = (await export(storage, ADA_KEY, CODEC, replies=False))["records"]
    assert whole[0]["state"]["turns"]["answers"] == {"00": {"status": 200, "body": NAME}}
    turns = whole[0]["state"]["turns"]
    assert counted[0]["state"]["turns"] == {
        **turns,
        "answers": 1,
        "owed": {**turns["owed"], "effects": 2},
    }
    assert counted[1:] == whole[1:]


async def test_export_shows_what_is_owed_and_was_given_up_and_for_the_person_counts_it() -> None:
    storage, owing = MemoryStorage(), Owing(owner=ADA_KEY)
    keys = [owing.given_up("one", person=ADA), owing.turn("two", "three", person=ADA)]
    owing.turn("four", person=BOB)
    await owing.store(storage)

    async def exported(*, replies: bool) -> dict[str, Any]:
        records = (await export(storage, ADA_KEY, CODEC, replies=replies))["records"]
        return {one["key"]: one["state"].get("owed", {}).get("effects") for one in records}

    whole, counted = await exported(replies=True), await exported(replies=False)
    texts = {key: [one["body"]["text"] for one in whole[key]] for key in keys}
    assert texts == {keys[0]: ["one"], keys[1]: ["two", "three"]}
    assert counted == {owing.key: None, keys[0]: 1, keys[1]: 2}


async def test_export_of_nobody_is_empty(storage: RecordStorage) -> None:
    assert (await export(storage, ADA_KEY, CODEC))["records"] == []
