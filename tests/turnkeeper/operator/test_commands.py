"""What the commands of ``python -m turnkeeper`` show and do, on a store that is in use."""

from __future__ import annotations

import json
import stat
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.turnkeeper.contract.operator_command import Ended, operate
from tests.turnkeeper.contract.owing import Owing, keys_of, queue_in
from turnkeeper.address import Address, stored_name
from turnkeeper.ledger.earlier import EarlierDebt
from turnkeeper.ledger.effects import Send
from turnkeeper.ledger.ledger import Ledger, digest
from turnkeeper.storage import ANY, Change, store_at
from turnkeeper.storage import format as store_format
from turnkeeper.storage.namespace import Namespace
from turnkeeper.storage.sqlite.storage import SQLiteStorage

ADA = "msteams/users/29:ada"
ADA_BODY = '{"v":1,"state":{"Order":{"$":"Order","name":"Zoë 日本","paid_at":1.5}}}'
UNCHECKED = (
    "values were not checked against the bot's types; for that, name its host: "
    "python -m turnkeeper check --app app:host\n"
)
HOSTILE = "test/users/\x1b]0;x\x07\u202e\\\n"
RECORDS = [
    Change(ADA, ADA_BODY, None, ADA),
    Change("msteams/conversations/a", '{"v":1,"state":{"n":1}}', None, ADA, 4102444800.0),
    Change("msteams/turns/a", Ledger(seen=" 00").body(), None, ADA, 4102444800.5),
    Change(HOSTILE, '{"v":"x","state":{}}', None, HOSTILE),
]
IN_ORDER = sorted(change.key for change in RECORDS)


@pytest.fixture
async def storage(folder: Path) -> AsyncIterator[SQLiteStorage]:
    """The bot's store; it stays open, as while the bot runs."""
    storage = store_at("sqlite:///data/bot.db")
    assert isinstance(storage, SQLiteStorage)
    await storage.open()
    await storage.commit(RECORDS)
    yield storage
    await storage.close()


async def test_list_shows_a_record_a_line(storage: SQLiteStorage) -> None:
    result = await operate("list")
    assert result == Ended(
        0,
        f"msteams/conversations/a\t23\t{ADA}\t2100-01-01T00:00:00+00:00\n"
        f"msteams/turns/a\t59\t{ADA}\t2100-01-01T00:00:00+00:00\n"
        f"{ADA}\t{len(ADA_BODY.encode())}\t{ADA}\t-\n"
        r"test/users/\u001b]0;x\u0007\u202e\\\u000a"
        + "\t20\t"
        + r"test/users/\u001b]0;x\u0007\u202e\\\u000a"
        "\t-\n",
        "",
    )


async def test_list_by_prefix_and_up_to_a_limit(storage: SQLiteStorage) -> None:
    result = await operate("list", "--prefix", "msteams/", "--limit", "2")
    assert [line.split("\t")[0] for line in result.output.splitlines()] == IN_ORDER[:2]
    await storage.commit([Change(f"n/{n:03}", "{}", None) for n in range(450)])
    result = await operate("list", "--prefix", "n/")
    assert [line.split("\t")[0] for line in result.output.splitlines()] == [
        f"n/{n:03}" for n in range(450)
    ]


async def test_show_is_readable_json(storage: SQLiteStorage) -> None:
    result = await operate("show", ADA)
    assert (result.code, result.errors) == (0, "")
    assert '"name": "Zoë 日本"' in result.output
    shown = json.loads(result.output)
    assert (shown["key"], shown["owner"], shown["expires_at"]) == (ADA, ADA, None)
    assert shown["state"]["Order"]["paid_at"] == 1.5
    result = await operate("show", "msteams/turns/a")
    assert json.loads(result.output)["state"] == {"turns": {"seen": " 00", "queue": {"next": 1}}}


@pytest.mark.parametrize("key", ["c/turns/a", "c/ledgers/a/", "c/ledgers/a/bot", "~shop/c/turns/a"])
async def test_ledgers_of_earlier_versions_are_shown_with_the_activities_that_they_owe(
    storage: SQLiteStorage, key: str
) -> None:
    ledger = Ledger(answers={"00": {"status": 200, "body": {"$": "no tag"}}})
    ledger.earlier = EarlierDebt("00", [Send("1", "a", "", '{"text":"hi"}')], 0)
    await storage.commit([Change(key, ledger.body(), None)])
    shown = json.loads((await operate("show", key)).output)
    assert shown["key"] == key
    assert shown["state"]["turns"]["owed"]["effects"][0]["body"] == {"text": "hi"}
    assert shown["state"]["turns"]["answers"]["00"]["body"] == {"$": "no tag"}


@pytest.mark.parametrize("bot", ["", "shop"])
@pytest.mark.parametrize("given_up", [True, False])
async def test_what_is_owed_is_shown_with_its_activities_and_checked(
    storage: SQLiteStorage, bot: str, given_up: bool
) -> None:
    await storage.commit([Change(HOSTILE, None, ANY)])
    owing = Owing()
    key = owing.given_up("hi") if given_up else owing.turn("hi")
    await owing.store(Namespace(storage, bot) if bot else storage)
    key = f"~{bot}/{key}" if bot else key
    shown = json.loads((await operate("show", key)).output)
    assert shown["key"] == key
    assert shown["state"]["owed"]["effects"][0]["body"]["text"] == "hi"
    assert (await operate("check")).code == 0
    await storage.commit([Change(key, '{"v":1,"state":{"owed":{"effects":[{"do":"?"}]}}}', ANY)])
    result = await operate("check")
    assert (result.code, result.output) == (1, f"{key}\tnot readable (ValueError)\n")


async def test_show_has_the_text_of_a_record_that_cannot_be_read(storage: SQLiteStorage) -> None:
    result = await operate("show", HOSTILE)
    assert result.code == 0
    assert json.loads(result.output) == {
        "key": HOSTILE,
        "owner": HOSTILE,
        "expires_at": None,
        "unreadable": "not a record of state",
        "body": '{"v":"x","state":{}}',
    }
    assert result.output.replace("\n", "").isprintable()
    assert result.errors == (
        "this record is unreadable (not a record of state); shown is what is stored\n"
    )


async def test_what_is_not_there_is_an_error(storage: SQLiteStorage) -> None:
    for arguments in (("show", "x\x1b"), ("export", "--user", "x/\x1b")):
        result = await operate(*arguments)
        assert (result.code, result.output) == (1, "")
        assert result.errors.startswith("error: x")
        assert "\x1b" not in result.errors


async def test_check_names_what_is_no_record(storage: SQLiteStorage) -> None:
    result = await operate("check")
    assert result == Ended(
        1,
        r"test/users/\u001b]0;x\u0007\u202e\\\u000a" + "\tnot a record of state\n",
        f"4 records read, 1 of them unreadable\n{UNCHECKED}",
    )
    await storage.commit([Change(HOSTILE, None, ANY)])
    result = await operate("check")
    assert result == Ended(0, "", f"3 records read, 0 of them unreadable\n{UNCHECKED}")


async def test_the_mark_of_a_store_is_listed_and_is_well(storage: SQLiteStorage) -> None:
    await storage.commit([Change(HOSTILE, None, ANY)])
    await store_format.mark(storage)
    result = await operate("list", "--prefix", "~")
    assert result == Ended(0, f"{store_format.KEY}\t28\t-\t-\n", "")
    shown = json.loads((await operate("show", store_format.KEY)).output)
    assert (shown["key"], shown["state"]) == (store_format.KEY, {"format": store_format.FORMAT})
    result = await operate("check")
    assert result == Ended(0, "", f"4 records read, 0 of them unreadable\n{UNCHECKED}")


async def test_no_command_marks_a_store(storage: SQLiteStorage) -> None:
    for command in (["list"], ["check"], ["show", ADA], ["erase", "--user", ADA, "--yes"]):
        await operate(*command)
    assert await storage.fetch([store_format.KEY]) == {}


async def test_a_bot_with_a_name_has_its_own_records_alone(
    storage: SQLiteStorage, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = Namespace(storage, "shop")
    await shop.commit([Change(ADA, ADA_BODY, None, ADA)])
    (folder / ".env").write_text("BOT_NAME=shop")
    listed = f"{ADA}\t{len(ADA_BODY.encode())}\t{ADA}\t-\n"
    assert await operate("list") == Ended(0, listed, "")
    assert await operate("list", "--url", "sqlite:///data/bot.db") == Ended(0, listed, "")
    assert json.loads((await operate("export", "--user", ADA)).output)["user"] == ADA
    result = await operate("erase", "--user", ADA, "--yes")
    assert result == Ended(0, "", f"{ADA}: 1 record erased\n")
    assert [key for key, _ in await storage.scan()] == IN_ORDER
    monkeypatch.setenv("BOT_NAME", "")
    assert len((await operate("list")).output.splitlines()) == len(IN_ORDER)
    monkeypatch.setenv("BOT_NAME", "a/b")
    result = await operate("list")
    assert (result.code, result.output) == (2, "")
    assert result.errors.startswith("error: BOT_NAME: must be 1 to 40 letters")


@pytest.mark.parametrize("user", ["msteams/29:ada", ADA])
async def test_export_is_json_to_standard_output_or_a_private_file(
    storage: SQLiteStorage, folder: Path, user: str
) -> None:
    result = await operate("export", "--user", user)
    assert (result.code, result.errors) == (0, "")
    exported = json.loads(result.output)
    assert exported["user"] == ADA
    assert [record["key"] for record in exported["records"]] == [ADA, *IN_ORDER[:2]]
    result = await operate("export", "--user", user, "--output", "ada.json")
    assert result == Ended(0, "", "3 records in ada.json\n")
    text = (folder / "ada.json").read_text("utf-8")
    assert json.loads(text)["records"] == exported["records"]
    assert stat.S_IMODE((folder / "ada.json").stat().st_mode) == 0o600
    (folder / "link.json").symlink_to("new.json")
    for there in ("ada.json", "link.json"):
        refused = f"error: {there}: it is there already; name a new file\n"
        result = await operate("export", "--user", user, "--output", there)
        assert result == Ended(1, "", refused)
    assert (folder / "ada.json").read_text("utf-8") == text
    assert not (folder / "new.json").exists()
    result = await operate("export", "--user", user, "--output", "no/ada.json")
    assert result == Ended(1, "", "error: no/ada.json: No such file or directory\n")


async def test_erase_leaves_no_byte_while_the_bot_runs(
    storage: SQLiteStorage, folder: Path
) -> None:
    def raw() -> bytes:
        return b"".join(part.read_bytes() for part in (folder / "data").iterdir())

    assert b"29:ada" in raw()
    result = await operate("erase", "--user", "msteams/29:ada", "--yes")
    assert result == Ended(0, "", f"{ADA}: 3 records erased\n")
    assert [key for key, _ in await storage.scan()] == [HOSTILE]
    left = raw()
    assert b"29:ada" not in left
    assert b"test/users/" in left


async def test_erase_says_when_nobody_is_known_by_an_id(storage: SQLiteStorage) -> None:
    result = await operate("erase", "--user", "msteams/typo", "--yes")
    assert result == Ended(1, "", "error: msteams/users/typo: nobody is known by this id\n")
    people = ("--user", "msteams/typo", "--user", ADA, "--user", "msteams/slip")
    result = await operate("erase", *people, "--yes")
    assert result == Ended(
        1,
        "",
        f"{ADA}: 3 records erased\n"
        "error: msteams/users/typo, msteams/users/slip: nobody is known by this id\n",
    )
    assert [key for key, _ in await storage.scan()] == [HOSTILE]


async def test_erase_again_rewrites_the_file_that_was_not(
    storage: SQLiteStorage, folder: Path
) -> None:
    def size() -> int:
        return sum(part.stat().st_size for part in (folder / "data").glob("bot.db*"))

    await storage.commit([Change(f"n/{n}", "x" * 1_000, None, ADA) for n in range(500)])
    assert (await operate("erase", "--user", ADA, "--yes", "--no-compact")).code == 0
    before = size()
    assert (await operate("erase", "--user", ADA, "--yes")).code == 1
    assert size() < before / 10


@pytest.mark.parametrize("native_id", ["29:" + "a" * 300, "é" * 61, "sha256:mine"])
@pytest.mark.parametrize("given", ["id", "key"])
async def test_a_person_is_found_by_an_id_that_is_no_key(
    storage: SQLiteStorage, native_id: str, given: str
) -> None:
    key = Address.of("", "msteams", "c", person=native_id).user_key
    assert native_id not in key
    await storage.commit([Change(key, ADA_BODY, None, key)])
    user = f"msteams/{native_id}" if given == "id" else key
    result = await operate("export", "--user", user)
    assert json.loads(result.output)["user"] == key
    assert (await operate("show", key)).code == 0
    result = await operate("erase", "--user", user, "--yes")
    assert result == Ended(0, "", f"{key}: 1 record erased\n")


@pytest.mark.parametrize(
    "key", ["users/{}", "conversations/{}", "turns/{}", "ledgers/{}/bot", "ledgers/{}/"]
)
async def test_a_key_may_be_given_with_an_id_that_is_too_long_for_it(
    storage: SQLiteStorage, key: str
) -> None:
    address = Address.of("bot", "msteams", long := "a" * 300, "a" * 300)
    name = stored_name(long)
    if key.startswith("ledgers"):
        name = address.ledger_key.split("/")[2]
    await storage.commit([Change(stored := f"msteams/{key.format(name)}", "{}", None)])
    for given in (stored, f"msteams/{key.format(long)}"):
        assert json.loads((await operate("show", given)).output)["key"] == stored


@pytest.mark.parametrize("native_id", ["29:eve", "29:" + "e" * 300])
async def test_what_a_person_has_in_one_conversation_is_shown_exported_and_erased(
    storage: SQLiteStorage, native_id: str
) -> None:
    address = Address.of("", "msteams", "c", native_id)
    key = address.private_key() or ""
    await storage.commit([Change(key, ADA_BODY, None, address.user_key)])
    given = f"msteams/conversations/c/users/{native_id}/"
    assert json.loads((await operate("show", given)).output)["key"] == key
    exported = json.loads((await operate("export", "--user", f"msteams/{native_id}")).output)
    assert [record["key"] for record in exported["records"]] == [key]
    result = await operate("erase", "--user", f"msteams/{native_id}", "--yes")
    assert result == Ended(0, "", f"{address.user_key}: 1 record erased\n")


async def test_erase_takes_several_people_and_need_not_rewrite_the_file(
    storage: SQLiteStorage,
) -> None:
    await storage.commit([Change("c/users/1", "{}", None), Change("c/users/2", "{}", None)])
    people = ("--user", "c/1", "--user", "c/2")
    result = await operate("erase", *people, "--yes", "--no-compact")
    assert result == Ended(0, "", "c/users/1: 1 record erased\nc/users/2: 1 record erased\n")


async def test_an_expired_record_is_not_there(storage: SQLiteStorage) -> None:
    await storage.commit([Change("old", "{}", None, expires_at=time.time() - 1)])
    assert (await operate("show", "old")).code == 1


# What is owed.


async def test_erase_takes_what_is_owed_to_a_person_and_what_was_given_up(
    storage: SQLiteStorage,
) -> None:
    own, group = Owing("own", owner=ADA), Owing("group")
    own.turn("one", person="29:ada")
    own.given_up("two", person="29:ada")
    own.given_up("welcome", number=901)  # of a join, which is nobody's
    group.turn("three", person="29:ada")
    group.given_up("four", person="29:ada")
    bobs = [group.turn("five", person="bob"), group.given_up("six", person="bob", number=901)]
    for one in (own, group):
        await one.store(storage)
    assert len(json.loads((await operate("export", "--user", ADA)).output)["records"]) == 3 + 5
    result = await operate("erase", "--user", ADA, "--yes")
    assert result == Ended(0, "", f"{ADA}: 9 records erased\n")
    assert await keys_of(storage, "owed/") == bobs[:1]
    assert await keys_of(storage, "given-up/") == bobs[1:]
    assert list((await queue_in(storage, group.key)).open) == [2]


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("Zoë 日本 is in", True),
        ("Ask Ada Lovelace.", True),
        ("by <at>29:ada</at>", True),
        ("Ada Lovelaces", False),
        ("29:adam", False),
        ("hello", False),
    ],
)
@pytest.mark.parametrize("given_up", [True, False])
async def test_erase_lists_replies_to_others_that_name_the_person(
    storage: SQLiteStorage, text: str, given_up: bool, named: bool
) -> None:
    body = '{"v":1,"state":{"Profile":{"$":"P","name":"Zoë 日本"},"Cart":{"item":"hello"}}}'
    await storage.commit([Change(ADA, body, ANY, ADA)])
    group = Owing("group")
    group.turn("for her", person="29:ada", name="Ada Lovelace")
    key = (group.given_up if given_up else group.turn)(text, person="bob", name="Bob")
    await group.store(storage)
    result = await operate("erase", "--user", ADA, "--yes")
    assert result.code == int(named)
    errors = f"{key}: a reply to others names {ADA}\n" if named else ""
    assert result.errors.startswith(f"{ADA}: 4 records erased\n{errors}")
    assert ("error: replies to others name" in result.errors) is named
    assert "Lovelace" not in result.errors
    assert key in await keys_of(storage)


async def test_a_reply_that_mentions_a_person_by_an_id_that_is_no_key_names_them(
    storage: SQLiteStorage,
) -> None:
    long = "29:" + "a" * 300
    group = Owing("group")
    key = group.turn("hello", person=long)  # addressed to them, and another's
    who = Address.of("", "msteams", "c", "bob").user_key
    group.ledger.queue.open[1].who = digest(who)
    await group.store(storage)
    record = (await storage.fetch([key]))[key]
    await storage.commit([Change(key, record.body, ANY, who)])
    result = await operate("erase", "--user", f"msteams/{long}", "--yes")
    assert result.errors.startswith(f"{key}: a reply to others names msteams/users/sha256:")
    assert result.errors.endswith("owed --drop KEY\n")
    assert "nobody is known by this id; replies to others name" in result.errors


async def test_replies_to_others_in_another_channel_name_nobody_of_this_one(
    storage: SQLiteStorage,
) -> None:
    await storage.commit([Change(ADA.replace("msteams", "webchat"), "{}", ANY)])
    group = Owing("group")
    group.turn("29:ada", person="bob")
    await group.store(storage)
    assert (await operate("erase", "--user", "webchat/29:ada", "--yes")).code == 0
