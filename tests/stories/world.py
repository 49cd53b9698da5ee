"""The whole bot in one process, with a channel that keeps what it receives."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from app import TYPES, make_bot
from config import Config
from tests.cloud.person import Answered
from turnkeeper import Host, Settings
from turnkeeper.connector.client import Connector
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

    config: Config = field(default_factory=Config)
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
        self.host = Host(Settings(), types=TYPES, storage=self.storage, clock=self.clock)
        self.host.adapter.open(self.inbox)
        self.bot = make_bot(self.host, self.config, clock=self.clock)

    async def post_to_bot(self, bot_url: str, activity: dict[str, Any]) -> Answered:
        """Have the bot take an activity as it comes over HTTP."""
        taken = wire.decode_activity(json.loads(json.dumps(activity)))
        answer = await self.host.adapter.process_activity(None, taken, self.bot.on_turn)
        if answer is None:
            return Answered(201, {}, b"")
        return Answered(answer.status, {}, json.dumps(answer.body).encode())

    def sent(self, conversation_id: str) -> list[dict[str, Any]]:
        """What the bot sent to a conversation."""
        return list(self.inbox.received.get(conversation_id, ()))
