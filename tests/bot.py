"""This bot in a cloud, with the settings that a test gives."""

from __future__ import annotations

from typing import Any

from app import TYPES, make_bot
from config import Config
from dialogs.interruptions import Answers
from dialogs.messages import words_of_person
from dialogs.visits import Visits
from turnkeeper import Host, Settings
from turnkeeper.dialogs import Interruptions
from turnkeeper.testing import Cloud


def make_host(**values: Any) -> Host:
    """Return a host with this bot's types.

    :param values: fields of the engine's settings.
    """
    return Host(Settings(**{"storage_url": "memory:", **values}), types=TYPES)


def interruptions() -> Interruptions:
    """Return all that a person may say to the bot at any time."""
    profiles = make_host().user_state.create_property("UserProfile")
    return Answers(profiles, words_of_person(profiles, "en"), Visits(profiles)).interruptions()


def cloud_around(config: Config | None = None, **options: Any) -> Cloud:
    """Return a cloud around a new bot.

    :param config: the bot's own settings.
    :param options: of the cloud.
    """
    host = make_host()
    return Cloud(host, make_bot(host, config or Config()), **options)
