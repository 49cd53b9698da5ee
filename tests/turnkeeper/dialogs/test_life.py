"""The end of a conversation closes what is open in it, for each of its people."""

from __future__ import annotations

from typing import Any

import pytest
from botbuilder.dialogs import Dialog, DialogContext, DialogTurnResult, DialogTurnStatus

from tests.turnkeeper.dialogs.colours import bot_with, new_host, question
from turnkeeper.testing import Cloud, Person


class Asking(Dialog):  # type: ignore[misc]  # the SDK is untyped
    """Asks, and repeats the answer."""

    def __init__(self) -> None:
        super().__init__("root")

    async def begin_dialog(
        self, dialog_context: DialogContext, options: object = None
    ) -> DialogTurnResult:
        await dialog_context.context.send_activity(question("Which?"))
        return DialogTurnResult(DialogTurnStatus.Waiting)

    async def continue_dialog(self, dialog_context: DialogContext) -> DialogTurnResult:
        context = dialog_context.context
        if context.activity.type != "message":
            return DialogTurnResult(DialogTurnStatus.Waiting)
        await context.send_activity(f"{context.activity.text} it is.")
        return await dialog_context.end_dialog()


async def end(person: Person, how: str) -> None:
    """End the person's conversation."""
    fields: dict[str, Any] = {}
    kind = "conversationUpdate"
    match how:
        case "endOfConversation":
            kind = how
        case "remove":
            kind, fields = "installationUpdate", {"action": "remove"}
        case "removed":
            fields = {"membersRemoved": [{"id": "28:bot"}]}
        case "upgrade":
            kind, fields = "installationUpdate", {"action": "remove-upgrade"}
        case "left":
            fields = {"membersRemoved": [{"id": "somebody"}]}
    await person.sends(person.activity(kind, **fields))


@pytest.mark.parametrize("scope", ["personal", "groupChat", "channel"])
@pytest.mark.parametrize("how", ["endOfConversation", "remove", "removed"])
async def test_what_is_said_afterwards_is_no_answer(scope: str, how: str) -> None:
    host = new_host()
    async with Cloud(host, bot_with(host, Asking())) as cloud:
        ada = cloud.person("Ada", channel="msteams", scope=scope)
        assert await ada.says("hi") == ["Which?"]
        await end(ada, how)
        await cloud.restart()
        assert await ada.says("book a flight") == ["Which?"]
        assert await ada.says("red") == ["red it is."]


@pytest.mark.parametrize("how", ["upgrade", "left"])
async def test_an_upgrade_and_the_leave_of_others_close_nothing(how: str) -> None:
    host = new_host()
    async with Cloud(host, bot_with(host, Asking())) as cloud:
        ada = cloud.person("Ada", channel="msteams")
        assert await ada.says("hi") == ["Which?"]
        await end(ada, how)
        assert await ada.says("red") == ["red it is."]
