"""``open_storage``: views with types of their own on the process's one connection to a store."""

from __future__ import annotations

import asyncio
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

import pytest
from aiohttp import web
from botbuilder.core import BotState, MemoryStorage, TurnContext

from tests.turnkeeper.stock.bot import Profile, attached, config, make_adapter, make_bot
from tests.turnkeeper.stock.conftest import Serve
from turnkeeper import (
    CloudAdapter,
    ConfigurationBotFrameworkAuthentication,
    ConversationState,
    Types,
    UserState,
    open_storage,
)
from turnkeeper.errors import SettingsError, UnreadableRecord
from turnkeeper.testing import Cloud


@dataclass
class Order:
    """Something to be stored."""

    pizzas: int = 0


class Size(Enum):
    """Of a pizza."""

    SMALL = "S"


async def test_views_on_one_url_share_what_is_in_it_and_each_has_its_own_types() -> None:
    orders, sizes = open_storage(types=Types(Order)), open_storage(types=Types(Size))
    await orders.write({"order": {"order": Order(2)}})
    await sizes.write({"size": {"size": Size.SMALL}})
    assert (await orders.read(["order"]))["order"]["order"] == Order(2)
    assert (await sizes.read(["size"]))["size"]["size"] is Size.SMALL
    with pytest.raises(UnreadableRecord):
        await sizes.read(["order"])


async def test_memory_is_one_store_a_process_and_a_name_another() -> None:
    await open_storage("memory:one").write({"key": {"in": "one"}})
    assert (await open_storage("memory:one").read(["key"]))["key"]["in"] == "one"
    assert await open_storage("memory:other").read(["key"]) == {}


async def test_it_may_be_closed_and_its_next_use_opens_it() -> None:
    storage = open_storage()
    await storage.write({"key": {"kept": 1}})
    await storage.close()
    await storage.close()
    assert (await storage.read(["key"]))["key"]["kept"] == 1


async def test_a_view_that_is_closed_leaves_a_running_adapter_its_store(
    cloud: Cloud, serve: Serve
) -> None:
    ada = cloud.person("Ada", bot_url=await serve(attached(make_bot(), make_adapter())))
    for said, reply in (("hi", "Your name?"), ("Ada", "Hello Ada")):
        assert await ada.says(said) == [reply]
        await open_storage().close()


def test_it_opens_anew_in_the_next_event_loop() -> None:
    storage, memory = open_storage(), open_storage("memory:loops")
    with ThreadPoolExecutor() as loops:  # that of the tests is not to be disturbed
        for one in (storage, memory):
            loops.submit(asyncio.run, one.write({"key": {"kept": 1}})).result()
            found = loops.submit(asyncio.run, one.read(["key"])).result()
            assert found["key"]["kept"] == 1


async def test_what_is_wrong_with_a_url_is_told_at_its_first_use() -> None:
    storage = open_storage("file:data")
    with pytest.raises(SettingsError, match="must begin with the name of a store"):
        await storage.read(["key"])


def test_what_is_no_url_is_told_at_once() -> None:
    with pytest.raises(TypeError, match="url: must be a string"):
        open_storage(Types(Order))  # type: ignore[arg-type]


@pytest.mark.parametrize("state", [ConversationState, UserState])
def test_the_sdks_own_storage_is_refused_with_the_line_in_its_place(state: type[BotState]) -> None:
    with pytest.raises(TypeError, match=r"MemoryStorage .*open_storage\(types=Types\(...\)\)"):
        state(MemoryStorage())


async def test_bots_with_names_share_a_store_and_nothing_in_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await open_storage().write({"key": {"of": "no name"}})
    monkeypatch.setenv("BOT_NAME", "orders")
    assert await open_storage().read(["key"]) == {}


async def test_turns_are_committed_where_the_bot_has_its_states(
    cloud: Cloud, serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("STORAGE_URL")
    url = f"sqlite:///{tmp_path}/states.db"
    bot = make_bot(url)
    ada = cloud.person("Ada", bot_url=await serve(attached(bot, make_adapter())))
    assert await ada.says("hi") == ["Your name?"]
    assert [name for name in os.listdir(tmp_path) if name.endswith(".db")] == ["states.db"]


async def test_an_adapter_may_be_given_its_storage(
    cloud: Cloud, serve: Serve, tmp_path: Path
) -> None:
    url = f"sqlite:///{tmp_path}/given.db"
    adapter = CloudAdapter(
        ConfigurationBotFrameworkAuthentication(config()), storage=open_storage(url)
    )
    ada = cloud.person("Ada", bot_url=await serve(attached(make_bot(url), adapter)))
    assert await ada.says("hi") == ["Your name?"]


async def test_a_state_on_another_store_is_refused_in_its_turn_with_both_urls(
    cloud: Cloud, serve: Serve, store: str
) -> None:
    url = "redis://bot:secret@db.example.com/0"
    elsewhere = UserState(open_storage(url))
    refusals: list[str] = []

    async def bot(context: TurnContext) -> None:
        await context.send_activity("half said")
        await elsewhere.create_property("Profile").set(context, Profile("Ada"))

    async def on_error(_: TurnContext, error: Exception) -> None:
        refusals.append(str(error))

    adapter = make_adapter()
    adapter.on_turn_error = on_error
    app = web.Application()
    adapter.attach(app, bot)
    ada = cloud.person("Ada", bot_url=await serve(app))
    assert await ada.says("hi") == []
    [refusal] = refusals
    assert store in refusal
    assert "redis://db.example.com/0" in refusal
    assert "secret" not in refusal


def test_without_credentials_a_store_elsewhere_is_refused_unless_it_is_allowed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    adapter = CloudAdapter(storage=open_storage("postgresql://db.example/bot"))
    assert "ALLOW_REMOTE_STORE=yes" in "".join(fault.text for fault in adapter.faults)
    monkeypatch.setenv("ALLOW_REMOTE_STORE", "yes")
    allowed = CloudAdapter(storage=open_storage("redis://cache.example"))
    assert "ALLOW_REMOTE_STORE" not in str(allowed.faults)
