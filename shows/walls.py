"""What a bot refuses and what strangers cost it: as a program, under gunicorn, behind nginx.

Run it with ``python -m shows.walls``. It needs nginx, as Debian has it.
"""

from __future__ import annotations

import asyncio
import io
import math
import os
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Final

from aiohttp import ClientSession
from yarl import URL

from tests.turnkeeper.e2e.process import BotProcess, Gunicorn
from tests.turnkeeper.hostile import CASES, JSON, LOCAL_CASES, Case, Target
from tests.turnkeeper.ports import reserved_port
from turnkeeper.testing import Cloud

APP_ID: Final = "b0b0b0b0-0000-4000-8000-000000000000"
PASSWORD: Final = "not a secret"  # noqa: S105 - as it says
UNFINISHED: Final = 1_000
ROUNDS: Final = 8
AT_ONCE: Final = 50
DEAREST: Final = 2.0  # refusals
MOST: Final = {"credentials": 40.0, "local": 64.0}  # megabytes


class Program(BotProcess):
    """A bot as an operator runs it: without Python's checks for developers."""

    def command(self) -> list[str]:
        """Return what Python is told to run."""
        return [part for part in super().command() if part not in ("-X", "dev")]


Bot = Program | Gunicorn


def processes_of(pid: int) -> list[int]:
    """Return a process and its children."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split()
    return [pid, *map(int, children)]


def cpu_of(bot: Bot) -> float:
    """Return the seconds of CPU that a bot has used so far."""
    threads = [
        thread for pid in processes_of(bot.pid) for thread in Path(f"/proc/{pid}/task").iterdir()
    ]
    return sum(int((one / "schedstat").read_text("ascii").split()[0]) for one in threads) / 1e9


def memory_of(bot: Bot) -> float:
    """Return the megabytes that a bot holds."""
    pages = sum(
        int(Path(f"/proc/{pid}/statm").read_text("ascii").split()[1])
        for pid in processes_of(bot.pid)
    )
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


@asynccontextmanager
async def nginx_before(bot: Bot) -> AsyncIterator[str]:
    """An nginx that passes on all it gets, without a line more; the bot's URL behind it."""
    with reserved_port() as port, tempfile.TemporaryDirectory() as folder:
        paths = "".join(
            f"{kind}_temp_path {folder}/{kind};"
            for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        (config := Path(folder) / "nginx.conf").write_text(
            f"{'user root;' if os.getuid() == 0 else ''}\n"
            f"daemon off; pid {folder}/pid; error_log stderr crit; events {{}}\n"
            f"http {{ access_log off; {paths} server {{ listen 127.0.0.1:{port};\n"
            f"location / {{ proxy_pass {URL(bot.url).origin()}; }} }} }}\n"
        )
        process = await asyncio.create_subprocess_exec("nginx", "-c", str(config), "-p", folder)
        try:
            url = URL(bot.url).with_port(port)
            async with asyncio.timeout(20), ClientSession() as session:
                while True:
                    with suppress(OSError):
                        async with session.get(url.with_path("/healthz")):
                            break
            yield str(url)
        finally:
            process.terminate()
            await process.wait()


async def attack(url: str, target: Target, cases: Sequence[Case], *wanted: int) -> list[str]:
    """Send cases to a bot; return the names of those that are not answered as they should be.

    :param wanted: the statuses of all; by default each case has its own.
    """
    wrong = []
    async with ClientSession() as session:
        for case in cases:
            request = case.make(target)
            body = io.BytesIO(request.body)
            async with session.post(url, data=body, headers=request.headers) as answer:
                right = wanted or case.statuses
                if answer.status not in right or "Traceback" in await answer.text():
                    wrong.append(f"{case.name}: {answer.status}")
    return wrong


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


async def show(server: type[Program | Gunicorn], mode: str, cloud: Cloud) -> bool:
    """Show one bot; return whether all is as it should be."""
    variables = {"STORAGE_URL": "memory:", "LOG_LEVEL": "CRITICAL"}
    if guarded := mode == "credentials":
        variables |= {
            "MicrosoftAppId": APP_ID,
            "MicrosoftAppPassword": PASSWORD,
            "OPENID_METADATA_URL": cloud.open_id_metadata_url,
            "LOGIN_URL": cloud.url.rstrip("/"),
            "SERVICE_URL_HOSTS": "127.0.0.1",
            "HOST": "127.0.0.1",
        }
        target = Target(cloud.identity, APP_ID, cloud.service_url)
    else:
        target = Target(service_url=cloud.service_url)
    cases = CASES if guarded else LOCAL_CASES
    good = True
    async with server(variables) as bot:
        print(f"\n{server.__name__}, {mode}", flush=True)
        wrong = await attack(bot.url, target, cases)
        async with nginx_before(bot) as behind:
            # Without credentials nothing is taken from a proxy, however little it says of itself.
            # It refuses a body of over 1 MB itself.
            wrong += await attack(behind, target, cases, *(() if guarded else (403, 413)))
        print(f"  attacks, directly and behind nginx: {2 * len(cases)}, {len(wrong)} succeed")
        good &= not wrong
        print("".join(f"    {line}\n" for line in wrong), end="")
        if guarded:
            for name, ratio in (await costs(bot)).items():
                print(f"  {name:34}{ratio:6.2f} refusals (at most {DEAREST:g})")
                good &= ratio <= DEAREST
        more = await unfinished(bot)
        print(f"  {UNFINISHED:,} unfinished bodies: {more:.0f} MB more (at most {MOST[mode]:g})")
        good &= more <= MOST[mode]
        person = cloud.person(channel="msteams", bot_url=bot.url)
        good &= bool(await person.says("hi"))
    return good


async def main() -> int:
    """Show it all; return the exit code."""
    if shutil.which("nginx") is None:
        print("nginx is missing; on Debian: apt-get install nginx-light", file=sys.stderr)
        return 2
    good = True
    for server in (Program, Gunicorn):
        async with Cloud(app_id=APP_ID, app_password=PASSWORD) as cloud:
            good &= await show(server, "credentials", cloud)
        async with Cloud() as cloud:
            good &= await show(server, "local", cloud)
    print("\nall is as it should be" if good else "\nsomething is not as it should be")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
