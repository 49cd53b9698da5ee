"""What real clients send is taken."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from turnkeeper.testing import Cloud

FILES = sorted((Path(__file__).parents[1] / "captures").glob("*.json"))
CAPTURES = {path.stem: path.read_text("utf-8") for path in FILES}


@pytest.mark.parametrize("capture", CAPTURES)
async def test_every_activity_of_a_real_client_is_taken(
    cloud: Cloud, bot: str, capture: str
) -> None:
    activity: dict[str, Any] = json.loads(CAPTURES[capture])
    activity["serviceUrl"] = cloud.service_url
    answer = await cloud.post_to_bot(bot, activity)
    assert answer.status == (501 if activity["type"] == "invoke" else 201)
    is_message = activity["type"] == "message"
    assert cloud.texts(activity["conversation"]["id"]) == ["Who are you?"] * is_message
