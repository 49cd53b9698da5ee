"""Running a dialog on a turn, over deploys, other people, old questions and interruptions."""

from __future__ import annotations

from functools import partial
from typing import Any, Final

from botbuilder.core import TurnContext
from botbuilder.dialogs import Dialog, DialogContext, DialogSet, DialogState, DialogTurnResult
from botbuilder.dialogs.memory import DialogStateManagerConfiguration

from turnkeeper.channels import several_people_in
from turnkeeper.dialogs.asking.whom import naming_whom
from turnkeeper.dialogs.exchange import Exchange
from turnkeeper.dialogs.interruptions import Interruptions
from turnkeeper.dialogs.open_dialogs import MARK, Mark, OpenDialogs
from turnkeeper.dialogs.prompts import correct
from turnkeeper.state.scope import ConversationState
from turnkeeper.state.services import transaction_in
from turnkeeper.turn.unseen import last_reply

correct()

_STOCK: Final = Interruptions()
_MEMORY: Final = DialogStateManagerConfiguration.__name__
_ROOTS: Final = 64
"""How many bots of one process are remembered; only tests have more than one or two."""


async def run(  # noqa: PLR0913 - each is a choice of its own
    dialog: Dialog,
    context: TurnContext,
    conversation_state: ConversationState,
    *,
    interruptions: Interruptions = _STOCK,
    question_timeout: float | None = None,
    name_in_groups: bool = True,
) -> DialogTurnResult:
    """Continue the open dialog with a turn's activity, or begin the root dialog.

    In place of the SDK's ``DialogExtensions.run_dialog``, on the same property ``DialogState``.
    What people may say at any time comes before the open question. A dialog that was open when the
    bot was changed goes on if it is still the same, else the root begins again. While the channel
    has not taken the question, or what was said since, nothing is an answer to it; where it was
    refused or given up, it is asked again.

    :param dialog: the root dialog.
    :param context: the turn's.
    :param conversation_state: where open dialogs are kept.
    :param interruptions: what people may say at any time; by default the engine's wishes.
    :param question_timeout: seconds after which an open question is no longer answered by the next
        message, by the host's clock; None for never. They do not run while it has not arrived.
    :param name_in_groups: whether in a group a question says whom it asks, and how to answer.
    :returns: the result of the dialog; "empty" where none is open after an interruption.
    """
    # Made once: the parts of a root cost more than many a turn. It holds what its key names.
    key = (id(dialog), id(conversation_state), id(interruptions))
    if (root := _MADE.get(key)) is None:
        if len(_MADE) >= _ROOTS:
            del _MADE[next(iter(_MADE))]
        root = _MADE[key] = _Root(dialog, conversation_state, interruptions)
    return await root.run(context, question_timeout, name_in_groups=name_in_groups)


class _Root:
    """A root dialog with what does not change from turn to turn."""

    def __init__(
        self, dialog: Dialog, conversation_state: ConversationState, interruptions: Interruptions
    ) -> None:
        self._dialog = dialog
        self._conversation_state = conversation_state
        self._interruptions = interruptions
        self._dialog_state = conversation_state.create_property("DialogState")
        self._marks = conversation_state.create_property(MARK)
        self._dialogs = DialogSet(self._dialog_state)
        self._dialogs.add(dialog)
        self._asides = DialogSet(self._marks)
        for aside in interruptions.dialogs:
            self._asides.add(aside)
        self._memory: Any = None

    async def run(
        self, context: TurnContext, question_timeout: float | None, *, name_in_groups: bool
    ) -> DialogTurnResult:
        if self._memory is not None:
            context.turn_state[_MEMORY] = self._memory  # else the SDK makes it anew at each turn
        states = self._conversation_state
        loaded = states.loaded(context) or await states.cached(context)
        stack: DialogState | None = loaded.state.get("DialogState")
        stored: dict[str, Any] | None = loaded.state.get(MARK)
        last, mark = last_reply(context), Mark.of(stored)
        state = stack or DialogState()
        if mark.life != last.life:  # the conversation has ended since: nothing is open
            state, mark = DialogState(), Mark(life=last.life)
        # As DialogSet.create_context() does, which imports a module each time.
        dialogs = DialogContext(self._dialogs, context, state)
        self._memory = context.turn_state.get(_MEMORY)
        opened = OpenDialogs(context, self._dialog, dialogs, self._asides, mark)
        transaction, address = transaction_in(context, states.storage.records)
        exchange = Exchange(opened, self._interruptions, states, address, last, transaction.now())
        try:
            if name_in_groups and several_people_in(context.activity):
                say = partial(self._say, context)
                with naming_whom(context, say, named=bool(address.owner)):
                    result = await exchange.take(question_timeout)
            else:
                result = await exchange.take(question_timeout)
        finally:
            opened.let_go()
        # What was emptied meanwhile, as to forget the person, stays empty.
        if states.loaded(context) is loaded:
            if not dialogs.stack:  # what says nothing need not be stored
                if stack is not None:
                    await self._dialog_state.delete(context)
            elif stack is not state:
                await self._dialog_state.set(context, state)
            # In a group it is kept: by it the erasure of a person finds the ledgers with their
            # name.
            if (remembered := exchange.mark()) or address.group:
                await self._marks.set(context, remembered)
            elif stored is not None:
                await self._marks.delete(context)
        return result

    async def _say(self, context: TurnContext, name: str) -> str:
        interruptions = self._interruptions
        return interruptions.words.say(name, await interruptions.language_of(context))


_MADE: Final[dict[tuple[int, int, int], _Root]] = {}
