"""What becomes of one attempt to have a channel do something."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Taken:
    """The channel has taken it.

    :param id: what the channel calls the activity; None where it does not say.
    """

    id: str | None


@dataclass(frozen=True, slots=True)
class Refused:
    """The channel refuses it for good: the same again would be refused again.

    :param status: the HTTP status.
    :param code: the channel's word for it, such as ``BotNotInConversationRoster``; "" for none.
    """

    status: int
    code: str = ""


@dataclass(frozen=True, slots=True)
class Failed:
    """It did not work, and may work later.

    :param reason: why, in a few words without anything that a person wrote.
    :param status: what the channel answered; None where it did not.
    :param retry_after: seconds that the channel asks to be left alone.
    :param of_the_bot: the bot itself is not let in, whatever it says: the login service gives no
        token, or the channel takes none.
    :param lost: the request may have arrived all the same; it is not known what became of it.
    """

    reason: str
    status: int | None = None
    retry_after: float | None = None
    of_the_bot: bool = False
    lost: bool = False


@dataclass(frozen=True, slots=True)
class Held:
    """The gate was closed: no whole request has left.

    :param lost: but one had before, within the same attempt, and it is not known what became of it.
    """

    lost: bool = False


Outcome = Taken | Refused | Failed | Held
