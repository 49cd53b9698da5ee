"""Show it all. It needs nginx, as Debian has it."""

from __future__ import annotations

import asyncio
import io
import shutil
import sys
from collections.abc import Sequence
from typing import Final

from aiohttp import ClientSession

from shows.walls.bots import APP_ID, PASSWORD, Program, credentials, nginx_before
from shows.walls.costs import UNFINISHED, costs, unfinished
from shows.walls.starts import REFUSED, wrong_starts
from tests.turnkeeper.e2e.process import Gunicorn
from tests.turnkeeper.hostile import CASES, LOCAL_CASES, Case, Target
from turnkeeper.testing import Cloud

DEAREST: Final = 2.0  # refusals
MOST: Final = {"credentials": 40.0, "local": 64.0}  # megabytes


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


def told(what: str, wrong: Sequence[str]) -> bool:
    """Print what was tried and what succeeded; return whether nothing did."""
    print(f"  {what}: {len(wrong)} succeed", flush=True)
    print("".join(f"    {line}\n" for line in wrong), end="")
    return not wrong


async def show(server: type[Program | Gunicorn], mode: str, cloud: Cloud) -> bool:
    """Show one bot; return whether all is as it should be."""
    variables = {"STORAGE_URL": "memory:", "LOG_LEVEL": "CRITICAL"}
    target, cases = Target(service_url=cloud.service_url), LOCAL_CASES
    if guarded := mode == "credentials":
        variables |= credentials(cloud)
        target, cases = Target(cloud.identity, APP_ID, cloud.service_url), CASES
    async with server(variables) as bot:
        print(f"\n{server.__name__}, {mode}", flush=True)
        wrong = await attack(bot.url, target, cases)
        async with nginx_before(bot) as behind:
            # Without credentials nothing is taken from a proxy, however little it says of itself.
            # It refuses a body of over 1 MB itself.
            wrong += await attack(behind, target, cases, *(() if guarded else (403, 413)))
        good = told(f"{2 * len(cases)} attacks, directly and behind nginx", wrong)
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
        print(f"\n{server.__name__}, with settings that must not be", flush=True)
        good &= told(f"{len(REFUSED)} starts", await wrong_starts(server))
        async with Cloud(app_id=APP_ID, app_password=PASSWORD) as cloud:
            good &= await show(server, "credentials", cloud)
        async with Cloud() as cloud:
            good &= await show(server, "local", cloud)
    print("\nall is as it should be" if good else "\nsomething is not as it should be")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
