"""A person of the cloud sends what the real clients sent."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from turnkeeper.testing import Cloud, Person
from turnkeeper.testing.outside.connector import Activity

CAPTURES = Path(__file__).parents[1] / "captures"
# What a team is called and where a message came from has no bearing on a bot's answer.
LEFT_OUT = {
    "channelData.source",
    "channelData.source.name",
    "channelData.team.aadGroupId",
    "channelData.team.name",
}


@pytest.mark.parametrize(
    "capture",
    [
        "emulator-4.15.1-conversationUpdate-both-added",
        "emulator-4.15.1-message",
        "playground-directline-message",
        "playground-msteams-channel-installationUpdate-remove",
        "playground-msteams-channel-message-mention",
        "playground-msteams-group-conversationUpdate-bot-added",
        "playground-msteams-group-installationUpdate-add",
        "playground-msteams-group-message-mention",
        "playground-msteams-personal-conversationUpdate-both-added",
        "playground-msteams-personal-installationUpdate-add",
        "playground-msteams-personal-message",
        "playground-msteams-personal-message-card-submit",
        "playground-webchat-conversationUpdate-both-added",
        "playground-webchat-message",
    ],
)
def test_a_person_sends_the_fields_of_the_real_client(capture: str) -> None:
    real = json.loads((CAPTURES / f"{capture}.json").read_text())
    scope = real["conversation"].get("conversationType", "personal")
    person = Cloud().person(channel=real["channelId"], scope=scope)
    ours = set(fields(as_sent_by(person, real)))
    missing = {name for name in set(fields(real)) - ours if name not in LEFT_OUT}
    assert not missing


def as_sent_by(person: Person, real: Activity) -> Activity:
    match real["type"]:
        case "conversationUpdate":
            return person.joining()
        case "installationUpdate":
            return person.installation(action=real["action"])
        case _ if "value" in real:
            return person.submission(real["value"], replyToId=real["replyToId"])
        case _:
            return person.message("hi")


def fields(value: Any, path: str = "") -> Iterator[str]:
    """The names of all fields, ``entities.type``; those of a value are its sender's own."""
    for item in value if isinstance(value, list) else [value]:
        if isinstance(item, dict) and path != "value":
            for name, inner in item.items():
                below = f"{path}.{name}" if path else name
                yield below
                yield from fields(inner, below)
