"""What a person is told in one place of what they did in another: the name, and no more.

Run it with ``python -m shows.told``. Ada says something in a place, and hours later the bot says
all that it has to say in another. Each row is the place of before, each column the one of after.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from app import TYPES, make_bot
from config import Config
from turnkeeper import Host, Settings
from turnkeeper.testing import Clock, Cloud, Conversation, Person, shown

_START: Final = datetime(2026, 11, 24, 5, 44, 54, tzinfo=UTC)
_LATER: Final = {"hours": 3, "minutes": 7, "seconds": 11}
_ASKED: Final = ("hello", "Who am I?", "help", "change my name", "cancel", "hello")


@dataclass(frozen=True)
class Scope:
    """A place to talk in.

    :param conversation: the one of before.
    :param another: one of the same scope: another chat, another thread of the same channel.
    :param time_zone: of the person's client there.
    :param said: what the person says there.
    :param names: how the place is called, in words that tell it from the others.
    :param team: channel data with the names, in a team's channel.
    """

    conversation: Conversation
    another: Conversation
    time_zone: str
    said: str
    names: tuple[str, ...] = ()
    team: dict[str, Any] | None = None


def _channel(team: str, channel: str, time_zone: str, said: str) -> Scope:
    threads = (f"19:{channel}@thread.tacv2;messageid={number}" for number in (1, 2))
    first, second = (Conversation("msteams", "channel", thread) for thread in threads)
    data = {
        "team": {"id": f"19:{team}@thread.tacv2", "name": team},
        "channel": {"id": f"19:{channel}@thread.tacv2", "name": channel},
    }
    return Scope(first, second, time_zone, said, (team, channel), data)


def _chat(scope: str, time_zone: str, said: str, *names: str) -> Scope:
    chats = (f"{scope}-{number}" for number in (1, 2))
    first, second = (Conversation("msteams", scope, chat) for chat in chats)
    return Scope(first, second, time_zone, said, names)


SCOPES: Final = {
    "personal": _chat("personal", "Asia/Tokyo", "my salary"),
    "group chat": _chat("groupChat", "America/Lima", "the lunch", "group chat"),
    "channel of one team": _channel("Board", "Layoffs", "Europe/Paris", "the plan"),
    "channel of another": _channel("Contoso", "Picnic", "Africa/Cairo", "the cake"),
}
"""The places, by what the table calls them."""

MAY_BE_TOLD: Final = {
    (before, after): {"name"} | ({"time", "zone"} if before == after == "personal" else set())
    for before in SCOPES
    for after in SCOPES
}
"""What a person may be told, by the places of before and after: more of personal chats."""


async def learned(before: str, after: str) -> set[str]:
    """Return what a person is told of one place in another: name, place, time, zone, words.

    :param before: one of :data:`SCOPES`, where the person has said something.
    :param after: where the bot talks later; of the same scope, another conversation.
    """
    host = Host(Settings(storage_url="memory:"), types=TYPES)
    async with Cloud(host, make_bot(host, Config()), clock=Clock(_START)) as cloud:
        ada = cloud.person("29:a", conversation=SCOPES[before].conversation)
        for text in ("hi", "Ada", SCOPES[before].said):
            await _says(ada, SCOPES[before], text)
        cloud.clock.move(**_LATER)
        ada.conversation = SCOPES[after].another
        told = [shown(one) for one in (await ada.sends(ada.joining())).replies]
        for text in _ASKED:
            told += await _says(ada, SCOPES[after], text)
    return set(_found("\n".join(told), SCOPES[before], SCOPES[after]))


async def table() -> dict[tuple[str, str], set[str]]:
    """Return what is told for each pair of scopes."""
    return {pair: await learned(*pair) for pair in MAY_BE_TOLD}


async def _says(person: Person, there: Scope, text: str) -> list[str]:
    person.time_zone = there.time_zone
    fields: dict[str, Any] = {"channelData": there.team} if there.team else {}
    turn = await person.sends(person.message(text, **fields))
    return [shown(reply) for reply in turn.replies if reply["type"] == "message"]


def _found(told: str, before: Scope, after: Scope) -> Iterator[str]:
    """Yield what is told of a place, leaving out what the other is called itself."""
    if "Ada" in told:
        yield "name"
    names = (*before.names, before.conversation.id)
    if any(name in told and name not in after.names for name in names):
        yield "place"
    if _START.strftime("%M:%S") in told:  # whatever the zone, whose offsets here are whole hours
        yield "time"
    if before.time_zone in told and (before is after or before.time_zone != after.time_zone):
        yield "zone"
    if before.said in told:
        yield "words"


def main() -> int:
    """Print the table; return 1 where more is told than may be."""
    told = asyncio.run(table())
    width = max(map(len, SCOPES)) + 2
    print((" " * width + "".join(f"{after:{width}}" for after in SCOPES)).rstrip())
    for before in SCOPES:
        cells = (", ".join(sorted(told[before, after])) for after in SCOPES)
        print((f"{before:{width}}" + "".join(f"{cell:{width}}" for cell in cells)).rstrip())
    wrong = [pair for pair in told if told[pair] != MAY_BE_TOLD[pair]]
    for before, after in wrong:
        print(f"error: in {after}, of {before}: {sorted(told[before, after])}", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
