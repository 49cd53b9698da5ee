"""A scan is in order of code points, by prefix, by owner, page by page."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from turnkeeper.state.typed_storage import TypedStorage
from turnkeeper.storage import ANY, Change, RecordStorage

# In order of their code points: not of a locale, not of their UTF-16, not without case.
IN_ORDER: Final = [
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


TEXT: Final = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=4
)


async def fill(storage: RecordStorage, keys: list[str], owner: str = "") -> None:
    """Store an empty record under each key."""
    for start in range(0, len(keys), 500):
        await storage.commit(
            [Change(key, "{}", ANY, owner=owner) for key in keys[start : start + 500]]
        )


async def keys_of(storage: RecordStorage, **scan: object) -> list[str]:
    """Return the keys of a page."""
    return [key for key, _ in await storage.scan(**scan)]  # type: ignore[arg-type]


async def pages(storage: RecordStorage, most: int, **scan: object) -> AsyncIterator[list[str]]:
    """Yield the keys of one page after another up to an empty one, but of at most so many."""
    after = ""
    for _ in range(most):
        page = await keys_of(storage, after=after, **scan)
        if not page:
            return
        yield page
        after = page[-1]


@pytest.mark.asyncio
class Scans:
    """Any record is found once, in its place, by whoever asks for it."""

    async def test_a_scan_is_in_order_of_code_points(self, storage: RecordStorage) -> None:
        await fill(storage, IN_ORDER[::-1])
        assert await keys_of(storage) == IN_ORDER == sorted(IN_ORDER)

    async def test_a_scan_has_the_records_that_fetch_has(self, storage: RecordStorage) -> None:
        await storage.commit([Change("k", '{"v":1}', ANY, owner="o", expires_at=4e9)])
        assert dict(await storage.scan()) == await storage.fetch(["k"])

    @pytest.mark.parametrize("prefix", ["", *IN_ORDER, "A/1x", "none"])
    async def test_a_prefix_is_taken_literally(self, storage: RecordStorage, prefix: str) -> None:
        await fill(storage, IN_ORDER)
        expected = [key for key in IN_ORDER if key.startswith(prefix)]
        assert await keys_of(storage, prefix=prefix) == expected

    async def test_after_is_exclusive_and_need_not_exist(self, storage: RecordStorage) -> None:
        await fill(storage, IN_ORDER)
        for after in [*IN_ORDER, "", "A/1x", "none", "\U0010ffff\U0010ffff\U0010ffff"]:
            expected = [key for key in IN_ORDER if key > after]
            assert await keys_of(storage, after=after) == expected
            expected = [key for key in expected if key.startswith("A")]
            assert await keys_of(storage, after=after, prefix="A") == expected

    async def test_a_scan_by_owner(self, storage: RecordStorage) -> None:
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

    async def test_an_owner_changed_or_taken_away_is_found_no_more(
        self, storage: RecordStorage
    ) -> None:
        await fill(storage, ["a", "b", "c"], owner="ada")
        await fill(storage, ["a"], owner="grace")
        await fill(storage, ["b"])
        assert await keys_of(storage, owner="ada") == ["c"]
        assert await keys_of(storage, owner="grace") == ["a"]

    async def test_a_page_has_at_most_limit_records(self, storage: RecordStorage) -> None:
        await fill(storage, IN_ORDER, owner="o")
        for limit in (1, 2, len(IN_ORDER), 1000):
            assert await keys_of(storage, limit=limit) == IN_ORDER[:limit]
            assert await keys_of(storage, limit=limit, owner="o") == IN_ORDER[:limit]

    async def test_a_page_has_500_records_unless_told(self, storage: RecordStorage) -> None:
        keys = [f"k{n:03}" for n in range(501)]
        await fill(storage, keys[::-1], owner="o")
        assert await keys_of(storage) == await keys_of(storage, owner="o") == keys[:500]

    async def test_prefix_owner_after_and_limit_hold_together(self, storage: RecordStorage) -> None:
        await fill(storage, IN_ORDER[::2], owner="o")
        await fill(storage, IN_ORDER[1::2], owner="p")
        for owner, keys in (("o", IN_ORDER[::2]), ("p", IN_ORDER[1::2])):
            for after in IN_ORDER:
                page = await keys_of(storage, prefix="A", owner=owner, after=after, limit=3)
                assert page == [key for key in keys if key.startswith("A") and key > after][:3]

    async def test_a_record_written_again_keeps_its_place(self, storage: RecordStorage) -> None:
        await fill(storage, ["a", "b", "c"])
        await fill(storage, ["a"])
        assert await keys_of(storage) == ["a", "b", "c"]
        await storage.commit([Change("a", None, ANY)])
        await fill(storage, ["a"])
        assert await keys_of(storage) == ["a", "b", "c"]

    @pytest.mark.parametrize("owner", [None, "o"])
    async def test_pages_of_ten_thousand_records_hold_each_once(
        self, storage: RecordStorage, owner: str | None
    ) -> None:
        await fill(storage, [f"other/{n}" for n in range(100)])
        keys = [f"emulator/conversations/{n}" for n in range(10_000)]
        await fill(storage, keys, owner="o")
        found: list[str] = []
        async for page in pages(storage, most=20, prefix="emulator/", owner=owner, limit=700):
            found += page
        assert found == sorted(keys)

    async def test_paging_goes_on_where_the_last_page_was_deleted(
        self, storage: RecordStorage
    ) -> None:
        keys = [f"k{n:03}" for n in range(100)]
        await fill(storage, keys)
        found: list[str] = []
        async for page in pages(storage, most=20, limit=30):
            found += page
            await TypedStorage(storage).delete(page)
        assert found == keys
        assert await storage.scan() == []

    @settings(
        max_examples=50,
        deadline=None,
        # One store serves all examples of a run, and each example clears it.
        suppress_health_check=[
            HealthCheck.function_scoped_fixture,
            HealthCheck.differing_executors,
        ],
    )
    @given(keys=st.lists(TEXT, max_size=12, unique=True), prefix=TEXT, after=TEXT)
    async def test_a_scan_of_any_keys_has_what_was_asked_for(
        self, storage: RecordStorage, keys: list[str], prefix: str, after: str
    ) -> None:
        await TypedStorage(storage).delete([key for key, _ in await storage.scan()])
        await fill(storage, keys)
        assert await keys_of(storage) == sorted(keys)
        assert await keys_of(storage, prefix=prefix, after=after) == sorted(
            key for key in keys if key.startswith(prefix) and key > after
        )
