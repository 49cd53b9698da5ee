"""What a token must not be, however genuine it is, and however well it is known."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from botbuilder.schema import Activity

from turnkeeper.auth.authentication import Authenticator
from turnkeeper.errors import RequestRefused
from turnkeeper.inbound.activity import read_activity
from turnkeeper.settings import Settings
from turnkeeper.testing import Cloud

SECRET = "secret"  # noqa: S105 - of nothing


@pytest.fixture
async def bot_cloud() -> AsyncIterator[Cloud]:
    """A cloud that signs tokens for the bot."""
    async with Cloud(app_id="app", app_password=SECRET) as cloud:
        yield cloud


@pytest.fixture
async def authenticator(bot_cloud: Cloud) -> AsyncIterator[Authenticator]:
    settings = Settings(
        app_id="app",
        app_password="secret",  # noqa: S106 - of a fake cloud
        open_id_metadata_url=bot_cloud.open_id_metadata_url,
    )
    made = Authenticator(settings)
    yield made
    await made.close()


def message_in(cloud: Cloud) -> Activity:
    """A message over the cloud's connector."""
    body = (
        b'{"type":"message","channelId":"msteams","conversation":{"id":"c"},"from":{"id":"ada"},'
        b'"serviceUrl":"%b"}' % cloud.service_url.encode()
    )
    return read_activity(body, "application/json")


@pytest.mark.parametrize("scheme", ["Basic", "Token", "", "Bearer Bearer"])
async def test_another_scheme_is_refused_however_well_its_token_is_known(
    bot_cloud: Cloud, authenticator: Authenticator, scheme: str
) -> None:
    token = bot_cloud.mint()
    for _ in range(2):
        activity = message_in(bot_cloud)
        assert (await authenticator.authenticate(f"Bearer {token}", activity)).is_authenticated
        with pytest.raises(RequestRefused) as refusal:
            await authenticator.authenticate(f"{scheme} {token}", activity)
        assert refusal.value.status == 401


async def test_a_channel_calls_no_skills(bot_cloud: Cloud, authenticator: Authenticator) -> None:
    skill = {"ver": "2.0", "azp": "another-app"}  # as a bot's that calls this one
    for _ in range(2):
        with pytest.raises(RequestRefused) as refusal:
            await authenticator.authenticate(
                f"Bearer {bot_cloud.mint(**skill)}", message_in(bot_cloud)
            )
        assert refusal.value.status == 401
