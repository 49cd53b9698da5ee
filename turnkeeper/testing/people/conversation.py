"""A conversation at a channel: what the channel says of it in every activity."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

TENANT = "0a1b2c3d-4e5f-4a6b-8c7d-0123456789ab"


@dataclass(frozen=True)
class Conversation:
    """A conversation to talk in, shared by the people who are in it.

    :param channel: the channel id, such as ``msteams``.
    :param scope: ``personal``, ``groupChat`` or ``channel`` (Teams alone tells these two apart).
    :param id: the conversation id; a new one by default.
    """

    channel: str
    scope: str = "personal"
    id: str = ""

    def __post_init__(self) -> None:
        if not self.id:
            new = str(uuid.uuid4())
            if self.channel == "emulator":
                new += "|livechat"
            elif self.scope == "channel":
                new = f"19:{new}@thread.tacv2;messageid=1795500046872"
            object.__setattr__(self, "id", new)

    @property
    def is_teams(self) -> bool:
        """Whether the channel is Microsoft Teams."""
        return self.channel == "msteams"

    def account(self) -> dict[str, Any]:
        """Return the ``conversation`` field of an activity."""
        account: dict[str, Any] = {"isGroup": True} if self.scope != "personal" else {}
        if self.is_teams or account:
            account["conversationType"] = self.scope
        if self.is_teams:
            account["tenantId"] = TENANT
        return account | {"id": self.id}

    def channel_data(self) -> dict[str, Any] | None:
        """Return the ``channelData`` field of any activity; None for none."""
        data: dict[str, Any] = {"tenant": {"id": TENANT}} if self.is_teams else {}
        if self.scope == "channel":
            team = self.id.partition(";")[0]
            data |= {"teamsChannelId": team, "teamsTeamId": team}
            data |= {"team": {"id": team}, "channel": {"id": team}}
        return data or None

    def message_data(self) -> dict[str, Any] | None:
        """Return the ``channelData`` field of a message."""
        data = self.channel_data() or {}
        if self.is_teams:
            return data
        data["clientActivityID"] = uuid.uuid4().hex[:11]
        if self.channel == "emulator":
            return data | {"attachmentSizes": []}
        return data | {"directLineConversationId": self.id}
