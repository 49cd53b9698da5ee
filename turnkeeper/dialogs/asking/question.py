"""The open question: what it offers, and how it is asked again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from botbuilder.dialogs import Dialog, DialogContext, DialogInstance
from botbuilder.dialogs.prompts import ConfirmPrompt, PromptOptions
from botbuilder.schema import ActionTypes, Activity
from msrest.serialization import Model

from turnkeeper.dialogs.fingerprint import find, inside
from turnkeeper.dialogs.spelling import bare
from turnkeeper.wire.sdk import default_choices_of

_ACTIONS: Final = frozenset(action.value for action in ActionTypes)
_SAID: Final = ("title", "value", "text", "displayText", "display_text")


class Question(NamedTuple):
    """An open prompt.

    :param prompt: the dialog.
    :param instance: the prompt as it is open.
    :param options: what it was begun with.
    """

    prompt: Dialog | None
    instance: DialogInstance
    options: PromptOptions


def open_question(dialogs: DialogContext) -> Question | None:
    """Return the prompt that is open, innermost; None where there is none.

    :param dialogs: the outermost dialogs; those inside of components are looked into.
    """
    sets, stack = (dialogs.dialogs,), dialogs.stack
    while stack:
        instance = stack[0]
        dialog = find(sets, instance.id)
        options = instance.state.get("options")
        if isinstance(options, PromptOptions):
            return Question(dialog, instance, options)
        sets, stack = inside(dialog, instance, sets)
    return None


def offers(question: Question, text: str) -> bool:
    """Return whether a text is one of the answers that a question shows: a choice, or a button.

    :param text: what a person said.
    """
    said = bare(text)
    return any(isinstance(one, str) and bare(one) == said for one in _offered(question))


async def ask_again(dialogs: DialogContext) -> None:
    """Have the open dialog ask its question again.

    A prompt is asked itself: the SDK's component would look for it in its own set alone, though it
    may be one of a dialog around it.
    """
    question = open_question(dialogs)
    if question is None or question.prompt is None:
        await dialogs.reprompt_dialog()
    else:
        await question.prompt.reprompt_dialog(dialogs.context, question.instance)


def _offered(question: Question) -> Iterator[object]:
    prompt, options = question.prompt, question.options
    choices = list(options.choices or ())
    if isinstance(prompt, ConfirmPrompt):
        sets = [prompt.confirm_choices] if prompt.confirm_choices else []
        for yes_no in sets or default_choices_of(prompt).values():
            choices += yes_no[:2]
    for choice in choices:
        yield choice if isinstance(choice, str) else choice.value
        yield from getattr(choice, "synonyms", None) or ()
        yield from _on_buttons(getattr(choice, "action", None))
    for shown in (options.prompt, options.retry_prompt):
        if isinstance(shown, Activity):
            yield from _on_buttons(shown.suggested_actions)
            yield from _on_buttons(shown.attachments)


def _on_buttons(part: object) -> Iterator[object]:
    """What the buttons in a part of a message say and send, wherever they are."""
    if isinstance(part, list):
        for one in part:
            yield from _on_buttons(one)
        return
    fields = vars(part) if isinstance(part, Model) else part
    if isinstance(fields, dict):
        kind = str(getattr(fields.get("type"), "value", fields.get("type")))
        if kind in _ACTIONS or kind.startswith("Action."):
            yield from (fields.get(name) for name in _SAID)
        for one in fields.values():
            if isinstance(one, dict | list | Model):
                yield from _on_buttons(one)
