"""A bot of the SDK as its owner brings it: imports, storage and one more line are the engine's."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import SimpleNamespace

from aiohttp import web
from botbuilder.core import ActivityHandler, TurnContext

from turnkeeper import (
    CloudAdapter,
    ConfigurationBotFrameworkAuthentication,
    ConversationState,
    Types,
    UserState,
    open_storage,
)


@dataclass
class Profile:
    """What the bot knows of a person."""

    name: str = ""
    colours: list[str] = field(default_factory=list)


class NameBot(ActivityHandler):  # type: ignore[misc]  # the SDK has no types
    """Asks for a name once, and greets from then on; it saves its states itself."""

    def __init__(self, conversation_state: ConversationState, user_state: UserState) -> None:
        self.conversation_state = conversation_state
        self.user_state = user_state
        self.profiles = user_state.create_property("Profile")
        self.asked = conversation_state.create_property("asked")

    async def on_turn(self, turn_context: TurnContext) -> None:
        """Handle one activity, then save, as the SDK's samples do."""
        await super().on_turn(turn_context)
        await self.conversation_state.save_changes(turn_context)
        await self.user_state.save_changes(turn_context)

    async def on_message_activity(self, turn_context: TurnContext) -> None:
        """Ask, keep, greet, or fail."""
        text = turn_context.activity.text
        profile = await self.profiles.get(turn_context, Profile)
        if text == "fail":
            profile.name = "never"
            raise RuntimeError("as it was asked to")
        if profile.name:
            await turn_context.send_activity(f"{profile.name} said {text}")
        elif await self.asked.get(turn_context, False):
            profile.name = text
            await self.asked.set(turn_context, False)
            await turn_context.send_activity(f"Hello {text}")
        else:
            await self.asked.set(turn_context, True)
            await turn_context.send_activity("Your name?")


def config(app_id: str = "", app_password: str = "") -> SimpleNamespace:
    """Return a CONFIG as the samples have it."""
    return SimpleNamespace(
        PORT=3978,
        APP_ID=app_id,
        APP_PASSWORD=app_password,
        APP_TYPE="MultiTenant",
        APP_TENANTID="",
    )


def make_bot(url: str | None = None) -> NameBot:
    """Return the bot with its states at a URL, by default the environment's."""
    storage = open_storage(url, types=Types(Profile))
    return NameBot(ConversationState(storage), UserState(storage))


def make_adapter(app_id: str = "", app_password: str = "") -> CloudAdapter:
    """Return the adapter, with an apology for whatever fails."""
    adapter = CloudAdapter(ConfigurationBotFrameworkAuthentication(config(app_id, app_password)))

    async def on_error(context: TurnContext, _: Exception) -> None:
        await context.send_activity("Sorry")

    adapter.on_turn_error = on_error
    return adapter


def attached(bot: NameBot, adapter: CloudAdapter) -> web.Application:
    """Return the application."""
    app = web.Application()
    adapter.attach(app, bot)
    return app
