"""07: an Adaptive Card, which one is random."""

from __future__ import annotations

from typing import Final

from shows.samples.changes import on_engine
from shows.samples.sample import Sample, Speaker

ADA: Final = Speaker("Ada")
GRACE: Final = Speaker("Grace", "msteams")

SAMPLE: Final = Sample(
    "samples/python/07.using-adaptive-cards",
    on_engine(),
    (
        ADA.joins(),
        *ADA.chats(*(f"card {number}" for number in range(12))),
        ADA.submits({"no": "text"}),
        ADA.attaches("image/png"),
        ADA.invokes("signin/tokenExchange"),  # AttributeError, in the SDK
        GRACE.joins(),
        *GRACE.chats("one", "two"),
    ),
)
