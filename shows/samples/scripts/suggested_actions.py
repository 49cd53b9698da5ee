"""08: suggested actions."""

from __future__ import annotations

from typing import Final

from shows.samples.changes import on_engine
from shows.samples.sample import Sample, Speaker

ADA: Final = Speaker("Ada")
GRACE: Final = Speaker("Grace", "msteams")

SAMPLE: Final = Sample(
    "samples/python/08.suggested-actions",
    on_engine(),
    (
        ADA.joins(),
        *(ADA.presses(colour) for colour in ("Red", "Yellow", "Blue")),
        *ADA.chats("RED", "green", ""),
        ADA.submits({"no": "text"}),  # AttributeError
        ADA.says("blue"),
        GRACE.joins(),
        GRACE.says("yellow"),
        GRACE.attaches("image/png"),  # AttributeError; no trace here
        GRACE.says("yellow"),
    ),
)
