"""When a message was sent, and the time zone of its sender."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from botbuilder.schema import Activity, Entity
from hypothesis import given
from hypothesis import strategies as st

from turnkeeper.channels.time_zone import UTC_ZONE, sent_at, zone_named, zone_told_by

NOW = datetime(2026, 11, 24, 5, 44, 54, tzinfo=UTC)
TOKYO = timezone(timedelta(hours=9))


def client_info(zone: object) -> Entity:
    """Return Teams' clientInfo entity as the SDK reads it from JSON."""
    entity = Entity(type="clientInfo")
    entity.additional_properties = {"locale": "en-US", "timezone": zone}
    return entity


@pytest.mark.parametrize(
    ("local_timezone", "in_client_info", "local_timestamp", "label"),
    [
        ("Europe/Paris", "Asia/Tokyo", NOW.astimezone(TOKYO), "Europe/Paris"),
        (None, "America/New_York", NOW.astimezone(TOKYO), "America/New_York"),
        (None, None, NOW.astimezone(TOKYO), "UTC+09:00"),
        (None, None, NOW.astimezone(timezone(timedelta(hours=-3, minutes=-30))), "UTC-03:30"),
        (None, None, NOW, "UTC"),
        ("Mars/Olympus", "Asia/Tokyo", None, "Asia/Tokyo"),
        ("Mars/Olympus", "Nowhere", NOW.astimezone(TOKYO), "UTC+09:00"),
    ],
)
def test_the_zone_is_the_first_that_the_activity_tells(
    local_timezone: str | None,
    in_client_info: str | None,
    local_timestamp: datetime | None,
    label: str,
) -> None:
    activity = Activity(
        local_timezone=local_timezone,
        local_timestamp=local_timestamp,
        entities=[Entity(type="other"), client_info(in_client_info)],
    )
    zone = zone_told_by(activity)
    assert zone is not None
    assert zone.label == label


@pytest.mark.parametrize(
    "activity",
    [
        Activity(),
        Activity(local_timezone="Mars/Olympus"),
        Activity(local_timestamp=datetime(2026, 1, 1)),  # noqa: DTZ001 - a naive one is the case
        Activity(local_timestamp=NOW.astimezone(timezone(timedelta(hours=23)))),
        Activity(local_timestamp=NOW.astimezone(timezone(timedelta(seconds=30)))),
        Activity(entities=[client_info({"odd": 1})]),
        Activity(entities="odd"),
    ],
)
def test_an_activity_may_tell_no_zone(activity: Activity) -> None:
    assert zone_told_by(activity) is None


@pytest.mark.parametrize(
    ("name", "label", "hours"),
    [
        ("Europe/Paris", "Europe/Paris", 1),
        ("europe/paris", "Europe/Paris", 1),
        ("W. Europe Standard Time", "Europe/Berlin", 1),
        ("UTC", "UTC", 0),
        ("UTC+09:00", "UTC+09:00", 9),
        ("UTC-09:30", "UTC-09:30", -9.5),
    ],
)
def test_a_zone_has_an_iana_name_a_windows_name_or_a_label_of_ours(
    name: str, label: str, hours: float
) -> None:
    zone = zone_named(name)
    assert zone is not None
    assert zone.label == label
    assert NOW.astimezone(zone.tzinfo).utcoffset() == timedelta(hours=hours)


@pytest.mark.parametrize(
    "name",
    ["", None, 7, "localtime", "right/Europe/Paris", "../../etc/passwd", "America", "\x00"]
    + ["UTC+99:99", "UTC+14:01", "Europe/Paris\n", "x" * 100_000],
)
def test_what_is_no_zone_is_passed_over(name: object) -> None:
    assert zone_named(name) is None


@given(st.text())
def test_any_text_may_be_given_for_a_zone(name: str) -> None:
    zone = zone_named(name)
    assert zone is None or zone_named(zone.label) == zone


@given(st.integers(-14 * 60, 14 * 60))
def test_an_offset_is_read_back_from_its_label(minutes: int) -> None:
    local = NOW.astimezone(timezone(timedelta(minutes=minutes)))
    zone = zone_told_by(Activity(local_timestamp=local))
    assert zone is not None
    again = zone_named(zone.label)
    assert again is not None
    assert again.label == zone.label
    assert NOW.astimezone(again.tzinfo).utcoffset() == timedelta(minutes=minutes)


def test_a_zero_offset_is_utc() -> None:
    assert zone_told_by(Activity(local_timestamp=NOW)) == UTC_ZONE


@pytest.mark.parametrize("stamp", [NOW, NOW - timedelta(days=900), NOW - timedelta(seconds=1)])
def test_a_message_was_sent_at_its_timestamp(stamp: datetime) -> None:
    assert sent_at(Activity(timestamp=stamp.astimezone(TOKYO)), NOW.timestamp()) == stamp


@pytest.mark.parametrize(
    "stamp",
    [
        None,
        "2026-11-24T05:44:54Z",
        datetime(2026, 11, 24, 5, 44, 54),  # noqa: DTZ001 - a naive one is the case
        datetime(1, 1, 1, tzinfo=TOKYO),
        datetime(9999, 12, 31, 23, 59, tzinfo=timezone(timedelta(hours=-12))),
        NOW + timedelta(seconds=1),
        NOW + timedelta(days=300),
        NOW + timedelta(days=367),
    ],
)
def test_a_missing_or_absurd_timestamp_or_one_ahead_of_now_means_now(stamp: object) -> None:
    assert sent_at(Activity(timestamp=stamp), NOW.timestamp()) == NOW


@given(st.datetimes(timezones=st.timezones() | st.none()))
def test_any_timestamp_gives_a_moment_that_can_be_told(stamp: datetime) -> None:
    moment = sent_at(Activity(timestamp=stamp), NOW.timestamp())
    assert moment.astimezone(TOKYO).year >= 2000


@pytest.mark.parametrize(
    ("moment", "zone", "label"),
    [
        ("2026-11-01T05:30Z", "America/New_York", "America/New_York, UTC-04:00"),
        ("2026-11-01T06:30Z", "America/New_York", "America/New_York, UTC-05:00"),
        ("2026-11-01T04:59:59Z", "America/New_York", "America/New_York"),
        ("2026-11-01T07:00Z", "America/New_York", "America/New_York"),
        ("2026-03-08T07:00Z", "America/New_York", "America/New_York"),
        ("2026-10-25T00:30Z", "Europe/London", "Europe/London, UTC+01:00"),
        ("2026-10-25T01:30Z", "Europe/London", "Europe/London, UTC"),
        ("2026-11-01T05:30Z", "UTC-05:00", "UTC-05:00"),
        ("2026-11-01T05:30Z", "UTC", "UTC"),
    ],
)
def test_an_hour_that_comes_twice_shows_its_offset(moment: str, zone: str, label: str) -> None:
    known = zone_named(zone)
    assert known is not None
    assert known.label_at(datetime.fromisoformat(moment)) == label
