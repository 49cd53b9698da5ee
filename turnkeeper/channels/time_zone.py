"""When a message was sent, and the time zone of the person who sent it."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import cache, lru_cache
from importlib.resources import files
from typing import NamedTuple
from zoneinfo import ZoneInfo

from babel.core import get_global
from botbuilder.schema import Activity

from turnkeeper.channels.entities import entities_of, text_in

_OFFSET = re.compile(r"UTC([+-])(\d\d):(\d\d)")
_LONGEST_NAME = 64
_FARTHEST_OFFSET = timedelta(hours=14)
_EARLIEST = datetime(2000, 1, 1, tzinfo=UTC).timestamp()  # seconds since the epoch


class Zone(NamedTuple):
    """A time zone.

    :param tzinfo: its rules.
    :param label: its name as people read it: "Europe/Paris", "UTC+09:00" or "UTC".
    """

    tzinfo: tzinfo
    label: str

    def label_at(self, moment: datetime) -> str:
        """Return the label, with the offset where clocks show the same time twice.

        So the hour before the clocks are set back can be told from the one after:
        "America/New_York, UTC-04:00".

        :param moment: an aware datetime, not at the very ends of the calendar.
        """
        local = moment.astimezone(self.tzinfo)
        offset = local.utcoffset()
        if offset is None or local.replace(fold=1 - local.fold).utcoffset() == offset:
            return self.label
        at = _zone_at(offset)
        return f"{self.label}, {at.label}" if at else self.label


UTC_ZONE = Zone(UTC, "UTC")


def zone_told_by(activity: Activity) -> Zone | None:
    """Return the zone that an activity tells of its sender, or None. Never raises.

    It is ``localTimezone``, else the ``timezone`` of Teams' ``clientInfo`` entity, else the
    offset of ``localTimestamp``. Unknown names and absurd offsets are passed over.

    :param activity: any incoming activity.
    """
    if zone := zone_named(activity.local_timezone):
        return zone
    for client in entities_of(activity, "clientInfo"):
        if zone := zone_named(text_in(client, "timezone")):
            return zone
    local = activity.local_timestamp
    offset = local.utcoffset() if isinstance(local, datetime) else None
    return None if offset is None else _zone_at(offset)


def zone_named(name: object) -> Zone | None:
    """Return the zone of an IANA or Windows name or of a label of ours, or None.

    :param name: such as "Europe/Paris", "W. Europe Standard Time" or "UTC+09:00"; of any type.
    """
    if not isinstance(name, str) or not 0 < len(name) <= _LONGEST_NAME:
        return None
    return _zone_named(name)


def sent_at(activity: Activity, now: float) -> datetime:
    """Return when an activity was sent, in UTC: its ``timestamp`` if that can be true, else now.

    A missing or naive timestamp, one before 2000 or one that is ahead of now is not believed.

    :param activity: any incoming activity.
    :param now: seconds since the epoch.
    """
    stamp = activity.timestamp
    if not isinstance(stamp, datetime) or stamp.utcoffset() is None:
        return datetime.fromtimestamp(now, UTC)
    # Compared before it is converted: the conversion overflows at both ends of the calendar.
    if not _EARLIEST <= stamp.timestamp() <= now:
        return datetime.fromtimestamp(now, UTC)
    return stamp if stamp.tzinfo is UTC else stamp.astimezone(UTC)


@lru_cache(maxsize=1024)
def _zone_named(name: str) -> Zone | None:
    if offset := _OFFSET.fullmatch(name):
        sign = -1 if offset[1] == "-" else 1
        return _zone_at(sign * timedelta(hours=int(offset[2]), minutes=int(offset[3])))
    # Only names from tzdata's own list are looked up: ZoneInfo would also open "localtime", which
    # is the server's zone, and "right/...", which counts leap seconds.
    known = _iana_names().get(name.casefold()) or get_global("windows_zone_mapping").get(name)
    return Zone(ZoneInfo(known), known) if known else None


def _zone_at(offset: timedelta) -> Zone | None:
    minutes, rest = divmod(offset, timedelta(minutes=1))
    if rest or abs(offset) > _FARTHEST_OFFSET:
        return None
    if not minutes:
        return UTC_ZONE
    sign = "-" if minutes < 0 else "+"
    hours, minutes = divmod(abs(minutes), 60)
    return Zone(timezone(offset), f"UTC{sign}{hours:02}:{minutes:02}")


@cache
def _iana_names() -> dict[str, str]:
    """Return every IANA name, by its spelling without case."""
    names = files("tzdata").joinpath("zones").read_text("utf-8").split()
    return {name.casefold(): name for name in names}
