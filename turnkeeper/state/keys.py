"""Under which key a thing is stored.

One-to-one keys are the SDK's own: ``channel/conversations/id`` and ``channel/users/id``. Keys the
SDK does not have get a second segment of their own, so that no id can be made to collide.
"""

from __future__ import annotations

import hashlib
from typing import Final
from urllib.parse import quote

from botbuilder.schema import Activity, ActivityTypes

from turnkeeper.channels.place import several_people_in

# Characters. Quoted, a character takes 3 bytes, or 12 where it is not ASCII; with two ids in a key
# that stays below the 2,700 bytes that a PostgreSQL index takes.
_LONGEST: Final = 250
_LONGEST_NOT_ASCII: Final = 60
_HASHED: Final = "sha256:"
_KINDS_OF_ONE_ID: Final = frozenset({"conversations", "turns", "users"})
_SHARED_EVENTS: Final = frozenset(
    {ActivityTypes.conversation_update.value, ActivityTypes.installation_update.value}
)


def stored_name(native_id: str) -> str:
    """An id as it stands, but for one too long for an index of a database: that one's hash."""
    limit = _LONGEST if native_id.isascii() else _LONGEST_NOT_ASCII
    if len(native_id) <= limit and not native_id.startswith(_HASHED):
        return native_id
    return _HASHED + hashlib.sha256(native_id.encode("utf-8", "surrogatepass")).hexdigest()


def person_id(activity: Activity) -> str:
    """The id of the person whose turn it is; "" where the bot speaks first and to no one person.

    Every activity that comes in has one: it is refused otherwise.
    """
    person = activity.from_property
    return (person.id or "") if person else ""


def stored_key(key: str) -> str:
    """The key under which a record lies, for one that may hold an id as the channel has it.

    :param key: as it is stored, or with an id that is too long for that.
    """
    channel, _, rest = key.partition("/")
    kind, _, native_id = rest.partition("/")
    if kind not in _KINDS_OF_ONE_ID or native_id.startswith(_HASHED):
        return key
    return f"{channel}/{kind}/{stored_name(native_id)}"


def several_people(activity: Activity) -> bool:
    """Whether the conversation has several people: a group chat, or a channel of a team."""
    return several_people_in(activity)


def conversation_key(activity: Activity) -> str:
    """The SDK's key of the conversation as a whole."""
    return f"{activity.channel_id}/conversations/{stored_name(activity.conversation.id)}"


def place_key(activity: Activity) -> str:
    """The key of a person's place in the conversation.

    Where a conversation has several people each has a place of their own. Joins and installs
    concern the conversation as a whole, and so does a turn without a person.
    """
    if not several_people(activity):
        return conversation_key(activity)
    if (person := person_id(activity)) and activity.type not in _SHARED_EVENTS:
        conversation = quote(stored_name(activity.conversation.id), safe="")
        return f"{activity.channel_id}/members/{conversation}/{quote(stored_name(person), safe='')}"
    return conversation_key(activity)


def user_key(activity: Activity) -> str:
    """The SDK's key of the person in this channel; also the ``owner`` of the person's records.

    A turn without a person has a key of its own for each conversation: bot code may load and save
    user state there as anywhere, and it is nobody's profile.
    """
    person = activity.from_property
    if person and person.id:
        return f"{activity.channel_id}/users/{stored_name(person.id)}"
    return f"{activity.channel_id}/nobody/{stored_name(activity.conversation.id)}"


def ledger_key(activity: Activity) -> str:
    """The key of the conversation's ledger of turns."""
    return f"{activity.channel_id}/turns/{stored_name(activity.conversation.id)}"


def owner(activity: Activity) -> str:
    """Whose the records of this turn are: the person's, or "" for joins, installs and nobody."""
    person = activity.from_property
    nobody = activity.type in _SHARED_EVENTS or not (person and person.id)
    return "" if nobody else user_key(activity)
