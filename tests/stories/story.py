"""Stories: transcripts of conversations with the bot, and how they are played.

A story is a text file. Its lines, by how they begin:

``#``       a comment
``>``       what the person sends; ``Ada>`` in a group. In brackets is what is no text: ``[joins]``,
            ``[installs]``, ``[uninstalls]``, ``[edits Grace]``, ``[reacts]``, ``[deletes]``,
            ``[attaches image/png]``, ``[submits {"x": 1}]``, ``[says nothing]``
``<``       the one reply; without it the bot must stay silent. Further lines of the reply are
            indented by two spaces. Cards and files are shown as their text, buttons in a last line
            as ``[Help] [Cancel]``. ``{channel}`` is the channel's name, ``{*}`` anything at all.
``@``       what happens: ``@locale de-DE`` and ``@zone Europe/Berlin`` (of the person's client),
            ``@scope groupChat`` or ``channel``, ``@later 90 minutes``, ``@elsewhere`` (another
            conversation), ``@restart`` (of the bot), ``@setting default_locale fr``

The first message is sent on November 24, 2026 at 05:44:54 UTC.
"""

from __future__ import annotations

import json
import re
from base64 import b64decode
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from config import Config
from tests.cloud.person import Person
from tests.cloud.place import Place
from tests.stories.world import World
from turnkeeper.channels.names import channel_name

ISOLATES = re.compile("[\u2068\u2069]")
SETTINGS = {"default_locale": str, "forget_on_uninstall": bool}


@dataclass
class Exchange:
    """One thing that is sent, and the replies that are expected."""

    line: int
    sender: str
    sent: str
    replies: list[str] = field(default_factory=list)


def parse(text: str) -> Iterator[Exchange | list[str]]:
    """Yield the exchanges and the words of the directives of a story."""
    exchange: Exchange | None = None
    for number, line in enumerate(text.splitlines(), 1):
        said = re.fullmatch(r"(\w*)> ?(.*)", line)
        if exchange and (said or line.startswith("@")):
            yield exchange
            exchange = None
        if said:
            exchange = Exchange(number, said[1], said[2])
        elif line.startswith("@"):
            yield line[1:].split()
        elif exchange and line.startswith("< "):
            exchange.replies.append(line[2:])
        elif exchange and exchange.replies and line.startswith("  "):
            exchange.replies[-1] += "\n" + line[2:]
        elif line.strip() and not line.startswith("#"):
            raise ValueError(f"line {number}: {line}")
    if exchange:
        yield exchange


class Player:
    """Plays a story on a channel."""

    def __init__(self, channel: str) -> None:
        self.channel = channel
        self.world = World()
        self.people: dict[str, Person] = {}
        self.client = {"locale": "en-US", "time_zone": "UTC"}
        self.scope, self.conversations = "personal", 1

    async def play(self, story: str) -> None:
        """Play a story to its end. :raises AssertionError: the bot says something else."""
        for step in parse(story):
            if isinstance(step, Exchange):
                replies = [shown(reply) for reply in await self.send(step)]
                where = f"line {step.line}, on {self.channel}: {step.sent}"
                assert len(replies) == len(step.replies), f"{where}\n{replies}"
                for reply, expected in zip(replies, step.replies, strict=True):
                    if not re.fullmatch(self.pattern(expected), reply, re.DOTALL):
                        assert reply == expected.replace("{channel}", self.name), where
            else:
                self.direct(*step)

    def direct(self, what: str, *words: str) -> None:
        """Follow a directive."""
        match what, *words:
            case "locale", locale:
                self.client["locale"] = locale
            case "zone", zone:
                self.client["time_zone"] = zone
            case "scope", scope:
                self.scope = scope
            case "later", number, unit:
                self.world.now += timedelta(**{unit: float(number)})
            case ["elsewhere"]:
                self.conversations += 1
            case ["restart"]:
                self.world.start()
            case "setting", name, value:
                config = Config(**{name: SETTINGS[name](value)})
                self.world = World(config)
            case _:
                raise ValueError(f"@{what} {' '.join(words)}")

    async def send(self, step: Exchange) -> list[dict[str, Any]]:
        """Send what an exchange says and return the messages among the replies."""
        place = Place(self.channel, self.scope, f"conversation {self.conversations}")
        person = self.people.setdefault(
            step.sender, Person(self.world, place, id=f"person {step.sender}")
        )
        person.place, person.now = place, lambda: self.world.now
        person.locale, person.time_zone = self.client["locale"], self.client["time_zone"]
        activity = self.activity(person, step.sent)
        if self.scope != "personal" and not place.is_teams:
            # These channels have no such places; the story is that they had.
            teams = Place("msteams", self.scope, place.id)
            activity |= {"conversation": teams.account(), "channelData": teams.channel_data()}
        turn = await person.sends(activity)
        return [reply for reply in turn.replies if reply["type"] == "message"]

    def activity(self, person: Person, sent: str) -> dict[str, Any]:
        """Return what a line of a story sends."""
        action = re.fullmatch(r"\[(\w+) ?(.*)\]", sent)
        what, rest = action.groups() if action else ("", "")
        file = {"contentType": rest, "contentUrl": "https://example.com/file"}
        likes = [{"type": "like"}]
        actions: dict[str, Callable[[], dict[str, Any]]] = {
            "joins": person.joining,
            "installs": person.installation,
            "uninstalls": lambda: person.installation(action="remove"),
            "edits": lambda: person.activity("messageUpdate", text=rest),
            "reacts": lambda: person.activity("messageReaction", reactionsAdded=likes),
            "deletes": lambda: person.activity("messageDelete"),
            "attaches": lambda: person.message("", attachments=[file]),
            "submits": lambda: person.submission(json.loads(rest)),
            "says": lambda: person.message(""),
        }
        return actions.get(what, lambda: person.message(sent))()

    @property
    def name(self) -> str:
        """What people call the channel."""
        return channel_name(self.channel)

    def pattern(self, expected: str) -> str:
        """Return the regular expression of an expected reply."""
        escaped = re.escape(expected).replace(re.escape("{channel}"), re.escape(self.name))
        return escaped.replace(re.escape("{*}"), ".*")


def shown(reply: dict[str, Any]) -> str:
    """Return a reply as a person reads it: text, card, file and buttons."""
    lines = [reply["text"]] if reply.get("text") else []
    for attachment in reply.get("attachments") or ():
        for block in attachment.get("content", {}).get("body", ()):
            lines.append("".join(run["text"] for run in block["inlines"]))
        if url := attachment.get("contentUrl"):
            lines.append(b64decode(url.partition("base64,")[2]).decode())
    if buttons := (reply.get("suggestedActions") or {}).get("actions"):
        lines.append(" ".join(f"[{button['title']}]" for button in buttons))
    return ISOLATES.sub("", "\n".join(lines))
