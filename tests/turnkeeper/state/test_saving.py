"""What a save of state writes, and when it is written: also without a host."""

from __future__ import annotations

import pytest
from botbuilder.core import TurnContext
from botbuilder.core.adapters import TestAdapter
from botbuilder.schema import Activity, ChannelAccount, ConversationAccount

from turnkeeper.channels.addressing import address_of
from turnkeeper.errors import SettingsError
from turnkeeper.state.scope import ConversationState, UserState
from turnkeeper.state.services import begin_turn
from turnkeeper.state.turn_state import TurnState
from turnkeeper.state.typed_storage import TypedStorage
from turnkeeper.storage import MemoryStorage
from turnkeeper.storage.transaction import Transaction

ADA, BOB = "emulator/users/ada", "emulator/users/bob"
CONVERSATION = "emulator/conversations/c"


@pytest.fixture
def storage() -> MemoryStorage:
    return MemoryStorage()


def turn_of(person: str = "ada") -> TurnContext:
    """A turn that no host has begun."""
    return TurnContext(TestAdapter(), activity_of(person))


def activity_of(person: str) -> Activity:
    """A message of a person's."""
    return Activity(
        type="message",
        channel_id="emulator",
        conversation=ConversationAccount(id="c"),
        from_property=ChannelAccount(id=person),
        recipient=ChannelAccount(id="bot"),
    )


async def keys_in(storage: MemoryStorage) -> list[str]:
    """The keys of all records."""
    return [key for key, _ in await storage.scan()]


async def test_a_value_that_is_set_is_stored_even_if_it_is_the_default(
    storage: MemoryStorage,
) -> None:
    state = UserState(storage)
    count, turn = state.create_property("count"), turn_of()
    assert await count.get(turn, 0) == 0
    await state.save_changes(turn)
    assert await keys_in(storage) == []  # it was only asked for
    await count.set(turn, 0)
    await state.save_changes(turn)
    assert await keys_in(storage) == [ADA]


async def test_without_a_host_each_save_writes_also_after_one_of_all_states(
    storage: MemoryStorage,
) -> None:
    user, conversation = UserState(storage), ConversationState(storage)
    states, turn = TurnState(conversation, user), turn_of()
    await user.create_property("name").set(turn, "Ada")
    await states.save_all_changes(turn)
    assert await keys_in(storage) == [ADA]
    await conversation.create_property("log").set(turn, ["hi"])
    await conversation.save_changes(turn)
    assert await keys_in(storage) == [CONVERSATION, ADA]


async def test_under_a_host_no_save_writes_before_the_commit(storage: MemoryStorage) -> None:
    user, conversation = UserState(storage), ConversationState(storage)
    states, turn = TurnState(conversation, user), turn_of()
    transaction = Transaction(storage, hosted=True)
    begin_turn(turn, address_of(turn.activity), transaction)
    for _ in range(2):
        await user.create_property("name").set(turn, "Ada")
        await conversation.create_property("log").set(turn, ["hi"])
        await states.save_all_changes(turn)
        await user.save_changes(turn)
        assert await keys_in(storage) == []
    await transaction.commit()
    assert await keys_in(storage) == [CONVERSATION, ADA]


async def test_state_is_that_of_the_activity_that_the_turn_has_now(storage: MemoryStorage) -> None:
    state = UserState(storage)
    name, turn = state.create_property("name"), turn_of()
    begin_turn(turn, address_of(turn.activity), Transaction(storage))
    turn.activity = activity_of("bob")  # as bot code may, that takes on another's message
    await name.set(turn, "Bob")
    await state.save_changes(turn)
    [(key, record)] = await storage.scan()
    assert (key, record.owner) == (BOB, BOB)


async def test_state_on_another_store_than_its_turn_is_refused(storage: MemoryStorage) -> None:
    elsewhere = MemoryStorage()
    there, turn = UserState(elsewhere), turn_of()
    begin_turn(turn, address_of(turn.activity), Transaction(storage, hosted=True))
    with pytest.raises(SettingsError, match="have both on one store"):
        await there.create_property("name").set(turn, "Ada")
    with pytest.raises(SettingsError, match="have both on one store"):
        await TypedStorage(elsewhere).write({ADA: {"name": "Ada"}})  # as a state of the SDK does
    assert await keys_in(elsewhere) == await keys_in(storage) == []


async def test_what_a_bot_keeps_beside_its_states_may_be_anywhere(storage: MemoryStorage) -> None:
    elsewhere, turn = MemoryStorage(), turn_of()
    begin_turn(turn, address_of(turn.activity), Transaction(storage, hosted=True))
    await TypedStorage(elsewhere).write({"log/1": {"text": "hi"}})
    assert await keys_in(elsewhere) == ["log/1"]
