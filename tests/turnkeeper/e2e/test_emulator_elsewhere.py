"""A bot without credentials in a container, and who talks to it beside the container."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.turnkeeper.e2e.process import BotProcess
from turnkeeper.settings import CONSENT
from turnkeeper.testing import Cloud

BESIDE = "http://host.docker.internal:9000/_connector"


def variables(folder: Path, **more: str) -> dict[str, str]:
    return {"STORAGE_URL": f"sqlite:///{folder}/bot.db", "HOME": str(folder), **more}


async def status(cloud: Cloud, bot: BotProcess, service_url: str) -> int:
    """What a message is answered whose replies stay in the answer."""
    person = cloud.person(bot_url=bot.url)
    message = person.message("hi", serviceUrl=service_url, deliveryMode="expectReplies")
    return (await cloud.post_to_bot(bot.url, message)).status


async def test_with_consent_further_hosts_are_those_of_the_emulator(
    tmp_path: Path, cloud: Cloud
) -> None:
    listening = {
        "HOST": "0.0.0.0",  # noqa: S104 - what is tested
        "DANGEROUSLY_LISTEN_WITHOUT_CREDENTIALS": CONSENT,
        "SERVICE_URL_HOSTS": "host.docker.internal,172.17.0.1",
    }
    async with BotProcess(variables(tmp_path, **listening)) as bot:
        assert await status(cloud, bot, BESIDE) == 200
        assert await status(cloud, bot, "http://172.17.0.1:9000") == 200
        assert await status(cloud, bot, "http://localhost:9000") == 200
        for other in ("http://172.17.0.2:9000", "https://smba.trafficmanager.net/emea"):
            assert await status(cloud, bot, other) == 403


@pytest.mark.parametrize("hosts", ["", "host.docker.internal"])
async def test_without_consent_there_is_no_other_machine(
    tmp_path: Path, cloud: Cloud, hosts: str
) -> None:
    async with BotProcess(variables(tmp_path, SERVICE_URL_HOSTS=hosts)) as bot:
        assert await status(cloud, bot, BESIDE) == 403
        assert await status(cloud, bot, "http://localhost:9000") == 200
