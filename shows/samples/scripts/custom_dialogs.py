"""19: a dialog class of one's own, which nests."""

from __future__ import annotations

from typing import Final

from shows.samples.changes import on_engine
from shows.samples.sample import Sample, Speaker

ADA: Final = Speaker("Ada")
GRACE: Final = Speaker("Grace", "msteams")

SAMPLE: Final = Sample(
    "samples/python/19.custom-dialogs",
    on_engine("", "ConversationState", "UserState"),
    (
        ADA.joins(),
        *ADA.chats("hi", "Ada", "Lovelace", "old", "36"),
        *ADA.chats("big", "17", "8.3", "-1", "0", "eleven and a half"),
        *ADA.chats("12 St James's Square", "London", "SW1Y"),
        *ADA.chats("hi", "Countess"),
        ADA.joins(),
        ADA.sends("event", name="something"),
        ADA.submits({"no": "text"}),
        ADA.invokes("signin/tokenExchange"),  # AttributeError, in the SDK; the dialog goes on
        *ADA.chats("Lovelace", "thirty six", "8", "here", "there", "1"),
        GRACE.joins(),
        *GRACE.chats("hi", "Grace", "Hopper", "85", "7.5", "Arlington", "Virginia", "22211", "hi"),
    ),
)
