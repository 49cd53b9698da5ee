"""What answers by itself, and what is a person's."""

from __future__ import annotations

from typing import Any

import pytest

from turnkeeper.channels.automatic import kind_of_sender
from turnkeeper.wire.activity import decode_activity

AWAY = "I am out of the office until Monday."


def kind(text: str, channel: str = "email", sender: str = "ada@example.org", **more: Any) -> str:
    """Return the kind of a message."""
    told = {"type": "message", "channelId": channel, "text": text, "from": {"id": sender}}
    return kind_of_sender(decode_activity(told | {"conversation": {"id": "c"}} | more))


@pytest.mark.parametrize("channel", ["email", "outlook", "sms", "twilio-sms"])
@pytest.mark.parametrize(
    ("first", "next_"),
    [
        (AWAY, AWAY),
        (AWAY, f"  {AWAY.upper()}\n"),
        ("I am away until Monday", "I am away until Monday"),
        ("Bin im Urlaub", "Bin im Urlaub"),
        (f'{AWAY} You wrote: "What is your name?"', f'{AWAY} You wrote: "Thanks {AWAY}"'),
        (f"{AWAY}\n\n> What is your name?", f"{AWAY}\n\n> Thanks.\n> {AWAY}"),
        (f"> What is your name?\n\n{AWAY}", f"> Thanks.\n> again\n\n{AWAY}"),
        (f"{AWAY}\n-----Original Message-----\nA", f"{AWAY}\n-----Original Message-----\nB"),
        (f"{AWAY}\nOn Monday, Bot wrote:\nA", f"{AWAY}\nOn Tuesday, Bot wrote:\nB"),
        (f"{AWAY}\nVon: Bot\nA", f"{AWAY}\nVon: Bot\nB"),
        ("ただいま外出しております", "ただいま外出しております"),
        (
            "Thank you for your message, your case 00123 has been opened.",
            "Thank you for your message, your case 00124 has been opened.",
        ),
        ("Automatic reply: back at 9", "Automatic reply: back at 10"),
    ],
)
def test_notices_are_alike_whatever_they_count_and_quote(
    channel: str, first: str, next_: str
) -> None:
    assert kind(first, channel) == kind(next_, channel) != ""


@pytest.mark.parametrize(
    "sender", ["mailer-daemon@example.org", "MAILER-DAEMON", "postmaster@a.b", "no-reply@a.b"]
)
def test_what_a_machine_sends_is_alike_whatever_it_says(sender: str) -> None:
    assert kind("Could not deliver 1", sender=sender) == kind("And not 2", sender=sender) != ""


@pytest.mark.parametrize(
    "text",
    ["1", "yes", "strongly agree", "neither agree nor disagree", "sounds good to me", "はい", ""],
)
def test_short_answers_are_a_persons_however_often(text: str) -> None:
    assert kind(text, "sms") == ""


def test_what_a_person_orders_in_quotes_is_not_cut() -> None:
    order = "I would like to order the following from your list"
    assert kind(f'{order}: "Tea"') != kind(f'{order}: "Coffee"')


def test_two_people_are_not_alike() -> None:
    assert kind(AWAY) != kind(AWAY, sender="bob@example.org")


def test_what_differs_is_not_alike() -> None:
    things = ("the red one", "the blue one", "returns", "delivery to Spain", "opening hours")
    kinds = {kind(f"I would like to know more about {thing}, please") for thing in things}
    assert len(kinds) == len(things)


def test_on_other_channels_a_person_may_repeat_what_they_like() -> None:
    assert kind(AWAY, "webchat") == kind(AWAY, "msteams") == ""


@pytest.mark.parametrize(
    "more",
    [
        {"from": {"id": "b", "role": "bot"}},
        {"channelData": {"message": {"from": {"is_bot": True}}}},
        {"channelData": {"SlackMessage": {"event": {"bot_id": "B1"}}}},
    ],
)
def test_all_that_a_bot_says_is_alike(more: dict[str, Any]) -> None:
    assert kind("1", "slack", **more) == kind("2", "slack", **more) != ""
    assert kind("2", "slack", **more, type="messageUpdate") == kind("1", "slack", **more)
    assert kind("1", "slack", **more, type="event") == ""


def test_the_anonymous_administrator_of_a_telegram_group_is_a_person() -> None:
    author = {"is_bot": True, "id": 1087968824}
    assert kind("hi", "telegram", channelData={"message": {"from": author}}) == ""
