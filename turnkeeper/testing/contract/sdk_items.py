"""What the SDK's ``Storage`` gives back is what it was given: dicts, and objects by class."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import pytest
from botbuilder.core import StoreItem
from botbuilder.dialogs import DialogState

from turnkeeper.errors import WriteConflict
from turnkeeper.state.typed_storage import TypedStorage
from turnkeeper.storage import ANY, RecordStorage
from turnkeeper.wire.codec import Codec
from turnkeeper.wire.types import Types


@dataclass
class Known:
    """A person, as a bot stores one."""

    name: str = ""


@dataclass(frozen=True)
class Order:
    """What cannot be changed; it has an e_tag, as the SDK's items have."""

    pizzas: int = 0
    e_tag: str = ANY


@dataclass(slots=True)
class Slim:
    """What has no place for an e_tag."""

    n: int = 0


@dataclass(slots=True)
class Held:
    """What has a place for an e_tag, and no other for what it is not told."""

    n: int
    e_tag: str | None = None


@pytest.mark.asyncio
class SdkItems:
    """Objects and dicts that are written and read."""

    @pytest.fixture
    def typed(self, storage: RecordStorage) -> TypedStorage:
        """Return the SDK's storage over the store, for what the bot stores."""
        return TypedStorage(storage, Codec(Types(Known, Order, Slim, Held)))

    async def test_an_object_with_attributes_may_be_written(self, typed: TypedStorage) -> None:
        item = SimpleNamespace(n=1, e_tag=ANY)
        for n in (1, 2):
            item.n = n
            with pytest.warns(DeprecationWarning, match=r"types=Types\(SimpleNamespace\)"):
                await typed.write({"k": item})
        assert await typed.read(["k"]) == {"k": {"n": 2, "e_tag": item.e_tag}}

    @pytest.mark.parametrize(
        "make",
        [
            lambda: StoreItem(n=1, e_tag=ANY),
            lambda: Known("Ada"),
            lambda: Order(3),
            lambda: Held(1),
            DialogState,
        ],
        ids=["StoreItem", "dataclass", "frozen", "slots", "of the SDK"],
    )
    async def test_an_object_of_a_class_that_was_named_comes_back_as_one(
        self, typed: TypedStorage, make: Callable[[], Any]
    ) -> None:
        item, bodies = make(), set()
        for _ in range(2):
            await typed.write({"k": item})
            record = (await typed.records.fetch(["k"]))["k"]
            bodies.add(record.body)
            assert item.e_tag == record.e_tag
        read = (await typed.read(["k"]))["k"]
        assert type(read) is type(item)
        assert read == item if hasattr(item, "__slots__") else vars(read) == vars(item)
        assert len(bodies) == 1  # the e_tag is not in it

    async def test_an_object_without_a_place_for_an_e_tag_overwrites(
        self, typed: TypedStorage
    ) -> None:
        for n in (1, 2):
            await typed.write({"k": Slim(n)})
            assert await typed.read(["k"]) == {"k": Slim(n)}

    async def test_an_object_that_was_changed_by_another_is_not_overwritten(
        self, typed: TypedStorage
    ) -> None:
        await typed.write({"k": StoreItem(n=1)})
        mine, theirs = [(await typed.read(["k"]))["k"] for _ in range(2)]
        theirs.n = 2
        await typed.write({"k": theirs})
        mine.n = 3
        with pytest.raises(WriteConflict):
            await typed.write({"k": mine})
        assert (await typed.read(["k"]))["k"].n == 2

    @pytest.mark.parametrize("item", [{"$": "a"}, {"$": {"$": "Known"}}, {"$": 1, "n": 2}])
    async def test_a_dict_is_no_object_whatever_its_keys_are(
        self, typed: TypedStorage, item: dict[str, Any]
    ) -> None:
        written = dict(item)
        await typed.write({"k": written})
        assert await typed.read(["k"]) == {"k": written}
        assert item.items() < written.items()

    async def test_what_is_no_item_is_refused(self, typed: TypedStorage) -> None:
        for item in ("text", 5, None, [1]):
            with pytest.raises(TypeError):
                await typed.write({"k": item})
        assert await typed.read(["k"]) == {}
