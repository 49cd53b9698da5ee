"""A store that the bot of version 0.1 has written, killed in the middle: this version goes on."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import TestServer

from app import TYPES, make_bot
from config import Config
from tests.cloud import FakeCloud, Person, Place
from turnkeeper import Host, Settings
from turnkeeper.storage import Change, MemoryStorage, RecordStorage

CAPTURE = (Path(__file__).parent / "captures" / "store-0.1.json").read_text(encoding="utf-8")
CONVERSATIONS: list[dict[str, Any]] = json.loads(CAPTURE)["facts"]["conversations"]
LONG = 999_999  # minutes

Start = Callable[[], Awaitable[str]]


def chosen(*, owing: bool, **wanted: str) -> pytest.MarkDecorator:
    """The conversations of the capture of which this is so."""
    return pytest.mark.parametrize(
        "number",
        [
            pytest.param(number, id=f"{facts['person']}".replace(":", "-"))
            for number, facts in enumerate(CONVERSATIONS)
            if bool(facts["owed"]) is owing and wanted.items() <= facts.items()
        ],
    )


class Old:
    """The capture as a test has it, with a channel that exists."""

    def __init__(self, cloud: FakeCloud) -> None:
        self.cloud = cloud
        text = CAPTURE.replace("http://service.invalid/_connector", cloud.service_url)
        data = json.loads(text)
        self.records = [
            Change(r["key"], r["body"], None, r["owner"], r["expires_at"]) for r in data["records"]
        ]
        self.conversations: list[dict[str, Any]] = data["facts"]["conversations"]

    def person(self, facts: dict[str, Any], url: str = "") -> Person:
        place = Place(facts["channel"], facts["scope"], facts["conversation"])
        return self.cloud.person(
            place=place, id=facts["person"], locale=facts["locale"], bot_url=url
        )

    def got(self, facts: dict[str, Any]) -> list[dict[str, str]]:
        """What the channel was told to do in a conversation, in order, as the facts have it."""
        done = []
        for request in self.cloud.connector.requests:
            if request.conversation_id != facts["conversation"]:
                continue
            activity = json.loads(request.body or b"{}")
            one = {
                "do": {"POST": "send", "PUT": "update", "DELETE": "delete"}[request.method],
                "type": activity.get("type", ""),
                "text": activity.get("text", ""),
            }
            if request.method != "POST":
                one["channel_activity"] = request.rest[1]
            done.append(one)
        return done


@pytest.fixture
async def old(cloud: FakeCloud, storage: RecordStorage) -> Old:
    """The old store, of each kind in turn."""
    capture = Old(cloud)
    await storage.commit(capture.records)
    return capture


@pytest.fixture
async def start(storage: RecordStorage, storage_url: str, old: Old) -> AsyncIterator[Start]:
    """Starts bots of this version on the old store; the URL of each."""
    config = Config(question_timeout_minutes=LONG, welcome_back_after_minutes=LONG)
    async with AsyncExitStack() as stack:

        async def one() -> str:
            own = storage if isinstance(storage, MemoryStorage) else None
            host = Host(Settings(storage_url=storage_url), types=TYPES, storage=own)
            server = TestServer(host.app(make_bot(host, config)))
            await stack.enter_async_context(server)
            return str(server.make_url("/api/messages"))

        yield one


async def persons_in(storage: RecordStorage) -> dict[str, str]:
    """All records of people and of conversations, without ledgers."""
    records = await storage.scan(limit=1000)
    kinds = ("users", "conversations", "members")
    return {key: record.body for key, record in records if key.split("/")[1] in kinds}


async def test_what_took_effect_runs_nothing_when_it_is_delivered_again(
    cloud: FakeCloud, storage: RecordStorage, old: Old, start: Start
) -> None:
    url = await start()
    before = await persons_in(storage)
    count = 0
    for facts in old.conversations:
        for fact in [] if facts["owed"] else facts["took_effect"]:
            answer = await cloud.post_to_bot(url, fact["activity"])
            assert answer.status == fact["status"], facts["what"]
            if fact["answer"] is not None:
                assert answer.json() == fact["answer"]
            count += 1
    assert count >= 12
    assert cloud.connector.requests == []
    assert await persons_in(storage) == before


@chosen(owing=True)
async def test_what_was_owed_is_sent_once_and_in_order_when_it_is_delivered_again(
    cloud: FakeCloud, storage: RecordStorage, old: Old, start: Start, number: int
) -> None:
    facts = old.conversations[number]
    url, before = await start(), await persons_in(storage)
    *earlier, last = [fact["activity"] for fact in facts["took_effect"]]
    assert last["id"] == facts["owed_by"]
    for activity in (last, last, *earlier, last):
        assert (await cloud.post_to_bot(url, activity)).status == 201
    assert old.got(facts) == facts["owed"]
    assert await persons_in(storage) == before


@chosen(owing=True)
async def test_what_was_owed_is_sent_before_the_next_reply(
    old: Old, start: Start, number: int
) -> None:
    facts = old.conversations[number]
    person = old.person(facts, await start())
    assert (await person.says(facts["name"] or "Jo")).status == 201
    got = old.got(facts)
    assert got[: len(facts["owed"])] == facts["owed"]
    reply = got[len(facts["owed"])]["text"]
    name = facts["name"]
    assert reply.startswith(f"{name} sent: {name}\n" if name else "Thanks Jo.")
    assert (await person.says("more")).texts[0].startswith(f"{name or 'Jo'} sent: more\n")
    assert old.got(facts)[: len(got)] == got


@chosen(owing=False, open="")
async def test_people_are_known(old: Old, start: Start, number: int) -> None:
    facts = old.conversations[number]
    person = old.person(facts, await start())
    for text in ("hello", "and again"):
        [reply] = (await person.says(text)).texts
        assert reply.startswith(f"{facts['name']} sent: {text}\n")


@chosen(owing=False, open="name")
async def test_an_open_question_for_the_name_takes_the_answer(
    old: Old, start: Start, number: int
) -> None:
    person = old.person(old.conversations[number], await start())
    assert (await person.says("Zoe")).texts[0].startswith("Thanks Zoe.")
    assert (await person.says("hello")).texts[0].startswith("Zoe sent: hello\n")


@chosen(owing=False, open="change name")
async def test_an_open_question_for_another_name_takes_the_answer(
    old: Old, start: Start, number: int
) -> None:
    facts = old.conversations[number]
    person = old.person(facts, await start())
    [thanks] = (await person.says("Kaya")).texts
    assert "Kaya" in thanks
    [reply] = (await person.says("hallo")).texts
    assert "Kaya" in reply
    assert reply.partition("\n")[0].endswith("hallo")


@chosen(owing=False, open="forget")
async def test_an_open_question_whether_to_forget_takes_the_answer(
    storage: RecordStorage, old: Old, start: Start, number: int
) -> None:
    facts = old.conversations[number]
    person = old.person(facts, await start())
    assert facts["name"] in str(await persons_in(storage))
    assert len((await person.says("yes")).texts) == 1
    assert facts["person"] not in str(await persons_in(storage))
    # What is left, of the old version and of this, are digests of activities.
    for key, record in await storage.scan(limit=1000):
        if facts["conversation"] in key:
            assert facts["name"] not in record.body
    assert (await person.says("hi")).texts == ["What is your name?"]


@chosen(owing=True)
async def test_two_processes_that_race_for_an_old_ledger_send_what_was_owed_once(
    cloud: FakeCloud, old: Old, start: Start, number: int
) -> None:
    facts = old.conversations[number]
    urls = [await start(), await start()]
    last = facts["took_effect"][-1]["activity"]
    message = old.person(facts).message(facts["name"] or "Jo")
    answers = await asyncio.gather(
        *(cloud.post_to_bot(url, last) for url in urls * 2),
        *(cloud.post_to_bot(url, message) for url in urls),
    )
    assert {answer.status for answer in answers} == {201}
    got = old.got(facts)
    assert got[: len(facts["owed"])] == facts["owed"]
    name = facts["name"]
    replies = [one["text"] for one in got[len(facts["owed"]) :] if one["type"] == "message"]
    assert len(replies) == 1
    assert replies[0].startswith(f"{name} sent: {name}\n" if name else "Thanks Jo.")


async def test_two_processes_that_race_for_all_old_ledgers_lose_nothing(
    cloud: FakeCloud, storage: RecordStorage, old: Old, start: Start
) -> None:
    urls, before = [await start(), await start()], await persons_in(storage)
    activities = [fact["activity"] for facts in old.conversations for fact in facts["took_effect"]]
    answers = await asyncio.gather(
        *(cloud.post_to_bot(url, activity) for activity in activities for url in urls)
    )
    assert {answer.status for answer in answers} == {200, 201, 501}
    for facts in old.conversations:
        if facts["conversation"] != "19:group@thread.v2":  # of two people
            assert old.got(facts) == facts["owed"]
    assert await persons_in(storage) == before
    for facts in old.conversations:
        if facts["name"] and not facts["open"]:
            [reply] = (await old.person(facts).says("hello", urls[0])).texts
            assert reply.startswith(f"{facts['name']} sent: hello\n")
