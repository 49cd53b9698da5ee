"""Running a bot on one activity: its context, its time limit, what happens when it fails."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, Final, Protocol

from botbuilder.core import BotAdapter, TurnContext
from botbuilder.core.invoke_response import InvokeResponse
from botbuilder.schema import Activity, ActivityTypes

from turnkeeper.address import Address
from turnkeeper.channels import unwrap
from turnkeeper.deadlines import Deadlines
from turnkeeper.delivery.typing_indicators import TypingIndicators
from turnkeeper.errors import StorageError, UnreadableRecord
from turnkeeper.ledger.effects import Delay, Effect, Send
from turnkeeper.observing.metrics import Metrics
from turnkeeper.state.services import begin_turn, end_turn
from turnkeeper.state.turn_state import TurnState
from turnkeeper.storage.transaction import Transaction
from turnkeeper.turn.context import Failed, HostedTurnContext
from turnkeeper.turn.opening import Opening
from turnkeeper.turn.outbox import Outbox
from turnkeeper.turn.response import http_answer
from turnkeeper.turn.turns import Outcome
from turnkeeper.wire.sdk import INVOKE_RESPONSE

Logic = Callable[[TurnContext], Awaitable[Any]]
OnTurnError = Callable[[TurnContext, Exception], Awaitable[Any]]

_FAILED: Final = InvokeResponse(status=500)
_log = logging.getLogger(__name__)


class Bot(Protocol):
    """A bot as the SDK has it, such as an ``ActivityHandler``."""

    async def on_turn(self, turn_context: TurnContext) -> Any:
        """Handle one activity."""


def logic_of(bot: Bot | Logic) -> Logic:
    """Return what a bot does with a turn.

    :param bot: has a method ``on_turn``, or is an async function of the turn's context.
    :raises TypeError: it is neither.
    """
    if isinstance(bot, type) or not callable(getattr(bot, "on_turn", bot)):
        raise TypeError(f"a bot has on_turn, or is an async function; {bot!r} is neither")
    logic: Logic = getattr(bot, "on_turn", bot)  # type: ignore[arg-type]  # either has it
    return logic


class BotRun:
    """Runs a bot on one activity, as often as it takes.

    :param adapter: the one whose contexts the bot gets.
    :param states: the bot's; they are saved at the end of a run.
    :param metrics: counts failures.
    :param typing: shows that the bot is typing.
    :param time_limit: seconds the bot may think.
    :param deadlines: watches that limit.
    :param activity: what came in.
    :param address: the activity's.
    :param services: further services of the turn, by name.
    :param pipeline: the middleware with the bot behind it.
    :param unwraps: whether the bot gets the text without what the channel wraps around it.
    """

    def __init__(  # noqa: PLR0913, PLR0917 - each is a part of its own
        self,
        adapter: BotAdapter,
        states: TurnState,
        metrics: Metrics,
        typing: TypingIndicators,
        time_limit: float,
        deadlines: Deadlines,
        activity: Activity,
        address: Address,
        services: dict[str, Any],
        pipeline: Logic,
        *,
        unwraps: bool = False,
    ) -> None:
        self._adapter = adapter
        self._states = states
        self._metrics = metrics
        self._typing = typing
        self._typing_now: asyncio.Task[None] | None = None
        self._effects: list[Effect] = []
        self._time_limit = time_limit
        self._deadlines = deadlines
        self._activity = activity
        self._received = dict(vars(activity))
        self._ran = False
        self._failed: Failed | None = None
        self._address = address
        self._services = services
        self._pipeline = pipeline
        self._unwraps = unwraps

    async def __call__(self, turn: str, transaction: Transaction, opening: Opening) -> Outcome:
        """Run the bot; where it fails, run ``on_turn_error`` in its place.

        :param turn: the turn's name in the ledger.
        :param transaction: the turn's.
        :param opening: what it begins with.
        :raises StorageError: the store does not answer: that is not the bot's fault.
        """
        self._failed = None
        try:
            return await self._outcome(turn, transaction, opening, self._in_time)
        except StorageError as error:
            if not isinstance(error, UnreadableRecord):
                raise  # the turn is run again, or refused
            failure: Exception = error
        except Exception as error:
            failure = error
        self._metrics.errors.inc()
        self._tell_operator(failure)
        on_turn_error: OnTurnError | None = self._adapter.on_turn_error
        if on_turn_error is None:
            raise failure
        # Begin anew, without what the failed run wanted to store and say.
        transaction.discard()
        tell = partial(self._tell, on_turn_error, failure)
        return await self._outcome(turn, transaction, opening, tell)

    async def _tell(self, on_turn_error: OnTurnError, failure: Exception, context: Any) -> None:
        # The hooks of the run that failed are called here too, and may be what took too long.
        with self._deadlines.limit(self._time_limit):
            await on_turn_error(context, failure)

    async def _in_time(self, context: TurnContext) -> None:
        with self._deadlines.limit(self._time_limit):
            await self._pipeline(context)

    async def _outcome(
        self, turn: str, transaction: Transaction, opening: Opening, bot: Logic
    ) -> Outcome:
        """Run some code of the bot; whatever it says or saves later raises ``TurnEnded``."""
        if self._ran:  # and may have changed it
            vars(self._activity).update(self._received)
        elif self._unwraps:
            unwrap(self._activity)
            self._received = dict(vars(self._activity))
        self._ran = True
        context = HostedTurnContext(self._adapter, self._activity)
        if self._failed:
            context.go_on(self._failed)
            self._failed = None
        context.turn_state.update(self._services)
        outbox = Outbox(turn, self._show_typing)
        self._effects = outbox.effects
        outbox.begin(context)
        opening.last.begin(context)
        begun = begin_turn(context, opening.address, transaction)
        try:
            await _whole(bot(context))
            await self._states.save_all_changes(context)
            if bot != self._in_time and self._activity.type == ActivityTypes.invoke:
                context.turn_state.setdefault(
                    INVOKE_RESPONSE, Activity(type=ActivityTypes.invoke_response, value=_FAILED)
                )
            return Outcome(outbox.effects, http_answer(context), transaction.forgets)
        except Exception:
            self._failed = Failed.of(context)
            raise
        finally:
            # It also spares the garbage collector: the SDK's dialogs hold their turn in circles.
            end_turn(context, begun)

    def end(self) -> None:
        """Show no typing any more: the turn is over, but for a pause before its first reply."""
        if self._typing_now is not None:
            first = next(iter(self._effects), None)
            if isinstance(first, Delay):
                loop = asyncio.get_running_loop()
                loop.call_later(first.ms / 1000, self._typing_now.cancel)
            else:
                self._typing_now.cancel()

    def _show_typing(self, turn: str, typing: Send) -> None:
        service_url = self._received["service_url"]  # as checked
        shown = self._typing.show(self._address.ledger_key, turn, service_url, typing)
        self._typing_now = shown or self._typing_now

    def _tell_operator(self, error: Exception) -> None:
        unreadable = isinstance(error, UnreadableRecord)
        _log.error(
            "activity %s of type %s failed: %s",
            self._activity.id,
            getattr(self._activity.type, "value", self._activity.type),
            error if unreadable else type(error).__name__,
            exc_info=None if unreadable else error,
        )


async def _whole(bot_code: Awaitable[Any]) -> None:
    """Await code of the bot. What it awaits may have been cancelled, which cancels no turn."""
    try:
        await bot_code
    except asyncio.CancelledError as error:
        task = asyncio.current_task()
        if task is None or task.cancelling():
            raise  # the server gives the turn up
        raise RuntimeError("bot code awaited a task that was cancelled") from error
