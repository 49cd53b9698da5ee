"""Every error of the engine, as one tree (the wire's own, ``WireError``, is one of them too).

::

    BotError
    ├── SettingsError            the settings are wrong; the bot does not start
    ├── StorageError
    │   ├── StorageUnavailable   the store does not answer; try again later
    │   ├── WriteConflict        somebody else changed the record first
    │   └── UnreadableRecord     a record of unknown format; it is kept as it is
    ├── CodecError               a value outside the allow-list of what may be stored
    ├── TurnEnded                bot code speaks or saves in a turn that is over
    ├── NestedTurn               a turn waits for another one of its own conversation
    ├── ShuttingDown             the bot is to speak first while it is being stopped
    ├── RequestRefused           an incoming request is answered 4xx (or 503 on overload)
    ├── TokenUnavailable         the login service gave no token for outgoing calls
    └── DeliveryError
        ├── DeliveryFailed       a conversation could not be begun in time
        ├── DeliveryOwed         replies are committed and not yet out; they will be sent
        └── DeliveryRefused      the channel refused a reply for good; it is dropped
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import Any, Self

__all__ = [
    "BotError",
    "CodecError",
    "DeliveryError",
    "DeliveryFailed",
    "DeliveryOwed",
    "DeliveryRefused",
    "Fault",
    "NestedTurn",
    "RequestRefused",
    "SettingsError",
    "ShuttingDown",
    "StorageError",
    "StorageUnavailable",
    "TokenUnavailable",
    "TurnEnded",
    "UnreadableRecord",
    "WriteConflict",
]


def path_from(place: str | int, path: str) -> str:
    """A path with a step more in front: ``children`` and ``[2].born`` are ``children[2].born``."""
    step = f"[{place}]" if isinstance(place, int) else place
    dot = "." if path and not path.startswith("[") else ""
    return f"{step}{dot}{path}"


class BotError(Exception):
    """Base class of every error of this project.

    The log shows its text, so it holds ids at most, and nothing that a person wrote.
    """


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong with the settings.

    :param variable: the name of the variable; several with commas between them.
    :param text: what it must be; never what it is, since that may be a secret.
    """

    variable: str
    text: str

    def __str__(self) -> str:
        return f"{self.variable}: {self.text}"


class SettingsError(BotError):
    """The settings are wrong, and the bot does not start.

    :param faults: all that is wrong. Of one variable the first one counts: the others may follow
        from it.
    """

    def __init__(self, *faults: Fault) -> None:
        first = {fault.variable.partition(",")[0]: fault for fault in reversed(faults)}
        self.faults = tuple(reversed(first.values()))
        super().__init__("\n".join(map(str, self.faults)))

    @classmethod
    def of(cls, variable: str, text: str) -> Self:
        """Return the error for a single fault."""
        return cls(Fault(variable, text))


class StorageError(BotError):
    """Base class of what can go wrong between the bot and its store."""


class StorageUnavailable(StorageError):
    """The store does not answer. The turn is refused with 503 and may be tried again."""


class WriteConflict(StorageError):
    """A record was changed by somebody else since it was read.

    :param key: the key of one record in conflict.
    """

    def __init__(self, key: str) -> None:
        super().__init__(f"{key}: the record was changed by somebody else since it was read")
        self.key = key


class UnreadableRecord(StorageError):
    """A stored record cannot be read by this version. It is kept and never overwritten.

    :param key: the key of the record ("" where the codec does not know it).
    :param reason: what is wrong with it, without any of its content.
    """

    def __init__(self, key: str, reason: str) -> None:
        how = f"show {shlex.quote(key)}" if key else "check"
        super().__init__(f"{key or 'record'}: {reason}; to see it: python -m turnkeeper {how}")
        self.key = key
        self.reason = reason


class CodecError(BotError):
    """A value that is not on the allow-list of what may be stored.

    Its text begins with the place, and holds neither values nor the keys of dicts.

    :param fault: what is wrong there.
    :ivar path: where, such as ``UserProfile.children[2].born``: the property, then attributes,
        indices of lists, and ``[*]`` for a key of a dict. "" where it is not one value.
    """

    def __init__(self, fault: str) -> None:
        super().__init__(fault)
        self.fault = fault
        self.path = ""

    def __str__(self) -> str:
        return f"{self.path}: {self.fault}" if self.path else self.fault

    def inside(self, place: str | int) -> None:
        """Put ``place`` (a name, ``[*]``, or an index of a list) in front of the path."""
        self.path = path_from(place, self.path)


class TurnEnded(BotError):
    """Bot code speaks or saves in a turn that is over, such as in a task that outlived it.

    What it says would never be sent, and what it saves might undo what others saved since: see
    ``CloudAdapter.continue_conversation``.
    """

    def __init__(self) -> None:
        super().__init__(
            "this turn is over; to speak or to save something later, keep "
            "TurnContext.get_conversation_reference() and call adapter.continue_conversation()"
        )


class NestedTurn(BotError):
    """Bot code awaits ``continue_conversation`` in a turn of that conversation: none would end."""

    def __init__(self) -> None:
        super().__init__(
            "this conversation's turn is still under way; send with its own TurnContext, or call "
            "adapter.continue_conversation() in a task that the turn does not await"
        )


class ShuttingDown(BotError):
    """The bot is to speak first while it is being stopped. Nothing was sent."""

    def __init__(self) -> None:
        super().__init__(
            "the bot is shutting down and starts no new turns; retry after it restarts"
        )


class RequestRefused(BotError):
    """An incoming request is answered with an HTTP error before any bot code runs.

    :param status: the HTTP status, 4xx or 503.
    :param code: a short machine-readable word for the JSON body, such as ``bad_json``.
    :param message: one sentence for the caller, without any of the request's content.
    :param retry_after: seconds for a ``Retry-After`` header, or None.
    """

    def __init__(
        self, status: int, code: str, message: str, *, retry_after: int | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.retry_after = retry_after


class TokenUnavailable(BotError):
    """The login service gave no access token for calls to the channel."""


class DeliveryError(BotError):
    """Base class of what can go wrong when a reply is sent to the channel."""


class DeliveryFailed(DeliveryError):
    """The channel did not begin a conversation in time. Calling again is right.

    :param status: the HTTP status with which the channel answered last; None where it did not.
    """

    def __init__(self, message: str, *, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


class DeliveryOwed(DeliveryError):
    """Committed, not yet out: it is sent as soon as the channel takes it. Do not call again.

    :param owed: how many replies are still owed.
    """

    def __init__(self, owed: int) -> None:
        what = "1 reply" if owed == 1 else f"{owed} replies"
        super().__init__(f"committed, not yet out: {what}, to be sent later; do not call again")
        self.owed = owed


class DeliveryRefused(DeliveryError):
    """The channel refused a reply for good, as with 403 after an uninstall: it is dropped.

    :param status: the HTTP status of the refusal.
    :param code: the channel's word for it, such as ``BotNotInConversationRoster``; "" for none.
    :param reference: the ConversationReference that it was meant for, where it is known.
    """

    def __init__(self, status: int, message: str, *, code: str = "", reference: Any = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.reference = reference
