"""What is said of one sample: where it is, what changes for the engine, how one talks with it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from turnkeeper.testing import Person

Activity = dict[str, Any]
JSON: Final = "application/json; charset=utf-8"


@dataclass(frozen=True)
class Patch:
    """A line of a sample that changes.

    :param file: where it stands.
    :param old: the line, which stands there once.
    :param new: the line or lines in its place; None where it goes.
    """

    file: str
    old: str
    new: str | None


@dataclass(frozen=True)
class Step:
    """One thing that is sent to the bot.

    :param speaker: who sends it.
    :param said: what a list of differences calls it.
    :param make: makes it: an activity, or the bytes of a request that is none.
    :param content_type: the header of the request.
    """

    speaker: Speaker
    said: str
    make: Callable[[Person], Activity | bytes]
    content_type: str = JSON


@dataclass(frozen=True)
class Speaker:
    """A person who talks with a sample.

    :param name: also the id, and that of the conversation where none is given.
    :param channel: where.
    :param conversation: the id of one that others are in too.
    :param scope: of the conversation, as :meth:`turnkeeper.testing.Cloud.person` has it.
    :param locale: of the client.
    """

    name: str
    channel: str = "emulator"
    conversation: str = ""
    scope: str = "personal"
    locale: str = "en-US"

    def says(self, text: str, **fields: Any) -> Step:
        """A message."""
        return Step(self, text, lambda person: person.message(text, **fields))

    def chats(self, *texts: str) -> Iterator[Step]:
        """Messages, one after the other."""
        yield from map(self.says, texts)

    def presses(self, title: str, **inputs: Any) -> Step:
        """A button of what the bot showed last."""
        return Step(self, f"[presses {title}]", lambda person: person.press(title, **inputs))

    def submits(self, value: Any) -> Step:
        """A card's submit: a message without text."""
        return Step(self, f"[submits {value}]", lambda person: person.submission(value))

    def attaches(self, *types: str, text: str | None = None) -> Step:
        """A message with files, without text where none is given."""
        files = [
            {"contentType": one, "contentUrl": f"https://example.com/{number}", "name": f"{number}"}
            for number, one in enumerate(types)
        ]
        named = f"[attaches {', '.join(types)}]"

        def make(person: Person) -> Activity:
            message = person.message(text or "", attachments=files)
            return message if text else {**message, "text": None}

        return Step(self, named, make)

    def joins(self, **fields: Any) -> Step:
        """The conversationUpdate that opens a conversation."""
        return Step(self, "[joins]", lambda person: person.joining(**fields))

    def invokes(self, name: str, value: Any = None) -> Step:
        """An invoke."""
        return self.sends("invoke", name=name, value=value)

    def sends(self, kind: str, **fields: Any) -> Step:
        """Any activity."""
        named = f"[{' '.join([kind, *map(str, fields.values())])}]"
        return Step(self, named, lambda person: person.activity(kind, **fields))

    def posts(self, body: bytes, content_type: str = JSON) -> Step:
        """A request that is no activity."""
        return Step(self, f"[posts {body!r} as {content_type}]", lambda _: body, content_type)


@dataclass(frozen=True)
class Sample:
    """A sample.

    :param folder: in the repository of samples.
    :param patches: what changes for the engine.
    :param script: what is said to it.
    """

    folder: str
    patches: tuple[Patch, ...]
    script: tuple[Step, ...]

    @property
    def name(self) -> str:
        """The name of its folder."""
        return self.folder.rpartition("/")[2]
