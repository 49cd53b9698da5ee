"""A plain SDK bot, put together as the SDK's samples do it, with the same conversation.

CloudAdapter, ConfigurationBotFrameworkAuthentication, MemoryStorage, ConversationState,
UserState, a ComponentDialog with a WaterfallDialog and a TextPrompt, DialogExtensions.run_dialog.
Its state is lost when it ends.
"""

from __future__ import annotations

import os
import sys
import traceback
from typing import Any, Final

import requests.adapters
from aiohttp import web
from botbuilder.core import (
    ActivityHandler,
    ConversationState,
    MemoryStorage,
    MessageFactory,
    StatePropertyAccessor,
    TurnContext,
    UserState,
)
from botbuilder.core.integration import aiohttp_error_middleware
from botbuilder.dialogs import (
    ComponentDialog,
    Dialog,
    DialogExtensions,
    DialogTurnResult,
    WaterfallDialog,
    WaterfallStepContext,
)
from botbuilder.dialogs.prompts import PromptOptions, TextPrompt
from botbuilder.integration.aiohttp import (
    CloudAdapter,
    ConfigurationBotFrameworkAuthentication,
)

from benchmarks.servers import listen

_CLOUD: Final = ("https://login.botframework.com/", "https://login.microsoftonline.com/")


class Config:
    """What ``config.py`` is in the samples."""

    APP_ID = os.environ.get("MicrosoftAppId", "")  # noqa: SIM112 - as in the samples
    APP_PASSWORD = os.environ.get("MicrosoftAppPassword", "")  # noqa: SIM112
    APP_TYPE = "MultiTenant"


class UserProfile:
    """What the bot remembers of a person."""

    def __init__(self, name: str | None = None) -> None:
        self.name = name


class UserProfileDialog(ComponentDialog):  # type: ignore[misc]  # the SDK is untyped
    """Asks a person's name, then greets with the time and the channel."""

    def __init__(self, user_state: UserState) -> None:
        super().__init__(UserProfileDialog.__name__)
        self.accessor: StatePropertyAccessor = user_state.create_property("UserProfile")
        self.add_dialog(WaterfallDialog(WaterfallDialog.__name__, [self.name_step, self.end_step]))
        self.add_dialog(TextPrompt(TextPrompt.__name__))
        self.initial_dialog_id = WaterfallDialog.__name__

    async def name_step(self, step: WaterfallStepContext) -> DialogTurnResult:
        """Ask, or greet."""
        profile = await self.accessor.get(step.context, UserProfile)
        if profile.name is None:
            prompt = MessageFactory.text("What is your name?")
            return await step.prompt(TextPrompt.__name__, PromptOptions(prompt=prompt))
        activity = step.context.activity
        await step.context.send_activity(
            f"{profile.name} sent: {activity.text}\n"
            f"Message received at: {activity.timestamp:%A, %B %d, %Y, %I:%M:%S %p}\n"
            f"Message received from: {activity.channel_id}"
        )
        return await step.end_dialog()

    async def end_step(self, step: WaterfallStepContext) -> DialogTurnResult:
        """Keep the name."""
        profile = await self.accessor.get(step.context, UserProfile)
        profile.name = step.result
        await step.context.send_activity(
            f"Thanks {profile.name}. To see conversation data, type anything."
        )
        return await step.end_dialog()


class DialogBot(ActivityHandler):  # type: ignore[misc]  # the SDK is untyped
    """Runs the dialog on each message and saves what changed."""

    def __init__(
        self, conversation_state: ConversationState, user_state: UserState, dialog: Dialog
    ) -> None:
        self.conversation_state = conversation_state
        self.user_state = user_state
        self.dialog = dialog

    async def on_turn(self, turn_context: TurnContext) -> None:
        """Handle one activity."""
        await super().on_turn(turn_context)
        await self.conversation_state.save_changes(turn_context, False)
        await self.user_state.save_changes(turn_context, False)

    async def on_message_activity(self, turn_context: TurnContext) -> None:
        """Continue the dialog or begin it."""
        await DialogExtensions.run_dialog(
            self.dialog,
            turn_context,
            self.conversation_state.create_property("DialogState"),
        )


async def on_error(context: TurnContext, error: Exception) -> None:
    """Say that something went wrong."""
    traceback.print_exception(error, file=sys.stderr)
    await context.send_activity("The bot encountered an error or bug.")


def redirect_cloud(login_url: str) -> None:
    """Have ``requests``, which the SDK and MSAL use, find Microsoft's login services here.

    The bot itself stays as it is: MSAL would refuse a login service without https.
    """
    send = requests.adapters.HTTPAdapter.send

    def send_here(self: Any, request: Any, *arguments: Any, **options: Any) -> Any:
        for cloud in _CLOUD:
            if request.url.startswith(cloud):
                request.url = f"{login_url}/{request.url.removeprefix(cloud)}"
        return send(self, request, *arguments, **options)

    requests.adapters.HTTPAdapter.send = send_here  # type: ignore[method-assign]


def main() -> None:
    """Serve until the process is ended."""
    if login_url := os.environ.get("LOGIN_URL"):
        redirect_cloud(login_url)
    adapter = CloudAdapter(ConfigurationBotFrameworkAuthentication(Config()))
    adapter.on_turn_error = on_error
    memory = MemoryStorage()
    conversation_state, user_state = ConversationState(memory), UserState(memory)
    bot = DialogBot(conversation_state, user_state, UserProfileDialog(user_state))

    async def messages(request: web.Request) -> web.StreamResponse:
        response: web.StreamResponse = await adapter.process(request, bot)
        return response

    app = web.Application(middlewares=[aiohttp_error_middleware])
    app.router.add_post("/api/messages", messages)
    listen(app)


if __name__ == "__main__":
    main()
