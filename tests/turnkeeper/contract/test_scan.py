"""What every storage promises of scan: by code point, by prefix, by owner, page by page."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from turnkeeper.state.typed_storage import TypedStorage
from turnkeeper.storage import ANY, Change, RecordStorage

# In order of their code points: not of a locale, not of their UTF-16, not without case.
IN_ORDER = [
    " ",
    "%",
    "*",
    "A",
    "A B",
    "A%",
    "A%1",
    "A*",
    "A/",
    "A/1",
    "A/10",
    "A/2",
    "A?",
    "A[b]",
    "A\\",
    "A_",
    "A_1",
    "Z",
    "a",
    "z",
    "é",
    "\ud7ff",
    "\ue000",
    "\ue000/1",
    "\uffff",
    "\uffff/1",
    "𐍈",
    "\U0010ffff",
    "\U0010ffff\U0010ffff",
]


async def fill(storage: RecordStorage, keys: list[str], owner: str = "") -> None:
    for start in range(0, len(keys), 500):
        await storage.commit(
            [Change(key, "{}", ANY, owner=owner) for key in keys[start : start + 500]]
        )


async def keys_of(storage: RecordStorage, **scan: object) -> list[str]:
    return [key for key, _ in await storage.scan(**scan)]  # type: ignore[arg-type]


async def test_the_whole_store_in_order_of_code_points(storage: RecordStorage) -> None:
    await fill(storage, IN_ORDER[::-1])
    assert await keys_of(storage) == IN_ORDER == sorted(IN_ORDER)


async def test_the_records_are_those_fetched(storage: RecordStorage) -> None:
    await storage.commit([Change("k", '{"v":1}', ANY, owner="o", expires_at=4e9)])
    assert dict(await storage.scan()) == await storage.fetch(["k"])


@pytest.mark.parametrize("prefix", ["", *IN_ORDER, "A/1x", "none"])
async def test_a_prefix_is_taken_literally(storage: RecordStorage, prefix: str) -> None:
    await fill(storage, IN_ORDER)
    expected = [key for key in IN_ORDER if key.startswith(prefix)]
    assert await keys_of(storage, prefix=prefix) == expected


async def test_after_is_exclusive_and_need_not_exist(storage: RecordStorage) -> None:
    await fill(storage, IN_ORDER)
    for after in [*IN_ORDER, "", "A/1x", "none", "\U0010ffff\U0010ffff\U0010ffff"]:
        expected = [key for key in IN_ORDER if key > after]
        assert await keys_of(storage, after=after) == expected
        expected = [key for key in expected if key.startswith("A")]
        assert await keys_of(storage, after=after, prefix="A") == expected


async def test_by_owner(storage: RecordStorage) -> None:
    for owner in ("", "msteams/users/a", "msteams/users/a b", "msteams/users/%"):
        await fill(storage, [f"{owner}/2", f"{owner}/1"], owner=owner)
    assert await keys_of(storage, owner="msteams/users/a") == [
        "msteams/users/a/1",
        "msteams/users/a/2",
    ]
    assert await keys_of(storage, owner="msteams/users/%", prefix="msteams/users/%/2") == [
        "msteams/users/%/2"
    ]
    assert await keys_of(storage, owner="") == ["/1", "/2"]
    assert await keys_of(storage, owner="nobody") == []
    assert len(await keys_of(storage)) == 8


async def test_an_owner_changed_or_taken_away_is_found_no_more(storage: RecordStorage) -> None:
    await fill(storage, ["a", "b", "c"], owner="ada")
    await fill(storage, ["a"], owner="grace")
    await fill(storage, ["b"])
    assert await keys_of(storage, owner="ada") == ["c"]
    assert await keys_of(storage, owner="grace") == ["a"]


async def test_at_most_limit(storage: RecordStorage) -> None:
    await fill(storage, IN_ORDER, owner="o")
    for limit in (1, 2, len(IN_ORDER), 1000):
        assert await keys_of(storage, limit=limit) == IN_ORDER[:limit]
        assert await keys_of(storage, limit=limit, owner="o") == IN_ORDER[:limit]


@pytest.mark.parametrize("owner", [None, "o"])
async def test_pages_of_ten_thousand_records_hold_each_once(
    storage: RecordStorage, owner: str | None
) -> None:
    await fill(storage, [f"other/{n}" for n in range(100)])
    keys = [f"emulator/conversations/{n}" for n in range(10_000)]
    await fill(storage, keys, owner="o")
    found: list[str] = []
    while page := await keys_of(
        storage, prefix="emulator/", owner=owner, after=found[-1] if found else "", limit=700
    ):
        found += page
    assert found == sorted(keys)


async def test_paging_goes_on_where_the_last_page_was_deleted(storage: RecordStorage) -> None:
    keys = [f"k{n:03}" for n in range(100)]
    await fill(storage, keys)
    found: list[str] = []
    while page := await keys_of(storage, after=found[-1] if found else "", limit=30):
        found += page
        await TypedStorage(storage).delete(page)
    assert found == keys
    assert await storage.scan() == []


text = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=4
)


@settings(
    max_examples=50,
    deadline=None,
    # One store serves all examples of a run, and each example clears it.
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(keys=st.lists(text, max_size=12, unique=True), prefix=text, after=text)
async def test_any_keys(storage: RecordStorage, keys: list[str], prefix: str, after: str) -> None:
    await TypedStorage(storage).delete([key for key, _ in await storage.scan()])
    await fill(storage, keys)
    assert await keys_of(storage) == sorted(keys)
    assert await keys_of(storage, prefix=prefix, after=after) == sorted(
        key for key in keys if key.startswith(prefix) and key > after
    )
