"""The bot under gunicorn, as on App Service."""

import asyncio
import re
import resource
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.cloud import FakeCloud
from tests.e2e.process import ROOT

LISTENING = re.compile(r"Listening at: (http://\S+)")


@pytest.fixture
async def gunicorn(tmp_path: Path) -> AsyncIterator[tuple[str, asyncio.subprocess.Process]]:
    process = await asyncio.create_subprocess_exec(
        *("sh", "-c", 'ulimit -Sn 256 && exec "$@"', "sh"),
        *(sys.executable, "-m", "gunicorn", "--bind", "127.0.0.1:0", "--workers", "2"),
        *("--worker-class", "aiohttp.GunicornWebWorker", "app:APP"),
        env={
            "PATH": "/usr/bin:/bin",
            "STORAGE_URL": f"sqlite:///{tmp_path}/bot.db",
            "METRICS_PORT": "9100",
        },
        stderr=asyncio.subprocess.PIPE,
        cwd=ROOT,
    )
    assert process.stderr
    async for line in process.stderr:
        if match := LISTENING.search(line.decode()):
            yield f"{match[1]}/api/messages", process
            break
    if process.returncode is None:
        process.kill()
    await process.communicate()


@pytest.mark.parametrize("preload", [True, False])
async def test_wrong_settings_end_it_with_a_line_each(preload: bool) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "gunicorn", "--bind", "127.0.0.1:0", "--workers", "1"),
        *("--worker-class", "aiohttp.GunicornWebWorker", "app:APP"),
        *(["--preload"] if preload else []),
        env={"PATH": "/usr/bin:/bin", "STORAGE_URL": "s3cret", "DEFAULT_LOCALE": "xx", "PORT": "x"},
        stderr=asyncio.subprocess.PIPE,
        cwd=ROOT,
    )
    _, said = await process.communicate()
    assert process.returncode != 0
    lines = said.decode().splitlines()
    faults = [line.split(":")[1].strip() for line in lines if line.startswith("error: ")]
    assert sorted(faults) == ["DEFAULT_LOCALE", "PORT", "STORAGE_URL"]
    assert "Traceback" not in said.decode()
    assert "s3cret" not in said.decode()


async def test_it_talks_and_ends_in_good_order(
    cloud: FakeCloud, gunicorn: tuple[str, asyncio.subprocess.Process]
) -> None:
    url, process = gunicorn
    person = cloud.person("msteams", bot_url=url)
    for text, beginning in (("hi", "What"), ("Ada", "Thanks Ada."), ("hello", "Ada sent: hello")):
        assert (await person.says(text)).texts[0].startswith(beginning)
    process.send_signal(signal.SIGTERM)
    _, said = await process.communicate()
    assert process.returncode == 0
    assert b"METRICS_PORT is not served under gunicorn" in said
    assert b"Traceback" not in said


async def test_its_workers_take_as_many_connections_as_the_machine_allows(
    cloud: FakeCloud, gunicorn: tuple[str, asyncio.subprocess.Process]
) -> None:
    url, process = gunicorn
    assert (await cloud.person(bot_url=url).says("hi")).status == 201
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    workers = (await asyncio.to_thread(children.read_text)).split()
    soft = [resource.prlimit(int(pid), resource.RLIMIT_NOFILE)[0] for pid in workers]
    assert max(soft) > 256  # one may be on its way still
