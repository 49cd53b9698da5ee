"""What people call a channel."""

from __future__ import annotations

import pytest
from botframework.connector import Channels

from turnkeeper.channels.names import channel_name


@pytest.mark.parametrize(
    ("channel_id", "name"),
    [
        ("emulator", "Bot Framework Emulator (emulator)"),
        ("msteams", "Microsoft Teams (msteams)"),
        ("webchat", "Web Chat (webchat)"),
        ("directline", "Direct Line (directline)"),
        ("facebook", "Facebook Messenger (facebook)"),
    ],
)
def test_a_known_channel_has_its_name_and_its_id(channel_id: str, name: str) -> None:
    assert channel_name(channel_id) == name


@pytest.mark.parametrize("channel", Channels)
def test_every_channel_of_the_sdk_has_a_name(channel: Channels) -> None:
    assert channel_name(channel.value).endswith(f" ({channel.value})")


@pytest.mark.parametrize(
    ("channel_id", "name"),
    [
        ("contoso-kiosk", "contoso-kiosk"),
        ("a\nb\u202ec", "abc"),
        ("x" * 1000, "x" * 60),
        ("", "unknown"),
        (" ", "unknown"),
        (None, "unknown"),
        (7, "unknown"),
    ],
)
def test_an_unknown_channel_is_shown_by_its_id(channel_id: object, name: str) -> None:
    assert channel_name(channel_id) == name
