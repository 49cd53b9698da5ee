"""A conversation at a channel: what the channel says of it in every activity."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

TENANT = "00000000-0000-0000-0000-0000000000001"


@dataclass(frozen=True)
class Place:
    """A conversation to talk in, shared by the people who are in it.

    :param channel: the channel id, such as ``msteams``.
    :param scope: ``personal``, ``groupChat`` or ``channel`` (the last two: Teams only).
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
        """The ``conversation`` field of an activity."""
        if not self.is_teams:
            return {"id": self.id}
        group = {"isGroup": True} if self.scope != "personal" else {}
        return group | {"conversationType": self.scope, "tenantId": TENANT, "id": self.id}

    def channel_data(self) -> dict[str, Any] | None:
        """The ``channelData`` field of any activity; None for none."""
        if not self.is_teams:
            return None
        data: dict[str, Any] = {"tenant": {"id": TENANT}}
        if self.scope == "channel":
            team = self.id.partition(";")[0]
            data |= {"teamsChannelId": team, "teamsTeamId": team}
            data |= {"team": {"id": team}, "channel": {"id": team}}
        return data

    def message_data(self) -> dict[str, Any] | None:
        """The ``channelData`` field of a message."""
        if self.is_teams:
            return self.channel_data()
        data: dict[str, Any] = {"clientActivityID": uuid.uuid4().hex[:11]}
        if self.channel == "emulator":
            return data | {"attachmentSizes": []}
        return data | {"directLineConversationId": self.id}
