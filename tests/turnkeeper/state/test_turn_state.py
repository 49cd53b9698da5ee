"""Conversation and user state keep what their docstrings say, and write no more than they must."""

from collections.abc import Callable, Collection, Sequence
from typing import Any

import pytest
from botbuilder.core import TurnContext
from botbuilder.core.adapters import TestAdapter
from botbuilder.dialogs import DialogState
from botbuilder.schema import Activity, ChannelAccount, ConversationAccount

from tests.turnkeeper.models import TYPES, Known
from turnkeeper.channels.addressing import address_of
from turnkeeper.errors import CodecError, TurnEnded, UnreadableRecord, WriteConflict
from turnkeeper.state.scope import ConversationState, UserState
from turnkeeper.state.services import begin_turn, end_turn
from turnkeeper.state.turn_state import TurnState
from turnkeeper.state.typed_storage import TypedStorage
from turnkeeper.storage import ANY, Change, MemoryStorage, Record
from turnkeeper.storage.transaction import Transaction
from turnkeeper.wire.codec import Codec

CODEC = Codec(TYPES)
CONVERSATION, USER = "emulator/conversations/c", "emulator/users/ada"


class CountingStorage(MemoryStorage):
    """Memory that counts round trips."""

    def __init__(self) -> None:
        super().__init__()
        self.fetches: list[list[str]] = []
        self.commits: list[list[str]] = []

    async def fetch(self, keys: Collection[str]) -> dict[str, Record]:
        self.fetches.append(sorted(keys))
        return await super().fetch(keys)

    async def commit(self, changes: Sequence[Change]) -> dict[str, str]:
        self.commits.append(sorted(change.key for change in changes))
        return await super().commit(changes)


class Bot:
    """State scopes on one storage, and turns on them."""

    def __init__(self) -> None:
        self.storage = CountingStorage()
        self.typed = TypedStorage(self.storage, CODEC)
        self.conversation_state = ConversationState(self.typed, group_state="person")
        self.user_state = UserState(self.typed)
        self.states = TurnState(self.conversation_state, self.user_state)
        self.profile = self.user_state.create_property("Known")
        self.dialog_state = self.conversation_state.create_property("DialogState")

    def turn(
        self, *, person: str = "ada", kind: str = "message", **conversation: Any
    ) -> TurnContext:
        activity = Activity(
            type=kind,
            channel_id="emulator",
            conversation=ConversationAccount(id="c", **conversation),
            from_property=ChannelAccount(id=person),
            recipient=ChannelAccount(id="bot"),
        )
        return TurnContext(TestAdapter(), activity)

    async def stored(self, key: str) -> dict[str, Any] | None:
        items = await self.typed.read([key])
        return {name: v for name, v in items[key].items() if name != "e_tag"} if items else None


@pytest.fixture
def bot() -> Bot:
    return Bot()


async def test_a_turn_is_one_read_and_one_write(bot: Bot) -> None:
    turn = bot.turn()
    await bot.states.load_all(turn)
    await bot.profile.set(turn, Known(name="Ada"))
    await bot.dialog_state.get(turn, DialogState)
    await bot.conversation_state.create_property("n").set(turn, 1)
    await bot.states.save_all_changes(turn)
    assert bot.storage.fetches == [[CONVERSATION, USER]]
    assert bot.storage.commits == [[CONVERSATION, USER]]


async def test_reading_an_unknown_person_makes_no_record(bot: Bot) -> None:
    turn = bot.turn()
    assert await bot.profile.get(turn) is None
    assert (await bot.profile.get(turn, Known)).name == ""
    await bot.dialog_state.get(turn, DialogState)
    await bot.states.save_all_changes(turn)
    assert bot.storage.commits == []


async def test_a_default_that_was_changed_is_stored(bot: Bot) -> None:
    turn = bot.turn()
    profile = await bot.profile.get(turn, Known)
    profile.name = "Ada"
    await bot.states.save_all_changes(turn)
    assert await bot.stored(USER) == {"Known": Known(name="Ada")}


async def test_an_unchanged_turn_writes_nothing(bot: Bot) -> None:
    turn = bot.turn()
    await bot.profile.set(turn, Known(name="Ada"))
    await bot.states.save_all_changes(turn)
    bot.storage.commits.clear()
    turn = bot.turn()
    profile = await bot.profile.get(turn)
    profile.name = "Grace"
    profile.name = "Ada"
    await bot.states.save_all_changes(turn)
    assert bot.storage.commits == []


@pytest.mark.parametrize("default", [0, [], "", False, {}])
async def test_falsy_defaults_are_given_out(bot: Bot, default: object) -> None:
    turn = bot.turn()
    assert await bot.user_state.create_property("x").get(turn, default) == default


async def test_a_default_is_not_shared_between_people(bot: Bot) -> None:
    default: list[str] = []
    prop = bot.user_state.create_property("x")
    (await prop.get(bot.turn(), default)).append("Ada's")
    assert await prop.get(bot.turn(person="bob"), default) == []


async def test_cleared_state_stays_cleared(bot: Bot) -> None:
    turn = bot.turn()
    await bot.profile.set(turn, Known(name="Ada"))
    await bot.states.save_all_changes(turn)
    turn = bot.turn()
    await bot.user_state.load(turn)
    await bot.user_state.clear_state(turn)
    assert await bot.profile.get(turn) is None
    await bot.user_state.save_changes(turn)
    assert await bot.stored(USER) is None


async def test_clearing_without_saving_changes_nothing(bot: Bot) -> None:
    turn = bot.turn()
    await bot.profile.set(turn, Known(name="Ada"))
    await bot.states.save_all_changes(turn)
    await bot.user_state.clear_state(bot.turn())
    assert await bot.stored(USER) == {"Known": Known(name="Ada")}


UNREADABLE = '{"v":1,"state":{"Known":{"$":"Later"}}}'


@pytest.mark.parametrize("loaded", [False, True])
@pytest.mark.parametrize("how", ["delete", "clear and save", "clear all"])
async def test_an_unreadable_record_is_neither_deleted_nor_written_over(
    bot: Bot, how: str, loaded: bool
) -> None:
    await bot.storage.commit([Change(USER, UNREADABLE, None)])
    turn = bot.turn()
    if loaded:
        with pytest.raises(UnreadableRecord):
            await bot.profile.get(turn)
    if how == "delete":
        await bot.user_state.delete(turn)
    elif how == "clear and save":
        await bot.user_state.clear_state(turn)
        await bot.user_state.clear_state(turn)
        await bot.user_state.save_changes(turn)
    else:
        await bot.user_state.clear_state(turn)
        await bot.states.save_all_changes(turn)
    assert (await bot.storage.fetch([USER]))[USER].body == UNREADABLE
    # Something new in its place would be lost without a word.
    await bot.profile.set(turn, Known(name="Ada"))
    with pytest.raises(UnreadableRecord, match=USER):
        await bot.user_state.save_changes(turn)
    assert (await bot.storage.fetch([USER]))[USER].body == UNREADABLE


async def test_a_record_that_was_not_read_is_deleted_if_it_could_be(bot: Bot) -> None:
    body = CODEC.encode_state({"Known": Known(name="Ada")})
    await bot.storage.commit([Change(USER, body, None)])
    await bot.user_state.delete(bot.turn())
    assert await bot.storage.fetch([USER]) == {}
    await bot.storage.commit([Change(USER, body, None)])
    turn = bot.turn()
    await bot.user_state.clear_state(turn)
    await bot.profile.set(turn, Known(name="Bob"))
    await bot.user_state.save_changes(turn)
    assert await bot.stored(USER) == {"Known": Known(name="Bob")}


async def test_delete_works_without_a_load_before(bot: Bot) -> None:
    turn = bot.turn()
    await bot.profile.set(turn, Known(name="Ada"))
    await bot.states.save_all_changes(turn)
    turn = bot.turn()
    await bot.user_state.delete(turn)
    assert await bot.profile.get(turn) is None
    assert await bot.stored(USER) is None
    await bot.user_state.delete(bot.turn())  # nothing there: no error


async def test_what_cannot_be_stored_is_named_with_its_property(bot: Bot) -> None:
    turn = bot.turn()
    prop = bot.user_state.create_property("Order")
    with pytest.raises(CodecError, match=r"^Order\[0\]: builtins\.object "):
        await prop.get(turn, [object()])
    await prop.set(turn, {"Ada": object()})
    with pytest.raises(CodecError, match=r"^Order\[\*\]: builtins\.object "):
        await bot.user_state.save_changes(turn)


async def test_two_saves_in_a_turn_both_count(bot: Bot) -> None:
    turn = bot.turn()
    for name in ("Ada", "Grace"):
        await bot.profile.set(turn, Known(name=name))
        await bot.user_state.save_changes(turn)
    assert await bot.stored(USER) == {"Known": Known(name="Grace")}


async def test_what_is_changed_after_the_save_is_not_stored(bot: Bot) -> None:
    turn = bot.turn()
    await bot.profile.set(turn, Known(name="Ada"))
    await bot.user_state.save_changes(turn)
    (await bot.profile.get(turn)).name = "Grace"
    assert await bot.stored(USER) == {"Known": Known(name="Ada")}


async def test_saving_unloaded_state_is_no_error_and_no_write(bot: Bot) -> None:
    await bot.user_state.save_changes(bot.turn(), force=True)
    assert bot.storage.commits == []


async def test_a_deleted_property_is_gone_and_an_absent_one_is_no_error(bot: Bot) -> None:
    turn = bot.turn()
    await bot.profile.delete(turn)
    await bot.profile.set(turn, Known(name="Ada"))
    await bot.user_state.create_property("x").set(turn, 1)
    await bot.states.save_all_changes(turn)
    turn = bot.turn()
    await bot.profile.delete(turn)
    await bot.states.save_all_changes(turn)
    assert await bot.stored(USER) == {"x": 1}


async def test_a_forced_load_forgets_the_turns_changes(bot: Bot) -> None:
    turn = bot.turn()
    await bot.profile.set(turn, Known(name="Ada"))
    await bot.states.load_all(turn, force=True)
    assert await bot.profile.get(turn) is None


async def test_an_error_while_reading_is_not_an_unknown_person(bot: Bot) -> None:
    await bot.storage.commit([Change(USER, '{"v": 99, "state": {}}', ANY)])
    with pytest.raises(UnreadableRecord, match=USER):
        await bot.profile.get(bot.turn(), Known)
    with pytest.raises(UnreadableRecord):
        await bot.profile.set(bot.turn(), Known(name="Ada"))
    assert (await bot.storage.fetch([USER]))[USER].body == '{"v": 99, "state": {}}'


async def test_an_unknown_tag_is_kept_and_not_made(bot: Bot) -> None:
    body = CODEC.encode_state({"Known": Known(name="Ada")}).replace("Known", "Trojan")
    await bot.storage.commit([Change(USER, body, ANY)])
    with pytest.raises(UnreadableRecord, match="Trojan"):
        await bot.states.load_all(bot.turn())


async def test_the_second_of_two_turns_on_one_record_fails(bot: Bot) -> None:
    first, second = bot.turn(), bot.turn()
    for turn, name in ((first, "Ada"), (second, "Grace")):
        await bot.profile.set(turn, Known(name=name))
    await bot.user_state.save_changes(first)
    with pytest.raises(WriteConflict):
        await bot.user_state.save_changes(second)
    assert await bot.stored(USER) == {"Known": Known(name="Ada")}


async def test_a_conflict_in_one_scope_writes_neither(bot: Bot) -> None:
    turn = bot.turn()
    await bot.states.load_all(turn)
    await bot.profile.set(turn, Known(name="Ada"))
    await bot.conversation_state.create_property("n").set(turn, 1)
    await bot.storage.commit([Change(CONVERSATION, CODEC.encode_state({"n": 0}), None)])
    with pytest.raises(WriteConflict):
        await bot.states.save_all_changes(turn)
    assert await bot.stored(USER) is None


async def test_under_a_host_saving_waits_for_the_commit(bot: Bot) -> None:
    turn = bot.turn()
    transaction = Transaction(bot.storage, hosted=True)
    begin_turn(turn, address_of(turn.activity), transaction)
    await bot.profile.set(turn, Known(name="Ada"))
    await bot.states.save_all_changes(turn)
    assert bot.storage.commits == []
    await transaction.commit()
    assert await bot.stored(USER) == {"Known": Known(name="Ada")}


@pytest.mark.parametrize("kind", ["groupChat", "channel"])
async def test_in_a_group_everybody_has_a_place_of_their_own(bot: Bot, kind: str) -> None:
    places = {
        bot.conversation_state.get_storage_key(
            bot.turn(person=person, conversation_type=kind, is_group=True)
        )
        for person in ("ada", "bob")
    }
    assert len(places) == 2


async def test_joins_concern_the_group_as_a_whole(bot: Bot) -> None:
    keys = {
        bot.conversation_state.get_storage_key(bot.turn(person=p, kind=k, is_group=True))
        for p in ("ada", "bob")
        for k in ("conversationUpdate", "installationUpdate")
    }
    assert keys == {CONVERSATION}


async def test_no_two_places_share_a_key(bot: Bot) -> None:
    def key(conversation: str, person: str, group: bool) -> str:
        turn = bot.turn(person=person, is_group=group)
        turn.activity.conversation.id = conversation
        return bot.conversation_state.get_storage_key(turn)

    cases: list[Callable[[], str]] = [
        lambda: key("a", "b/c", True),
        lambda: key("a/b", "c", True),
        lambda: key("a", "b", True),
        lambda: key("a/b", "x", False),
        lambda: key("a%2Fb", "c", True),
    ]
    assert len({case() for case in cases}) == len(cases)


@pytest.mark.parametrize("long", ["x" * 1000, "😀" * 1000, "/" * 250, "ü" * 60])
async def test_a_key_fits_into_any_stores_index(bot: Bot, long: str) -> None:
    keys = set()
    for ending in ("a", "b"):
        turn = bot.turn(person=long[1:] + ending, is_group=True)
        turn.activity.conversation.id = long[1:] + ending
        address = address_of(turn.activity, "b" * 36)
        keys |= {address.place_key, address.ledger_key, address.user_key}
    assert len(keys) == 6
    assert max(len(key.encode()) for key in keys) < 2_000


async def test_a_hash_cannot_be_imitated(bot: Bot) -> None:
    turn = bot.turn(person="x" * 1000)
    hashed = address_of(turn.activity).user_key
    imitation = bot.turn(person=hashed.rpartition("/")[2])
    assert address_of(imitation.activity).user_key != hashed


async def test_records_belong_to_the_person_who_spoke(bot: Bot) -> None:
    turn = bot.turn()
    await bot.conversation_state.create_property("n").set(turn, 1)
    await bot.profile.set(turn, Known(name="Ada"))
    await bot.states.save_all_changes(turn)
    owned = await bot.storage.scan(owner=USER)
    assert [key for key, _ in owned] == [CONVERSATION, USER]


async def test_a_turn_that_is_over_can_save_nothing(bot: Bot) -> None:
    turn = bot.turn()
    begun = begin_turn(turn, address_of(turn.activity), Transaction(bot.storage, hosted=True))
    await bot.profile.set(turn, Known(name="Ada"))
    end_turn(turn, begun)
    with pytest.raises(TurnEnded):
        await bot.profile.set(turn, Known(name="Grace"))
    assert bot.storage.commits == []


async def test_a_group_may_share_one_state_as_in_the_sdk(bot: Bot) -> None:
    shared = ConversationState(bot.storage)
    keys = {shared.get_storage_key(bot.turn(person=p, is_group=True)) for p in ("ada", "bob")}
    assert keys == {CONVERSATION}
