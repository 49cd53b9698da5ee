"""What a person has in one conversation: as the SDK keeps it, the person's, and nobody else's."""

from __future__ import annotations

from typing import Any

import pytest
from botbuilder.core import PrivateConversationState as StockState
from botbuilder.core import TurnContext
from hypothesis import example, given
from hypothesis import strategies as st

from tests.turnkeeper.models import TYPES, Known
from tests.turnkeeper.owners import user_key
from turnkeeper import Host, PrivateConversationState, Settings
from turnkeeper.address import Address
from turnkeeper.channels import text_for_bot
from turnkeeper.keys import named_in, stored_key
from turnkeeper.state.people.erasure import erase
from turnkeeper.testing import Clock, Cloud, Person

DAY = 86_400.0
WORDS = st.sampled_from(["a", "b", "/", "users", "/users/"])
PARTS = st.lists(WORDS, min_size=1, max_size=5).map("".join)
NAMESPACES = st.sampled_from(["", "a", "users"])


class Bot:
    """Counts what each person says in a conversation; it knows "fail", "forget me" and a name."""

    def __init__(self, state: Any = PrivateConversationState, **options: Any) -> None:
        self.host = Host(Settings(conversation_ttl=30 * DAY), types=TYPES)
        self.state = state(self.host.storage, **options)
        self.count = self.state.create_property("count")
        self.known = self.state.create_property("Known")

    async def on_turn(self, context: TurnContext) -> None:
        text = text_for_bot(context.activity)
        await self.known.set(context, Known(context.activity.from_property.id))
        if text == "forget me":
            await self.host.forget(context)
            return
        n = (await self.count.get(context) or 0) + 1
        await self.count.set(context, n)
        await self.state.save_changes(context)
        if text == "fail":
            raise LookupError
        await context.send_activity(str(n))

    def cloud(self, **options: Any) -> Cloud:
        return Cloud(self.host, self, **options)

    async def owners(self) -> dict[str, str]:
        """Whose the private records are, by key."""
        records = await self.host.storage.records.scan()
        return {key: record.owner for key, record in records if "/users/" in key}


def two_in(cloud: Cloud, scope: str = "groupChat") -> tuple[Person, Person]:
    """Ada and Bob in one conversation on Teams."""
    ada = cloud.person("Ada", channel="msteams", scope=scope)
    return ada, cloud.person("Bob", conversation=ada.conversation)


async def test_everybody_has_one_in_each_conversation() -> None:
    async with (bot := Bot()).cloud() as cloud:
        ada, bob = two_in(cloud)
        elsewhere = cloud.person("Ada", channel="msteams")
        said = [await person.says("hi") for person in (ada, ada, bob, elsewhere)]
        assert said == [["1"], ["2"], ["1"], ["1"]]
        assert await bot.owners() == {
            f"msteams/conversations/{ada.conversation.id}/users/Ada/": user_key(ada),
            f"msteams/conversations/{ada.conversation.id}/users/Bob/": user_key(bob),
            f"msteams/conversations/{elsewhere.conversation.id}/users/Ada/": user_key(ada),
        }


async def test_it_is_the_sdks_record() -> None:
    ours, stock = Bot(), Bot(StockState)
    async with ours.cloud() as cloud:
        store, ada = ours.host.storage.records, cloud.person("Ada", conversation="c")
        assert await ada.says("hi") == ["1"]
    async with stock.cloud(storage=store) as cloud:
        assert await cloud.person("Ada", conversation="c").says("hi") == ["2"]
    async with ours.cloud(storage=store) as cloud:
        assert await cloud.person("Ada", conversation="c").says("hi") == ["3"]
        assert list(await ours.owners()) == ["emulator/conversations/c/users/Ada/"]


async def test_a_turn_that_fails_takes_it_back() -> None:
    async with Bot().cloud() as cloud:
        ada = cloud.person("Ada")
        await ada.says("hi")
        await ada.says("fail")
        assert await ada.says("hi") == ["2"]


@pytest.mark.parametrize("state", [PrivateConversationState, StockState])
async def test_it_is_erased_with_the_person_who_says_so(state: Any) -> None:
    async with (bot := Bot(state)).cloud() as cloud:
        ada, bob = two_in(cloud)
        for person in (ada, bob, cloud.person("Ada", channel="msteams")):
            await person.says("hi")
        await ada.says("forget me")
        assert set((await bot.owners()).values()) == {user_key(bob)}
        assert await ada.says("hi") == ["1"]


@pytest.mark.parametrize("state", [PrivateConversationState, StockState])
async def test_it_is_erased_and_exported_by_the_operator(state: Any) -> None:
    async with (bot := Bot(state)).cloud() as cloud:
        ada, bob = two_in(cloud)
        for person in (ada, bob):
            await person.joins()
            await person.says("hi")
        assert await erase(bot.host.storage.records, user_key(ada))
        assert set((await bot.owners()).values()) == {user_key(bob)}


async def test_it_is_the_persons_after_a_join_too() -> None:
    async with (bot := Bot()).cloud() as cloud:
        await cloud.person("Ada").joins()
        assert list((await bot.owners()).values()) == ["emulator/users/Ada"]


async def test_what_a_group_was_answered_is_dropped_where_a_person_has_one() -> None:
    async with (bot := Bot()).cloud() as cloud:
        ada, bob = two_in(cloud)
        for person in (ada, bob):
            message = person.message("hi", deliveryMode="expectReplies")
            await person.sends(message)
        await cloud.person("Ada", channel="msteams").says("forget me")
        records = await bot.host.storage.records.scan(prefix="msteams/ledgers/", owner="")
        assert len(records) == 2  # the group's, and what is left of the chat
        assert "activities" not in "".join(record.body for _, record in records)


async def test_namespaces_are_apart() -> None:
    async with (bot := Bot()).cloud() as cloud:
        orders = PrivateConversationState(bot.host.storage, "orders")
        other = orders.create_property("count")

        async def count_orders(context: TurnContext) -> None:
            await bot.on_turn(context)
            await other.set(context, 7)
            await orders.save_changes(context)

        await cloud.restart(count_orders)
        ada = cloud.person("Ada", conversation="c")
        assert [await ada.says("hi"), await ada.says("hi")] == [["1"], ["2"]]
        key = "emulator/conversations/c/users/Ada/"
        assert list(await bot.owners()) == [key, f"{key}orders"]
    with pytest.raises(ValueError, match="slash"):
        PrivateConversationState(bot.host.storage, "a/b")


async def test_it_is_kept_as_long_as_the_conversation_or_as_it_is_told() -> None:
    clock = Clock()
    for options, days in (({}, 30), ({"ttl": 5 * DAY}, 5)):
        bot = Bot(**options)
        async with bot.cloud(clock=clock) as cloud:
            ada = cloud.person("Ada")
            await ada.says("hi")
            clock.move(days=days - 1)
            assert await bot.owners()
            clock.move(days=2)
            assert not await bot.owners()


async def test_where_nobody_speaks_there_is_none() -> None:
    async with (bot := Bot()).cloud() as cloud:

        async def ask(context: TurnContext) -> None:
            for state in (bot.state, bot.host.user_state):
                with pytest.raises(TypeError, match=r"missing from_property\.id"):
                    await state.create_property("count").set(context, 1)
            await bot.host.storage.write({"k": {"n": 1}})
            await context.send_activity("to all")

        reference = (ada := cloud.person("Ada")).reference
        reference.user = None
        await bot.host.adapter.continue_conversation(reference, ask)
        assert await ada.hears() == ["to all"]
        records = dict(await bot.host.storage.records.scan())
        assert [key for key in records if "/ledgers/" not in key] == ["k", "~/format"]
        assert records["k"].owner == ""


@given(st.tuples(PARTS, PARTS, NAMESPACES), st.tuples(PARTS, PARTS, NAMESPACES))
@example(("a/users/b", "c", ""), ("a", "b/users/c", ""))
@example(("a/users", "b", ""), ("a", "users/b", ""))
def test_no_two_of_them_share_a_key(one: tuple[str, ...], two: tuple[str, ...]) -> None:
    keys = {
        Address.of("", "c", place, person).private_key(namespace)
        for place, person, namespace in (one, two)
    }
    assert len(keys) == len({one, two})


@given(st.tuples(PARTS, PARTS, NAMESPACES), PARTS)
@example(("c", "Bob", ""), "c/users/Bob/")
def test_no_conversation_has_the_key_of_one(one: tuple[str, ...], conversation: str) -> None:
    place, person, namespace = one
    private = Address.of("", "c", place, person).private_key(namespace)
    assert Address.of("", "c", conversation, "Mallory").conversation_key != private


async def test_a_conversation_that_is_called_like_one_does_not_show_it() -> None:
    bot = Bot()
    shared = bot.host.conversation_state.create_property("count")

    async def show(context: TurnContext) -> None:
        await context.send_activity(str(await shared.get(context)))

    async with bot.cloud() as cloud:
        bob = cloud.person("Bob", conversation="c")
        assert await bob.says("hi") == ["1"]
        await cloud.restart(show)
        for called in ("c/users/Bob/", "c/users/Bob", "c"):
            assert await cloud.person("Mallory", conversation=called).says("hi") == ["None"]


@pytest.mark.parametrize("long", ["x" * 1000, "ü" * 61])
def test_a_key_with_long_ids_is_found_and_says_whose_it_is(long: str) -> None:
    address = Address.of("", "msteams", long, long)
    key = address.private_key("orders")
    assert key is not None
    assert long not in key
    assert stored_key(f"msteams/conversations/{long}/users/{long}/orders") == key
    assert stored_key(key) == key
    assert f"msteams/users/{named_in(key).person}" == address.user_key
