"""Who was forgotten is named nowhere, and hears the confirmation alone, however much was owed."""

from __future__ import annotations

import asyncio
from functools import partial
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest
from botbuilder.core import TurnContext

from turnkeeper import Host, Settings
from turnkeeper.testing import Clock, Cloud, Person
from turnkeeper.testing.outside.faults import Answer

NAME, ID = "Zebulon Quist", "29:zebulon-7f3a"
SCOPES = ("personal", "groupChat", "channel")


def bot_on(host: Host) -> object:
    """Return a bot that keeps and repeats whatever it is told."""
    known = host.user_state.create_property("Known")
    here = host.conversation_state.create_property("Here")

    async def bot(context: TurnContext) -> None:
        text = context.activity.text
        if text == "forget me":
            await host.forget(context)
            await context.send_activity("Forgotten.")
            return
        await known.set(context, {"name": text})
        await here.set(context, {"said": text})
        await context.send_activity(f"{text}, you said.")

    return bot


async def everything(host: Host) -> str:
    """Return the keys, owners and bodies of all records."""
    records = await host.storage.records.scan(limit=10_000)
    return "\n".join(f"{key} {one.owner} {one.body}" for key, one in records)


def is_told(cloud: Cloud, conversation_id: str, text: str) -> bool:
    """Return whether a text was said in a conversation."""
    return text in cloud.texts(conversation_id)


async def forget_while_all_is_owed(storage_url: str, where: str) -> None:
    """Have a person forgotten while each of their conversations is owed a reply, and look."""
    host = Host(Settings())
    async with Cloud(host, bot_on(host), storage=storage_url, clock=Clock()) as cloud:  # type: ignore[arg-type]
        people: dict[str, Person] = {
            scope: cloud.person(NAME, channel="msteams", scope=scope, id=ID) for scope in SCOPES
        }
        bob = cloud.person("Bob", conversation=people["groupChat"].conversation)
        for person in people.values():
            assert await person.says(NAME) == [f"{NAME}, you said."]
        cloud.faults.always(Answer(503))
        owed = (*people.values(), bob)
        await asyncio.gather(*(one.sends(one.message(f"owed to {one.name}")) for one in owed))
        assert NAME in await everything(host)
        asks = people[where]
        await asks.sends(asks.message("forget me"))
        assert NAME not in await everything(host)  # the confirmation still needs an address
        cloud.faults.recover()
        cloud.clock.move(hours=1)
        for who, text in ((asks, "Forgotten."), (bob, "owed to Bob, you said.")):
            there = who.conversation.id
            await cloud.connector.wait_until(partial(is_told, cloud, there, text), 10)
        await cloud.restart()  # it ends once the receipts are written
        for scope, person in people.items():
            heard = [text for text in cloud.texts(person.conversation.id) if "Bob" not in text]
            told = ["Forgotten."] if scope == where else []
            assert heard == [f"{NAME}, you said.", *told]
        left = await everything(host)
        for trace in (NAME, ID, quote(ID, safe="")):
            assert trace not in left


async def test_nothing_is_left_and_nothing_but_the_confirmation_is_said(storage_url: str) -> None:
    await forget_while_all_is_owed(storage_url, "personal")
    if storage_url.startswith("sqlite"):
        file = Path(urlsplit(storage_url).path.replace("//", "/"))
        for part in file.parent.glob(f"{file.name}*"):
            for trace in (NAME, ID, quote(ID, safe="")):
                assert trace.encode() not in part.read_bytes(), part


@pytest.mark.parametrize("where", ["groupChat", "channel"])
async def test_so_it_is_where_they_say_it_among_others(where: str) -> None:
    await forget_while_all_is_owed("memory:", where)
