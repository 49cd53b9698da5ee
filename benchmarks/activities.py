"""What people say in the benchmarks: messages of a personal Teams chat, made cheaply."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

QUESTION: Final = b"What is your name?"
THANKS: Final = b"Thanks Ada."
GREETING: Final = b"Ada sent: hello"

TENANT: Final = "5c1cb7f1-6a2f-4a5f-9d0c-3c4a7f1d2e90"

# What a Teams client sends. The SDK sends traces to the Emulator alone, so here there are none.
_TEMPLATE: Final = (
    b'{"type":"message","text":"%b","id":"%b",'
    b'"from":{"id":"29:%b","name":"Ada Lovelace",'
    b'"aadObjectId":"00000000-0000-4000-8000-%b"},'
    b'"timestamp":"%bZ","localTimestamp":"%b+00:00","localTimezone":"UTC",'
    b'"serviceUrl":"%b",'
    b'"conversation":{"conversationType":"personal","tenantId":"TENANT","id":"%b"},'
    b'"recipient":{"id":"28:bot","name":"Bot"},'
    b'"textFormat":"plain","locale":"en-US",'
    b'"entities":[{"type":"clientInfo","locale":"en-US","country":"US","platform":"Web",'
    b'"timezone":"UTC"}],'
    b'"channelData":{"tenant":{"id":"TENANT"}},"channelId":"msteams"}'
).replace(b"TENANT", TENANT.encode())

_strangers: Final = itertools.count(1_000_000)
_messages: Final = itertools.count(int(time.time() * 1000))


@dataclass(frozen=True, slots=True)
class Line:
    """One message of a person.

    :param person: 12 digits.
    :param text: what is said.
    :param expected: what the bot's reply must contain.
    """

    person: bytes
    text: bytes
    expected: bytes

    @property
    def conversation(self) -> bytes:
        """The id of the conversation."""
        return b"a:1" + self.person


def conversation(turns: int) -> Iterator[Line]:
    """A person whom nobody knows yet: says "hi", then a name, and goes on.

    :param turns: how many, with the two.
    """
    person = b"%012d" % next(_strangers)
    yield Line(person, b"hi", QUESTION)
    yield Line(person, b"Ada", THANKS)
    for _ in range(turns - 2):
        yield Line(person, b"hello", GREETING)


def visit(number: int) -> Line:
    """A message of a person the bot knows; see :mod:`benchmarks.people`."""
    return Line(b"%012d" % number, b"hello", GREETING)


def message(line: Line, service_url: bytes) -> bytes:
    """The activity as JSON, sent now. Its id is a new one each time."""
    now = time.time()
    moment = b"%b.%03d" % (_second(int(now)), now % 1 * 1000)
    person = line.person
    activity_id = b"%d" % next(_messages)
    return _TEMPLATE % (
        *(line.text, activity_id, person, person, moment, moment),
        *(service_url, line.conversation),
    )


def _second(now: int) -> bytes:
    if now not in _seconds:
        _seconds.clear()
        _seconds[now] = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now)).encode()
    return _seconds[now]


_seconds: Final[dict[int, bytes]] = {}
