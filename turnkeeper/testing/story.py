"""Story files: transcripts of conversations with a bot, and how they are played.

A story is a text file. Its lines, by how they begin:

``#``       a comment
``>``       what the person sends; ``Ada>`` where there are several. In brackets is what is no text:
            ``[joins]``, ``[opens]`` (a page with Web Chat), ``[installs]``, ``[uninstalls]``,
            ``[edits Grace]`` (the last message), ``[reacts]``, ``[deletes]``,
            ``[attaches image/png]``, ``[submits {"x": 1}]``, ``[presses Yes]``,
            ``[says nothing]``; ``[remarks lunch?]`` is said to others, without the
            bot's mention
``<``       a reply; without one the bot must stay silent. Further lines of the reply are indented
            by two spaces. Cards and files are shown as their text, buttons in a last line as
            ``[Help] [Cancel]``. ``{channel}`` is the channel's name, ``{*}`` anything at all.
``@``       what happens: ``@locale de-DE`` and ``@zone Europe/Berlin`` (of the person's client),
            ``@scope groupChat`` or ``channel``, ``@later 90 minutes``, ``@elsewhere`` (another
            conversation), ``@restart`` (of the bot). ``@setting name value``, at the top, is for
            who makes the bot: :attr:`Story.settings`. So is ``@page webchat`` (or directline): it
            happens there alone, to people whose ids the page has chosen; elsewhere ids are proven.
            ``@fields {"timestamp": 5}`` are set in the next activity.
"""

from __future__ import annotations

import json
import re
from base64 import b64decode
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from turnkeeper.adapters.bot_run import Bot, Logic
from turnkeeper.channels.names import channel_name
from turnkeeper.testing.cloud import Cloud
from turnkeeper.testing.outside.connector import Activity
from turnkeeper.testing.people.buttons import buttons_in
from turnkeeper.testing.people.conversation import Conversation
from turnkeeper.testing.people.person import Person
from turnkeeper.variables import CHOSEN_ON

_HAPPENING: Final = re.compile(
    r"@(locale \S+|zone \S+|scope (personal|groupChat|channel)|elsewhere|restart"
    r"|later [\d.]+ (seconds|minutes|hours|days|weeks))"
)
_BRACKETS: Final = re.compile(r"\[\w[^\]]*\]")
_ACTION: Final = re.compile(
    r"\[(?:(joins|opens|installs|uninstalls|reacts|deletes|says nothing)"
    r"|(edits|attaches|submits|presses|remarks) (.+))\]"
)
_DIRECTIONS: Final = re.compile("[\u200f\u2067-\u2069]")


@dataclass
class Exchange:
    """One thing that is sent, and the replies that are expected."""

    line: int
    sender: str
    sent: str
    replies: list[str] = field(default_factory=list)


@dataclass
class Story:
    """A story, read.

    :ivar page: the channel on which it happens, to people of a page; "" for any.
    :ivar settings: what ``@setting`` lines say, by their names.
    :ivar steps: exchanges, and the words of the other lines that begin with ``@``.
    """

    settings: dict[str, str] = field(default_factory=dict)
    page: str = ""
    steps: list[Exchange | list[str]] = field(default_factory=list)

    @classmethod
    def parse(cls, text: str) -> Story:
        """Return the story that a text tells.

        :raises ValueError: a line is of no known kind; the message has its number.
        """
        story, exchange = cls(), Exchange(0, "", "")
        for number, line in enumerate(text.removeprefix("\ufeff").splitlines(), 1):
            said = re.fullmatch(r"(\w*)> ?(.*)", line)
            if said and (not _BRACKETS.fullmatch(said[2]) or _ACTION.fullmatch(said[2])):
                exchange = Exchange(number, said[1], said[2])
                story.steps.append(exchange)
            elif page := re.fullmatch("@page (webchat|directline)", line):
                story.page = page[1]
            elif setting := re.fullmatch(r"@setting (\S+) (.+)", line):
                story.settings[setting[1]] = setting[2]
            elif fields := re.fullmatch(r"@fields (\{.+\})", line):
                story.steps.append(["fields", fields[1]])
            elif _HAPPENING.fullmatch(line):
                exchange = Exchange(0, "", "")
                story.steps.append(line[1:].split())
            elif exchange.line and re.match("<( |$)", line):
                exchange.replies.append(line[2:])
            elif exchange.replies and line.startswith("  "):
                exchange.replies[-1] += "\n" + line[2:]
            elif line.strip() and not line.startswith("#"):
                raise ValueError(f"line {number}: {line}")
        if not story.steps:
            raise ValueError("a story tells something")
        return story

    async def play(
        self,
        cloud: Cloud,
        channel: str = "emulator",
        *,
        restarted: Callable[[], Bot | Logic] | None = None,
    ) -> None:
        """Play the story to its end.

        :param cloud: with a host and its bot, and a clock with a start where times are told.
        :param restarted: makes the bot that comes with ``@restart``; by default the same object.
        :raises AssertionError: the bot says something else; the message has the line's number.
        """
        await _Player(cloud, self.page or channel, restarted, self.page).play(self)


class _Player:
    def __init__(
        self, cloud: Cloud, channel: str, restarted: Callable[[], Bot | Logic] | None, page: str
    ) -> None:
        self.cloud, self.channel, self.restarted = cloud, channel, restarted
        self.proof = "dl_" if channel in CHOSEN_ON and not page else ""
        self.people: dict[str, Person] = {}
        self.client = {"locale": "en-US", "time_zone": "UTC"}
        self.scope, self.conversations = "personal", 1
        self.fields: dict[str, Any] = {}

    async def play(self, story: Story) -> None:
        for step in story.steps:
            if isinstance(step, list):
                await self.direct(*step)
                continue
            replies = [shown(reply) for reply in await self.send(step)]
            where = f"line {step.line}, on {self.channel}: {step.sent}"
            told = f"{where}\n{replies}\nexpected: {step.replies}"
            if len(replies) != len(step.replies) or not all(
                re.fullmatch(self.pattern(expected), reply, re.DOTALL)
                for reply, expected in zip(replies, step.replies, strict=True)
            ):
                raise AssertionError(told)

    async def direct(self, what: str, *words: str) -> None:
        match what, *words:
            case "locale", locale:
                self.client["locale"] = locale
            case "zone", zone:
                self.client["time_zone"] = zone
            case "scope", scope:
                self.scope = scope
            case "later", number, unit:
                self.cloud.clock.move(**{unit: float(number)})
            case "fields", fields:
                self.fields = json.loads(fields)
            case ["elsewhere"]:
                self.conversations += 1
            case ["restart"]:
                await self.cloud.restart(self.restarted and self.restarted())

    async def send(self, step: Exchange) -> list[Activity]:
        there = Conversation(self.channel, self.scope, f"conversation {self.conversations}")
        if step.sender not in self.people:
            name = step.sender or "User"
            id = f"{self.proof}{name}"
            self.people[step.sender] = self.cloud.person(name, conversation=there, id=id)
        person = self.people[step.sender]
        person.conversation = there
        person.locale, person.time_zone = self.client["locale"], self.client["time_zone"]
        turn = await person.sends(self.activity(person, step.sent) | self.fields)
        self.fields = {}
        if turn.status not in range(200, 300):
            raise AssertionError(f"line {step.line}: the bot answered {turn.status}: {turn.body}")
        return [reply for reply in turn.replies if reply["type"] == "message"]

    def activity(self, person: Person, sent: str) -> Activity:
        """What a line of a story sends."""
        if not (action := _ACTION.fullmatch(sent)):
            return person.message(sent)
        what, rest = action[1] or action[2], action[3]
        file = {"contentType": rest, "contentUrl": "https://example.com/file"}
        likes = [{"type": "like"}]
        actions: dict[str, Callable[[], Activity]] = {
            "joins": person.joining,
            "opens": lambda: person.activity("event", name="webchat/join"),
            "installs": person.installation,
            "uninstalls": lambda: person.installation(action="remove"),
            "edits": lambda: person.edit(rest),
            "reacts": lambda: person.activity("messageReaction", reactionsAdded=likes),
            "deletes": lambda: person.activity("messageDelete"),
            "attaches": lambda: person.message("", attachments=[file]),
            "submits": lambda: person.submission(json.loads(rest)),
            "presses": lambda: person.press(rest),
            "remarks": lambda: person.message(rest, mention=False),
            "says nothing": lambda: person.message(""),
        }
        return actions[what]()

    def pattern(self, expected: str) -> str:
        """The regular expression of an expected reply."""
        name = re.escape(channel_name(self.channel))
        escaped = re.escape(expected).replace(re.escape("{channel}"), name)
        return escaped.replace(re.escape("{*}"), ".*")


def shown(reply: Activity) -> str:
    """Return a reply as a person reads it: text, card, file and buttons."""
    lines = [reply["text"]] if reply.get("text") else []
    for attachment in reply.get("attachments") or ():
        content: Any = attachment.get("content")
        if isinstance(content, dict):
            lines += [content[name] for name in ("title", "subtitle", "text") if content.get(name)]
            lines += _texts_in(content.get("body"))
        url = attachment.get("contentUrl") or ""
        if url.startswith("data:") and "base64," in url:
            lines.append(b64decode(url.partition("base64,")[2]).decode(errors="replace"))
    if buttons := buttons_in([reply]):
        lines.append(" ".join(f"[{title}]" for title in buttons))
    return _DIRECTIONS.sub("", "\n".join(lines))


def _texts_in(block: Any) -> Iterator[str]:
    """The texts of an Adaptive Card's body, a line each."""
    if isinstance(block, list):
        for inner in block:
            yield from _texts_in(inner)
    elif isinstance(block, dict):
        if block.get("type") == "RichTextBlock":
            yield "".join(run if isinstance(run, str) else run["text"] for run in block["inlines"])
        elif isinstance(text := block.get("text"), str):
            yield text
        for name in ("items", "columns"):
            yield from _texts_in(block.get(name))
