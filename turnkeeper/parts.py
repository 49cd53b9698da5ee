"""The parts of a host: made of its settings, opened and closed together."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AsyncExitStack
from typing import Literal

from turnkeeper.adapters.footing import Footing
from turnkeeper.adapters.hosted import HostedAdapter
from turnkeeper.adapters.turn_error import default_on_turn_error
from turnkeeper.errors import BotError
from turnkeeper.observing.metrics import Metrics
from turnkeeper.state.scope import ConversationState, UserState
from turnkeeper.state.turn_state import TurnState
from turnkeeper.state.typed_storage import Lifetimes, TypedStorage
from turnkeeper.turn.hearing import Hearing
from turnkeeper.wire.codec import Codec
from turnkeeper.wire.types import Types

GroupState = Literal["person", "conversation"]


class Parts:
    """Everything that a bot runs on.

    :ivar footing: what it stands on.

    :param footing: its settings' TTLs are those of the states.
    :param types: what the bot may store beside what is built in.
    :param group_state: as of :class:`turnkeeper.Host`.
    """

    def __init__(self, footing: Footing, types: Types | None, group_state: GroupState) -> None:
        settings = footing.settings
        self.footing = footing
        self._open = False
        self.codec = Codec(types)
        lifetimes = Lifetimes(settings.conversation_ttl, settings.profile_ttl)
        self.storage = TypedStorage(footing.records, self.codec, lifetimes)
        self.conversation_state = ConversationState(self.storage, group_state=group_state)
        self.user_state = UserState(self.storage)
        self.states = TurnState(self.conversation_state, self.user_state)
        self.metrics = Metrics()
        self.adapter = HostedAdapter(
            self.states,
            footing.authenticator,
            footing.service_urls,
            footing.connector(self.metrics),
            bot_id=settings.app_id,
            metrics=self.metrics,
            max_turns=settings.max_turns,
            conversation_ttl=settings.conversation_ttl,
            reply_ttl=settings.reply_ttl,
            hearing=Hearing(
                unwrap=True, only_addressed=settings.group_messages == "addressed", brake=True
            ),
            clock=self.clock,
        )
        self.adapter.on_turn_error = default_on_turn_error(self.conversation_state)

    def clock(self) -> float:
        """Return the seconds since the epoch."""
        return self.footing.clock()

    def stand_on(self, footing: Footing, *, anyhow: bool = False) -> None:
        """Change what the parts stand on, for a test.

        What bot code holds on to stays what it is: the states and their properties, the storage,
        the adapter with its middleware.

        :param anyhow: also where the parts are open; they close what they have opened.
        :raises BotError: the parts are open.
        """
        if self._open and not anyhow:
            raise BotError("the host is open; close its application first")
        self.footing = footing
        self.storage.records = footing.records
        app_id = footing.settings.app_id
        self.adapter.stand_on(footing.authenticator, footing.service_urls, app_id)

    async def open(self, stack: AsyncExitStack, serves: Callable[[], bool]) -> None:
        """Open all parts, also again after they were closed.

        :param serves: whether requests are served; else what other processes left is let alone.
        :param stack: gets what closes each; one that fails to close leaves no other open.
        :raises SettingsError: the store can never be used.
        :raises StorageError: it is away, or cannot be read.
        """
        self._open = True
        stack.callback(setattr, self, "_open", False)
        await self.footing.open(self.adapter, self.metrics, stack, everywhere=serves)
