"""What channels answered is written down: many in one write, and kept until the store takes it."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable

import pytest

from tests.turnkeeper.delivery.store import START, Store, key
from turnkeeper.delivery.conversation import Conversation
from turnkeeper.delivery.lease import BEAT, FRESH, LeaseClock
from turnkeeper.delivery.receipts import LATER, LINGER, Receipts
from turnkeeper.ledger.effects import Effect, Send
from turnkeeper.ledger.facts import Failed, Place, Refused, Sent, Wait
from turnkeeper.ledger.ledger import Ledger
from turnkeeper.ledger.owed import Owed
from turnkeeper.observing.logs import JSONFormatter, TurnIds
from turnkeeper.observing.metrics import Metrics
from turnkeeper.storage import ANY, Change

EFFECTS: list[Effect] = [Send(f"r{number}", "c", "", "{}") for number in range(2)]
OWED = Owed("t1", "http://127.0.0.1:9", EFFECTS, "msteams/users/ada")


class Rig:
    """A writer, with conversations that it sends in."""

    def __init__(self, *, busy: bool = True) -> None:
        self.store = Store()
        loop = asyncio.get_running_loop()
        self.clock = LeaseClock(loop.time, self.store.now)
        self.receipts = Receipts(self.store, self.clock, Metrics(), lambda: busy)

    async def held(self, name: str = "c", effects: int = 1, turns: int = 1) -> Conversation:
        """A conversation that this process holds, with turns t1, t2 and so on."""
        one = Conversation(key(name), self.clock, 3600.0)
        ledger = Ledger()
        for number in range(1, turns + 1):
            ledger.queue.enter(f"t{number}", "", effects, self.store.now())
            await self.store.commit([Change(f"owed//msteams/{name}/{number}", "{}", ANY)])
        one.learn(ledger, None)
        one.take()
        begun = self.clock.now()
        change = one.change(self.store.now())
        e_tags = await self.store.commit([change])
        one.written(change, e_tags[one.key], begun)
        self.store.written.clear()
        self.store.asked = self.store.reads = 0
        return one


@pytest.fixture
async def rig() -> Rig:
    return Rig()


def sent(number: int = 1, index: int = 0) -> Sent:
    return Sent(Place(number, f"t{number}", index), f"r{number}", f"channel-{number}")


async def test_a_fact_is_written_and_its_turn_leaves_in_that_write(rig: Rig) -> None:
    one = await rig.held(turns=2)
    await rig.receipts.note(one, sent())
    assert rig.store.written == [["owed//msteams/c/1", key()]]
    ledger = await rig.store.ledger()
    assert list(ledger.queue.open) == [2]
    assert ledger.channel_id("r1") == "channel-1"
    assert rig.store.reads == 0
    assert one.ledger == ledger


async def test_with_the_last_of_it_the_conversation_is_let_go(rig: Rig) -> None:
    one = await rig.held()
    await rig.receipts.note(one, sent())
    assert (await rig.store.ledger()).queue.holder == ""
    assert not one.token


async def test_facts_of_many_conversations_are_one_write(rig: Rig) -> None:
    held = [await rig.held(name) for name in "abcd"]
    noting = []
    for one in held:  # they are heard a moment apart
        noting.append(asyncio.create_task(rig.receipts.note(one, sent())))
        await asyncio.sleep(LINGER / 5)
    await asyncio.gather(*noting)
    assert len(rig.store.written) == 1
    assert rig.store.reads == 0
    for name in "abcd":
        assert (await rig.store.ledger(name)).queue.open == {}


async def test_where_nobody_else_is_at_work_it_is_written_without_a_wait() -> None:
    rig = Rig(busy=False)
    one = await rig.held()
    began = asyncio.get_running_loop().time()
    await rig.receipts.note(one, sent())
    assert asyncio.get_running_loop().time() == began
    assert len(rig.store.written) == 1


async def test_a_conflict_of_one_leaves_the_others(rig: Rig) -> None:
    held = [await rig.held(name) for name in "abc"]
    await rig.store.change("b", lambda ledger: ledger.queue.enter("another's", "", 1, START))
    await asyncio.gather(*(rig.receipts.note(one, sent()) for one in held))
    written = [{key(name), f"owed//msteams/{name}/1"} for name in "abc"]
    assert [set(keys) for keys in rig.store.written] == [written[0] | written[2], written[1]]
    assert rig.store.reads == 1
    left = [list((await rig.store.ledger(name)).queue.open) for name in "abc"]
    assert left == [[], [2], []]
    assert {(await rig.store.ledger(name)).channel_id("r1") for name in "abc"} == {"channel-1"}
    assert await rig.store.scan(prefix="owed/") == []


@pytest.mark.parametrize("lost", [False, True], ids=["not taken", "its answer is lost"])
async def test_where_the_store_is_away_facts_are_kept_and_written_later(
    rig: Rig, lost: bool, caplog: pytest.LogCaptureFixture
) -> None:
    held = [await rig.held(name, effects=2) for name in "ab"]
    rig.store.away, rig.store.lost = not lost, lost
    noting = [asyncio.create_task(rig.receipts.note(one, sent())) for one in held]
    await asyncio.sleep(5 * LATER)
    assert not any(note.done() for note in noting)
    assert not any(one.fresh() for one in held)  # and nothing else is begun
    rig.store.away = rig.store.lost = False
    await asyncio.gather(*noting)
    for name in "ab":
        queue = (await rig.store.ledger(name)).queue
        assert [one.marks for one in queue.open.values()] == [[-1, 0]]
    assert [record.message for record in caplog.records] == [
        "the store does not take receipts: StorageUnavailable"
    ]
    await rig.receipts.close(1)


async def test_a_fact_is_written_also_by_who_is_the_sender_no_more(rig: Rig) -> None:
    one = await rig.held(effects=2)
    await rig.store.change("c", lambda ledger: ledger.queue.take("another's"))
    await rig.receipts.note(one, sent())
    queue = (await rig.store.ledger()).queue
    assert (queue.holder, queue.beat, queue.open[1].marks) == ("another's", 2, [-1, 0])
    assert not one.token


@pytest.mark.parametrize(
    "gone",
    [lambda ledger: ledger.erase(), lambda ledger: ledger.queue.open.pop(1)],
    ids=["erased", "sent by another"],
)
async def test_a_fact_of_what_is_gone_is_dropped(
    rig: Rig, gone: Callable[[Ledger], object]
) -> None:
    one = await rig.held()
    await rig.store.change("c", gone)
    await rig.receipts.note(one, sent())
    ledger = await rig.store.ledger()
    assert (ledger.queue.open, ledger.sent_ids) == ({}, {})


async def test_nothing_is_written_where_there_is_no_ledger_any_more_but_a_wait(rig: Rig) -> None:
    one = await rig.held()
    await rig.store.commit([Change(key(), None, ANY)])
    one.known = False
    await rig.receipts.note(one, sent())
    assert await rig.store.fetch([key()]) == {}
    until = rig.store.now() + 60
    await rig.receipts.note(one, Wait(until))
    record = (await rig.store.fetch([key()]))[key()]
    assert (await rig.store.ledger()).queue.not_before == until
    assert record.expires_at is not None


async def test_a_short_wait_keeps_the_conversation_and_a_long_one_lets_it_go(rig: Rig) -> None:
    one = await rig.held()
    place = Place(1, "t1", 0)
    await rig.receipts.note(one, Failed(place, 503, rig.store.now() + 1.9))
    assert one.token
    assert (await rig.store.ledger()).queue.holder == one.token
    await rig.receipts.note(one, Failed(place, 429, rig.store.now() + 60, asked=True))
    queue = (await rig.store.ledger()).queue
    assert (one.token, queue.holder, queue.open[1].marks) == ("", "", [2])


async def test_it_is_not_let_go_with_something_on_the_wire(rig: Rig) -> None:
    one = await rig.held()
    one.in_hand = True
    await rig.receipts.note(one, Wait(rig.store.now() + 60))
    assert (await rig.store.ledger()).queue.holder == one.token != ""


async def test_what_is_given_up_is_kept_for_an_operator_for_a_day(rig: Rig) -> None:
    one = await rig.held(effects=2)
    from_store = (await rig.store.fetch(["owed//msteams/c/1"]))["owed//msteams/c/1"]
    assert from_store.expires_at is None
    one.owed[1] = OWED
    for _ in range(2):
        await asyncio.sleep(16 * 60)
        await rig.receipts.note(one, Failed(Place(1, "t1", 0), 500, rig.store.now()))
    record = (await rig.store.fetch(["given-up//msteams/c/1-0"])).get("given-up//msteams/c/1-0")
    assert record is not None
    assert record.owner == "msteams/users/ada"
    assert record.expires_at is not None
    assert 86_000 < record.expires_at - rig.store.now() < 86_401
    kept = Owed.read("", record)
    assert [effect.to_json()["id"] for effect in kept.effects] == ["r0"]
    assert (await rig.store.ledger()).queue.open[1].marks == [-3, 0]


# Beats.


async def test_a_holder_beats_each_second_and_stays_fresh(rig: Rig) -> None:
    one = await rig.held()
    rig.receipts.hold(one)
    for _ in range(100):
        await asyncio.sleep(0.1)
        assert one.fresh()
        assert one.beat_age() < FRESH
    beats = (await rig.store.ledger()).queue.beat
    assert 8 <= beats <= 10 / BEAT * 1.5
    await rig.receipts.note(one, sent())
    await asyncio.sleep(1)
    written = len(rig.store.written)
    await asyncio.sleep(60)
    assert len(rig.store.written) == written  # it holds it no more


async def test_many_beat_in_one_write(rig: Rig) -> None:
    for name in "abcd":
        rig.receipts.hold(await rig.held(name))
    await asyncio.sleep(10)
    assert {len(keys) for keys in rig.store.written} == {4}
    await rig.receipts.close(1)


async def test_a_beat_is_as_old_as_the_beginning_of_its_write(rig: Rig) -> None:
    one = await rig.held()

    async def slow(_: list[str]) -> None:
        await asyncio.sleep(FRESH + 0.1)

    rig.store.after = slow
    await rig.receipts.beat(one)
    assert one.token
    assert not one.fresh()


async def test_a_holder_begins_nothing_after_two_seconds_without_a_beat(rig: Rig) -> None:
    one = await rig.held()
    await asyncio.sleep(FRESH - 0.1)
    assert one.fresh()
    await asyncio.sleep(0.1)
    assert not one.fresh()
    await rig.receipts.beat(one)
    assert one.fresh()


async def test_who_finds_another_token_in_a_beat_stops(rig: Rig) -> None:
    one = await rig.held()
    await rig.store.change("c", lambda ledger: ledger.queue.take("another's"))
    await rig.receipts.beat(one)
    assert not one.token
    assert not one.fresh()
    assert (await rig.store.ledger()).queue.beat == 2


# The end.


async def test_an_end_writes_what_is_left_and_lets_go(rig: Rig) -> None:
    one = await rig.held(effects=2)
    rig.receipts.hold(one)
    noting = asyncio.create_task(rig.receipts.note(one, sent()))
    await asyncio.sleep(0)
    one.stopping = True
    await rig.receipts.close(1)
    await noting
    queue = (await rig.store.ledger()).queue
    assert (queue.holder, queue.open[1].marks) == ("", [-1, 0])


async def test_an_end_names_those_who_may_get_a_reply_twice(
    rig: Rig, caplog: pytest.LogCaptureFixture
) -> None:
    held = [await rig.held(f"c{number}") for number in range(25)]
    quiet = await rig.held("quiet")
    rig.receipts.hold(quiet)
    rig.store.away = True
    for one in held:
        rig.receipts.keep(one, sent())
        rig.receipts.write(one)
    await rig.receipts.close(1)
    [said] = [one.getMessage() for one in caplog.records if "twice" in one.getMessage()]
    assert "may get a reply twice: 25: msteams/ledgers/c0/, " in said
    assert said.count("msteams/ledgers/c") == 20
    assert said.endswith(" and 5 more")
    assert "quiet" not in caplog.text


@pytest.mark.parametrize("hangs", [False, True])
async def test_an_end_does_not_wait_for_a_store_for_ever(rig: Rig, hangs: bool) -> None:
    one = await rig.held()

    async def hang(_: list[str]) -> None:
        if hangs:
            await asyncio.Event().wait()

    rig.store.before, rig.store.away = hang, not hangs
    rig.receipts.keep(one, sent())
    rig.receipts.write(one)
    began = asyncio.get_running_loop().time()
    await rig.receipts.close(2)
    assert asyncio.get_running_loop().time() - began < 3


async def test_one_warning_tells_that_the_store_is_away_however_often_it_is_asked(
    rig: Rig, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    rig.receipts.hold(await rig.held())
    rig.store.away = True
    await asyncio.sleep(60)
    assert len(caplog.records) == 1
    rig.store.away = False
    await asyncio.sleep(5)
    rig.store.away = True
    await asyncio.sleep(5)
    assert len(caplog.records) == 2
    rig.store.away = False
    await rig.receipts.close(1)


@pytest.mark.parametrize("refusal", [Refused(Place(1, "t1", 0), "r1")])
async def test_a_refused_reply_is_named_so(rig: Rig, refusal: Refused) -> None:
    one = await rig.held(turns=2)
    await rig.receipts.note(one, refusal)
    ledger = await rig.store.ledger()
    assert ledger.channel_id("r1") == ""
    assert list(ledger.queue.open) == [2]


async def test_what_is_logged_of_many_carries_the_ids_of_no_turn(rig: Rig) -> None:
    lines: list[str] = []

    class Lines(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(JSONFormatter().format(record))

    logging.getLogger().addHandler(handler := Lines())
    one = await rig.held()
    rig.store.away = True
    with TurnIds({"turn": "of the one that happened to write first"}):
        noting = asyncio.create_task(rig.receipts.note(one, sent()))
        await asyncio.sleep(LATER)
    logging.getLogger().removeHandler(handler)
    assert len(lines) == 1
    assert "turn" not in json.loads(lines[0])
    rig.store.away = False
    await noting
