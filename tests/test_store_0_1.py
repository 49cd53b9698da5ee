"""A store that the bot of version 0.1 has written, killed in the middle: this version goes on."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from app import make_bot
from config import Config
from tests.bot import cloud_around
from turnkeeper import Change, RecordStorage
from turnkeeper.testing import Clock, Cloud, Conversation, Person

CAPTURE = (Path(__file__).parent / "store-0.1.json").read_text(encoding="utf-8")
CONVERSATIONS: list[dict[str, Any]] = json.loads(CAPTURE)["facts"]["conversations"]
# Ten minutes after it was written: no question is too old yet, and nobody is welcomed back.
SOON_AFTER = datetime(2026, 11, 30, 15, 18, tzinfo=UTC)


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
    """The capture as a test has it, with a channel that exists.

    :param cloud: it, around a bot of this version.
    """

    def __init__(self, cloud: Cloud) -> None:
        assert cloud.host is not None
        self.cloud = cloud
        self.host = cloud.host
        text = CAPTURE.replace("http://service.invalid/_connector", cloud.service_url)
        data = json.loads(text)
        self.records = [
            Change(r["key"], r["body"], None, r["owner"], r["expires_at"]) for r in data["records"]
        ]
        self.conversations: list[dict[str, Any]] = data["facts"]["conversations"]

    @property
    def storage(self) -> RecordStorage:
        """The store."""
        return self.host.storage.records

    async def start(self) -> None:
        """Start the bot on the old store, in which nothing of this version is yet."""
        new = [Change(key, None, record.e_tag) for key, record in await self.storage.scan()]
        await self.storage.commit([*new, *self.records])
        await self.cloud.restart(make_bot(self.host, Config()))

    async def people(self) -> dict[str, str]:
        """All records of people and of conversations, without ledgers."""
        records = await self.storage.scan(limit=1000)
        kinds = ("users", "visitors", "conversations", "members")
        return {key: record.body for key, record in records if key.split("/")[1] in kinds}

    def person(self, facts: dict[str, Any]) -> Person:
        """The person of a conversation."""
        place = Conversation(facts["channel"], facts["scope"], facts["conversation"])
        return self.cloud.person(conversation=place, id=facts["person"], locale=facts["locale"])

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


@pytest.fixture(params=["memory", "sqlite"])
def storage_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty store, of each kind that needs no server."""
    return "memory:" if request.param == "memory" else f"sqlite:///{tmp_path}/bot.db"


@pytest.fixture
async def old(storage_url: str) -> AsyncIterator[Old]:
    """The old store, with a bot of this version that has started on it."""
    async with cloud_around(storage=storage_url, clock=Clock(SOON_AFTER)) as cloud:
        old = Old(cloud)
        await old.start()
        yield old


@pytest.fixture
async def other_url(old: Old, storage_url: str) -> AsyncIterator[str]:
    """Where another bot of this version listens, as a second process on the same store."""
    async with cloud_around(storage=storage_url, clock=old.cloud.clock) as other:
        yield other.bot_url


two_processes = pytest.mark.parametrize("storage_url", ["sqlite"], indirect=True)


async def test_what_took_effect_runs_nothing_when_it_is_delivered_again(old: Old) -> None:
    before = await old.people()
    count = 0
    for facts in old.conversations:
        for fact in [] if facts["owed"] else facts["took_effect"]:
            turn = await old.person(facts).sends(fact["activity"])
            assert turn.status == fact["status"], facts["what"]
            if fact["answer"] is not None:
                assert turn.body == fact["answer"]
            count += 1
    assert count >= 12
    assert old.cloud.connector.requests == []
    assert await old.people() == before


@chosen(owing=True)
async def test_what_was_owed_is_sent_once_and_in_order_when_it_is_delivered_again(
    old: Old, number: int
) -> None:
    facts, before = old.conversations[number], await old.people()
    person = old.person(facts)
    *earlier, last = [fact["activity"] for fact in facts["took_effect"]]
    assert last["id"] == facts["owed_by"]
    for activity in (last, last, *earlier, last):
        assert (await person.sends(activity)).status == 201
    assert old.got(facts) == facts["owed"]
    assert await old.people() == before


@chosen(owing=True)
async def test_what_was_owed_is_sent_before_the_next_reply(old: Old, number: int) -> None:
    facts = old.conversations[number]
    person = old.person(facts)
    await person.says(facts["name"] or "Jo")
    got = old.got(facts)
    assert got[: len(facts["owed"])] == facts["owed"]
    reply = got[len(facts["owed"])]["text"]
    name = facts["name"]
    assert reply.startswith(f"{name} sent: {name}\n" if name else "Thanks Jo.")
    assert (await person.says("more"))[0].startswith(f"{name or 'Jo'} sent: more\n")
    assert old.got(facts)[: len(got)] == got


@chosen(owing=False, open="")
async def test_people_are_known(old: Old, number: int) -> None:
    facts = old.conversations[number]
    person = old.person(facts)
    for text in ("hello", "and again"):
        [reply] = await person.says(text)
        assert reply.startswith(f"{facts['name']} sent: {text}\n")


@chosen(owing=False, open="name")
async def test_an_open_question_for_the_name_takes_the_answer(old: Old, number: int) -> None:
    person = old.person(old.conversations[number])
    assert (await person.says("Zoe"))[0].startswith("Thanks Zoe.")
    assert (await person.says("hello"))[0].startswith("Zoe sent: hello\n")


@chosen(owing=False, open="change name")
async def test_an_open_question_for_another_name_takes_the_answer(old: Old, number: int) -> None:
    person = old.person(old.conversations[number])
    [thanks] = await person.says("Kaya")
    assert "Kaya" in thanks
    [reply] = await person.says("hallo")
    assert "Kaya" in reply
    assert reply.partition("\n")[0].endswith("hallo")


@chosen(owing=False, open="forget")
async def test_an_open_question_whether_to_forget_is_closed_and_nobody_forgotten(
    old: Old, number: int
) -> None:
    facts = old.conversations[number]
    person = old.person(facts)
    [reply] = await person.says("yes")
    assert reply.startswith("I was updated while we were talking, so let me ask again.\n")
    assert facts["name"] in str(await old.people())
    await person.says("forget me")
    assert len(await person.says("yes")) == 1
    assert facts["person"] not in str(await old.people())
    # What is left, of the old version and of this, are digests of activities.
    for key, record in await old.storage.scan(limit=1000):
        if facts["conversation"] in key:
            assert facts["name"] not in record.body
    assert await person.says("hi") == ["What is your name?"]


@two_processes
@chosen(owing=True)
async def test_two_processes_that_race_for_an_old_ledger_send_what_was_owed_once(
    old: Old, other_url: str, number: int
) -> None:
    facts = old.conversations[number]
    person, urls = old.person(facts), [old.cloud.bot_url, other_url]
    last = facts["took_effect"][-1]["activity"]
    message = person.message(facts["name"] or "Jo")
    turns = await asyncio.gather(
        *(person.sends(last, url) for url in urls * 2),
        *(person.sends(message, url) for url in urls),
    )
    assert {turn.status for turn in turns} == {201}
    got = old.got(facts)
    assert got[: len(facts["owed"])] == facts["owed"]
    name = facts["name"]
    replies = [one["text"] for one in got[len(facts["owed"]) :] if one["type"] == "message"]
    assert len(replies) == 1
    assert replies[0].startswith(f"{name} sent: {name}\n" if name else "Thanks Jo.")


@two_processes
async def test_two_processes_that_race_for_all_old_ledgers_lose_nothing(
    old: Old, other_url: str
) -> None:
    before = await old.people()
    turns = await asyncio.gather(
        *(
            old.person(facts).sends(fact["activity"], url)
            for facts in old.conversations
            for fact in facts["took_effect"]
            for url in (old.cloud.bot_url, other_url)
        )
    )
    assert {turn.status for turn in turns} == {200, 201, 501}
    for facts in old.conversations:
        if facts["conversation"] != "19:group@thread.v2":  # of two people
            assert old.got(facts) == facts["owed"]
    assert await old.people() == before
    for facts in old.conversations:
        if facts["name"] and not facts["open"]:
            [reply] = await old.person(facts).says("hello")
            assert reply.startswith(f"{facts['name']} sent: hello\n")
