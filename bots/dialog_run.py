"""Running a dialog on a turn, over deploys, interlopers and old questions."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator
from typing import Any, Final, TypeVar

from botbuilder.core import StatePropertyAccessor, TurnContext
from botbuilder.dialogs import (
    ComponentDialog,
    Dialog,
    DialogContext,
    DialogInstance,
    DialogSet,
    DialogState,
    DialogTurnStatus,
    WaterfallDialog,
)
from botbuilder.dialogs.memory import DialogStateManagerConfiguration

from state.models import ConversationData
from turnkeeper.channels import several_people_in

RESTARTED: Final = "restarted"
"""The root dialog's options where a deploy has closed the person's open dialog."""

HELLO_AGAIN: Final = "hello_again"
"""The root dialog's options where the person's open question has waited too long."""

Kept = TypeVar("Kept", DialogState, ConversationData)

_NOTHING_OPEN: Final = ConversationData()


class DialogRun:
    """Runs a root dialog.

    :param dialog: the root dialog.
    :param dialog_state: the ``DialogState`` property of conversation state.
    :param data: the ``ConversationData`` property of conversation state.
    :param question_timeout: seconds an open question waits for its answer; None for ever.
    :param clock: seconds since the epoch.
    """

    def __init__(
        self,
        dialog: Dialog,
        dialog_state: StatePropertyAccessor,
        data: StatePropertyAccessor,
        *,
        question_timeout: float | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._dialog = dialog
        self._data = data
        self._dialog_state = dialog_state
        self._dialogs = DialogSet(dialog_state)
        self._dialogs.add(dialog)
        self._question_timeout = question_timeout
        self._clock = clock
        self._memory: Any = None

    async def run(self, context: TurnContext) -> None:
        """Continue the open dialog with the message, or begin the root dialog."""
        name = DialogStateManagerConfiguration.__name__
        if self._memory is not None:
            context.turn_state[name] = self._memory  # else the SDK makes it anew at each turn
        # As DialogSet.create_context() does, which imports a module each time.
        state = await _kept(self._dialog_state, context, DialogState)
        dialogs = DialogContext(self._dialogs, context, state)
        self._memory = context.turn_state.get(name)
        data = await _kept(self._data, context, ConversationData)
        sender = context.activity.from_property
        person_id = (sender.id or "") if sender else ""
        fits = data.dialog_version == fingerprint(self._dialogs, dialogs.stack)
        late = self._is_late(data)
        if late or not fits or data.person_id not in ("", person_id):
            dialogs.stack.clear()
        result = await dialogs.continue_dialog()
        if result.status == DialogTurnStatus.Empty:
            late = late and data.person_id == person_id
            options = HELLO_AGAIN if late else None if fits else RESTARTED
            await dialogs.begin_dialog(self._dialog.id, options)
        # What the dialogs have emptied, as they do to forget a person, stays empty.
        data = await self._data.get(context) or ConversationData()
        data.person_id = person_id if dialogs.stack else ""
        data.dialog_version = fingerprint(self._dialogs, dialogs.stack)
        data.asked_at = self._clock() if dialogs.stack else None
        if not dialogs.stack:  # what says nothing need not be stored, nor be read at each turn
            await _drop(self._dialog_state, context)
        # In a group it is kept: by it the erasure of a person finds the ledgers with their name.
        if data == _NOTHING_OPEN and not several_people_in(context.activity):
            await _drop(self._data, context)
        # It and its DialogContext hold one another, and with them all of the turn, which only the
        # garbage collector could take apart: that costs more than to let it go here.
        dialogs.state = None

    def _is_late(self, data: ConversationData) -> bool:
        """Whether a question is open that has waited too long for its answer."""
        return (
            self._question_timeout is not None
            and data.asked_at is not None
            and self._clock() - data.asked_at >= self._question_timeout
        )


async def _kept(
    accessor: StatePropertyAccessor, context: TurnContext, make: Callable[[], Kept]
) -> Kept:
    """The value of a property; a new one, to be stored unless it is dropped, where there is none.

    Without a default: to tell whether one was changed it has to be encoded twice.
    """
    value: Kept | None = await accessor.get(context)
    if value is None:
        value = make()
        await accessor.set(context, value)
    return value


async def _drop(accessor: StatePropertyAccessor, context: TurnContext) -> None:
    if await accessor.get(context) is not None:  # the SDK's own cannot delete twice
        await accessor.delete(context)


def fingerprint(dialogs: DialogSet, stack: list[DialogInstance]) -> str:
    """What the dialogs on a stack are made of: equal where the stack can be continued.

    It changes when a dialog on the stack was removed, renamed or made another class, or when the
    steps of its waterfall were renamed, reordered, added or removed.

    :param dialogs: the set the stack belongs to.
    :param stack: the open dialogs.
    :returns: 16 hexadecimal digits; "" for an empty stack.
    """
    if not stack:
        return ""
    return hashlib.sha256("\n".join(_parts(dialogs, stack)).encode()).hexdigest()[:16]


def _parts(dialogs: DialogSet, stack: list[DialogInstance]) -> Iterator[str]:
    for instance in stack:
        dialog = dialogs.find_dialog(instance.id)
        yield f"{instance.id}={type(dialog).__qualname__}"
        if isinstance(dialog, WaterfallDialog):
            yield from (step.__qualname__ for step in dialog._steps)
        if isinstance(dialog, ComponentDialog):
            inner = instance.state.get(ComponentDialog.persisted_dialog_state)
            yield "("
            yield from _parts(dialog._dialogs, inner.dialog_stack if inner else [])
            yield ")"
