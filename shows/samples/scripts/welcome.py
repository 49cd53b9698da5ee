"""03: it welcomes each person once."""

from __future__ import annotations

from typing import Final

from shows.samples.changes import on_engine
from shows.samples.sample import Sample, Speaker

ADA: Final = Speaker("Ada")
GRACE: Final = Speaker("Grace", "msteams", locale="de-DE")
BOB: Final = Speaker("Bob", "webchat", "the group", "groupChat")
EVE: Final = Speaker("Eve", "webchat", "the group", "groupChat")

SAMPLE: Final = Sample(
    "samples/python/03.welcome-user",
    on_engine("WelcomeUserState", "UserState", where="data_models"),
    (
        ADA.joins(),
        *ADA.chats("first", "hello", "Hi", "intro", "HELP", "anything else"),
        ADA.submits({"no": "text"}),  # AttributeError
        ADA.says("hi"),
        GRACE.joins(),
        *GRACE.chats("intro", "intro"),
        GRACE.submits({"no": "text"}),  # AttributeError; no trace here
        GRACE.says("hello"),
        BOB.joins(),
        BOB.says("hello"),
        EVE.says("hello"),
        *(one.says("help") for one in (BOB, EVE)),
        ADA.sends("event", name="something"),
        ADA.says("hi"),
    ),
)
