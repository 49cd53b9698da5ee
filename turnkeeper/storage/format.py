"""The mark of a store: the format of what the engine keeps in it, written once.

Version 0.1 left no mark. Its records are read on; see
:attr:`turnkeeper.address.Address.old_ledger_key`.
"""

from __future__ import annotations

import json
from typing import Final

from turnkeeper.errors import SettingsError, UnreadableRecord
from turnkeeper.storage.records import ANY, Change, RecordStorage

KEY: Final = "~/format"
"""Of the mark. No channel's id and no bot's name begins so."""

FORMAT: Final = 4
"""Since version 0.6; 3 since 0.5, 2 since 0.2. A store of a newer format is refused."""

OWED_APART: Final = 3
"""Since this one what is owed is in records of its own; in earlier ones it is in the ledgers."""

_BODY: Final = f'{{"v":1,"state":{{"format":{FORMAT}}}}}'


async def format_of(storage: RecordStorage) -> int:
    """Return the format of a store; 0 where it has no mark: it is new, or of version 0.1.

    :raises SettingsError: it is of a newer format, which this version must not write into.
    :raises UnreadableRecord: the mark cannot be read.
    """
    record = (await storage.fetch([KEY])).get(KEY)
    if record is None:
        return 0
    try:
        found: int = json.loads(record.body)["state"]["format"]
        newer = found > FORMAT
    except (ValueError, KeyError, TypeError):
        raise UnreadableRecord(KEY, "not the mark of a store") from None
    if newer:
        raise SettingsError.of(
            "STORAGE_URL",
            f"the store is of format {found}, and this version knows {FORMAT}; "
            "run the version that wrote it, or name another store",
        )
    return found


async def mark(storage: RecordStorage) -> None:
    """Mark a store as one of this version's format. No process of an earlier one may run beside."""
    await storage.commit([Change(KEY, _BODY, ANY)])
