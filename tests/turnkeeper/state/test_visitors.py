"""Whom a page calls what it likes: what is held of them stays in the conversation it came from."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from botbuilder.core import TurnContext
from botbuilder.core import UserState as StockUserState
from hypothesis import given
from hypothesis import strategies as st

from tests.turnkeeper.models import TYPES, Known
from turnkeeper import Host, Settings
from turnkeeper.address import Address
from turnkeeper.channels.addressing import address_anew, address_of
from turnkeeper.keys import conversation_of, is_visitor, named_in, owner_named_in, stored_key
from turnkeeper.state.people.erasure import erase
from turnkeeper.state.people.forgetting import export_person, forget_person
from turnkeeper.storage import Change, RecordStorage
from turnkeeper.testing import Cloud, Conversation, Person
from turnkeeper.wire.activity import decode_activity

CHOSEN = "webchat/visitors/first/Ada"
EARLIER = "webchat/users/Ada"
IDS = st.text(st.characters(codec="utf-8"), min_size=1, max_size=300)


def make_host(**settings: Any) -> Host:
    return Host(Settings(**settings), types=TYPES)


def make_bot(host: Host, *, stock: bool = False) -> Any:
    """A bot that takes ``I am NAME`` for a name; tells, hands out and forgets what it knows."""
    users = StockUserState(host.storage) if stock else host.user_state
    known = users.create_property("Known")

    async def bot(context: TurnContext) -> None:
        text = context.activity.text or ""
        if text.startswith("I am "):
            await known.set(context, Known(text.removeprefix("I am ")))
        elif text == "forget me":
            await forget_person(context, host.storage)
            return
        elif text == "export":
            exported = await export_person(context, host.storage)
            await context.send_activity(f"{len(exported['records'])} records")
            return
        one = await known.get(context)
        if stock:
            await users.save_changes(context)
        await context.send_activity(f"You are {one.name}." if one else "You are a stranger.")

    return bot


@pytest.fixture(params=[False, True], ids=["ours", "stock"])
async def cloud(request: pytest.FixtureRequest) -> AsyncIterator[Cloud]:
    """A cloud around a bot with our user state, or with the SDK's own."""
    host = make_host()
    async with Cloud(host, make_bot(host, stock=request.param)) as cloud:
        yield cloud


def ada_in(cloud: Cloud, conversation: str, channel: str = "webchat", id: str = "Ada") -> Person:
    """Whom the page of a conversation calls Ada."""
    return cloud.person("Ada", conversation=Conversation(channel, "personal", conversation), id=id)


def records_in(cloud: Cloud) -> RecordStorage:
    assert isinstance(cloud.host, Host)
    return cloud.host.storage.records


async def keys_in(cloud: Cloud) -> dict[str, str]:
    """The keys of state that are stored, and whose they are."""
    records = await records_in(cloud).scan(limit=1000)
    left_out = ("/ledgers/", "~")
    return {key: r.owner for key, r in records if not any(part in key for part in left_out)}


@pytest.mark.parametrize("channel", ["webchat", "directline"])
async def test_what_is_held_under_a_chosen_id_is_told_and_changed_in_its_conversation_alone(
    cloud: Cloud, channel: str
) -> None:
    first, second = ada_in(cloud, "first", channel), ada_in(cloud, "second", channel)
    assert await first.says("I am Ada") == ["You are Ada."]
    assert await second.says("who am I?") == ["You are a stranger."]
    assert await second.says("I am Mallory") == ["You are Mallory."]
    assert await first.says("who am I?") == ["You are Ada."]


async def test_and_handed_out_and_erased_there_alone(cloud: Cloud) -> None:
    first, second = ada_in(cloud, "first"), ada_in(cloud, "second")
    await first.says("I am Ada")
    assert await second.says("export") == ["0 records"]
    await second.says("forget me")
    assert await first.says("who am I?") == ["You are Ada."]
    await first.says("forget me")
    assert await first.says("who am I?") == ["You are a stranger."]


@pytest.mark.parametrize(
    ("channel", "id"), [("webchat", "dl_Ada"), ("directline", "dl_Ada"), ("slack", "Ada")]
)
async def test_an_id_that_the_page_cannot_have_chosen_is_known_everywhere(
    cloud: Cloud, channel: str, id: str
) -> None:
    await ada_in(cloud, "first", channel, id).says("I am Ada")
    assert await ada_in(cloud, "second", channel, id).says("who am I?") == ["You are Ada."]
    assert f"{channel}/users/{id}" in await keys_in(cloud)


async def test_a_setting_trusts_the_ids_of_a_channel() -> None:
    host = make_host(trusted_ids=frozenset({"webchat"}))
    async with Cloud(host, make_bot(host)) as cloud:
        await ada_in(cloud, "first").says("I am Ada")
        assert await ada_in(cloud, "second").says("who am I?") == ["You are Ada."]
        assert EARLIER in await keys_in(cloud)
        assert await ada_in(cloud, "first", "directline").says("I am Ada") == ["You are Ada."]
        elsewhere = ada_in(cloud, "second", "directline")
        assert await elsewhere.says("who am I?") == ["You are a stranger."]


async def as_of_an_earlier_version(cloud: Cloud, *conversations: str) -> None:
    """Have the records of Ada be as an earlier version stored them."""
    for conversation in conversations:
        await ada_in(cloud, conversation).says("I am Ada")
    records = records_in(cloud)
    for key, record in await records.scan(limit=1000):
        if is_visitor(key):
            await records.commit([Change(key, None, record.e_tag)])
            earlier = (await records.fetch([EARLIER])).get(EARLIER)
            e_tag = earlier.e_tag if earlier else None
            await records.commit([Change(EARLIER, record.body, e_tag, EARLIER)])
        elif is_visitor(record.owner):
            await records.commit([Change(key, record.body, record.e_tag, EARLIER)])


async def test_what_an_earlier_version_holds_is_told_only_where_it_came_from(cloud: Cloud) -> None:
    await as_of_an_earlier_version(cloud, "first")
    assert await ada_in(cloud, "second").says("who am I?") == ["You are a stranger."]
    assert await ada_in(cloud, "second").says("forget me") == []
    assert EARLIER in await keys_in(cloud)
    assert await ada_in(cloud, "first").says("who am I?") == ["You are Ada."]
    assert await keys_in(cloud) == {CHOSEN: CHOSEN}


async def test_where_it_may_be_of_two_it_stays_untold(cloud: Cloud) -> None:
    await as_of_an_earlier_version(cloud, "first", "second")
    for conversation in ("first", "second", "third", "first"):
        said = await ada_in(cloud, conversation).says("who am I?")
        assert said == ["You are a stranger."]
    assert (await keys_in(cloud))[EARLIER] == EARLIER
    await erase(records_in(cloud), EARLIER)
    assert EARLIER not in await keys_in(cloud)


async def test_where_no_ledger_says_where_it_came_from_it_stays_untold(cloud: Cloud) -> None:
    await as_of_an_earlier_version(cloud, "first")
    for key, record in await records_in(cloud).scan(prefix="webchat/ledgers/"):
        await records_in(cloud).commit([Change(key, None, record.e_tag)])
    assert await ada_in(cloud, "second").says("who am I?") == ["You are a stranger."]
    assert EARLIER in await keys_in(cloud)


@given(channel=st.sampled_from(["webchat", "directline"]), conversation=IDS, person=IDS, other=IDS)
def test_no_id_makes_two_people_of_one_key(
    channel: str, conversation: str, person: str, other: str
) -> None:
    mine = Address.of("", channel, conversation, person, chosen=True)
    assert mine.old_user_key == Address.of("", channel, conversation, person).user_key
    assert mine.owner == mine.user_key
    assert mine.chosen
    assert mine.user_keys == (mine.user_key,)
    for elsewhere in (
        Address.of("", channel, other, person, chosen=True),
        Address.of("", channel, conversation, other, chosen=True),
    ):
        same = (elsewhere.conversation, elsewhere.person) == (conversation, person)
        assert (elsewhere.user_key == mine.user_key) is same
    assert Address.of("", channel, other, person).user_key != mine.user_key


@given(conversation=IDS, person=IDS)
def test_such_a_key_says_whose_it_is(conversation: str, person: str) -> None:
    address = Address.of("", "webchat", conversation, person, chosen=True)
    key, plain = address.user_key, Address.of("", "webchat", conversation, person)
    assert owner_named_in(key, "webchat") == key
    assert f"webchat/users/{named_in(key).person}" == plain.user_key
    assert conversation_of(key) == named_in(key).conversation
    assert plain.conversation_key == f"webchat/conversations/{conversation_of(key)}"
    assert stored_key(key) == key


def test_whoever_takes_the_place_of_the_sender_is_trusted_no_more_than_they() -> None:
    """Bot code may put another activity in the turn's place."""
    activity = decode_activity(
        {
            "type": "message",
            "channelId": "webchat",
            "conversation": {"id": "first"},
            "from": {"id": "Ada"},
        }
    )
    untrusted, trusted = address_of(activity), address_of(activity, trusted=["webchat"])
    assert address_anew(activity, untrusted).user_key == CHOSEN
    assert address_anew(activity, trusted).user_key == EARLIER
    proven = Address.of("", "webchat", "first", "dl_Ada")
    assert address_anew(activity, proven).user_key == CHOSEN
