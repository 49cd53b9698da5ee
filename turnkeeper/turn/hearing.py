"""Which messages a bot hears: not its own, in groups those that are for it, and loops end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from botbuilder.schema import Activity

from turnkeeper.channels.addressed import is_echo, is_for_bot
from turnkeeper.channels.automatic import kind_of_sender
from turnkeeper.ledger.ledger import Ledger, digest

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
        :data:`MOST_IN_A_ROW` in a row, all alike, of other bots and of what answers by itself.
    """

    unwrap: bool = False
    only_addressed: bool = False
    brake: bool = False

    def kind(self, activity: Activity) -> str:
        """Return what the ledger counts a message as: "" for a person's."""
        kind = kind_of_sender(activity) if self.brake else ""
        return kind and digest(kind)

    def hears(self, activity: Activity, kind: str, ledger: Ledger) -> bool:
        """Return whether the bot is to run on an activity.

        :param activity: as the channel sent it.
        :param kind: as :meth:`kind` gives it.
        :param ledger: of the conversation.
        """
        if self.brake and (is_echo(activity) or ledger.in_a_row(kind) >= MOST_IN_A_ROW):
            return False
        return not self.only_addressed or is_for_bot(activity, ledger.sent_ids.values())


HEARS_ALL: Final = Hearing()
"""As the SDK's adapters hear."""
