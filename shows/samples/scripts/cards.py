"""06: cards of every kind."""

from __future__ import annotations

from typing import Final

from shows.samples.changes import on_engine
from shows.samples.sample import Sample, Speaker

ADA: Final = Speaker("Ada")
ADA_THERE: Final = Speaker("Ada", conversation="another one")
GRACE: Final = Speaker("Grace", "msteams")
BY_NAME: Final = ("Adaptive Card", "animation", "3", "hero card", "OAuth Card", "the sixth")
BY_BUTTON: Final = ("Signin Card", "Thumbnail Card", "Video Card", "All Cards")

SAMPLE: Final = Sample(
    "samples/python/06.using-cards",
    on_engine("", "ConversationState", "UserState"),
    (
        ADA.joins(),
        *ADA.chats("hi", "none of them", "11", ""),
        ADA.submits({"no": "text"}),
        *ADA.chats(*(said for card in BY_NAME for said in (card, "again"))),
        *(step for card in BY_BUTTON for step in (ADA.presses(card), ADA.says("again"))),
        ADA.says("all"),
        ADA_THERE.invokes("signin/tokenExchange"),  # AttributeError, in the SDK
        GRACE.joins(),
        *GRACE.chats("hi", "thumb", "hi", "all"),
    ),
)
