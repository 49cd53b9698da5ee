"""Two people in one conversation of which nothing says that it is a group."""

from __future__ import annotations

from botbuilder.core import TurnContext

from turnkeeper import Host, Settings
from turnkeeper.testing import Cloud


def bot_on(host: Host) -> object:
    """Return a bot that asks each person's name once in a conversation, and counts."""
    place = host.conversation_state.create_property("Place")

    async def ask(context: TurnContext) -> None:
        if context.activity.type != "message":
            return
        here = await place.get(context, dict)
        if not here:
            here["asked"] = True
            await context.send_activity("What is your name?")
        elif "name" not in here:
            here["name"] = context.activity.text
            await context.send_activity(f"Thanks {here['name']}.")
        elif context.activity.text == "leave":
            await place.delete(context)
            await context.send_activity("Bye.")
        else:
            await context.send_activity(f"{here['name']}: {context.activity.text}")

    return ask


async def test_each_gets_through(storage_url: str) -> None:
    host = Host(Settings())
    async with Cloud(host, bot_on(host), storage=storage_url) as cloud:  # type: ignore[arg-type]
        ann = cloud.person("ann", channel="directline")
        bob = cloud.person("bob", conversation=ann.conversation)
        asked = ["What is your name?"]
        assert await ann.says("hi") == asked
        assert asked[0] in await bob.says("hello")
        assert "Thanks Ann." in await ann.says("Ann")
        await cloud.restart()
        assert "Thanks Bob." in await bob.says("Bob")
        assert "Ann: 1" in await ann.says("1")
        assert "Bob: 1" in await bob.says("1")


async def test_who_comes_second_keeps_their_place_when_the_first_leaves() -> None:
    host = Host(Settings())
    async with Cloud(host, bot_on(host)) as cloud:  # type: ignore[arg-type]
        ann = cloud.person("ann", channel="webchat")
        bob = cloud.person("bob", conversation=ann.conversation)
        for person in (ann, bob):
            await person.says("hi")
            await person.says(person.name.title())
        assert "Bye." in await ann.says("leave")
        assert "Bob: 2" in await bob.says("2")
        assert "What is your name?" in await ann.says("hi")
        assert "Bob: 3" in await bob.says("3")


async def test_who_is_forgotten_takes_nothing_of_the_other_along(storage_url: str) -> None:
    host = Host(Settings())
    asks = bot_on(host)

    async def bot(context: TurnContext) -> None:
        if context.activity.text == "forget me":
            await host.forget(context)
            await context.send_activity("Forgotten.")
        else:
            await asks(context)  # type: ignore[operator]

    async with Cloud(host, bot, storage=storage_url) as cloud:
        ann = cloud.person("ann", channel="directline")
        bob = cloud.person("bob", conversation=ann.conversation)
        for person in (ann, bob):
            await person.says("hi")
            await person.says(person.name.title())
        assert "Forgotten." in await ann.says("forget me")
        assert "Bob: 2" in await bob.says("2")
        assert "What is your name?" in await ann.says("hi")
        assert "Forgotten." in await bob.says("forget me")
        assert "Thanks Ann." in await ann.says("Ann")
