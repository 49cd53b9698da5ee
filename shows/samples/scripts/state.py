"""45: state of a person and of a conversation."""

from __future__ import annotations

from typing import Final

from shows.samples.changes import on_engine
from shows.samples.sample import Sample, Speaker

ADA: Final = Speaker("Ada")
GRACE: Final = Speaker("Grace", "msteams")
BOB: Final = Speaker("Bob", "webchat", "the group", "groupChat")
EVE: Final = Speaker("Eve", "webchat", "the group", "groupChat")
ADA_THERE: Final = Speaker("Ada", "webchat", "the group", "groupChat")

SAMPLE: Final = Sample(
    "samples/python/45.state-management",
    on_engine(
        "ConversationData, UserProfile", "ConversationState", "UserState", where="data_models"
    ),
    (
        ADA.joins(),
        *ADA.chats("hi", "Ada", "anything", ""),
        ADA.submits({"no": "text"}),
        ADA.says("when?", timestamp=None),  # TypeError
        *ADA.chats("again", "and again"),
        GRACE.joins(),
        *GRACE.chats("hi", "Grace", "anything"),
        GRACE.says("when?", timestamp=None),  # TypeError; no trace here
        GRACE.says("again"),
        # Who was asked in a group is not told apart: the flag is the conversation's.
        BOB.joins(),
        BOB.says("hi"),
        EVE.says("Eve"),
        *(one.says("hello") for one in (BOB, EVE, BOB, ADA_THERE)),
        Speaker("Ada", conversation="another one").says("still known"),
    ),
)
