"""The echo bot in a cloud of its own."""

from examples.echo.app import bot
from turnkeeper import Host, Settings
from turnkeeper.testing import Cloud


async def test_it_says_what_it_hears() -> None:
    async with Cloud(Host(Settings()), bot) as cloud:
        ada = cloud.person("Ada")
        assert await ada.says("hello") == ["You said: hello"]
        assert await ada.repeats() == []  # delivered twice, it is answered once
        assert await ada.joins() == []
