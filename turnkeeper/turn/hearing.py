"""Which messages a bot hears: not its own, in groups those that are for it, and loops end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from botbuilder.schema import Activity, DeliveryModes

from turnkeeper.channels.addressed import is_addressed, is_echo, replied_to
from turnkeeper.channels.automatic import is_said, kind_of_sender
from turnkeeper.ledger.ledger import Ledger, digest
from turnkeeper.turn.naming import edited_turn

_EXPECT_REPLIES: Final = DeliveryModes.expect_replies.value

MOST_IN_A_ROW: Final = 5
"""How many messages in a row, all alike, are heard of what may answer by itself."""


@dataclass(frozen=True, slots=True)
class Hearing:
    """What a bot hears. By default it is as in the SDK: everything, as the channel sent it.

    :param unwrap: whether ``activity.text`` is what the person said, without what the channel wraps
        around it; see :func:`turnkeeper.channels.text_for_bot`.
    :param only_addressed: whether, where several people talk, the bot hears only what is for it;
        see :func:`turnkeeper.channels.is_for_bot`.
    :param brake: whether the bot passes over its own messages, and over more than
        :data:`MOST_IN_A_ROW` in a row, all alike, of other bots and of what answers by itself. A
        row ends with a message of a person, and after an hour.
    """

    unwrap: bool = False
    only_addressed: bool = False
    brake: bool = False

    def listen(self, activity: Activity) -> Heard:
        """Return what counts for whether the bot is to run on an activity.

        :param activity: as the channel sent it; bot code may change it later.
        """
        if not is_said(activity):
            return _NOT_SAID
        over_http = activity.delivery_mode == _EXPECT_REPLIES
        kind = kind_of_sender(activity) if self.brake and not over_http else ""
        addressed = not self.only_addressed or is_addressed(activity)
        return Heard(
            said=True,
            own=self.brake and is_echo(activity),
            kind=digest(kind) if kind else "",
            addressed=addressed,
            replied_to=frozenset() if addressed else replied_to(activity),
            edits=edited_turn(activity),
        )


@dataclass(frozen=True, slots=True)
class Heard:
    """What counts for whether the bot is to run on an activity.

    :param said: whether somebody says something by it.
    :param own: whether it is the bot's own echo.
    :param kind: what the ledger counts it as; "" for a person's.
    :param addressed: whether the bot is meant, whatever it replies to.
    :param replied_to: ids of what it replies to.
    :param edits: the turn whose message it edits, or "".
    """

    said: bool = False
    own: bool = False
    kind: str = ""
    addressed: bool = True
    replied_to: frozenset[str] = frozenset()
    edits: str = ""

    def counts(self, ledger: Ledger, now: float) -> bool:
        """Return whether the bot is to run.

        :param ledger: of the conversation.
        :param now: seconds since the epoch by the store's clock.
        """
        if self.own or ledger.in_a_row(self.kind, now) >= MOST_IN_A_ROW:
            return False
        if self.addressed or (self.edits and ledger.knows(self.edits)):
            return True
        return bool(self.replied_to) and not self.replied_to.isdisjoint(ledger.sent_ids.values())

    def enter(self, ledger: Ledger, now: float) -> None:
        """Enter it in a ledger; what nobody says leaves the row as it is."""
        if self.said:
            ledger.count(self.kind, now)


_NOT_SAID: Final = Heard()

HEARS_ALL: Final = Hearing()
"""As the SDK's adapters hear."""
