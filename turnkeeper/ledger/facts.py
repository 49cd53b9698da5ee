"""What a sender has heard from a channel, as types: facts, true whoever holds the conversation."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Place:
    """Which effect of a conversation a fact is about.

    :param number: the turn's, in its conversation.
    :param turn: its name: a number that an erasure freed may be another turn's.
    :param index: of the effect in its turn.
    """

    number: int
    turn: str
    index: int


@dataclass(frozen=True, slots=True)
class Sent:
    """The effect is done.

    :param place: of the effect.
    :param reply: the id by which the bot knows the reply; "" where it is none.
    :param channel_id: the id that the channel gave it, where it gave one.
    """

    place: Place
    reply: str = ""
    channel_id: str | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """The channel refuses the effect for good.

    :param place: of the effect.
    :param reply: the id by which the bot knows the reply; "" where it is none.
    :param missed: whether the person now misses something: what is not deleted is no loss.
    """

    place: Place
    reply: str = ""
    missed: bool = True


@dataclass(frozen=True, slots=True)
class Failed:
    """A try did not work; another may.

    :param place: of the effect.
    :param status: the HTTP status, where there was an answer.
    :param not_before: when the next try may begin, in seconds since the epoch by the store's clock.
    :param asked: whether the channel has named that time.
    :param of_the_bot: whether the bot is to blame, as where it cannot log in: it is never given up.
    :param reply: the id by which the bot knows the reply; "" where it is none.
    """

    place: Place
    status: int | None
    not_before: float
    asked: bool = False
    of_the_bot: bool = False
    reply: str = ""


@dataclass(frozen=True, slots=True)
class Wait:
    """The channel asks to wait, of what is no effect, such as typing.

    :param not_before: until when, in seconds since the epoch by the store's clock.
    """

    not_before: float


Fact = Sent | Refused | Failed | Wait
