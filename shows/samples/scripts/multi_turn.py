"""05: a waterfall of prompts of five kinds, with validators."""

from __future__ import annotations

from typing import Final

from shows.samples.changes import on_engine
from shows.samples.sample import Sample, Speaker

ADA: Final = Speaker("Ada")
ADA_THERE: Final = Speaker("Ada", conversation="another one")
GRACE: Final = Speaker("Grace", "msteams")
BOB: Final = Speaker("Bob", "webchat", "the group", "groupChat")
EVE: Final = Speaker("Eve", "webchat", "the group", "groupChat")

SAMPLE: Final = Sample(
    "samples/python/05.multi-turn-prompt",
    on_engine("UserProfile", "ConversationState", "UserState", where="data_models"),
    (
        ADA.joins(),
        *ADA.chats("hi", "plane", "4", "bicycle"),
        ADA.submits({"no": "text"}),
        ADA.says("Ada"),
        ADA.submits({"no": "text"}),
        *ADA.chats("maybe", "yes", "old", "0", "150", "-3", "36"),
        ADA.attaches("text/plain"),
        ADA.attaches("text/plain", "image/png", "image/jpeg"),
        *ADA.chats("what?", "yes"),
        # Once more, by buttons, and with other things in between.
        ADA.says("hi"),
        ADA.joins(),
        ADA.sends("event", name="something"),
        ADA.sends("typing"),
        ADA.presses("Bus"),
        ADA.says("Ada L."),
        ADA.presses("No"),
        *ADA.chats("skip it", "no"),
        *ADA.chats("hi", "car", "Countess", "yes", "thirty six"),
        ADA.attaches("image/png", text="with a text"),
        ADA.presses("Yes"),
        ADA_THERE.invokes("signin/tokenExchange"),  # AttributeError, in the SDK
        # No picture on Teams.
        GRACE.joins(),
        *GRACE.chats("hi", "the second one", "Grace", "yes", "85", "yes"),
        # In a group the stack is everybody's.
        *(one.says("hi") for one in (BOB, EVE)),
        *(one.says("car") for one in (EVE, BOB)),
        BOB.says("no"),
        EVE.says("skip"),
        BOB.says("yes"),
        EVE.says("again"),
    ),
)
