"""02: it says what it hears. Here is also what is alike in all of them: the hosting itself."""

from __future__ import annotations

from typing import Final

from shows.samples.changes import on_engine
from shows.samples.sample import Sample, Speaker

ADA: Final = Speaker("Ada")
GRACE: Final = Speaker("Grace", "msteams", locale="de-DE")
BOB: Final = Speaker("Bob", "directline")
TEAM: Final = Speaker("Ada", "msteams", "the team", "channel")
GROUP: Final = Speaker("Ada", "webchat", "the group", "groupChat")
SOMEBODY: Final = [{"id": "eve", "name": "Eve"}]
CARD: Final = {"action": {"type": "Action.Execute", "verb": "x", "data": {}}, "trigger": "manual"}
LIKE: Final = [{"type": "like"}]

SAMPLE: Final = Sample(
    "samples/python/02.echo-bot",
    on_engine(),
    (
        *(one.joins() for one in (ADA, GRACE, BOB, TEAM, GROUP)),
        *(one.says("Hi there") for one in (ADA, GRACE, BOB, TEAM, GROUP)),
        ADA.joins(membersAdded=[*SOMEBODY, {"id": "mallory"}]),
        ADA.sends("conversationUpdate", membersAdded=[], membersRemoved=SOMEBODY),
        ADA.sends("conversationUpdate", topicName="A name"),
        *ADA.chats(
            "", "  two  spaces ", "Zoë 👋 <b>&amp;</b>", "*bold*\n\nsecond line", "x" * 5000
        ),
        ADA.says("as Markdown", textFormat="markdown"),
        ADA.says("at once", deliveryMode="expectReplies"),
        ADA.says("later", deliveryMode="notification"),
        ADA.says("a thread", replyToId="somewhere"),
        ADA.says("no locale", locale=None),
        ADA.says("with more", value={"a": [1, 2.5, None, True]}, unknown={"b": "c"}),
        ADA.submits({"x": 1}),
        ADA.attaches("image/png", "text/plain"),
        GRACE.attaches("image/png", text="a picture"),
        ADA.invokes("unknown", {"x": 1}),
        ADA.invokes("adaptiveCard/action", CARD),
        ADA.invokes("adaptiveCard/action"),
        ADA.invokes("signin/verifyState", {"state": "123456"}),
        ADA.invokes("signin/tokenExchange", {"id": "1", "token": "x"}),
        ADA.invokes("healthCheck"),
        GRACE.invokes("composeExtension/query", {"commandId": "find"}),
        GRACE.invokes("task/fetch", {"data": {}}),
        GRACE.invokes("fileConsent/invoke", {"action": "accept"}),
        ADA.sends("event", name="something", value=1),
        ADA.sends("event", name="tokens/response", value={"token": "x"}),
        ADA.sends("typing"),
        ADA.sends("messageUpdate", text="other"),
        ADA.sends("messageDelete"),
        ADA.sends("messageReaction", reactionsAdded=LIKE, reactionsRemoved=LIKE),
        ADA.sends("endOfConversation", code="completedSuccessfully"),
        ADA.sends("command", name="do"),
        ADA.sends("somethingNew"),
        GRACE.sends("installationUpdate", action="add"),
        GRACE.sends("installationUpdate", action="remove"),
        ADA.posts(b"no JSON"),
        ADA.posts(b"{}"),
        ADA.posts(b"[]"),
        ADA.posts(b"hi", "text/plain"),
        ADA.says("Goodbye"),
    ),
)
