"""What the clients of channels send: activities as they make them.

The shapes are those of Bot Framework Emulator 4.15.1 and Microsoft 365 Agents Playground 0.2.28. A
channel none of them plays gets the shape of Direct Line.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Any, Final
from zoneinfo import ZoneInfo

from turnkeeper.testing.outside.connector import Activity
from turnkeeper.testing.people.conversation import Conversation

BOT: Final = {"id": "28:bot", "name": "Test Bot"}
"""What the channels call the bot."""


@dataclass
class Client:
    """The client of one person.

    :param service_url: tells where the channel listens for replies.
    :param conversation: where the person talks.
    :param id: the channel's id of the person.
    :param name: the channel's name of the person.
    :param locale: of the client.
    :param time_zone: IANA name that the client reports.
    :param now: tells the time of the client.
    """

    service_url: Callable[[], str]
    conversation: Conversation
    id: str
    name: str
    locale: str
    time_zone: str
    now: Callable[[], datetime]

    def message(self, text: str, *, mention: bool = True, **fields: Any) -> Activity:
        """Return a message as the channel's client makes it, not yet sent.

        :param mention: whether it mentions the bot where others are; of no other messages Teams
            tells a bot, unless it asked for all of them.
        :param fields: further ones, set as they are; None drops one.
        """
        entities: list[dict[str, Any]] = []
        if self.conversation.scope != "personal" and mention:
            name = BOT["name"]
            mark = f"<at>{name}</at>" if self.conversation.is_teams else f"@{name}"
            entities.append({"type": "mention", "mentioned": BOT, "text": mark})
            text = f"{mark} {text}".rstrip()
        if self.conversation.is_teams:
            client = {"locale": self.locale, "platform": "Web", "timezone": self.time_zone}
            entities.append({"type": "clientInfo", "country": "US"} | client)
        else:
            can = {"requiresBotState": True, "supportsListening": True, "supportsTts": True}
            entities.append({"type": "ClientCapabilities"} | can)
        message = {
            "text": text,
            "textFormat": "plain",
            "attachments": [] if self._at_emulator else None,
            "channelData": self.conversation.message_data(),
            "localTimezone": self.time_zone,
            "entities": entities,
        }
        return self.activity("message", **(message | fields))

    def submission(self, value: Any, **fields: Any) -> Activity:
        """Return a message without text, as a card's submit button makes it, not yet sent."""
        message = self.message("", mention=False, textFormat=None, value=value, **fields)
        del message["text"]
        return message

    def joining(self, **fields: Any) -> Activity:
        """Return the conversationUpdate that opens the conversation, not yet sent.

        A Teams group or channel names only the bot among the added members.
        """
        bot, here = BOT, {"id": self.id, "name": self.name}
        if self.conversation.is_teams:
            bot, here = {"id": BOT["id"]}, {"id": self.id, "aadObjectId": self._aad_object_id}
        if self._at_emulator:
            update: Activity = {"membersAdded": [bot, here], "membersRemoved": []}
        else:
            personal = self.conversation.scope == "personal"
            update = {"membersAdded": [here, bot] if personal else [bot]}
            sender = self._account(name=not self.conversation.is_teams)
            update |= {"localTimestamp": None, "locale": None, "from": sender}
        return self.activity("conversationUpdate", **(update | fields))

    def installation(self, *, action: str = "add", **fields: Any) -> Activity:
        """Return the installationUpdate of Teams, not yet sent."""
        place = {"settings": {"selectedChannel": {"id": self.conversation.id}}}
        update: Activity = {
            "action": action,
            "channelData": {**(self.conversation.channel_data() or {}), **place},
            "entities": [{"type": "clientInfo", "locale": self.locale}],
            "from": self._account(name=False),
            "localTimestamp": None,
        }
        return self.activity("installationUpdate", **(update | fields))

    def activity(self, kind: str, **fields: Any) -> Activity:
        """Return any activity with the fields that the channel always sends, not yet sent.

        :param fields: further ones; None drops one.
        """
        now = self.now()
        activity = {
            "type": kind,
            "id": str(uuid.uuid4()),
            "channelId": self.conversation.channel,
            "from": self._account(),
            "recipient": BOT | ({"role": "bot"} if self._at_emulator else {}),
            "conversation": self.conversation.account(),
            "timestamp": now.astimezone(UTC).isoformat(timespec="milliseconds")[:-6] + "Z",
            "localTimestamp": now.astimezone(self._zone).isoformat(timespec="milliseconds"),
            "locale": self.locale,
            "channelData": self.conversation.channel_data(),
            "serviceUrl": self.service_url(),
            **fields,
        }
        return {name: value for name, value in activity.items() if value is not None}

    @property
    def _zone(self) -> tzinfo:
        try:
            return ZoneInfo(self.time_zone)
        except (ValueError, OSError):  # a client may report anything
            return UTC

    @property
    def _at_emulator(self) -> bool:
        return self.conversation.channel == "emulator"

    @property
    def _aad_object_id(self) -> str:
        return str(uuid.uuid5(uuid.NAMESPACE_OID, self.id))

    def _account(self, *, name: bool = True) -> dict[str, str]:
        account = {"id": self.id} | ({"name": self.name} if name else {})
        if self._at_emulator:
            account["role"] = "user"
        if self.conversation.is_teams:
            account["aadObjectId"] = self._aad_object_id
        return account
