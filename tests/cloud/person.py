"""A person at a channel: posts activities to a bot as the real clients do.

The shapes are those of Bot Framework Emulator 4.15.1 and Microsoft 365 Agents
Playground 0.2.28. A channel none of them plays gets the shape of Direct Line.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NamedTuple, Protocol

from tests.cloud.connector import Activity
from tests.cloud.place import Place

BOT = {"id": "28:bot", "name": "Test Bot"}


class Turn(NamedTuple):
    """What one activity brought: the bot's HTTP status and the replies that it posted.

    With ``deliveryMode: expectReplies`` the replies are those of the HTTP body.
    """

    status: int
    replies: list[Activity]

    @property
    def texts(self) -> list[str]:
        """The texts of the messages among the replies."""
        return [reply.get("text", "") for reply in self.replies if reply["type"] == "message"]


class Answered(NamedTuple):
    """The bot's HTTP answer as it stands."""

    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


class Wire(Protocol):
    """What a person needs of the cloud."""

    @property
    def service_url(self) -> str:
        """Where bots post their replies."""

    async def post_to_bot(self, bot_url: str, activity: Activity) -> Answered:
        """Post one activity with the channel's token."""

    def sent(self, conversation_id: str) -> list[Activity]:
        """The activities that bots posted to a conversation."""


@dataclass
class Person:
    """One person in one conversation.

    :param wire: the cloud that carries the activities.
    :param place: the conversation.
    :param bot_url: where the bot listens, ``http://127.0.0.1:3978/api/messages``.
    :param id: the channel's id of the person.
    :param name: the channel's name of the person.
    :param locale: of the person's client.
    :param time_zone: IANA name that the client reports.
    :param now: tells the time of the client.
    """

    wire: Wire
    place: Place
    bot_url: str = ""
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    name: str = "User"
    locale: str = "en-US"
    time_zone: str = "UTC"
    now: Callable[[], datetime] = field(default=lambda: datetime.now(UTC))

    def says(self, text: str, bot_url: str = "", **fields: Any) -> Awaitable[Turn]:
        """Send a message. Fields given by name are set as they are; None drops one."""
        return self.sends(self.message(text, **fields), bot_url)

    def submits(self, value: Any, bot_url: str = "") -> Awaitable[Turn]:
        """Press the submit button of a card."""
        return self.sends(self.submission(value), bot_url)

    async def invokes(self, name: str, value: Any, bot_url: str = "") -> Answered:
        """Invoke something, such as ``adaptiveCard/action``; return the bot's HTTP answer."""
        invoke = self.activity("invoke", name=name, value=value)
        return await self.wire.post_to_bot(bot_url or self.bot_url, invoke)

    def joins(self, bot_url: str = "", **fields: Any) -> Awaitable[Turn]:
        """Open the conversation: one conversationUpdate as the channel words it."""
        return self.sends(self.joining(**fields), bot_url)

    def installs(self, bot_url: str = "", **fields: Any) -> Awaitable[Turn]:
        """Install the app on Teams, or remove it with ``action="remove"``."""
        return self.sends(self.installation(**fields), bot_url)

    async def sends(self, activity: Activity, bot_url: str = "") -> Turn:
        """Post an activity; return the bot's status and what it posted meanwhile."""
        before = len(self.wire.sent(self.place.id))
        answered = await self.wire.post_to_bot(bot_url or self.bot_url, activity)
        if activity.get("deliveryMode") == "expectReplies":
            body = answered.json() if answered.status == 200 else {}
            return Turn(answered.status, body.get("activities", []))
        return Turn(answered.status, self.wire.sent(self.place.id)[before:])

    def message(self, text: str, **fields: Any) -> Activity:
        """A message as the channel's client makes it, not yet sent."""
        entities: list[dict[str, Any]] = []
        if self.place.is_teams:
            if self.place.scope != "personal" and text:
                # In groups and channels Teams passes on only what mentions the bot.
                mention = f"<at>{BOT['name']}</at>"
                entities.append({"type": "mention", "mentioned": BOT, "text": mention})
                text = f"{mention} {text}"
            client = {"locale": self.locale, "platform": "Web", "timezone": self.time_zone}
            entities.append({"type": "clientInfo", "country": "US"} | client)
        else:
            can = {"requiresBotState": True, "supportsListening": True, "supportsTts": True}
            entities.append({"type": "ClientCapabilities"} | can)
        message = {
            "text": text,
            "textFormat": "plain",
            "attachments": [] if self._at_emulator else None,
            "channelData": self.place.message_data(),
            "localTimezone": self.time_zone,
            "entities": entities,
        }
        return self.activity("message", **(message | fields))

    def submission(self, value: Any, **fields: Any) -> Activity:
        """A message without text, as a card's submit button makes it, not yet sent."""
        message = self.message("", textFormat=None, value=value, **fields)
        del message["text"]
        return message

    def joining(self, **fields: Any) -> Activity:
        """The conversationUpdate that opens the conversation, not yet sent.

        A Teams group or channel names only the bot among the added members.
        """
        bot, here = BOT, {"id": self.id, "name": self.name}
        if self.place.is_teams:
            bot, here = {"id": BOT["id"]}, {"id": self.id, "aadObjectId": self._aad_object_id}
        if self._at_emulator:
            update: Activity = {"membersAdded": [bot, here], "membersRemoved": []}
        else:
            personal = self.place.scope == "personal"
            update = {"membersAdded": [here, bot] if personal else [bot]}
            sender = self._account(name=not self.place.is_teams)
            update |= {"localTimestamp": None, "locale": None, "from": sender}
        return self.activity("conversationUpdate", **(update | fields))

    def installation(self, *, action: str = "add", **fields: Any) -> Activity:
        """The installationUpdate of Teams, not yet sent."""
        place = {"settings": {"selectedChannel": {"id": self.place.id}}}
        update: Activity = {
            "action": action,
            "channelData": {**(self.place.channel_data() or {}), **place},
            "entities": [{"type": "clientInfo", "locale": self.locale}],
            "from": self._account(name=False),
            "localTimestamp": None,
        }
        return self.activity("installationUpdate", **(update | fields))

    def activity(self, type: str, **fields: Any) -> Activity:
        """Any activity with the fields that the channel always sends, not yet sent.

        :param fields: further ones; None drops one.
        """
        now = self.now()
        activity = {
            "type": type,
            "id": str(uuid.uuid4()),
            "channelId": self.place.channel,
            "from": self._account(),
            "recipient": BOT | ({"role": "bot"} if self._at_emulator else {}),
            "conversation": self.place.account(),
            "timestamp": now.astimezone(UTC).isoformat(timespec="milliseconds")[:-6] + "Z",
            "localTimestamp": now.isoformat(timespec="milliseconds"),
            "locale": self.locale,
            "channelData": self.place.channel_data(),
            "serviceUrl": self.wire.service_url,
            **fields,
        }
        return {name: value for name, value in activity.items() if value is not None}

    @property
    def _at_emulator(self) -> bool:
        return self.place.channel == "emulator"

    @property
    def _aad_object_id(self) -> str:
        return str(uuid.uuid5(uuid.NAMESPACE_OID, self.id))

    def _account(self, *, name: bool = True) -> dict[str, str]:
        account = {"id": self.id} | ({"name": self.name} if name else {})
        if self._at_emulator:
            account["role"] = "user"
        if self.place.is_teams:
            account["aadObjectId"] = self._aad_object_id
        return account
