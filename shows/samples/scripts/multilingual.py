"""17: a middleware translates both ways. The translator is the runner's."""

from __future__ import annotations

from typing import Final

from shows.samples.changes import on_engine
from shows.samples.runner import UNPAID, UNREACHABLE
from shows.samples.sample import Sample, Speaker

ADA: Final = Speaker("Ada")
GRACE: Final = Speaker("Grace", "msteams", locale="es-ES")

SAMPLE: Final = Sample(
    "samples/python/17.multilingual-bot",
    on_engine("", "UserState"),
    (
        ADA.joins(),
        *ADA.chats("hi", "", "EN", "hi"),
        ADA.presses("Español"),
        ADA.says("hola"),
        ADA.says("at once", deliveryMode="expectReplies"),
        ADA.says(UNPAID),
        ADA.submits({"no": "text"}),
        ADA.says(UNREACHABLE[0]),  # ConnectionError, before the bot
        ADA.says("es"),
        ADA.joins(),  # ConnectionError, after the first of two messages
        ADA.says("hola"),
        ADA.says("en"),
        *ADA.chats("hi", "it", "hola"),
        ADA.sends("event", name="something"),
        GRACE.joins(),
        *GRACE.chats("hi", "es", "hola", "in", "es", "en", "hi"),
        ADA.says("hola"),
    ),
)
