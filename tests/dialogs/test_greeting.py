"""What a person whom the bot knows is told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from botbuilder.schema import Activity, Attachment, ChannelAccount, Entity
from hypothesis import given
from hypothesis import strategies as st

from config import Config
from dialogs.greeting import greeting_text
from dialogs.messages import Words
from dialogs.visits import Visit
from state.models import UserProfile
from tests.dialogs.person import NOW, Person

NAMES = {
    "emulator": "Bot Framework Emulator (emulator)",
    "msteams": "Microsoft Teams (msteams)",
    "test": "Test (test)",
}


def client_info(zone: str) -> Entity:
    """Return Teams' clientInfo entity as the SDK reads it from JSON."""
    entity = Entity(type="clientInfo")
    entity.additional_properties = {"timezone": zone}
    return entity


@pytest.mark.parametrize("channel", NAMES)
async def test_a_known_person_gets_what_when_and_where_in_three_lines(channel: str) -> None:
    person = Person(channel)
    await person.introduces_herself()
    assert await person.says("hello", local_timezone="Europe/Paris") == (
        "Ada sent: hello\n"
        "Message received at: Tuesday, November 24, 2026, 6:44:54 AM (Europe/Paris)\n"
        f"Message received from: {NAMES[channel]}"
    )


@pytest.mark.parametrize(
    ("fields", "when"),
    [
        ({"local_timezone": "Asia/Tokyo"}, "2:44:54 PM (Asia/Tokyo)"),
        ({"entities": [client_info("Europe/Paris")]}, "6:44:54 AM (Europe/Paris)"),
        (
            {"local_timestamp": NOW.astimezone(timezone(timedelta(hours=9)))},
            "2:44:54 PM (UTC+09:00)",
        ),
        ({"local_timezone": "Mars/Olympus"}, "5:44:54 AM (UTC)"),
        ({}, "5:44:54 AM (UTC)"),
        ({"timestamp": datetime(1, 1, 1, tzinfo=UTC)}, "5:44:54 AM (UTC)"),
        ({"timestamp": datetime.max.replace(tzinfo=UTC)}, "5:44:54 AM (UTC)"),
    ],
)
async def test_the_time_is_the_persons_own(
    person: Person, fields: dict[str, object], when: str
) -> None:
    await person.introduces_herself()
    line = (await person.says("hello", **fields)).splitlines()[1]
    assert line == f"Message received at: Tuesday, November 24, 2026, {when}"


async def test_the_zone_is_remembered_for_messages_that_tell_none(person: Person) -> None:
    await person.introduces_herself()
    await person.says("hello", local_timezone="Europe/Paris")
    assert "6:44:54 AM (Europe/Paris)" in await person.says("hello")


@pytest.mark.parametrize(
    ("fields", "what"),
    [
        ({"value": {"kind": "submit"}}, "a card"),
        ({"attachments": [Attachment(content_type="image/png")]}, "an attachment"),
        ({"attachments": [Attachment(content_type="text/html")]}, "an empty message"),
        ({"attachments": []}, "an empty message"),
        ({}, "an empty message"),
    ],
)
async def test_a_message_without_text_is_named(
    person: Person, fields: dict[str, object], what: str
) -> None:
    await person.introduces_herself()
    assert (await person.says(None, **fields)).splitlines()[0] == f"Ada sent: {what}"


@pytest.mark.parametrize(
    ("text", "echo"),
    [
        ("**bold** <b>{name}</b>", "**bold** <b>{name}</b>"),
        ("one\ntwo\r\nthree\u2028four", "one two three four"),
        ("bell\x07, half \ud83d pair", "bell, half \ufffd pair"),
    ],
)
async def test_the_echo_is_one_line(person: Person, text: str, echo: str) -> None:
    await person.introduces_herself()
    reply = await person.says(text)
    assert reply.splitlines()[0] == f"Ada sent: {echo}"
    assert len(reply.splitlines()) == 3


@pytest.mark.parametrize(("channel", "limit"), [("sms", 1600), ("facebook", 2000), ("kiosk", 1600)])
async def test_of_a_long_text_as_much_is_echoed_as_the_channel_takes(
    channel: str, limit: int
) -> None:
    person = Person(channel)
    await person.introduces_herself()
    room = limit - len(await person.says("")) + len("an empty message")
    assert (await person.says("x" * room)).startswith(f"Ada sent: {'x' * room}\n")
    reply = await person.says("x" * (room + 1))
    assert reply.startswith(f"Ada sent: {'x' * (room - 1)}…\n")
    assert len(reply) == limit


@pytest.mark.parametrize("text", ["x" * 250_000, "🏳️‍🌈" * 60_000, "ش " * 100_000])
async def test_of_a_very_long_text_a_screen_is_enough(text: str) -> None:
    person = Person("msteams")
    await person.introduces_herself()
    first = (await person.says(text)).splitlines()[0]
    assert first.endswith(("…", "…\u2069"))
    assert len(first.encode("utf-16-le")) / 2 <= 2_050


async def test_the_bots_own_mention_is_not_echoed(person: Person) -> None:
    mention = Entity(type="mention")
    mention.additional_properties = {"mentioned": {"id": "bot"}, "text": "<at>Bot</at>"}
    await person.introduces_herself()
    reply = await person.says("<at>Bot</at> hello Bot", entities=[mention])
    assert reply.splitlines()[0] == "Ada sent: hello Bot"


TEAM = {"id": "19:team", "name": "Contoso"}


@pytest.mark.parametrize(
    ("kind", "channel_data", "where"),
    [
        ("personal", None, ""),
        ("groupChat", None, ", group chat"),
        ("channel", None, ", channel"),
        ("channel", {"team": TEAM, "channel": {"id": "19:a"}}, ", channel"),
        ("channel", {"channel": {"id": "19:a", "name": "Sales"}}, ", channel Sales"),
        ("channel", {"team": {"id": "19:a"}, "channel": {"id": "19:a"}}, ", channel General"),
        (
            "channel",
            {"team": TEAM, "channel": {"id": "19:team"}},
            ", channel General in team Contoso",
        ),
    ],
)
async def test_the_place_tells_group_chats_and_channels(
    kind: str, channel_data: object, where: str
) -> None:
    person = Person("msteams")
    person.goes_to("19:a", conversation_type=kind)
    await person.introduces_herself()
    line = (await person.says("hello", channel_data=channel_data)).splitlines()[2]
    assert line == f"Message received from: Microsoft Teams (msteams){where}"


async def test_an_unknown_channel_is_shown_by_its_id() -> None:
    person = Person("contoso-kiosk")
    await person.introduces_herself()
    assert (await person.says("hello")).endswith("\nMessage received from: contoso-kiosk")


@pytest.mark.parametrize(("minutes", "lines"), [(29, 3), (30, 4)])
async def test_a_person_is_welcomed_back_after_a_silence(
    person: Person, minutes: int, lines: int
) -> None:
    await person.introduces_herself()
    person.later(minutes=minutes)
    assert len((await person.says("hi again")).splitlines()) == lines
    assert len((await person.says("and again")).splitlines()) == 3


async def test_the_silence_is_configurable() -> None:
    person = Person(config=Config(welcome_back_after_minutes=5 / 60))
    await person.introduces_herself()
    person.later(seconds=5)
    assert (await person.says("hi again")).startswith("Welcome back, Ada!")


async def test_a_person_is_told_of_the_last_personal_chat_and_of_no_group() -> None:
    person = Person("msteams")
    person.goes_to("a:1", conversation_type="personal")
    await person.introduces_herself()
    person.later(minutes=30)
    person.goes_to("19:a", conversation_type="groupChat")
    await person.says("hi all", local_timezone="Asia/Tokyo")
    person.later(minutes=30)
    person.goes_to("a:1", conversation_type="personal")
    assert await person.says("hi again", local_timezone="Europe/Paris") == (
        "Welcome back, Ada! You were last here on Tuesday, November 24, 2026, 6:44:54 AM "
        "(Europe/Paris), on Microsoft Teams (msteams).\n"
        "Ada sent: hi again\n"
        "Message received at: Tuesday, November 24, 2026, 7:44:54 AM (Europe/Paris)\n"
        "Message received from: Microsoft Teams (msteams)"
    )


async def test_who_was_in_groups_alone_is_told_of_no_visit() -> None:
    person = Person("msteams")
    person.goes_to("19:a", conversation_type="groupChat")
    await person.introduces_herself()
    person.later(hours=1)
    person.goes_to("a:1", conversation_type="personal")
    assert (await person.says("hi again")).startswith("Welcome back, Ada!\nAda sent: hi again\n")


@pytest.mark.parametrize("others", ["personal", "groupChat", "channel"])
async def test_a_person_seen_a_moment_ago_elsewhere_is_not_welcomed_back(others: str) -> None:
    person = Person("msteams")
    person.goes_to("19:a;messageid=1", conversation_type="channel")
    await person.introduces_herself()
    person.later(seconds=5)
    for thread in ("19:a;messageid=2", "19:a;messageid=1", "19:b"):
        person.goes_to(thread, conversation_type=others)
        assert (await person.says("hi again")).startswith("Ada sent: hi again\n")


async def test_where_others_read_it_the_time_is_in_utc() -> None:
    person = Person("msteams")
    person.goes_to("a:1", conversation_type="personal")
    await person.introduces_herself()
    await person.says("hi", local_timezone="Asia/Tokyo")
    person.goes_to("19:a", conversation_type="groupChat")
    line = (await person.says("hi", local_timezone="Europe/Paris")).splitlines()[1]
    assert line.endswith(" 5:44:54 AM (UTC)")
    person.goes_to("a:1", conversation_type="personal")
    assert (await person.says("hi")).splitlines()[1].endswith("(Asia/Tokyo)")


@pytest.mark.parametrize("ahead", [timedelta(hours=1), timedelta(days=300)])
async def test_a_message_stamped_ahead_of_now_hides_no_silence(ahead: timedelta) -> None:
    person = Person()
    await person.introduces_herself()
    line = (await person.says("hello", timestamp=person.now + ahead)).splitlines()[1]
    assert line == "Message received at: Tuesday, November 24, 2026, 5:44:54 AM (UTC)"
    person.later(minutes=30)
    assert (await person.says("hi again")).startswith("Welcome back, Ada!")


async def test_a_message_that_comes_late_takes_no_silence_back() -> None:
    person = Person()
    await person.introduces_herself()
    person.later(minutes=29)
    await person.says("hello")
    await person.says("sent before", timestamp=person.now - timedelta(hours=5))
    person.later(minutes=1)
    assert (await person.says("hi again")).startswith("Ada sent: hi again\n")


def test_the_last_time_of_an_old_record_may_lie_ahead_of_now() -> None:
    ahead = UserProfile(name="Ada", last_seen_at=NOW.timestamp() + 1e6)
    assert Visit(NOW, None, personal=True).silence_before(ahead) == 0


@pytest.mark.parametrize(
    "others", [{"conversation_type": "groupChat"}, {"conversation_type": "channel"}]
)
@pytest.mark.parametrize("before", ["personal", "groupChat", "channel"])
async def test_where_others_read_it_nothing_is_told_of_where_and_when_a_person_was(
    before: str, others: dict[str, str]
) -> None:
    person = Person("msteams")
    person.goes_to("19:secret", conversation_type=before)
    await person.introduces_herself()
    team = {"team": {"id": "19:t", "name": "Layoffs"}, "channel": {"id": "19:x", "name": "Plan"}}
    data = {"channel_data": team} if before == "channel" else {}
    await person.says("hello", local_timezone="Asia/Tokyo", **data)
    person.later(days=1)
    person.goes_to("19:open", **others)
    lines = (await person.says("hi again", local_timezone="Europe/Paris")).splitlines()
    assert lines[:2] == ["Welcome back, Ada!", "Ada sent: hi again"]
    assert lines[2].endswith("(UTC)")
    assert len(lines) == 4
    person.later(minutes=30)
    assert (await person.says("hi")).splitlines()[0] == "Welcome back, Ada!"


async def test_the_profile_keeps_what_the_last_message_told() -> None:
    person = Person("msteams")
    ada = ChannelAccount(id="29:ada", name="Ada", aad_object_id="ada-in-entra")
    person.adapter.template.from_property = ada
    person.goes_to("a:1", conversation_type="personal", tenant_id="contoso")
    await person.introduces_herself()
    await person.says("hello", local_timezone="Asia/Tokyo", locale="en-GB")
    person.later(minutes=1)
    await person.says("hello", locale="no locale")
    profile = person.profile
    assert profile is not None
    assert (profile.time_zone, profile.locale) == ("Asia/Tokyo", "en-GB")
    assert (profile.aad_object_id, profile.tenant_id) == ("ada-in-entra", "contoso")
    assert profile.last_seen_at == person.now.timestamp()
    assert profile.last_visit_at == person.now.timestamp()
    assert profile.last_visit_channel == "Microsoft Teams (msteams)"
    assert profile.last_conversation == "a:1"


async def test_of_a_message_in_a_group_the_profile_keeps_no_place_and_no_zone() -> None:
    person = Person("msteams")
    person.goes_to("19:a", conversation_type="groupChat")
    await person.introduces_herself()
    await person.says("hello", local_timezone="Asia/Tokyo")
    profile = person.profile
    assert profile is not None
    assert profile.last_seen_at == person.now.timestamp()
    assert (profile.time_zone, profile.last_visit_at, profile.last_visit_channel) == ("", None, "")


@pytest.mark.parametrize("kind", ["typing", "messageUpdate", "conversationUpdate", "event"])
async def test_what_is_no_message_is_no_visit(person: Person, kind: str) -> None:
    await person.introduces_herself()
    person.later(minutes=29)
    assert await person.sends("edited", type=kind) is None
    person.later(minutes=1)
    assert (await person.says("hi again")).startswith("Welcome back, Ada!")


async def test_dates_are_as_in_the_persons_region() -> None:
    person = Person()
    await person.introduces_herself()
    line = (await person.says("hello", locale="en-GB")).splitlines()[1]
    assert line == "Message received at: Tuesday, 24 November 2026, 05:44:54 (UTC)"


WORDS = Words.for_locale("en")


@given(
    text=st.none() | st.text(), value=st.none() | st.just({}), attachments=st.none() | st.just([])
)
def test_any_message_is_greeted_in_three_lines(
    text: str | None, value: object, attachments: object
) -> None:
    activity = Activity(text=text, value=value, attachments=attachments, channel_id="test")
    greeting = greeting_text(WORDS, "Ada", activity, when="now", where="here")
    assert len(greeting.splitlines()) == 3
    assert greeting.encode("utf-8")
