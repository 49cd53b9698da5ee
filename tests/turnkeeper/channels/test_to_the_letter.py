"""What a channel counts, hears and spells: units and not characters, the longest name, any case."""

from __future__ import annotations

import pytest
from botbuilder.schema import Activity, ChannelAccount, Entity

from turnkeeper.channels import channel_name, fit, limits_of, text_for_bot, units


def test_an_emoji_counts_as_the_two_units_that_it_takes() -> None:
    limits = limits_of(Activity(channel_id="sms"))
    reply = Activity(type="message", text="\N{WAVING HAND SIGN}" * (limits.longest_text - 1))
    fit(reply, limits, "en")
    assert units(reply.text) <= limits.longest_text
    assert reply.text.endswith("…")


def test_what_a_bot_wants_spoken_is_spoken() -> None:
    limits = limits_of(Activity(channel_id="telephony"))
    reply = Activity(type="message", text="7 km", speak="<speak>seven kilometres</speak>")
    fit(reply, limits, "en")
    assert reply.speak == "<speak>seven kilometres</speak>"


@pytest.mark.parametrize("spellings", [("@Ann", "@Ann Lee"), ("@Ann Lee", "@Ann")])
def test_the_longest_of_a_bots_names_is_taken_out(spellings: tuple[str, str]) -> None:
    entities = [
        Entity().deserialize({"type": "mention", "text": text, "mentioned": {"id": "bot"}})
        for text in spellings
    ]
    activity = Activity(
        text="@Ann Lee, hello", entities=entities, recipient=ChannelAccount(id="bot")
    )
    assert text_for_bot(activity).endswith("hello")
    assert "Lee" not in text_for_bot(activity)


@pytest.mark.parametrize("channel", ["msteams", "MSTeams", "MSTEAMS"])
def test_a_channel_has_its_name_in_any_case(channel: str) -> None:
    assert channel_name(channel) == f"Microsoft Teams ({channel})"
