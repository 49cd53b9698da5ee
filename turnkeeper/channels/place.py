"""Where an activity was sent: to the bot alone, to a group chat, or to a team's channel."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from botbuilder.schema import Activity, ConversationAccount

from turnkeeper.channels.entities import field_in, text_in

_THREAD = ";messageid="
_LONGEST_NAME = 80


class Scope(Enum):
    """Who takes part in a conversation, by the names of ``conversationType``."""

    PERSONAL = "personal"
    GROUP_CHAT = "groupChat"
    CHANNEL = "channel"


_BY_TYPE = {spelt: scope for scope in Scope for spelt in (scope.value, scope.value.casefold())}


@dataclass(frozen=True, slots=True)
class Place:
    """Where an activity was sent.

    :param scope: who takes part.
    :param conversation_id: the conversation's id without its thread.
    :param thread_id: the id of the message that began the thread, or "".
    :param channel_name: the team channel's name where the activity tells it, or "".
    :param team_name: the team's name where the activity tells it, or "".
    :param general: whether it is a team's first channel, which Teams leaves unnamed.
    """

    scope: Scope
    conversation_id: str = ""
    thread_id: str = ""
    channel_name: str = ""
    team_name: str = ""
    general: bool = False

    @property
    def several_people(self) -> bool:
        """Whether others than one person and the bot may take part."""
        return self.scope is not Scope.PERSONAL


def several_people_in(activity: Activity) -> bool:
    """Return whether others than one person and the bot may take part. Never raises.

    :param activity: any incoming activity.
    """
    return _scope_of(activity) is not Scope.PERSONAL


def place_of(activity: Activity) -> Place:
    """Return where an activity was sent. Never raises.

    Teams sends ``conversationType``, other channels at most ``isGroup``. The thread of a channel
    is appended to the conversation's id as ``;messageid=``. The first channel of a team has the
    team's id and no name.
    (https://learn.microsoft.com/microsoftteams/platform/bots/how-to/conversations/channel-and-group-conversations)

    :param activity: any incoming activity.
    """
    scope = _scope_of(activity)
    base, _, thread = text_in(activity.conversation, "id").partition(_THREAD)
    if scope is not Scope.CHANNEL:
        return Place(scope, base, thread)
    data = activity.channel_data
    team_id = text_in(data, "team", "id")
    return Place(
        scope,
        base,
        thread,
        channel_name=_one_line(text_in(data, "channel", "name")),
        team_name=_one_line(text_in(data, "team", "name")),
        general=bool(team_id) and text_in(data, "channel", "id") == team_id,
    )


def tenant_of(activity: Activity) -> str:
    """Return the id of the Entra tenant an activity comes from, or "".

    ``conversation.tenantId`` is in ``additional_properties``: the SDK's map misspells it.

    :param activity: any incoming activity.
    """
    return (
        text_in(activity.conversation, "tenant_id")
        or text_in(activity.conversation, "tenantId")
        or text_in(activity.channel_data, "tenant", "id")
    )


def _scope_of(activity: Activity) -> Scope:
    conversation = activity.conversation
    if type(conversation) is ConversationAccount:  # nearly always, and asked for often
        kind: object = conversation.conversation_type
        is_group = conversation.is_group
    else:
        kind, is_group = (field_in(conversation, one) for one in ("conversation_type", "is_group"))
    if isinstance(kind, str) and (scope := _BY_TYPE.get(kind) or _BY_TYPE.get(kind.casefold())):
        return scope
    data = activity.channel_data
    if data and text_in(data, "team", "id"):
        return Scope.CHANNEL
    return Scope.GROUP_CHAT if is_group is True else Scope.PERSONAL


def _one_line(name: str) -> str:
    """Return a name that people chose, fit for the middle of a sentence."""
    visible = "".join(char if char.isprintable() else " " for char in name)
    return " ".join(visible.split())[:_LONGEST_NAME]
