"""A tiny bot: asks who somebody is, then counts what they say. ``python app.py`` runs it.

It knows two words more: "fail" fails its turn, and "forget" erases the person.
"""

from __future__ import annotations

from dataclasses import dataclass

from botbuilder.core import ActivityHandler, MessageFactory, TurnContext
from botbuilder.dialogs import (
    DialogSet,
    DialogTurnResult,
    DialogTurnStatus,
    WaterfallDialog,
    WaterfallStepContext,
)
from botbuilder.dialogs.prompts import PromptOptions, TextPrompt

from turnkeeper import Host, Types


@dataclass
class Known:
    """What it remembers of a person."""

    name: str
    count: int = 0


TYPES = Types(Known)


class TinyBot(ActivityHandler):  # type: ignore[misc]  # the SDK is untyped
    """The bot, on a host."""

    def __init__(self, host: Host) -> None:
        self._forget = host.forget
        self._known = host.user_state.create_property("Known")
        self._dialogs = DialogSet(host.conversation_state.create_property("DialogState"))
        self._dialogs.add(WaterfallDialog("meet", [self._ask, self._keep]))
        self._dialogs.add(TextPrompt("name"))

    async def on_message_activity(self, turn_context: TurnContext) -> None:
        text = turn_context.activity.text
        if text == "fail":
            raise LookupError(text)
        if text == "forget":
            await self._forget(turn_context)
            await turn_context.send_activity("Forgotten.")
            return
        dialogs = await self._dialogs.create_context(turn_context)
        if (await dialogs.continue_dialog()).status != DialogTurnStatus.Empty:
            return
        known: Known | None = await self._known.get(turn_context)
        if known is None:
            await dialogs.begin_dialog("meet")
            return
        known.count += 1
        await turn_context.send_activity(f"{known.name} {known.count}: {text}")

    async def _ask(self, step: WaterfallStepContext) -> DialogTurnResult:
        question = MessageFactory.text("Who are you?")
        return await step.prompt("name", PromptOptions(prompt=question))

    async def _keep(self, step: WaterfallStepContext) -> DialogTurnResult:
        await self._known.set(step.context, Known(step.result))
        await step.context.send_activity(f"Hello {step.result}.")
        return await step.end_dialog()


def make_bot(host: Host) -> TinyBot:
    """Return the bot on a host."""
    return TinyBot(host)


host = Host.from_env(types=TYPES)
bot = make_bot(host)
app = APP = host.app(bot)

if __name__ == "__main__":
    host.run(bot)
