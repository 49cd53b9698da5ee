"""``--app MODULE:NAME``: a bot's own store and types, and what is said where there are none."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.turnkeeper.contract.operator_command import Ended, ended, operate, start
from tests.turnkeeper.operator.test_cli import answered
from turnkeeper.storage import ANY, Change, RecordStorage, store_at
from turnkeeper.storage import format as store_format
from turnkeeper.storage.namespace import Namespace

ADA = "msteams/users/29:ada"
ORDER = '{"v":1,"state":{"Order":{"$":"Order","name":"Zoë"}}}'
STRANGE = '{"v":1,"state":{"Order":{"$":"Strange","name":"Zoë"}}}'
SHOP = """
from dataclasses import dataclass
from enum import Enum
from turnkeeper import (
    CloudAdapter, ConfigurationBotFrameworkAuthentication, Host, Settings, Types, UserState,
    open_storage,
)
from turnkeeper.storage import MemoryStorage, store_at

@dataclass
class Order:
    name: str = ""
    paid_at: float = 1.5

class Size(Enum):
    SMALL = "s"

class Shelf:
    def __init__(self, room):
        self.room = room

class Faulty:
    APP_ID = "app"

print("hello")
TYPES = Types(Order, Size, Shelf)
host = Host(Settings(storage_url="sqlite:///data/shop.db"), types=TYPES)
named = Host(Settings(storage_url="sqlite:///data/shop.db", bot_name="shop"), types=TYPES)
in_memory = Host(Settings(storage_url="memory:"), types=TYPES)
named_in_memory = Host(Settings(storage_url="memory:", bot_name="shop"), types=TYPES)
nowhere = Host(Settings(storage_url="sqlite:///tpyo.db"), types=TYPES)
wrong = Host(Settings(storage_url="s3cr3t:", service_hosts=("*.",)), types=TYPES)
newer = Host(
    Settings(storage_url="sqlite:///data/shop.db"),
    types=Types(Order, format=2, upgrades={1: lambda data: 1 / 0}),
)
storage = store_at("sqlite:///data/shop.db")
STORAGE = open_storage("sqlite:///data/shop.db", types=TYPES)
USER_STATE = UserState(STORAGE)
ADAPTER = CloudAdapter()
FAULTY = CloudAdapter(ConfigurationBotFrameworkAuthentication(Faulty))
app = host.app(lambda context: None)
"""
SECRET = "s3cr3t"  # noqa: S105 - of nothing


@pytest.fixture(autouse=True)
def folder(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The bot's folder, with a bot in it."""
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    (folder / "shop.py").write_text(SHOP)
    yield folder
    sys.modules.pop("shop", None)


@pytest.fixture
async def storage(folder: Path) -> AsyncIterator[RecordStorage]:
    """The bot's store; it stays open, as while the bot runs."""
    storage = store_at("sqlite:///data/shop.db")
    await storage.open()
    await storage.commit([Change(ADA, ORDER, None, ADA)])
    yield storage
    await storage.close()


@pytest.mark.usefixtures("storage")
@pytest.mark.parametrize("arguments", [("--app", "shop:host", "list"), ("list", "--app=shop:host")])
async def test_it_may_stand_before_the_command_or_after(
    folder: Path, arguments: tuple[str, ...]
) -> None:
    result = await ended(await start(*arguments, folder=folder))
    assert result == Ended(0, f"{ADA}\t{len(ORDER.encode())}\t{ADA}\t-\n", "hello\n")


async def test_check_reads_every_value_by_the_types_of_the_bot(storage: RecordStorage) -> None:
    await store_format.mark(storage)
    await Namespace(storage, "another-bot").commit([Change(ADA, STRANGE, None, ADA)])
    result = await operate("check", "--app", "shop:host")
    assert result == Ended(0, "", "hello\n3 records read, 0 of them unreadable\n")
    await storage.commit([Change("c/users/x", STRANGE, None)])
    result = await operate("check", "--app", "shop:host")
    assert result.code == 1
    assert result.output.startswith("c/users/x\t")
    assert result.errors == "4 records read, 1 of them unreadable\n"
    result = await operate("check", "--app", "shop:newer")
    assert result.errors == "4 records read, 2 of them unreadable\n"  # not the mark
    assert (await operate("check", "--url", "sqlite:///data/shop.db")).code == 0


async def test_a_record_is_shown_as_one_of_today(storage: RecordStorage) -> None:
    result = await operate("--app", "shop:host", "show", ADA)
    order = {"name": "Zoë", "paid_at": 1.5}
    assert json.loads(result.output)["state"] == {"Order": order}
    result = await operate("export", "--user", ADA, "--app", "shop:host")
    assert json.loads(result.output)["records"][0]["state"] == {"Order": order}


async def test_classes_of_every_kind_are_known(storage: RecordStorage) -> None:
    size = '{"$":"Size","name":"SMALL"}'
    shelf = f'{{"$":"Shelf","room":{{"$":"py.tuple","items":[1,{size}]}}}}'
    await storage.commit([Change(ADA, f'{{"v":1,"state":{{"Shelf":{shelf}}}}}', ANY, ADA)])
    assert (await operate("check", "--app", "shop:host")).code == 0
    result = await operate("--app", "shop:host", "show", ADA)
    assert json.loads(result.output)["state"] == {"Shelf": {"room": [1, {"name": "SMALL"}]}}
    body = f'{{"v":1,"state":{{"Shelf":{shelf.replace("SMALL", "GONE")}}}}}'
    await storage.commit([Change(ADA, body, ANY, ADA)])
    assert (await operate("check", "--app", "shop:host")).code == 1


async def test_the_store_of_a_host_is_erased_and_not_marked(storage: RecordStorage) -> None:
    await storage.commit([Change("c/users/x", "{}", ANY)])
    result = await operate("erase", "--user", ADA, "--yes", "--app", "shop:host")
    assert result == Ended(0, "", f"hello\n{ADA}: 1 record erased\n")
    assert [key for key, _ in await storage.scan()] == ["c/users/x"]


async def test_erase_names_the_host_when_it_asks(storage: RecordStorage, folder: Path) -> None:
    question, result = await answered("y\n", folder, "--app", "shop:host")
    assert f"{ADA}: 1 record in the store of shop:host\n" in question
    assert result == Ended(0, "", f"{ADA}: 1 record erased\n")
    assert await storage.scan() == []


async def test_a_host_with_a_name_has_its_own_records_alone(
    storage: RecordStorage, folder: Path
) -> None:
    await Namespace(storage, "shop").commit([Change("c/users/x", ORDER, None)])
    listed = f"c/users/x\t{len(ORDER.encode())}\t-\t-\n"
    for more in ((), ("--url", "sqlite:///data/shop.db")):
        result = await operate("list", "--app", "shop:named", *more)
        assert (result.code, result.output) == (0, listed)


async def test_with_a_url_too_the_url_gives_the_store_and_the_host_the_types(
    storage: RecordStorage,
) -> None:
    async def check(name: str) -> Ended:
        url = "sqlite:///data/shop.db"
        return await operate("check", "--url", url, "--app", f"shop:{name}")

    result = await check("nowhere")
    assert result == Ended(0, "", "hello\n1 record read, 0 of them unreadable\n")
    await storage.commit([Change(ADA, STRANGE, ANY, ADA)])
    assert (await check("nowhere")).code == 1
    result = await check("storage")
    assert (result.code, result.output) == (2, "")
    assert result.errors == (
        "error: --app: must name a host, or the storage of a bot's states, beside --url: "
        "this has no types\n"
    )


@pytest.mark.usefixtures("storage")
async def test_a_storage_has_no_types() -> None:
    result = await operate("check", "--app", "shop:storage")
    assert result.code == 0
    assert "1 record read" in result.errors
    assert "values were not checked" in result.errors


@pytest.mark.parametrize(
    ("name", "said"),
    [
        (
            "app",
            "must name a turnkeeper Host, an adapter or a storage such as shop:host; shop:app is",
        ),
        ("TYPES", "is of type Types"),
        ("tpyo", "shop:tpyo is not there"),
        ("wrong", "STORAGE_URL: must begin with the name of a store"),
        ("in_memory", "STORAGE_URL: memory: lasts no longer than the bot"),
        ("named_in_memory", "STORAGE_URL: memory: lasts no longer than the bot"),
        ("nowhere", "tpyo.db does not exist"),
    ],
)
async def test_what_is_no_store_is_an_error(folder: Path, name: str, said: str) -> None:
    result = await operate("list", "--app", f"shop:{name}")
    assert (result.code, result.output) == (2, "")
    assert said in result.errors
    assert SECRET not in result.errors
    assert "Traceback" not in result.errors
    assert os.listdir(folder) == ["shop.py"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("import nothing_of_this_name", "there is no module nothing_of_this_name"),
        ("from json import s3cr", "ImportError in "),
        ("\n\nraise ValueError('s3cr3t')", "ValueError in "),
        ("url = 's3cr3t", "SyntaxError in "),
        ("import json\njson.loads('s3cr3t')", "shop.py, line 2\n"),
        ("raise SystemExit(3)", "SystemExit in "),
        ("raise SystemExit('install it')", "install it\n"),
    ],
)
async def test_a_module_that_cannot_be_imported_is_one_line(
    folder: Path, text: str, said: str
) -> None:
    (folder / "shop.py").write_text(text)
    result = await operate("list", "--app", "shop:host")
    assert (result.code, result.output) == (2, "")
    assert result.errors.startswith("error: --app: shop cannot be imported: ")
    assert said in result.errors
    assert result.errors.count("\n") == 1
    assert SECRET not in result.errors


async def test_a_module_that_runs_the_bot_when_it_is_imported_is_told_of(folder: Path) -> None:
    (folder / "shop.py").write_text(f"{SHOP}\nhost.run(lambda context: None)")
    result = await ended(await start("--app", "shop:host", "list", folder=folder))
    assert (result.code, result.output) == (2, "")
    assert result.errors == (
        "hello\n"
        "error: --app: shop cannot be imported: it runs the bot when it is imported; "
        'put that under if __name__ == "__main__":\n'
    )


async def test_wrong_settings_are_named_all_at_once(folder: Path) -> None:
    (folder / ".env").write_text("STORAGE_URL=s3cr3t\nPORT=s3cr3t")
    (folder / "shop.py").write_text("from turnkeeper import Host\nhost = Host.from_env()")
    result = await operate("list", "--app", "shop:host")
    assert (result.code, result.output) == (2, "")
    assert "error: STORAGE_URL: " in result.errors
    assert "error: PORT: " in result.errors
    sys.modules.pop("shop")
    (folder / "shop.py").write_text("from turnkeeper import Settings\nSettings.from_env()")
    again = await operate("list", "--app", "shop:host")
    assert again.code == 2
    assert "error: PORT: " in again.errors
    assert SECRET not in result.errors + again.errors


async def test_a_storage_of_a_bot_of_the_sdk_knows_its_types(storage: RecordStorage) -> None:
    await store_format.mark(storage)
    result = await operate("check", "--app", "shop:STORAGE")
    assert result == Ended(0, "", "hello\n2 records read, 0 of them unreadable\n")
    await storage.commit([Change("c/users/x", STRANGE, None)])
    assert (await operate("check", "--app", "shop:STORAGE")).code == 1
    elsewhere = await operate("check", "--app", "shop:STORAGE", "--url", "sqlite:///data/shop.db")
    assert elsewhere.code == 1


@pytest.mark.usefixtures("storage")
async def test_an_adapter_of_a_bot_of_the_sdk_knows_its_store_and_no_types() -> None:
    assert (await operate("list", "--app", "shop:ADAPTER")).output.startswith(f"{ADA}\t")
    assert (await operate("check", "--app", "shop:ADAPTER")).code == 0
    result = await operate("check", "--app", "shop:ADAPTER", "--url", "sqlite:///data/shop.db")
    assert (result.code, result.output) == (2, "")
    assert "the storage of a bot's states" in result.errors


async def test_an_adapter_with_wrong_settings_says_so() -> None:
    result = await operate("list", "--app", "shop:FAULTY")
    assert (result.code, result.output) == (2, "")
    assert "MicrosoftAppPassword" in result.errors
