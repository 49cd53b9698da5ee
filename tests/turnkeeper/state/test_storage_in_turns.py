"""What a bot does through ``host.storage`` in a turn is committed with it, or not done."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection
from typing import Any

import pytest
from botbuilder.core import ConversationState, PrivateConversationState, TurnContext, UserState
from botbuilder.core.inspection import InspectionState

from tests.turnkeeper.models import TYPES, Known
from tests.turnkeeper.owners import user_key
from tests.turnkeeper.said import APOLOGY, UNREADABLE
from turnkeeper import Host, Settings
from turnkeeper import UserState as OurUserState
from turnkeeper.channels import text_for_bot
from turnkeeper.errors import TurnEnded, WriteConflict
from turnkeeper.storage import ANY, Change, MemoryStorage, Record
from turnkeeper.testing import Clock, Cloud

DAY = 86_400.0
Logic = Callable[[TurnContext], Awaitable[None]]


@pytest.fixture
def host() -> Host:
    return Host(Settings(conversation_ttl=30 * DAY, profile_ttl=365 * DAY), types=TYPES)


async def stored(host: Host, key: str) -> dict[str, Any] | None:
    """What is under a key, without its e_tag."""
    items = await host.storage.read([key])
    return {n: v for n, v in items[key].items() if n != "e_tag"} if items else None


async def owners(host: Host, prefix: str = "") -> dict[str, str]:
    """Whose the records are, by key; but for ledgers and the store's mark."""
    records = await host.storage.records.scan(prefix=prefix)
    return {k: r.owner for k, r in records if "/ledgers/" not in k and not k.startswith("~")}


class TestAllOrNothing:
    async def test_what_is_written_is_there_with_the_reply(self, host: Host) -> None:
        before: list[Any] = []

        async def bot(context: TurnContext) -> None:
            await host.storage.write({"note": {"text": context.activity.text}})
            before.extend(await host.storage.records.fetch(["note"]))
            await context.send_activity("noted")

        async with Cloud(host, bot) as cloud:
            assert await cloud.person("Ada").says("milk") == ["noted"]
            assert before == []  # as long as the turn ran
            assert await stored(host, "note") == {"text": "milk"}

    @pytest.mark.parametrize(
        "make",
        [UserState, ConversationState, PrivateConversationState, InspectionState],
        ids=lambda make: make.__name__,
    )
    async def test_a_turn_that_fails_takes_back_what_states_of_the_sdk_saved(
        self, host: Host, make: Any
    ) -> None:
        state = make(host.storage)
        words = state.create_property("words")

        async def bot(context: TurnContext) -> None:
            said = await words.get(context, list)
            await words.set(context, [*said, context.activity.text])
            await state.save_changes(context)
            if context.activity.text == "fail":
                raise LookupError
            await context.send_activity(" ".join(await words.get(context)))

        async with Cloud(host, bot) as cloud:
            ada = cloud.person("Ada")
            assert await ada.says("a") == ["a"]
            assert await ada.says("fail") == [APOLOGY]
            assert await ada.says("b") == ["a b"]

    async def test_what_on_turn_error_writes_is_kept_in_place_of_it(self, host: Host) -> None:
        async def bot(_: TurnContext) -> None:
            await host.storage.write({"a": {"n": 1}})
            await host.storage.delete(["b"])
            raise LookupError

        async def on_turn_error(context: TurnContext, _: Exception) -> None:
            read = await host.storage.read(["a", "b"])
            await host.storage.write({"errors": {"read": sorted(read)}})
            await context.send_activity("sorry")

        host.adapter.on_turn_error = on_turn_error
        async with Cloud(host, bot) as cloud:
            await host.storage.write({"b": {"n": 1}})
            assert await cloud.person("Ada").says("hi") == ["sorry"]
            assert await stored(host, "errors") == {"read": ["b"]}
            assert await stored(host, "a") is None

    async def test_a_turn_reads_what_it_wrote_and_not_what_it_deleted(self, host: Host) -> None:
        async def bot(context: TurnContext) -> None:
            await host.storage.write({"a": {"n": 1}, "b": {"n": 1}})
            await host.storage.delete(["b", "old", "absent"])
            items = await host.storage.read(["a", "b", "old", "absent"])
            await context.send_activity(f"{[(key, items[key]['n']) for key in items]}")

        async with Cloud(host, bot) as cloud:
            await host.storage.write({"old": {"n": 0}})
            assert await cloud.person("Ada").says("hi") == ["[('a', 1)]"]
            assert sorted(await owners(host)) == ["a"]

    async def test_an_item_is_written_again_and_again_and_in_the_next_turn(
        self, host: Host
    ) -> None:
        item: dict[str, Any] = {"n": 0}

        async def bot(_: TurnContext) -> None:
            for _ in range(3):
                item["n"] += 1
                await host.storage.write({"k": item})

        async with Cloud(host, bot) as cloud:
            ada = cloud.person("Ada")
            for count in (3, 6):
                await ada.says("hi")
                assert await host.storage.read(["k"]) == {"k": item}
                assert item["n"] == count

    async def test_a_copy_read_before_the_turns_own_write_is_in_conflict_with_it(
        self, host: Host
    ) -> None:
        async def bot(context: TurnContext) -> None:
            first, second = [(await host.storage.read(["k"]))["k"] for _ in range(2)]
            await host.storage.write({"k": {**first, "n": 1}})
            with pytest.raises(WriteConflict):
                await host.storage.write({"k": {**second, "n": 2}, "other": {"n": 2}})
            await context.send_activity("kept")

        async with Cloud(host, bot) as cloud:
            await host.storage.write({"k": {"n": 0}})
            assert await cloud.person("Ada").says("hi") == ["kept"]
            assert await stored(host, "k") == {"n": 1}
            assert await stored(host, "other") is None

    async def test_an_unreadable_record_is_not_overwritten(self, host: Host) -> None:
        async def bot(_: TurnContext) -> None:
            await host.storage.write({"k": {"n": 1}})

        async with Cloud(host, bot) as cloud:
            newer = Change("k", '{"v": 99, "state": {}}', ANY)
            await host.storage.records.commit([newer])
            assert await cloud.person("Ada").says("hi") == [UNREADABLE]
            assert (await host.storage.records.fetch(["k"]))["k"].body == newer.body

    async def test_a_turn_that_writes_and_says_nothing_takes_effect_once(self, host: Host) -> None:
        async def bot(_: TurnContext) -> None:
            n = (await host.storage.read(["k"])).get("k", {"n": 0})["n"]
            await host.storage.write({"k": {"n": n + 1}})

        async with Cloud(host, bot) as cloud:
            ada = cloud.person("Ada")
            await ada.says("hi")
            await ada.repeats()
            assert await stored(host, "k") == {"n": 1}


class TestConflicts:
    async def test_a_turn_runs_again_where_another_changed_what_it_read_and_wrote(
        self, host: Host
    ) -> None:
        others = [5]

        async def bot(context: TurnContext) -> None:
            item = (await host.storage.read(["k"]))["k"]
            if others:  # another process is in between
                body = host.storage.codec.encode_state({"n": others.pop()})
                await host.storage.records.commit([Change("k", body, ANY)])
            item["n"] += 1
            await host.storage.write({"k": item})
            await context.send_activity(str(item["n"]))

        async with Cloud(host, bot) as cloud:
            await host.storage.write({"k": {"n": 0}})
            assert await cloud.person("Ada").says("hi") == ["6"]

    async def test_of_two_turns_at_once_none_loses_what_it_counted(self, host: Host) -> None:
        both_read = asyncio.Barrier(2)

        async def bot(context: TurnContext) -> None:
            item = (await host.storage.read(["k"]))["k"]
            if item["n"] == 0:
                await both_read.wait()
            await host.storage.write({"k": {"n": item["n"] + 1}})
            await context.send_activity("counted")

        async with Cloud(host, bot) as cloud:
            await host.storage.write({"k": {"n": 0}})
            people = cloud.person("Ada"), cloud.person("Bob")
            await asyncio.gather(*(person.says("hi") for person in people))
            assert await stored(host, "k") == {"n": 2}

    async def test_what_was_not_read_is_overwritten_and_nobody_runs_again(self, host: Host) -> None:
        both_wrote, runs = asyncio.Barrier(2), []

        async def bot(context: TurnContext) -> None:
            runs.append(context.activity.text)
            await host.storage.write({"last": {"text": context.activity.text}})
            await both_wrote.wait()

        async with Cloud(host, bot) as cloud:
            people = cloud.person("Ada"), cloud.person("Bob")
            await asyncio.gather(*(person.says(person.name) for person in people))
            assert sorted(runs) == ["Ada", "Bob"]


class TestWhereTheTurnIs:
    async def test_what_a_turn_awaits_is_in_it(self, host: Host) -> None:
        async def write(key: str) -> None:
            await asyncio.sleep(0)
            await host.storage.write({key: {"n": 1}})

        async def bot(context: TurnContext) -> None:
            await asyncio.gather(write("a"), write("b"))
            await asyncio.wait_for(write("c"), 5)
            if context.activity.text == "fail":
                raise LookupError

        async with Cloud(host, bot) as cloud:
            ada = cloud.person("Ada")
            await ada.says("fail")
            assert await owners(host) == {}
            await ada.says("hi")
            assert sorted(await owners(host)) == ["a", "b", "c"]

    async def test_a_task_that_outlives_its_turn_writes_at_once(self, host: Host) -> None:
        ended, tasks = asyncio.Event(), []

        async def later() -> list[str]:
            await ended.wait()
            await host.storage.write({"k": {"n": 1}})
            return list(await host.storage.records.fetch(["k"]))

        async def bot(_: TurnContext) -> None:
            tasks.append(asyncio.create_task(later()))

        async with Cloud(host, bot) as cloud:
            await cloud.person("Ada").says("hi")
            ended.set()
            assert await tasks[0] == ["k"]
            assert await owners(host) == {"k": ""}

    @pytest.mark.parametrize("call", ["write", "delete"])
    async def test_what_a_turn_did_not_wait_for_is_not_done_after_it(
        self, host: Host, call: str
    ) -> None:
        store, tasks = SlowStore(), []
        do: Any = {
            "write": lambda: host.storage.write({"slow": {"n": 2}}),
            "delete": lambda: host.storage.delete(["slow"]),
        }[call]

        async def bot(_: TurnContext) -> None:
            tasks.append(asyncio.create_task(do()))
            await store.asked.wait()

        async with Cloud(host, bot, storage=store) as cloud:
            await host.storage.write({"slow": {"n": 1}})
            await cloud.person("Ada").says("hi")
            store.go_on.set()
            with pytest.raises(TurnEnded):
                await tasks[0]
            assert await stored(host, "slow") == {"n": 1}

    async def test_speaking_elsewhere_has_a_turn_of_its_own(self, host: Host) -> None:
        async def bot(context: TurnContext) -> None:
            async def tell(_: TurnContext) -> None:
                await host.storage.write({"inner": {"n": 1}})

            await host.adapter.continue_conversation(bob.reference, tell)
            await host.storage.write({"outer": {"n": 1}})
            raise LookupError

        async with Cloud(host, bot) as cloud:
            ada, bob = cloud.person("Ada"), cloud.person("Bob")
            await ada.says("hi")
            assert await owners(host) == {"inner": "emulator/users/Bob"}

    async def test_a_script_writes_at_once_and_in_its_turns_with_them(self, host: Host) -> None:
        store = MemoryStorage()
        script = Host(Settings(), storage=store)

        async def fail(_: TurnContext) -> None:
            await script.storage.write({"turn": {"n": 1}})
            raise LookupError

        async with Cloud(host, fail, storage=store) as cloud:
            reference = cloud.person("Ada").reference
            async with script:
                await script.storage.write({"script": {"n": 1}})
                await script.adapter.continue_conversation(reference, fail)
        assert await owners(script) == {"script": ""}

    async def test_another_store_is_no_part_of_the_turn(self, host: Host) -> None:
        elsewhere = Host(Settings(), storage=MemoryStorage())

        async def bot(_: TurnContext) -> None:
            await elsewhere.storage.write({"k": {"n": 1}})
            raise LookupError

        async with Cloud(host, bot) as cloud:
            await cloud.person("Ada").says("hi")
            assert await owners(elsewhere) == {"k": ""}
            assert await owners(host) == {}

    async def test_a_state_on_another_store_takes_none_out_of_the_turn(self, host: Host) -> None:
        far = OurUserState(MemoryStorage()).create_property("n")
        near = host.conversation_state.create_property("n")

        async def bot(context: TurnContext) -> None:
            await far.set(context, 1)
            await near.set(context, 1)
            await host.conversation_state.save_changes(context)
            raise LookupError

        async with Cloud(host, bot) as cloud:
            await cloud.person("Ada").says("hi")
            assert await owners(host) == {}


class TestOneRecordInTwoHands:
    """The host's own state and a write of the bot's under the same key, in one turn."""

    KEY = "emulator/users/Ada"

    async def test_a_write_stays_where_the_state_was_only_read(self, host: Host) -> None:
        name = host.user_state.create_property("name")

        async def bot(context: TurnContext) -> None:
            await name.get(context)
            item = (await host.storage.read([self.KEY]))[self.KEY]
            await host.storage.write({self.KEY: {**item, "name": "Grace"}})

        async with Cloud(host, bot) as cloud:
            await host.storage.write({self.KEY: {"name": "Ada"}})
            await cloud.person("Ada").says("hi")
            assert await stored(host, self.KEY) == {"name": "Grace"}

    async def test_of_each_property_the_change_counts(self, host: Host) -> None:
        state = host.user_state
        own = {name: state.create_property(name) for name in ("both", "mine", "gone", "read")}

        async def bot(context: TurnContext) -> None:
            await own["read"].get(context)
            await own["both"].set(context, "state")
            await own["mine"].set(context, "state")
            await own["gone"].delete(context)
            item = {"both": "write", "theirs": "write", "gone": 1, "same": 1}
            await host.storage.write({self.KEY: item})
            await state.save_changes(context)
            await state.save_changes(context)

        async with Cloud(host, bot) as cloud:
            await host.storage.write({self.KEY: {"read": 1, "gone": 1, "same": 1}})
            await cloud.person("Ada").says("hi")
            assert await stored(host, self.KEY) == {
                "both": "state",
                "mine": "state",
                "theirs": "write",
                "same": 1,
            }

    async def test_a_write_counts_after_what_the_state_saved_before_it(self, host: Host) -> None:
        name = host.user_state.create_property("name")

        async def bot(context: TurnContext) -> None:
            await name.set(context, "state")
            await host.user_state.save_changes(context)
            read = await host.storage.read([self.KEY])
            read[self.KEY]["name"] += " and write"
            await host.storage.write(read)

        async with Cloud(host, bot) as cloud:
            await cloud.person("Ada").says("hi")
            assert await stored(host, self.KEY) == {"name": "state and write"}

    async def test_what_is_deleted_stays_deleted_unless_the_state_changes(self, host: Host) -> None:
        count = host.user_state.create_property("count")

        async def bot(context: TurnContext) -> None:
            n = await count.get(context, 0)
            await host.storage.delete([self.KEY])
            if context.activity.text == "count":
                await count.set(context, n + 1)

        async with Cloud(host, bot) as cloud:
            await host.storage.write({self.KEY: {"count": 1, "other": 1}})
            await cloud.person("Ada").says("count")
            assert await stored(host, self.KEY) == {"count": 2}
            await cloud.person("Ada").says("hi")
            assert await stored(host, self.KEY) is None

    async def test_a_stock_state_and_the_hosts_keep_what_the_other_changed(
        self, host: Host
    ) -> None:
        stock = UserState(host.storage)
        theirs = stock.create_property("theirs")
        ours = host.user_state.create_property("Known")

        async def bot(context: TurnContext) -> None:
            await ours.set(context, Known(context.activity.text))
            await theirs.set(context, context.activity.text)
            await stock.save_changes(context)

        async with Cloud(host, bot) as cloud:
            for text in ("Ada", "Grace"):
                await cloud.person("Ada").says(text)
                assert await stored(host, self.KEY) == {"Known": Known(text), "theirs": text}


class TestWhoseItIs:
    async def test_a_new_record_is_the_persons_in_a_group_too(self, host: Host) -> None:
        async def bot(context: TurnContext) -> None:
            await host.storage.write({f"order/{text_for_bot(context.activity)}": {"n": 1}})

        async with Cloud(host, bot) as cloud:
            ada = cloud.person("Ada", channel="msteams", scope="groupChat")
            bob = cloud.person("Bob", conversation=ada.conversation)
            await ada.says("1")
            await bob.says("2")
            assert await owners(host) == {
                "order/1": user_key(ada),
                "order/2": user_key(bob),
            }

    async def test_a_record_stays_whose_it_was(self, host: Host) -> None:
        async def bot(context: TurnContext) -> None:
            items = await host.storage.read(["shop", "Ada's"])
            items.setdefault("Ada's", {})["by"] = context.activity.text
            items["shop"]["by"] = context.activity.text
            await host.storage.write(items)

        async with Cloud(host, bot) as cloud:
            await host.storage.write({"shop": {}})
            await cloud.person("Ada").says("Ada")
            await cloud.person("Bob").says("Bob")
            assert await stored(host, "shop") == await stored(host, "Ada's") == {"by": "Bob"}
            assert await owners(host) == {"shop": "", "Ada's": "emulator/users/Ada"}

    async def test_the_key_of_a_state_says_whose_it_is(self, host: Host) -> None:
        async def bot(_: TurnContext) -> None:
            place = "emulator/conversations/c/users/Bob/"
            await host.storage.write({"emulator/users/Bob": {"n": 1}, place: {"n": 1}})

        async with Cloud(host, bot) as cloud:
            await cloud.person("Ada").says("hi")
            assert set((await owners(host)).values()) == {"emulator/users/Bob"}

    async def test_a_stock_states_record_that_was_nobodys_becomes_the_persons(
        self, host: Host
    ) -> None:
        state = ConversationState(host.storage)

        async def bot(context: TurnContext) -> None:
            await state.create_property("n").set(context, 2)
            await state.save_changes(context)

        async with Cloud(host, bot) as cloud:
            await host.storage.write({"emulator/conversations/c": {"n": 1}})
            await cloud.person("Ada", conversation="c").says("hi")
            assert await owners(host) == {"emulator/conversations/c": "emulator/users/Ada"}

    async def test_a_join_is_nobodys(self, host: Host) -> None:
        async def bot(_: TurnContext) -> None:
            await host.storage.write({"k": {"n": 1}})

        async with Cloud(host, bot) as cloud:
            await cloud.person("Ada").joins()
            assert await owners(host) == {"k": ""}

    async def test_it_is_erased_and_exported_with_the_person(self, host: Host) -> None:
        exported: list[Any] = []

        async def bot(context: TurnContext) -> None:
            key = f"order/{context.activity.from_property.id}"
            if context.activity.text == "forget me":
                exported.extend((await host.export(context))["records"])
                await host.storage.write({f"{key}/late": {"n": 1}})
                await host.forget(context)
            else:
                await host.storage.write({key: {"text": context.activity.text}})

        async with Cloud(host, bot) as cloud:
            ada = cloud.person("Ada")
            for person in (ada, cloud.person("Bob")):
                await person.says("pizza")
            await ada.says("forget me")
            assert await owners(host) == {"order/Bob": "emulator/users/Bob"}
            [order] = [record for record in exported if record["key"] == "order/Ada"]
            assert order["state"] == {"text": "pizza"}

    async def test_a_stock_state_saves_nothing_of_who_is_forgotten(self, host: Host) -> None:
        private = PrivateConversationState(host.storage)
        words = private.create_property("words")

        async def bot(context: TurnContext) -> None:
            await words.set(context, context.activity.text)
            if context.activity.text == "forget me":
                await host.forget(context)
                await context.send_activity(str(await words.get(context)))
            await private.save_changes(context)

        async with Cloud(host, bot) as cloud:
            ada = cloud.person("Ada")
            await ada.says("hi")
            assert await ada.says("forget me") == ["None"]
            assert "hi" not in str(await host.storage.records.scan())
            assert "forget" not in str(await host.storage.records.scan())


class TestHowLongItIsKept:
    async def test_states_as_long_as_the_hosts_and_all_else_for_ever(self, host: Host) -> None:
        states = [make(host.storage) for make in (ConversationState, PrivateConversationState)]
        states.append(UserState(host.storage))

        async def bot(context: TurnContext) -> None:
            for state in states:
                await state.create_property("n").set(context, 1)
                await state.save_changes(context)
            await host.storage.write({"shop/conversations/1": {"n": 1}, "shop": {"n": 1}})

        clock = Clock()
        async with Cloud(host, bot, clock=clock) as cloud:
            ada = cloud.person("Ada")
            await ada.says("hi")
            place = f"emulator/conversations/{ada.conversation.id}"
            kept = ["shop", "shop/conversations/1", "emulator/users/Ada"]
            assert sorted(await owners(host)) == sorted([*kept, place, f"{place}/users/Ada/"])
            clock.move(days=31)
            assert sorted(await owners(host)) == sorted(kept)
            clock.move(days=366)
            assert sorted(await owners(host)) == kept[:2]

    async def test_what_is_written_outside_of_turns_for_ever(self, host: Host) -> None:
        clock = Clock()
        async with Cloud(host, _silent, clock=clock):
            await host.storage.write({"emulator/users/Ada": {"n": 1}})
            clock.move(days=10_000)
            assert await stored(host, "emulator/users/Ada") == {"n": 1}


class TestTwoBots:
    async def test_they_share_what_turns_write_and_lose_nothing(self) -> None:
        store = MemoryStorage()
        hosts = [Host(Settings()) for _ in range(2)]

        def bot_of(host: Host) -> Logic:
            async def bot(context: TurnContext) -> None:
                item = (await host.storage.read(["k"])).get("k", {"n": 0})
                item["n"] += 1
                await host.storage.write({"k": item})
                await context.send_activity(str(item["n"]))

            return bot

        async with (
            Cloud(hosts[0], bot_of(hosts[0]), storage=store) as one,
            Cloud(hosts[1], bot_of(hosts[1]), storage=store) as two,
        ):
            assert await one.person("Ada").says("hi") == ["1"]
            assert await two.person("Ada").says("hi") == ["2"]
            people = [cloud.person(f"P{n}") for cloud in (one, two) for n in range(5)]
            counted = await asyncio.gather(*(person.says("hi") for person in people))
            assert sorted(int(text) for [text] in counted) == list(range(3, 13))


class SlowStore(MemoryStorage):
    """Memory in which one record is long in coming when it is read."""

    def __init__(self) -> None:
        super().__init__()
        self.asked, self.go_on = asyncio.Event(), asyncio.Event()

    async def fetch(self, keys: Collection[str]) -> dict[str, Record]:
        if "slow" in keys and not self.go_on.is_set():
            self.asked.set()
            await self.go_on.wait()
        return await super().fetch(keys)


async def _silent(_: TurnContext) -> None:
    """A bot that does nothing."""
