"""Who, where, which bot; and under which keys all about it is stored.

An address is made once, where a request is parsed, and handed on. The keys of state are the SDK's
own, ``channel/conversations/id`` and ``channel/users/id``, so two bots on one store share state as
stock bots do. Only who a person is may be told by more, or less, than the channel's id: see
``user_key`` below. What the SDK does not have gets a segment of its own, so that no id can be made
to collide; the ledger's key carries the bot's id, since one bot's turns are none of another's.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache
from typing import Final, NamedTuple, Self
from urllib.parse import quote

# Characters. Quoted, a character takes 3 bytes, or 12 where it is not ASCII; with two ids in a key
# that stays below the 2,700 bytes that a PostgreSQL index takes.
_LONGEST: Final = 250
_LONGEST_NOT_ASCII: Final = 60
HASHED: Final = "sha256:"
"""What an id begins with that is stored as its hash."""

VISITORS: Final = "visitors"
"""The segment of people whose ids the page chose."""

_OWED: Final = ("owed", "given-up")
_OWED_PARTS: Final = 5
PRIVATE: Final = "/users/"
"""What stands before the person in the key of what they have in one conversation."""


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
    :param user_key: of the person in this channel: ``channel/users/id``. In Teams it is
        ``msteams/users/aad:<tenant>:<object id>`` where both are told; where the page chose the
        id, ``channel/visitors/conversation/id``. Without a person there is no user state; the key
        is that under which versions up to 0.3 kept what strangers had in common.
    :param owner: whose the records of this turn are: the person's ``user_key``, or "" for joins,
        installs and nobody.
    :param tenant: of Teams, as the activity tells it; "" elsewhere.
    :param old_user_key: ``channel/users/id``, where ``user_key`` is another: that of the SDK, and
        of versions up to 0.5; "" elsewhere.
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
    old_user_key: str = ""
    tenant: str = ""

    @classmethod
    def of(  # noqa: PLR0913, PLR0917 - who, where, which bot
        cls,
        bot: str,
        channel: str,
        conversation: str,
        person: str = "",
        group: bool = False,
        shared: bool = False,
        account: str = "",
        chosen: bool = False,
        tenant: str = "",
    ) -> Self:
        """Return the address with its keys.

        :param shared: whether the activity concerns the conversation as a whole: a join, an
            install.
        :param account: what the person is known by in place of the channel's id:
            ``aad:<tenant>:<object id>``; "" for that id.
        :param chosen: whether the page chose the id, so that it proves nothing: then the person is
            one of this conversation alone.
        """
        name = stored_name(conversation)
        place = whole = f"{channel}/conversations/{name}"
        user, owner, old_user = f"{channel}/nobody/{name}", "", ""
        if person:
            known_as = stored_name(person)
            user = f"{channel}/users/{known_as}"
            if chosen:
                user, old_user = visitor_key(channel, name, known_as), user
            elif account:
                user, old_user = f"{channel}/users/{account}", user
            if not shared:
                owner = user
                if group:
                    place = f"{channel}/members/{quote(name, safe='')}/{quote(known_as, safe='')}"
        ledger, old_ledger = ledger_keys(bot, channel, name)
        return cls(
            *(bot, channel, conversation, person, group),
            *(ledger, old_ledger, whole, place, user, owner, old_user, tenant),
        )

    def held_as(self, key: str) -> Self:
        """Return the address of the same person, where they are held under another user key."""
        return self._replace(user_key=key, owner=self.owner and key, old_user_key=self.user_key)

    def beside(self) -> Self:
        """Return the address with a place for the person as in a group, beside the first sender."""
        member = Address.of(self.bot, self.channel, self.conversation, self.person, group=True)
        return self._replace(group=True, place_key=member.place_key)

    @property
    def chosen(self) -> bool:
        """Whether the page chose the person's id: they are one of this conversation alone."""
        return bool(self.old_user_key) and self.user_key.startswith(f"{self.channel}/{VISITORS}/")

    @property
    def user_keys(self) -> tuple[str, ...]:
        """The keys under which the person may be held, the one that counts first."""
        if not self.old_user_key or self.chosen:
            return (self.user_key,)
        return self.user_key, self.old_user_key

    def key_of(self, key: str) -> str:
        """Return the key under which a record lies that bot code names.

        The SDK's own classes name the person of the turn by the channel's id.
        """
        if not self.old_user_key:
            return key
        by_id = (self.old_user_key, f"{self.channel}/users/{self.person}")
        return self.user_key if key in by_id else key

    def private_key(self, namespace: str = "") -> str | None:
        """Return the key of what the person has in this conversation alone, as the SDK makes it.

        :param namespace: keeps several such records apart.
        :returns: None where there is no person.
        """
        if not self.person:
            return None
        whole, who = _part(self.conversation), _part(self.person)
        return f"{self.channel}/conversations/{whole}{PRIVATE}{who}/{namespace}"


def stored_name(native_id: str) -> str:
    """Return an id as it is stored: as it stands, or hashed.

    Hashed is one that is too long for an index, or that would make a conversation's key that of
    what a person has in another conversation, see :meth:`Address.private_key`.
    """
    limit = _LONGEST if native_id.isascii() else _LONGEST_NOT_ASCII
    apart = PRIVATE not in native_id and not native_id.startswith(HASHED)
    return native_id if apart and len(native_id) <= limit else _hashed(native_id)


def _hashed(native_id: str) -> str:
    return HASHED + hashlib.sha256(native_id.encode("utf-8", "surrogatepass")).hexdigest()


def _part(native_id: str) -> str:
    """Return an id as it is stored in a private key; of no two pairs of ids can it be the same."""
    apart = PRIVATE not in f"/{native_id}/"
    return stored_name(native_id) if apart else _hashed(native_id)


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


def visitor_key(channel: str, conversation: str, person: str) -> str:
    """Return the key of a person whose id the page chose.

    :param conversation: its name, and theirs, as :func:`stored_name` gives it.
    """
    return f"{channel}/{VISITORS}/{_quoted(conversation)}/{_quoted(person)}"


@lru_cache(maxsize=4096)
def _quoted(name: str) -> str:
    return quote(name, safe="")


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
