"""``Action.Execute`` is answered by ``on_adaptive_card_invoke``: a text, a card or an error."""

from __future__ import annotations

from typing import Any, Final

import pytest
from botbuilder.core import ActivityHandler, CardFactory, TurnContext
from botbuilder.schema import (
    Activity,
    AdaptiveCardInvokeResponse,
    AdaptiveCardInvokeValue,
    CardAction,
    HeroCard,
)

from turnkeeper import Host, Settings
from turnkeeper.testing import Cloud

KIND: Final = "application/vnd.microsoft"
CARD: Final = {
    "type": "AdaptiveCard",
    "actions": [{"type": "Action.Execute", "title": "Do", "verb": "do"}],
}
NEXT: Final = {"type": "AdaptiveCard", "actions": [{"type": "Action.Submit", "title": "Next"}]}


class CardBot(ActivityHandler):  # type: ignore[misc]  # the SDK is untyped
    """Shows a card, and answers its action as it is told.

    :param kind: of the answer.
    :param value: of the answer.
    :param status: of the answer.
    """

    def __init__(self, kind: str, value: Any, status: int = 200) -> None:
        self.answer = AdaptiveCardInvokeResponse(status_code=status, type=kind, value=value)

    async def on_message_activity(self, turn_context: TurnContext) -> None:
        reply = Activity(type="message", attachments=[CardFactory.adaptive_card(CARD)])
        await turn_context.send_activity(reply)

    async def on_adaptive_card_invoke(
        self, turn_context: TurnContext, invoke_value: AdaptiveCardInvokeValue
    ) -> AdaptiveCardInvokeResponse:
        assert invoke_value.action["verb"] == "do"
        return self.answer


@pytest.mark.parametrize("inside", [False, True], ids=["itself", "in a function"])
async def test_a_text_is_shown(inside: bool) -> None:
    bot = CardBot(f"{KIND}.activity.message", "text")

    async def function(context: TurnContext) -> None:
        await bot.on_turn(context)

    async with Cloud(Host(Settings()), function if inside else bot) as cloud:
        ada = cloud.person("Ada", channel="msteams")
        await ada.says("hi")
        assert await ada.presses("Do") == ["text"]
        assert await ada.repeats() == ["text"]


async def test_a_card_takes_the_place_of_the_card() -> None:
    async with Cloud(Host(Settings()), CardBot(f"{KIND}.card.adaptive", NEXT)) as cloud:
        ada = cloud.person("Ada", channel="msteams")
        await ada.says("hi")
        assert await ada.presses("Do") == []
        [shown] = ada.last[-1]["attachments"]
        assert shown == {"contentType": f"{KIND}.card.adaptive", "content": NEXT}


async def test_what_is_in_a_card_may_be_a_model() -> None:
    hero = HeroCard(buttons=[CardAction(type="imBack", title="Yes", value="yes")])
    async with Cloud(Host(Settings()), CardBot(f"{KIND}.card.hero", {"hero": hero})) as cloud:
        ada = cloud.person("Ada", channel="msteams")
        await ada.says("hi")
        turn = await ada.sends(ada.press("Do"))
        button = {"type": "imBack", "title": "Yes", "value": "yes"}
        assert turn.body == {
            "statusCode": 200,
            "type": f"{KIND}.card.hero",
            "value": {"hero": {"buttons": [button]}},
        }


async def test_an_error_is_told() -> None:
    error = {"code": "BadRequest", "message": "not today"}
    async with Cloud(Host(Settings()), CardBot(f"{KIND}.error", error, 400)) as cloud:
        ada = cloud.person("Ada", channel="msteams")
        await ada.says("hi")
        pressed = ada.press("Do")
        with pytest.raises(AssertionError, match="not today"):
            await ada.presses("Do")
        turn = await ada.sends(pressed)
        assert (turn.status, turn.body["value"]) == (200, error)
