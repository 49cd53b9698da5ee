"""When records expire: on full hours, since one that is written at every turn is indexed by it."""

from __future__ import annotations

import math
from typing import Final

from turnkeeper.storage.records import Record

_HOUR: Final = 3600.0


def full_hour(moment: float) -> float:
    """Return the next full hour, in seconds since the epoch; a full hour as it is."""
    return math.ceil(moment / _HOUR) * _HOUR


def lasts(record: Record | None, ttl: float | None, now: float) -> bool:
    """Return whether a record that is not written again lives on for half of its time to live.

    :param record: None, which does not.
    :param ttl: in seconds; None for ever.
    """
    if record is None:
        return False
    if ttl is None or record.expires_at is None:
        return ttl is None and record.expires_at is None
    return record.expires_at - now > ttl / 2
