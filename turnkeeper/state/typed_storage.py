"""A store as the SDK sees it: objects go in and out, by the types that the bot named."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from botbuilder.core import Storage

from turnkeeper.errors import StorageError
from turnkeeper.storage import ANY, Change, RecordStorage
from turnkeeper.wire.codec import Codec


class TypedStorage(Storage):  # type: ignore[misc]  # the SDK is untyped
    """The SDK's ``Storage`` over a store of records, for stock BotState and a bot's own records.

    :param records: the store.
    :param codec: what may be stored, and how.
    """

    def __init__(self, records: RecordStorage, codec: Codec | None = None) -> None:
        self.records = records
        self.codec = codec or Codec()

    @classmethod
    def of(cls, storage: TypedStorage | RecordStorage) -> TypedStorage:
        """Return a storage as it is, or over a store of records one for the built-in types."""
        return storage if isinstance(storage, cls) else cls(storage)

    async def read(self, keys: Sequence[str]) -> dict[str, Any]:
        """Return decoded items with their ``e_tag`` inside; an absent one is left out.

        :raises UnreadableRecord: a record is of an unknown format or holds an unknown tag.
        """
        items: dict[str, Any] = {}
        for key, record in (await self.records.fetch(keys) if keys else {}).items():
            item = self.codec.decode_state(record.body, key=key)
            item["e_tag"] = record.e_tag
            items[key] = item
        return items

    async def write(self, changes: Mapping[str, Any]) -> None:
        """The SDK's ``Storage.write``, all or none.

        An item without ``e_tag``, or with "*", overwrites. After the write each dict in
        ``changes`` holds its new ``e_tag``, so that a second write in the same turn passes.

        :raises WriteConflict: an item's ``e_tag`` is not the stored one.
        """
        batch: list[Change] = []
        for key, item in changes.items():
            fields = dict(item if isinstance(item, Mapping) else vars(item))
            e_tag = fields.pop("e_tag", None)
            if e_tag == "":
                raise StorageError(f"{key}: e_tag is empty; leave it out, or use '*' to overwrite")
            batch.append(Change(key, self.codec.encode_state(fields), e_tag or ANY))
        for key, e_tag in (await self.records.commit(batch) if batch else {}).items():
            item = changes[key]
            if isinstance(item, dict):
                item["e_tag"] = e_tag
            else:
                item.e_tag = e_tag

    async def delete(self, keys: Collection[str]) -> None:
        """The SDK's ``Storage.delete``: whatever is stored goes; an absent key is no error."""
        if keys:
            await self.records.commit([Change(key, None, ANY) for key in dict.fromkeys(keys)])
