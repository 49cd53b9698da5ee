"""43: dialogs that branch and loop, with an object of the bot on the stack."""

from __future__ import annotations

from typing import Final

from shows.samples.changes import on_engine
from shows.samples.sample import Sample, Speaker

ADA: Final = Speaker("Ada")
ADA_THERE: Final = Speaker("Ada", conversation="another one")
GRACE: Final = Speaker("Grace", "msteams")

SAMPLE: Final = Sample(
    "samples/python/43.complex-dialog",
    on_engine("UserProfile", "ConversationState", "UserState", where="data_models"),
    (
        ADA.joins(),
        ADA.says("hi"),
        ADA.submits({"no": "text"}),
        *ADA.chats("Ada", "old", "24"),  # too young
        *ADA.chats("hi", "Ada", "25", "done"),  # none
        *ADA.chats("hi", "Ada", "36", "Microsoft", "contoso", "Contoso Suites", "done"),  # one
        *ADA.chats("hi", "Ada", "36", "graphic design"),
        ADA.joins(),
        ADA.sends("event", name="something"),
        ADA.submits({"no": "text"}),
        ADA.says("3"),  # two
        ADA_THERE.invokes("signin/tokenExchange"),  # AttributeError, in the SDK
        GRACE.joins(),
        *GRACE.chats("hi", "Grace", "eighty five", "2", "1", "hi"),
    ),
)
