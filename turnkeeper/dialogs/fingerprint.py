"""Whether a stack of dialogs can still be continued after the bot was changed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

from botbuilder.dialogs import ComponentDialog, Dialog, DialogInstance, DialogSet, WaterfallDialog

from turnkeeper.wire.sdk import dialogs_of, steps_of

Sets = tuple[DialogSet, ...]
"""Where a dialog is looked for: the set of its stack first, then those around it."""


def find(sets: Sets, dialog_id: str) -> Dialog | None:
    """Return the dialog of an id, as the SDK looks for it; None where it is in none of the sets."""
    for dialogs in sets:
        if dialog := dialogs.find_dialog(dialog_id):
            return dialog
    return None


def inside(dialog: Dialog | None, instance: DialogInstance, sets: Sets) -> tuple[Sets, list[Any]]:
    """Return where the dialogs inside of an open one are looked for, and their stack."""
    if not isinstance(dialog, ComponentDialog):
        return sets, []
    state = instance.state.get(ComponentDialog.persisted_dialog_state)
    return (dialogs_of(dialog), *sets), state.dialog_stack if state else []


def fingerprint(dialogs: DialogSet, stack: list[DialogInstance]) -> str:
    """Return what the dialogs on a stack are made of: equal where the stack can be continued.

    It changes when a dialog on the stack was removed, renamed or made another class, or when the
    steps of its waterfall were renamed, reordered, added or removed.

    :param dialogs: the set the stack belongs to.
    :param stack: the open dialogs.
    :returns: 16 hexadecimal digits; "" for an empty stack.
    """
    if not stack:
        return ""
    return hashlib.sha256("\n".join(_parts((dialogs,), stack)).encode()).hexdigest()[:16]


def fits(dialogs: DialogSet, stack: list[DialogInstance], version: str) -> bool:
    """Return whether a stack can be continued.

    :param dialogs: the set the stack belongs to.
    :param stack: the open dialogs; where there are none, nothing is in the way.
    :param version: the fingerprint that was kept with it; "" where none was: then all its dialogs
        must be there.
    """
    if not stack:
        return True
    if version:
        return version == fingerprint(dialogs, stack)
    return _all_found((dialogs,), stack)


def _parts(sets: Sets, stack: list[DialogInstance]) -> Iterator[str]:
    for instance in stack:
        dialog = find(sets, instance.id)
        yield f"{instance.id}={type(dialog).__qualname__}"
        if isinstance(dialog, WaterfallDialog):
            yield from (step.__qualname__ for step in steps_of(dialog))
        if isinstance(dialog, ComponentDialog):
            yield "("
            yield from _parts(*inside(dialog, instance, sets))
            yield ")"


def _all_found(sets: Sets, stack: list[DialogInstance]) -> bool:
    for instance in stack:
        dialog = find(sets, instance.id)
        if dialog is None or not _all_found(*inside(dialog, instance, sets)):
            return False
    return True
