"""44: questions without dialogs, an Enum in state."""

from __future__ import annotations

from typing import Final

from shows.samples.changes import on_engine
from shows.samples.sample import Sample, Speaker

ADA: Final = Speaker("Ada")
GRACE: Final = Speaker("Grace", "msteams")
TYPES: Final = "ConversationFlow, Question, UserProfile"

SAMPLE: Final = Sample(
    "samples/python/44.prompt-for-user-input",
    on_engine(TYPES, "ConversationState", "UserState", where="data_models"),
    (
        ADA.joins(),
        *ADA.chats("hi", "   ", " Ada ", "old", "17", "121"),
        ADA.says("18.5"),  # ValueError
        *ADA.chats("hi", "Ada", "thirty six"),
        # Past; no date; a duration; a range; a time that is over.
        *ADA.chats("11/14/2018", "gibberish", "for two hours", "next week", "12am"),
        ADA.joins(),
        ADA.sends("event", name="something"),
        *ADA.chats("12/24/2030 at 5pm", "hi", "Ada L.", "36"),
        ADA.submits({"no": "text"}),  # AttributeError
        *ADA.chats("hi", "Ada", "40", "24 December 2030"),
        GRACE.joins(),
        *GRACE.chats("hi", "Grace", "85", "2031-05-04"),
        GRACE.attaches("image/png"),  # AttributeError; no trace here
        GRACE.says("hi"),
    ),
)
