"""The dialogs that are open with a person: the root's, and one begun aside."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Self

from botbuilder.core import TurnContext
from botbuilder.dialogs import (
    Dialog,
    DialogContext,
    DialogSet,
    DialogState,
    DialogTurnResult,
    DialogTurnStatus,
)
from botbuilder.schema import ActivityTypes

from turnkeeper.dialogs.asking.notice import Notice, in_front
from turnkeeper.dialogs.asking.question import Question, ask_again, open_question
from turnkeeper.dialogs.fingerprint import fingerprint, fits

MARK: Final = "turnkeeper.dialogs"
"""The property of conversation state with what is remembered beside ``DialogState``."""


@dataclass(slots=True)
class Mark:
    """What is remembered of open dialogs beside the SDK's ``DialogState``.

    :param person: ``from.id`` of the person they talk with; "" where nobody asked for them.
    :param asked_at: seconds since the epoch at which the open question was asked, or None.
    :param asked_in: the number of the turn that asked it, or a lower one; 0 where it is not known.
    :param version: fingerprint of the root's stack, or "".
    :param confirming: whether the person was asked if they really want to be forgotten.
    :param half_yes: how often they have said half a yes to that.
    :param aside: the state of the dialog that was begun aside, or None.
    :param aside_version: fingerprint of its stack, or "".
    :param failed: whether the last turn failed; see ``turnkeeper.adapters.turn_error``.
    :param life: how often the conversation had ended when they were opened.
    """

    person: str = ""
    asked_at: float | None = None
    asked_in: int = 0
    version: str = ""
    confirming: bool = False
    half_yes: int = 0
    aside: DialogState | None = None
    aside_version: str = ""
    failed: bool = False
    life: int = 0

    @classmethod
    def of(cls, stored: dict[str, Any] | None) -> Self:
        """Return what is stored; what a later version has added is passed over."""
        if not stored:
            return cls()
        return cls(**{name: stored[name] for name in cls.__slots__ if name in stored})

    def stored(self) -> dict[str, Any]:
        """Return what is to be stored: what says something, in a new dict."""
        named = {name: getattr(self, name) for name in self.__slots__}
        return {name: value for name, value in named.items() if value or name == "asked_at"}


class OpenDialogs:
    """What is open in a turn.

    :ivar dialogs: the root's.
    :ivar mark: what is remembered beside them.
    :ivar asks: whether an open dialog had the word in this turn: what it said is the question now.

    :param context: the turn's.
    :param root: the dialog that begins where nothing is open.
    :param dialogs: the root's set, on the stack of the conversation.
    :param asides: the dialogs that may be begun aside.
    :param mark: as it was stored; it is changed.
    """

    def __init__(
        self,
        context: TurnContext,
        root: Dialog,
        dialogs: DialogContext,
        asides: DialogSet,
        mark: Mark,
    ) -> None:
        self.context = context
        self.dialogs = dialogs
        self.mark = mark
        self.asks = False
        self._root = root
        self._asides = asides
        self._aside = DialogContext(asides, context, mark.aside) if mark.aside else None

    @property
    def open(self) -> bool:
        """Whether a dialog is open."""
        return bool(self._aside or self.dialogs.stack)

    @property
    def question(self) -> Question | None:
        """The prompt that the next message would answer."""
        return open_question(self._aside or self.dialogs)

    def fits(self) -> bool:
        """Return whether the root's stack can be continued."""
        dialogs = self.dialogs
        return fits(dialogs.dialogs, dialogs.stack, self.mark.version)

    def aside_fits(self) -> bool:
        """Return whether the dialog begun aside can be continued, if there is one."""
        aside = self._aside
        return aside is None or fits(aside.dialogs, aside.stack, self.mark.aside_version)

    def drop_aside(self) -> None:
        """Close the dialog begun aside without telling it."""
        self._put_aside(None)

    def drop(self) -> None:
        """Close all without telling the dialogs: they are another's, or cannot be found."""
        self.dialogs.stack.clear()
        self.mark.confirming = False
        self._put_aside(None)

    async def close(self) -> None:
        """Close all; each dialog is told that it is cancelled."""
        self.mark.confirming = False
        if self._aside:
            await self._aside.cancel_all_dialogs()
            self._put_aside(None)
        await self.dialogs.cancel_all_dialogs()

    async def go_on(self) -> DialogTurnResult:
        """Hand the activity to the dialog that waits for it; "empty" where none does."""
        # To an event a dialog may say something beside its question.
        self.asks = self.asks or self.context.activity.type == ActivityTypes.message
        if self._aside is None:
            return await self.dialogs.continue_dialog()
        return await self._went_on(await self._aside.continue_dialog())

    async def begin_root(self, options: object, notice: Notice | None) -> DialogTurnResult:
        """Begin the root dialog, with a notice in front of what it says first."""
        self.mark.confirming, self.asks = False, True
        if notice is None:  # nearly always
            return await self.dialogs.begin_dialog(self._root.id, options)
        async with in_front(self.context, notice):
            return await self.dialogs.begin_dialog(self._root.id, options)

    async def begin_aside(self, dialog_id: str, options: object) -> DialogTurnResult:
        """Begin a dialog aside, in place of one that is open there."""
        self.mark.confirming, self.asks = False, True
        if self._aside:
            await self._aside.cancel_all_dialogs()
        aside = self._put_aside(DialogState())
        assert aside is not None  # noqa: S101 - it was just made
        return await self._went_on(await aside.begin_dialog(dialog_id, options))

    async def ask_again(self, notice: Notice | None) -> DialogTurnResult:
        """Ask the open question again, with a notice in front of it, or by itself."""
        self.asks = True
        async with in_front(self.context, notice):
            if self.open:
                await ask_again(self._aside or self.dialogs)
        return DialogTurnResult(
            DialogTurnStatus.Waiting if self.open else DialogTurnStatus.Empty,
        )

    def note(self) -> None:
        """Note in the mark which dialogs are open."""
        aside, mark = self._aside, self.mark
        mark.version = fingerprint(self.dialogs.dialogs, self.dialogs.stack)
        mark.aside_version = fingerprint(aside.dialogs, aside.stack) if aside else ""

    def let_go(self) -> None:
        """Let go of the turn.

        The SDK's state manager and its DialogContext hold one another, and with them all of the
        turn, which only the garbage collector could take apart: that costs more than to do it here.
        """
        for dialogs in filter(None, (self.dialogs, self._aside)):
            dialogs.state = None

    def _put_aside(self, state: DialogState | None) -> DialogContext | None:
        if self._aside:
            self._aside.state = None
        self.mark.aside = state
        self._aside = DialogContext(self._asides, self.context, state) if state else None
        return self._aside

    async def _went_on(self, result: DialogTurnResult) -> DialogTurnResult:
        """Ask the root's question again once the dialog aside has ended."""
        if result.status == DialogTurnStatus.Waiting:
            return result
        self._put_aside(None)
        return await self.ask_again(None) if self.open else result
