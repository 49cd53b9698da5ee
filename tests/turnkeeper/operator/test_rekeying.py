"""``python -m turnkeeper rekey``: people of Teams are carried over though they stay silent."""

from __future__ import annotations

import json
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.turnkeeper.contract.accounts import ACCOUNT_KEY, OBJECT_ID, TENANT
from tests.turnkeeper.contract.operator_command import Ended, operate
from tests.turnkeeper.contract.owing import Owing
from tests.turnkeeper.stores import shared
from turnkeeper.storage import ANY, Change, RecordStorage, store_at

pytestmark = shared

SHOP = """
from dataclasses import dataclass
from turnkeeper import Types, open_storage

@dataclass
class Customer:
    name: str = ""
    object_id: str = ""
    tenant: str = ""

    def entra(self):
        return {"broken": None}.get(self.name, (self.object_id, self.tenant))

STORAGE = open_storage(types=Types(Customer))
"""
ADA, BOB = "msteams/users/29:1-ada", "msteams/users/29:1-bob"
UNREADABLE = '{"v":99,"state":{}}'
LINE = f"29:1-ada,{OBJECT_ID},{TENANT}\n"
CARRIED = f"{ADA}\t{ACCOUNT_KEY}\n"


def body(name: str, object_id: str = "", tenant: str = "") -> str:
    """A profile."""
    return (
        f'{{"v":1,"state":{{"Customer":{{"$":"Customer","name":"{name}",'
        f'"object_id":"{object_id}","tenant":"{tenant}"}}}}}}'
    )


@pytest.fixture(autouse=True)
def folder(folder: Path, monkeypatch: pytest.MonkeyPatch, storage_url: str) -> Iterator[Path]:
    """The bot's folder, with a bot in it."""
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    monkeypatch.setenv("STORAGE_URL", storage_url)
    (folder / "shop.py").write_text(SHOP)
    (folder / "people.csv").write_text(LINE)
    yield folder
    sys.modules.pop("shop", None)


@pytest.fixture
async def storage(storage_url: str) -> AsyncIterator[RecordStorage]:
    """The bot's store, with Ada and Bob in it; it stays open, as while the bot runs."""
    storage = store_at(storage_url)
    await storage.open()
    owing = Owing("a", owner=ADA)
    owing.turn("still open", person="29:1-ada")
    await owing.store(storage)
    place = "msteams/members/g/29%3A1-ada"
    await storage.commit(
        [
            Change(ADA, body("Ada", OBJECT_ID, TENANT), ANY, ADA),
            Change(BOB, body("Bob"), ANY, BOB),
            Change(place, '{"v":1,"state":{}}', ANY, ADA),
        ]
    )
    yield storage
    await storage.close()


async def owners(storage: RecordStorage) -> set[str]:
    """Whose records there are."""
    return {record.owner for _, record in await storage.scan(limit=1000)} - {""}


async def test_those_whom_a_file_names_are_carried_over(storage: RecordStorage) -> None:
    result = await operate("rekey", "people.csv")
    assert result == Ended(0, CARRIED, "1 people carried over, 0 left as they are\n")
    assert await owners(storage) == {ACCOUNT_KEY, BOB}
    assert ACCOUNT_KEY in await storage.fetch([ACCOUNT_KEY])


async def test_and_once_more_there_is_nothing_to_do(storage: RecordStorage) -> None:
    await operate("rekey", "people.csv")
    before = await storage.scan(limit=1000)
    result = await operate("rekey", "people.csv")
    assert result == Ended(0, "", "0 people carried over, 0 left as they are\n")
    assert await storage.scan(limit=1000) == before


async def test_a_dry_run_only_tells(storage: RecordStorage) -> None:
    before = await storage.scan(limit=1000)
    result = await operate("rekey", "people.csv", "--dry-run")
    assert result == Ended(0, CARRIED, "1 people would be carried over, 0 left as they are\n")
    assert await storage.scan(limit=1000) == before


async def test_without_a_file_profiles_tell_who_is_who(storage: RecordStorage) -> None:
    result = await operate("--app", "shop:STORAGE", "rekey")
    assert result == Ended(0, CARRIED, "1 people carried over, 0 left as they are\n")
    again = await operate("--app", "shop:STORAGE", "rekey")
    assert again == Ended(0, "", "0 people carried over, 0 left as they are\n")
    assert await owners(storage) == {ACCOUNT_KEY, BOB}


async def test_without_file_and_types_nobody_knows(storage: RecordStorage) -> None:
    result = await operate("rekey")
    assert result.code == 2
    assert "or give a FILE" in result.errors
    assert await owners(storage) == {ADA, BOB}


@pytest.mark.parametrize(
    "line",
    [
        "29:1-ada",
        f"29:1-ada,{OBJECT_ID}",
        f"29:1-ada,{OBJECT_ID},contoso.com",
        f"29:1-ada,ada,{TENANT}",
        f",{OBJECT_ID},{TENANT}",
        f"29:1-ada,{OBJECT_ID},{TENANT},more",
    ],
)
async def test_a_line_that_names_nobody_is_told_and_keeps_nobody_else(
    storage: RecordStorage, folder: Path, line: str
) -> None:
    (folder / "people.csv").write_text(f"{line}\n\n{LINE}")
    result = await operate("rekey", "people.csv")
    assert (result.code, result.output) == (1, CARRIED)
    assert result.errors.startswith("line 1: must be 29:...,OBJECT_ID,TENANT_ID")


async def test_a_profile_that_cannot_be_read_stays(storage: RecordStorage) -> None:
    await storage.commit([Change(ADA, UNREADABLE, ANY, ADA)])
    result = await operate("--app", "shop:STORAGE", "rekey", "people.csv")
    assert (result.code, result.output) == (1, "")
    assert (await storage.fetch([ADA]))[ADA].body == UNREADABLE
    assert await owners(storage) == {ADA, BOB}


async def test_of_two_profiles_the_new_one_counts(storage: RecordStorage) -> None:
    await storage.commit([Change(ACCOUNT_KEY, body("Ada the second"), ANY, ACCOUNT_KEY)])
    assert (await operate("rekey", "people.csv")).output == CARRIED
    found = await storage.fetch([ADA, ACCOUNT_KEY])
    assert "Ada the second" in found[ACCOUNT_KEY].body
    assert found[ADA].owner == ACCOUNT_KEY
    assert (await operate("rekey", "people.csv")).output == ""


async def test_a_class_that_tells_nonsense_is_named(storage: RecordStorage) -> None:
    await storage.commit([Change(BOB, body("broken"), ANY, BOB)])
    result = await operate("--app", "shop:STORAGE", "rekey")
    assert result.code == 1
    assert "Customer.entra() must return an object id and a tenant" in result.errors


@pytest.mark.parametrize(
    "given", ["msteams/29:1-ada", ACCOUNT_KEY, f"msteams/aad:{TENANT.upper()}:{OBJECT_ID}"]
)
async def test_who_was_carried_over_is_exported_and_erased_by_either_key(
    storage: RecordStorage, given: str
) -> None:
    await operate("rekey", "people.csv")
    exported = await operate("export", "--user", given)
    assert ACCOUNT_KEY in exported.output
    shown = await operate("show", ADA if given != ACCOUNT_KEY else given)
    assert json.loads(shown.output)["key"] == ACCOUNT_KEY
    erased = await operate("erase", "--user", given, "--yes")
    assert erased.code == 0, erased.errors
    assert await owners(storage) == {BOB}
