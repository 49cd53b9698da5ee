"""``/readyz`` says 200 while turns can be committed, and else 503."""

import resource
from pathlib import Path

import aiohttp

from tests.turnkeeper.e2e.process import BotProcess
from turnkeeper.testing import Cloud


async def readyz(bot: BotProcess) -> int:
    url = bot.url.replace("/api/messages", "/readyz")
    async with aiohttp.ClientSession() as session, session.get(url) as answer:
        return answer.status


async def test_a_bot_whose_disk_is_full_is_not_ready_until_there_is_room(
    cloud: Cloud, tmp_path: Path
) -> None:
    async with BotProcess({"STORAGE_URL": f"sqlite:///{tmp_path}/bot.db"}) as bot:
        person = cloud.person(bot_url=bot.url)
        assert await readyz(bot) == 200
        _, most = resource.prlimit(bot.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(bot.pid, resource.RLIMIT_FSIZE, (0, most))
        assert (await person.sends(person.message("hi"))).status == 503
        assert await readyz(bot) == 503
        resource.prlimit(bot.pid, resource.RLIMIT_FSIZE, (most, most))
        assert await readyz(bot) == 200
        await person.says("hi")
