"""What strangers cost a bot: time of the CPU, and memory."""

from __future__ import annotations

import asyncio
import math
from contextlib import suppress
from typing import Final

from yarl import URL

from shows.walls.bots import Bot, cpu_of, memory_of
from tests.turnkeeper.hostile import JSON

UNFINISHED: Final = 1_000
ROUNDS: Final = 8
AT_ONCE: Final = 50


def request(*fields: str, body: bytes = b"") -> bytes:
    """Return a request of a stranger's."""
    lines = ["POST /api/messages HTTP/1.1", "Host: 127.0.0.1", f"Content-Type: {JSON}", *fields]
    return "\r\n".join([*lines, "", ""]).encode() + body


def whole(body: bytes) -> bytes:
    """Return a request with the length of its body."""
    return request(f"Content-Length: {len(body)}", body=body)


def chunked(size: int, bytes_sent: int = 240_000) -> bytes:
    """Return a request whose body comes in chunks of a size."""
    chunk = b"%x\r\n%s\r\n" % (size, b"x" * size)
    count = bytes_sent // len(chunk)
    return request("Transfer-Encoding: chunked", body=chunk * count + b"0\r\n\r\n")


STRANGERS: Final = {
    "nothing but a refusal": whole(b"{}"),
    "a text of 250 KB": whole(b'{"text": "' + b"x" * 250_000 + b'"}'),
    "120,000 lists in one another": whole(b"[" * 120_000 + b"]" * 120_000),
    "80,000 numbers": whole(b"[" + b"1," * 80_000 + b"1]"),
    "a body that is too large": request("Content-Length: 99999999", body=b"x" * 250_000),
    "250 KB of 99 MB, compressed": request(
        "Content-Length: 99999999", "Content-Encoding: gzip", body=b"x" * 250_000
    ),
    "chunks of 1 byte": chunked(1),
    "chunks of 16 bytes": chunked(16),
    "chunks of 1,000 bytes": chunked(1_000),
    "a token that is none": request(
        "Content-Length: 250000", f"Authorization: Bearer {'a' * 4000}.b.c", body=b"x" * 250_000
    ),
}


async def send(url: str, data: bytes) -> None:
    """Send bytes on a connection of their own and wait for the answer."""
    where = URL(url)
    reader, writer = await asyncio.open_connection(where.host, where.port)
    with suppress(ConnectionError):
        writer.write(data)
        await reader.read(100)
    writer.close()


async def costs(bot: Bot) -> dict[str, float]:
    """Return what strangers' requests cost, in refusals of a small one."""
    spent = dict.fromkeys(STRANGERS, math.inf)
    for _ in range(ROUNDS):  # the least of them: whatever else the machine does takes time too
        for name, data in STRANGERS.items():
            before = cpu_of(bot)
            for _ in range(AT_ONCE):
                await send(bot.url, data)
            spent[name] = min(spent[name], cpu_of(bot) - before)
    least = next(iter(spent.values()))
    return {name: seconds / least for name, seconds in spent.items()}


async def unfinished(bot: Bot) -> float:
    """Return the megabytes more that a bot holds while strangers do not end their bodies."""
    where, before, writers = URL(bot.url), memory_of(bot), []
    most = before
    data = request("Content-Length: 262000", body=b"x" * 255_000)
    for number in range(UNFINISHED):
        _, writer = await asyncio.open_connection(where.host, where.port)
        writer.write(data)
        writers.append(writer)
        if number % 50 == 0:
            most = max(most, memory_of(bot))
    for _ in range(30):
        await asyncio.sleep(0.1)
        most = max(most, memory_of(bot))
    for writer in writers:
        writer.transport.abort()
    return most - before
