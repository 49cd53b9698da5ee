"""Who, where, which bot; and under which keys all about it is stored.

An address is made once, where a request is parsed, and handed on. The keys of state are the SDK's
own, ``channel/conversations/id`` and ``channel/users/id``, so two bots on one store share state as
stock bots do. What the SDK does not have gets a segment of its own, so that no id can be made to
collide; the ledger's key carries the bot's id, since one bot's turns are none of another's.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache
from typing import Final, NamedTuple, Self
from urllib.parse import quote, unquote

# Characters. Quoted, a character takes 3 bytes, or 12 where it is not ASCII; with two ids in a key
# that stays below the 2,700 bytes that a PostgreSQL index takes.
_LONGEST: Final = 250
_LONGEST_NOT_ASCII: Final = 60
_HASHED: Final = "sha256:"
_KINDS_OF_ONE_ID: Final = frozenset({"conversations", "turns", "users"})
_LEDGERS: Final = ("ledgers", "turns")  # of this version, and of 0.1
_OWED: Final = ("owed", "given-up")
_OWED_PARTS: Final = 5
_PRIVATE: Final = "/users/"


class Address(NamedTuple):
    """Where an activity belongs; :meth:`of` makes it.

    :param bot: the bot's app id; "" in local mode.
    :param channel: the channel's id.
    :param conversation: the conversation's id, as the channel has it.
    :param person: ``from.id`` as the channel has it; "" where the bot speaks first to no one
        person.
    :param group: whether several people talk there: a group chat, or a channel of a team.
    :param ledger_key: of the conversation's ledger.
    :param old_ledger_key: of the ledger that version 0.1 kept of it.
    :param conversation_key: of the conversation as a whole.
    :param place_key: of the person's place in the conversation. Where several people talk each has
        a place of their own; what concerns the conversation as a whole has the conversation's.
    :param user_key: of the person in this channel. Without a person there is no user state; the key
        is that under which versions up to 0.3 kept what strangers had in common.
    :param owner: whose the records of this turn are: the person's ``user_key``, or "" for joins,
        installs and nobody.
    """

    bot: str
    channel: str
    conversation: str
    person: str
    group: bool
    ledger_key: str
    old_ledger_key: str
    conversation_key: str
    place_key: str
    user_key: str
    owner: str

    @classmethod
    def of(  # noqa: PLR0913, PLR0917 - who, where, which bot
        cls,
        bot: str,
        channel: str,
        conversation: str,
        person: str = "",
        group: bool = False,
        shared: bool = False,
    ) -> Self:
        """Return the address with its keys.

        :param shared: whether the activity concerns the conversation as a whole: a join, an
            install.
        """
        name = stored_name(conversation)
        place = whole = f"{channel}/conversations/{name}"
        user, owner = f"{channel}/nobody/{name}", ""
        if person:
            known_as = stored_name(person)
            user = f"{channel}/users/{known_as}"
            if not shared:
                owner = user
                if group:
                    place = f"{channel}/members/{quote(name, safe='')}/{quote(known_as, safe='')}"
        ledger, old_ledger = ledger_keys(bot, channel, name)
        return cls(
            *(bot, channel, conversation, person, group),
            *(ledger, old_ledger, whole, place, user, owner),
        )

    def beside(self) -> Self:
        """Return the address with a place for the person beside the conversation's first sender.

        It is that of a member of a group: another person's record is none of theirs.
        """
        whole = quote(stored_name(self.conversation), safe="")
        who = quote(stored_name(self.person), safe="")
        return self._replace(group=True, place_key=f"{self.channel}/members/{whole}/{who}")

    def private_key(self, namespace: str = "") -> str | None:
        """Return the key of what the person has in this conversation alone, as the SDK makes it.

        :param namespace: keeps several such records apart.
        :returns: None where there is no person.
        """
        if not self.person:
            return None
        whole, who = _part(self.conversation), _part(self.person)
        return f"{self.channel}/conversations/{whole}{_PRIVATE}{who}/{namespace}"


class Named(NamedTuple):
    """What a key of state names, as :func:`stored_name` has it; "" where it names none.

    :param conversation: its id.
    :param person: theirs.
    """

    conversation: str = ""
    person: str = ""


def named_in(key: str) -> Named:
    """Return the conversation and the person that a key of state names."""
    _, _, rest = key.partition("/")
    kind, _, ids = rest.partition("/")
    match kind:
        case "users":
            return Named(person=ids)
        case "members":
            conversation, _, person = ids.partition("/")
            return Named(unquote(conversation), unquote(person))
        case "conversations":
            conversation, _, who = ids.partition(_PRIVATE)
            return Named(conversation, who.rpartition("/")[0] or who)
        case _:
            return Named()


def owner_named_in(key: str, channel: str) -> str:
    """Return the user-state key of the person that a key of state names; "" where it names none.

    :param channel: only its keys are keys of state; all others are the bot's own.
    """
    if not key.startswith(f"{channel}/") or not (person := named_in(key).person):
        return ""
    return f"{channel}{_PRIVATE}{person}"


def stored_name(native_id: str) -> str:
    """Return an id as it is stored: as it stands, or hashed.

    Hashed is one that is too long for an index, or that would make a conversation's key that of
    what a person has in another conversation, see :meth:`Address.private_key`.
    """
    limit = _LONGEST if native_id.isascii() else _LONGEST_NOT_ASCII
    apart = _PRIVATE not in native_id and not native_id.startswith(_HASHED)
    return native_id if apart and len(native_id) <= limit else _hashed(native_id)


def _hashed(native_id: str) -> str:
    return _HASHED + hashlib.sha256(native_id.encode("utf-8", "surrogatepass")).hexdigest()


def _part(native_id: str) -> str:
    """Return an id as it is stored in a private key; of no two pairs of ids can it be the same."""
    apart = _PRIVATE not in f"/{native_id}/"
    return stored_name(native_id) if apart else _hashed(native_id)


def stored_key(key: str) -> str:
    """Return the key under which a record lies, for one that may hold an id as the channel has it.

    :param key: as it is stored, or with an id that is too long for that.
    """
    channel, _, rest = key.partition("/")
    kind, _, native_id = rest.partition("/")
    if kind == "ledgers":
        conversation, _, bot = native_id.rpartition("/")
        name = unquote(conversation)
        name = name if name.startswith(_HASHED) else stored_name(name)
        return f"{ledgers_of(channel, name)}{bot}"
    if kind == "conversations" and _PRIVATE in native_id:
        conversation, _, who = native_id.partition(_PRIVATE)
        person, _, namespace = who.rpartition("/")
        names = [n if n.startswith(_HASHED) else stored_name(n) for n in (conversation, person)]
        return f"{channel}/conversations/{names[0]}{_PRIVATE}{names[1]}/{namespace}"
    if kind not in _KINDS_OF_ONE_ID or native_id.startswith(_HASHED):
        return key
    return f"{channel}/{kind}/{stored_name(native_id)}"


def ledger_keys(bot: str, channel: str, name: str) -> tuple[str, str]:
    """Return the key of a conversation's ledger, and of the one that version 0.1 kept of it.

    :param name: the conversation's, as :func:`stored_name` gives it.
    """
    return f"{ledgers_of(channel, name)}{_quoted(bot)}", f"{channel}/turns/{name}"


def ledger_part(bot: str) -> str:
    """Return what the keys of all ledgers of a bot end with."""
    return f"/{_quoted(bot)}"


def ledgers_of(channel: str, name: str) -> str:
    """Return what the keys of all bots' ledgers of a conversation begin with.

    :param name: the conversation's, as :func:`stored_name` gives it.
    """
    return f"{channel}/ledgers/{_quoted(name)}/"


@lru_cache(maxsize=4096)
def _quoted(name: str) -> str:
    return quote(name, safe="")


def ledger_prefixes(channel: str) -> list[str]:
    """Return what the keys of all ledgers of a channel begin with."""
    return [f"{channel}/{kind}/" for kind in _LEDGERS]


def is_ledger(key: str) -> bool:
    """Return whether a key is that of a ledger, of this version or of 0.1."""
    return key.split("/", 2)[1:2] in (["ledgers"], ["turns"])


def owed_key(ledger_key: str, number: int) -> str:
    """Return the key of what a turn of a conversation owes.

    :param ledger_key: of the conversation.
    :param number: the turn's in its conversation.
    """
    channel, _, conversation, bot = ledger_key.split("/", 3)
    return f"owed/{bot}/{channel}/{conversation}/{number}"


def owed_prefix(bot: str) -> str:
    """Return what the keys of all that a bot owes begin with."""
    return f"owed/{_quoted(bot)}/"


def given_up_key(ledger_key: str, number: int, index: int) -> str:
    """Return the key of an effect of a turn that will not be tried any more.

    :param index: the effect's in its turn.
    """
    return f"given-up{owed_key(ledger_key, number).removeprefix('owed')}-{index}"


def ledger_of(key: str) -> tuple[str, int] | None:
    """Return the ledger's key and the number that the key of something owed names."""
    parts = key.split("/")
    number = parts[-1].partition("-")[0]
    if parts[0] not in _OWED or len(parts) != _OWED_PARTS or not number.isdecimal():
        return None
    _, bot, channel, conversation, _ = parts
    return f"{channel}/ledgers/{conversation}/{bot}", int(number)
