"""What a bot's own handler of an interruption gets."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias

from botbuilder.core import TurnContext
from botbuilder.dialogs import DialogContext, DialogTurnResult
from botbuilder.schema import Activity

from turnkeeper.dialogs.asking.notice import Notice
from turnkeeper.dialogs.open_dialogs import OpenDialogs
from turnkeeper.dialogs.words import Wish, plain


class Interrupted:
    """A message that is an interruption, and what may be done about it.

    :ivar context: the turn's.
    :ivar dialogs: the root's open dialogs.
    :ivar found: what the function returned that recognised the message; of a phrase or a wish,
        the text of the message without the bot's mention.
    :ivar language: the BCP 47 tag of the person's language, or "".
    """

    def __init__(
        self,
        opened: OpenDialogs,
        found: object,
        language: str,
        grant: Callable[[Wish], Awaitable[Any]],
    ) -> None:
        self.context: TurnContext = opened.context
        self.dialogs: DialogContext = opened.dialogs
        self.found = found
        self.language = language
        self._opened = opened
        self._grant = grant

    @property
    def asks(self) -> str:
        """The id of the prompt that is open, innermost; "" where none is.

        It is "forget" while the person is asked whether they really want to be forgotten.
        """
        if self._opened.mark.confirming:
            return "forget"
        question = self._opened.question
        return str(question.instance.id) if question else ""

    async def restart(self, options: object = None, first: str = "") -> DialogTurnResult:
        """Close all that is open and begin the root dialog.

        :param options: the root's.
        :param first: plain text to say in front of what the root says.
        :returns: for the handler to return.
        """
        await self._opened.close()
        return await self._opened.begin_root(options, Notice(plain(first)) if first else None)

    async def begin(self, dialog_id: str, options: object = None) -> DialogTurnResult:
        """Begin a dialog aside: what is open stays so, and is asked again when this one ends.

        One dialog is open aside at most: another takes its place.

        :param dialog_id: of one of the ``dialogs`` of the :class:`Interruptions`.
        :param options: the dialog's.
        :returns: for the handler to return.
        """
        return await self._opened.begin_aside(dialog_id, options)

    async def grant(self, wish: Wish) -> Answer:
        """Do what the engine does for a wish.

        :param wish: also one that the bot handles itself, or has switched off.
        :returns: for the handler to return.
        """
        answer: Answer = await self._grant(wish)
        return answer


Answer: TypeAlias = str | Activity | DialogTurnResult | None
"""What a handler returns.

A text, which is plain, or a message is told, and the open question is asked again. The result of a
dialog says that the handler has done all by itself. None says that here the message is no
interruption.
"""

Handler = Callable[[Interrupted], Awaitable[Answer]]
"""Answers an interruption."""

Matcher = Callable[[str, str], object]
"""Returns what it finds in a text, or None; the second argument is the BCP 47 tag of a language."""
