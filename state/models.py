"""What the bot remembers of a person and of a conversation."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class UserProfile:
    """A person, in user state: one record a person and channel.

    :param name: the name as the person gave it, NFC, 1 to 100 characters; "" until given.
    :param time_zone: the last known IANA zone or fixed offset ("Europe/Paris", "UTC+09:00"), or "".
    :param locale: the last known BCP 47 locale, or "".
        It is that of personal chats, as are the two of the last visit: what a group tells of
        a person stays there.
    :param last_seen_at: seconds since the epoch of the person's last message anywhere, or None.
    :param last_channel: no longer written. Records of earlier versions have the place of the last
        message in it, which may be a group, so it is told nowhere.
    :param last_conversation: the id of the conversation of the last message, or "".
    :param aad_object_id: the Entra object id of the person, where the channel tells it.
    :param tenant_id: the Entra tenant of the person, where the channel tells it.
    :param last_visit_at: seconds since the epoch of the last message in a personal chat, or None.
    :param last_visit_channel: where it was, in words ("Microsoft Teams (msteams)"), or "".
    """

    name: str = ""
    time_zone: str = ""
    locale: str = ""
    last_seen_at: float | None = None
    last_channel: str = ""
    last_conversation: str = ""
    aad_object_id: str = ""
    tenant_id: str = ""
    last_visit_at: float | None = None
    last_visit_channel: str = ""

    def complete(self) -> bool:
        """Return whether the person has told all that the bot asks."""
        return bool(self.name)

    def conversations(self) -> list[str]:
        """Return the conversations that this names; the engine asks when it erases a person."""
        return [self.last_conversation] if self.last_conversation else []

    def entra(self) -> tuple[str, str]:
        """Return the person's Entra object id and tenant; the engine asks at ``rekey``."""
        return self.aad_object_id, self.tenant_id


@dataclass(slots=True)
class ConversationData:
    """A person's place in a conversation, in conversation state.

    :param welcomed: whether the conversation has had its welcome.
    :param asked: whether the person was asked here for what is missing in their profile.
    :param answer_id: the id of the person's last answer to the question for the name, or of the
        message that gave it unasked; "" if there is none.
    """

    welcomed: bool = False
    asked: bool = False
    answer_id: str = ""
