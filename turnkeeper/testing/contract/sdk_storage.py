"""Over the store the SDK's ``Storage``: read, write, delete, and stock state on top."""

from __future__ import annotations

from typing import Any

import pytest
from botbuilder.core import ConversationState, TurnContext, UserState
from botbuilder.core.adapters import TestAdapter
from botbuilder.dialogs import DialogInstance, DialogState
from botbuilder.schema import Activity, ChannelAccount, ConversationAccount

from turnkeeper.errors import StorageError, UnreadableRecord, WriteConflict
from turnkeeper.state.typed_storage import TypedStorage
from turnkeeper.storage import ANY, Change
from turnkeeper.testing.contract.sdk_items import Known, SdkItems


def turn() -> TurnContext:
    """Return a turn of one person in one conversation."""
    return TurnContext(
        TestAdapter(),
        Activity(
            type="message",
            text="hello",
            channel_id="test",
            from_property=ChannelAccount(id="ada"),
            recipient=ChannelAccount(id="bot"),
            conversation=ConversationAccount(id="c1"),
        ),
    )


@pytest.mark.asyncio
class SdkStorage(SdkItems):
    """The SDK's ``Storage`` over the store, and the SDK's own states on top."""

    async def test_null_arguments_are_refused(self, typed: TypedStorage) -> None:
        nothing: Any = None
        with pytest.raises(TypeError, match="^Keys are required when reading$"):
            await typed.read(nothing)
        with pytest.raises(TypeError, match="^Changes are required when writing$"):
            await typed.write(nothing)
        with pytest.raises(TypeError, match="^Keys are required when deleting$"):
            await typed.delete(nothing)

    async def test_items_are_read_as_they_were_written(self, typed: TypedStorage) -> None:
        await typed.write({"a": {"n": 1, "name": "Zoë"}, "b": {}})
        items = await typed.read(["a", "b", "absent"])
        assert set(items) == {"a", "b"}
        assert {**items["a"], "e_tag": ""} == {"n": 1, "name": "Zoë", "e_tag": ""}
        assert set(items["b"]) == {"e_tag"}

    async def test_items_read_are_copies(self, typed: TypedStorage) -> None:
        written = {"list": [1]}
        await typed.write({"k": written})
        written["list"].append(2)
        (await typed.read(["k"]))["k"]["list"].append(3)
        assert (await typed.read(["k"]))["k"]["list"] == [1]

    async def test_the_e_tag_is_beside_the_item_and_not_in_its_body(
        self, typed: TypedStorage
    ) -> None:
        await typed.write({"k": {"n": 1, "e_tag": ANY}})
        assert "e_tag" not in (await typed.records.fetch(["k"]))["k"].body

    @pytest.mark.parametrize("item", [{"n": 2}, {"n": 2, "e_tag": ANY}, {"n": 2, "e_tag": None}])
    async def test_without_an_e_tag_or_with_a_star_the_last_write_wins(
        self, typed: TypedStorage, item: dict[str, object]
    ) -> None:
        await typed.write({"k": {"n": 1}})
        await typed.write({"k": dict(item)})
        assert (await typed.read(["k"]))["k"]["n"] == 2

    async def test_an_item_changed_by_another_is_not_overwritten(self, typed: TypedStorage) -> None:
        await typed.write({"k": {"n": 1}, "other": {"n": 1}})
        mine, theirs = await typed.read(["k"]), await typed.read(["k"])
        theirs["k"]["n"] = 2
        await typed.write(theirs)
        mine["k"]["n"] = 3
        with pytest.raises(WriteConflict):
            await typed.write({"other": {"n": 3}, **mine})
        items = await typed.read(["k", "other"])
        assert [items["k"]["n"], items["other"]["n"]] == [2, 1]

    async def test_the_same_dict_may_be_written_again_in_one_turn(
        self, typed: TypedStorage
    ) -> None:
        await typed.write({"k": {"n": 0}})
        items = await typed.read(["k"])
        for n in (1, 2, 3):
            items["k"]["n"] = n
            await typed.write(items)
        assert await typed.read(["k"]) == items

    async def test_an_e_tag_where_no_record_is_is_a_conflict(self, typed: TypedStorage) -> None:
        await typed.write({"k": {"n": 1}})
        [item] = (await typed.read(["k"])).values()
        await typed.delete(["k"])
        with pytest.raises(WriteConflict):
            await typed.write({"k": item})
        assert await typed.read(["k"]) == {}

    async def test_an_empty_e_tag_is_refused(self, typed: TypedStorage) -> None:
        with pytest.raises(StorageError):
            await typed.write({"k": {"n": 1, "e_tag": ""}})
        assert await typed.read(["k"]) == {}

    async def test_deleted_items_are_gone_and_absent_ones_no_error(
        self, typed: TypedStorage
    ) -> None:
        await typed.write({"a": {"n": 1}, "b": {"n": 1}})
        await typed.delete(["a", "absent", "a"])
        assert set(await typed.read(["a", "b"])) == {"b"}

    async def test_nothing_asked_nothing_done(self, typed: TypedStorage) -> None:
        await typed.write({})
        await typed.delete([])
        assert await typed.read([]) == {}

    async def test_a_record_of_unknown_format_is_reported_and_kept(
        self, typed: TypedStorage
    ) -> None:
        await typed.records.commit([Change("k", "not JSON", ANY)])
        with pytest.raises(UnreadableRecord):
            await typed.read(["k"])
        assert (await typed.records.fetch(["k"]))["k"].body == "not JSON"

    async def test_stock_state_saves_twice_in_a_turn_and_loads_in_the_next(
        self,
        typed: TypedStorage,
    ) -> None:
        context = turn()
        conversation_state, user_state = ConversationState(typed), UserState(typed)
        profile = user_state.create_property("Known")
        count = conversation_state.create_property("count")
        (await profile.get(context, Known)).name = "Ada"
        await count.set(context, 1)
        for state in (conversation_state, user_state):
            await state.save_changes(context)
        await count.set(context, 2)
        for state in (conversation_state, user_state):
            await state.save_changes(context)

        context = turn()
        conversation_state, user_state = ConversationState(typed), UserState(typed)
        profile = user_state.create_property("Known")
        assert await profile.get(context, Known) == Known(name="Ada")
        assert await conversation_state.create_property("count").get(context) == 2

    async def test_stock_state_keeps_an_open_dialog(self, typed: TypedStorage) -> None:
        context, state = turn(), ConversationState(typed)
        dialogs = await state.create_property("DialogState").get(context, DialogState)
        instance = DialogInstance()
        instance.id, instance.state = "profile", {"stepIndex": 1, "values": {"name": "Ada"}}
        dialogs.dialog_stack.append(instance)
        await state.save_changes(context)

        context, state = turn(), ConversationState(typed)
        dialogs = await state.create_property("DialogState").get(context, DialogState)
        assert isinstance(dialogs, DialogState)
        [read] = dialogs.dialog_stack
        assert (type(read), read.id, read.state) == (DialogInstance, instance.id, instance.state)
        dialogs.dialog_stack.clear()
        await state.save_changes(context)

        context, state = turn(), ConversationState(typed)
        dialogs = await state.create_property("DialogState").get(context, DialogState)
        assert dialogs.dialog_stack == []

    async def test_stock_state_of_two_turns_at_once_does_not_overwrite(
        self, typed: TypedStorage
    ) -> None:
        await typed.write({"test/conversations/c1": {"count": 0}})
        turns = [(turn(), ConversationState(typed)) for _ in range(2)]
        for n, (context, state) in enumerate(turns):
            await state.create_property("count").set(context, n + 1)
        await turns[0][1].save_changes(turns[0][0])
        with pytest.raises(WriteConflict):
            await turns[1][1].save_changes(turns[1][0])
        assert (await typed.read(["test/conversations/c1"]))["test/conversations/c1"]["count"] == 1
