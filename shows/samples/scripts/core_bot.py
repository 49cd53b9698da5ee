"""13: nested dialogs with help and cancel; a date; an adapter of its own. Without LUIS."""

from __future__ import annotations

from typing import Final

from shows.samples.changes import ADAPTER, HOSTING, on_engine
from shows.samples.sample import Patch, Sample, Speaker

ADA: Final = Speaker("Ada")
GRACE: Final = Speaker("Grace", "msteams")
BOB: Final = Speaker("Bob", "directline")

SAMPLE: Final = Sample(
    "archive/samples/python/13.core-bot",
    (
        *on_engine("BookingDetails", "ConversationState", "UserState", where="booking_details"),
        Patch("app.py", "from botbuilder.core import (", None),
        Patch("app.py", ")", None),
        Patch("adapter_with_error_handler.py", HOSTING, f"from turnkeeper import {ADAPTER}"),
    ),
    (
        ADA.joins(),
        *ADA.chats("help", "?", "Paris", "HELP", "Berlin"),
        *ADA.chats("soon", "next week", "help", "24 December 2030"),
        *ADA.chats("maybe", "?", "yes"),
        # It begins anew by itself. Cancelled at each of its questions:
        *ADA.chats("cancel", "hi", "Rome", "quit"),
        *ADA.chats("hi", "Rome", "Bonn", "cancel"),
        *ADA.chats("hi", "Rome", "Bonn", "2030-12-24", "quit"),
        # Not confirmed, by a button.
        *ADA.chats("hi", "Rome", "Bonn", "12/24/2030 5pm"),
        ADA.presses("No"),
        # AttributeError, at questions of both dialogs.
        ADA.attaches("image/png"),
        *ADA.chats("hi", "Rome", "Bonn"),
        ADA.submits({"no": "text"}),
        ADA.says("hi"),
        # Others come and go in the middle of a question.
        ADA.joins(),
        ADA.sends("event", name="something"),
        ADA.says("Oslo"),
        GRACE.joins(),
        *GRACE.chats("Paris", "Berlin", "5/4/2031", "yes", "cancel"),
        BOB.says("hi"),
        BOB.joins(),
        *BOB.chats("Paris", "Berlin"),
        BOB.submits({"no": "text"}),
        BOB.says("hi"),
    ),
)
