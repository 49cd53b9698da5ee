"""Bots as operators run them, what they use, and an nginx in front."""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Final

from aiohttp import ClientSession
from yarl import URL

from tests.turnkeeper.e2e.process import BotProcess, Gunicorn
from tests.turnkeeper.ports import reserved_port
from turnkeeper.testing import Cloud

APP_ID: Final = "b0b0b0b0-0000-4000-8000-000000000000"
PASSWORD: Final = "not a secret"  # noqa: S105 - as it says


class Program(BotProcess):
    """A bot as an operator runs it: without Python's checks for developers."""

    def command(self) -> list[str]:
        """Return what Python is told to run."""
        return [part for part in super().command() if part not in ("-X", "dev")]


Bot = Program | Gunicorn


def credentials(cloud: Cloud) -> dict[str, str]:
    """Return the variables of a bot that the cloud knows."""
    return {
        "MicrosoftAppId": APP_ID,
        "MicrosoftAppPassword": PASSWORD,
        "OPENID_METADATA_URL": cloud.open_id_metadata_url,
        "LOGIN_URL": cloud.url.rstrip("/"),
        "SERVICE_URL_HOSTS": "127.0.0.1",
        "HOST": "127.0.0.1",
    }


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
