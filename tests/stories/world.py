"""The whole bot in one process, with a channel that keeps what it receives."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from bots.dialog_bot import DialogBot
from bots.person_data import exporting, forgetting
from bots.turn_error import turn_error_handler
from dialogs.main_dialog import MainDialog
from tests.cloud.person import Answered
from turnkeeper.adapters.cloud import CloudAdapter
from turnkeeper.auth.authentication import Authenticator
from turnkeeper.auth.service_url import ServiceUrls
from turnkeeper.connector.client import Connector
from turnkeeper.settings import Settings
from turnkeeper.state.scope import ConversationState, TurnState, UserState
from turnkeeper.storage import MemoryStorage
from turnkeeper.wire import activity as wire

START = datetime(2026, 11, 24, 5, 44, 54, tzinfo=UTC)


class Inbox(Connector):
    """Takes what the bot sends, as the channel would."""

    def __init__(self) -> None:
        self.received: dict[str, list[dict[str, Any]]] = {}

    async def close(self) -> None:
        """Nothing is open."""

    async def send(self, service_url: str, conversation_id: str, body: bytes, **_: Any) -> str:
        """Keep an activity."""
        self.received.setdefault(conversation_id, []).append(json.loads(body))
        return str(len(self.received[conversation_id]))


@dataclass
class World:
    """The bot, its store, and the time. It is the wire of :class:`tests.cloud.person.Person`."""

    settings: Settings = field(default_factory=Settings)
    storage: MemoryStorage = field(default_factory=MemoryStorage)
    inbox: Inbox = field(default_factory=Inbox)
    now: datetime = START
    service_url: str = "http://127.0.0.1:9"

    def __post_init__(self) -> None:
        self.start()

    def clock(self) -> float:
        """Seconds since the epoch."""
        return self.now.timestamp()

    def start(self) -> None:
        """Start the bot, or start it again on what it remembers."""
        settings, clock = self.settings, self.clock
        conversation_state, user_state = ConversationState(self.storage), UserState(self.storage)
        states = TurnState(conversation_state, user_state)
        forget = forgetting(states)
        self.adapter = CloudAdapter(
            states, Authenticator(settings), ServiceUrls(local=True), self.inbox, clock=clock
        )
        self.adapter.on_turn_error = turn_error_handler(conversation_state)
        dialog = MainDialog(
            user_state.create_property("UserProfile"),
            clock=clock,
            welcome_back_after=settings.welcome_back_after,
            default_locale=settings.default_locale,
            forget=forget,
            export=exporting(self.storage),
        )
        self.bot = DialogBot(
            conversation_state,
            user_state,
            dialog,
            default_locale=settings.default_locale,
            question_timeout=settings.question_timeout,
            forget=forget,
            forget_on_uninstall=settings.forget_on_uninstall,
            clock=clock,
        )

    async def post_to_bot(self, bot_url: str, activity: dict[str, Any]) -> Answered:
        """Have the bot take an activity as it comes over HTTP."""
        taken = wire.decode_activity(json.loads(json.dumps(activity)))
        answer = await self.adapter.process_activity(None, taken, self.bot.on_turn)
        if answer is None:
            return Answered(201, {}, b"")
        return Answered(answer.status, {}, json.dumps(answer.body).encode())

    def sent(self, conversation_id: str) -> list[dict[str, Any]]:
        """What the bot sent to a conversation."""
        return list(self.inbox.received.get(conversation_id, ()))
