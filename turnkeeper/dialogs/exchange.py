"""One activity, and what the dialogs make of it."""

from __future__ import annotations

from typing import Any, Final

from botbuilder.dialogs import DialogTurnResult, DialogTurnStatus
from botbuilder.schema import ActivityEventNames, ActivityTypes

from turnkeeper.address import Address
from turnkeeper.channels import text_for_bot
from turnkeeper.dialogs.asking.notice import Notice, in_front
from turnkeeper.dialogs.asking.question import offers
from turnkeeper.dialogs.interrupted import Answer, Interrupted
from turnkeeper.dialogs.interruptions import Found, Interruptions
from turnkeeper.dialogs.open_dialogs import OpenDialogs
from turnkeeper.dialogs.wishes import Granted, Wishes
from turnkeeper.dialogs.words import Wish, plain
from turnkeeper.ledger.queue import Arrival
from turnkeeper.state.scope import ConversationState
from turnkeeper.turn.unseen import LastReply

CONFIRMED_WITHIN: Final = 10 * 60.0
"""Seconds in which a "yes" is to the question whether the person is to be forgotten."""

_TOLD: Final = (Wish.HELP, Wish.EXPORT)
_PRESSED: Final = (ActivityTypes.event, ActivityTypes.invoke)
# What the bot does by itself, in continue_conversation, is no answer of the person's.
_BY_THE_BOT: Final = frozenset(name.value for name in ActivityEventNames)


class Exchange:
    """One activity, and what the dialogs make of it.

    :param opened: what is open.
    :param interruptions: what people may say at any time.
    :param conversation_state: where open dialogs are kept.
    :param address: the activity's.
    :param last: what became of what was said last.
    :param now: seconds since the epoch.
    """

    def __init__(  # noqa: PLR0913, PLR0917 - each is a part of its own
        self,
        opened: OpenDialogs,
        interruptions: Interruptions,
        conversation_state: ConversationState,
        address: Address,
        last: LastReply,
        now: float,
    ) -> None:
        self._opened = opened
        self._mark = opened.mark
        self._interruptions = interruptions
        self._conversation_state = conversation_state
        self._address = address
        self._last = last
        self._arrival = Arrival.SEEN
        self._now = now
        self._is_ignored = False
        self._is_message = opened.context.activity.type == ActivityTypes.message
        self._asked = opened.question

    async def take(self, question_timeout: float | None) -> DialogTurnResult:
        """Take the activity.

        :param question_timeout: seconds that an open question waits for its answer, or None.
        """
        if self._is_message:
            return await self._take_message(question_timeout)
        opened = self._opened
        if self._is_anothers() or self._is_typing() or not (opened.fits() and opened.aside_fits()):
            self._is_ignored = True
            return DialogTurnResult(DialogTurnStatus.Waiting)
        confirming = self._mark.confirming
        activity = opened.context.activity
        if (confirming or opened.open) and activity.name not in _BY_THE_BOT and self._is_unseen():
            self._is_ignored = self._arrival is Arrival.OWED or activity.type not in _PRESSED
            language = await self._interruptions.language_of(opened.context)
            return await self._wait(self._wishes(language))
        result = await self._go_on(None)
        # Where something was said a "yes" would be to that.
        self._mark.confirming = confirming and not opened.context.responded
        return result

    def mark(self) -> dict[str, Any]:
        """Return what is to be remembered of what is open now; nothing where nothing is."""
        mark = self._mark
        if not (self._opened.open or mark.confirming):
            return {}
        if self._is_ignored:
            return mark.stored()
        if self._is_message:  # what a channel says of a conversation may be in anybody's name
            mark.person, mark.failed = self._address.person, False
        question, asked = self._opened.question, self._asked
        anew = (question and question.instance) is not (asked and asked.instance)
        if self._is_message or anew or mark.asked_at is None:
            mark.asked_at = self._now
        if self._opened.context.responded and (anew or self._opened.asks):
            mark.asked_in = self._last.number
        self._opened.note()
        return mark.stored()

    async def _take_message(self, question_timeout: float | None) -> DialogTurnResult:
        context = self._opened.context
        language = await self._interruptions.language_of(context)
        text = text_for_bot(context.activity)  # all that is looked for is looked for in it
        found = self._interruptions.find(text, language)
        was_open = self._opened.open or self._mark.confirming
        if not (found or was_open):  # as most messages that are greeted
            return await self._go_on(None)
        wishes = self._wishes(language)
        if (
            found
            and not found.handler
            and isinstance(found.key, Wish)
            and found.key in _TOLD
            and self._is_anothers()
        ):
            self._is_ignored = True  # what is open with somebody else stays as it is
            self._mark.confirming = False  # but a "yes" would not be to the last that was said
            told = await wishes.grant(found.key)
            if isinstance(told, Notice):
                await told.alone(context)
            return DialogTurnResult(DialogTurnStatus.Waiting)
        notice = await self._close_what_is_over(wishes, question_timeout) if was_open else None
        if self._mark.confirming:
            return await self._confirm(text, found, wishes, language)
        if found and not self._is_offered(text):
            answer = await self._answer(found, wishes, language)
            if answer is not None:
                return await self._tell(answer, wishes)
        if notice and self._opened.open:
            return await self._opened.ask_again(notice)
        unseen = self._arrival is not Arrival.SEEN and self._opened.open
        return await (self._wait(wishes) if unseen else self._go_on(notice))

    def _wishes(self, language: str) -> Wishes:
        return Wishes(self._opened, self._interruptions, self._conversation_state, language)

    async def _close_what_is_over(
        self, wishes: Wishes, question_timeout: float | None
    ) -> Notice | None:
        """Close what the message cannot answer; return what is to be said of it."""
        opened, mark = self._opened, self._mark
        if self._is_anothers():
            opened.drop()
            return None
        if not opened.fits():
            opened.drop()
            return wishes.notice("restarted")
        asked_at = self._now if mark.asked_at is None else mark.asked_at
        waited = self._now - max(asked_at, self._last.left_at(mark.asked_in))
        lapsed = waited >= CONFIRMED_WITHIN or self._last.is_after_others(mark.asked_in)
        if self._is_unseen():
            waited, lapsed = 0.0, False
        lapsed = lapsed and mark.confirming
        if lapsed:
            mark.confirming = False
        if question_timeout is not None and waited >= question_timeout:
            asked = opened.open
            await opened.close()
            return wishes.notice("hello_again", of_questions=True) if asked else None
        if opened.aside_fits():
            return wishes.notice("kept") if lapsed else None  # a "yes" was to the other question
        opened.drop_aside()
        return wishes.notice("restarted")

    def _is_anothers(self) -> bool:
        """Whether what is open is open with somebody else.

        Also where nothing says that several people are there: not every channel tells. What is no
        message may come in the name of the conversation or of the bot.
        """
        person, activity = self._mark.person, self._opened.context.activity
        whom = [person, ""]
        if not self._is_message:
            recipient = activity.recipient
            whom += [activity.conversation.id, recipient.id if recipient else ""]
        return bool(person) and self._address.person not in whom

    def _is_unseen(self) -> bool:
        """Whether the open question, or what was said since, has not reached the person."""
        self._arrival = self._last.ask_since(self._mark.asked_in)
        return self._arrival is not Arrival.SEEN

    async def _wait(self, wishes: Wishes) -> DialogTurnResult:
        """Take nothing for an answer: the question is coming; or it is not, and is asked again."""
        if self._is_ignored or self._arrival is Arrival.OWED:
            return DialogTurnResult(DialogTurnStatus.Waiting)
        self._mark.asked_at = self._now
        if self._mark.confirming:
            return await wishes.ask_whether_sure()
        return await self._opened.ask_again(None)

    def _is_typing(self) -> bool:
        """Whether somebody types who was asked whether to be forgotten, which begins no dialog."""
        kind = self._opened.context.activity.type
        return kind == ActivityTypes.typing and self._mark.confirming and not self._opened.open

    async def _go_on(self, notice: Notice | None) -> DialogTurnResult:
        result = await self._opened.go_on()
        if result.status == DialogTurnStatus.Empty:
            return await self._opened.begin_root(None, notice)
        return result

    def _is_offered(self, text: str) -> bool:
        question = self._opened.question
        return question is not None and offers(question, text)

    async def _answer(self, found: Found, wishes: Wishes, language: str) -> Answer | Granted:
        """Answer an interruption; None where the message is none here."""
        if found.is_opening and not (self._opened.open or await wishes.knows_the_person()):
            return None  # somebody new opens the chat
        if found.handler:
            interrupted = Interrupted(self._opened, found.what, language, wishes.grant)
            return await found.handler(interrupted)
        assert isinstance(found.key, Wish)  # noqa: S101 - all others have a handler
        return await wishes.grant(found.key)

    async def _tell(self, answer: Answer | Granted, wishes: Wishes) -> DialogTurnResult:
        """Tell an answer and ask again what is open, unless all is done."""
        if isinstance(answer, DialogTurnResult):
            return answer
        if isinstance(answer, Notice):
            notice = answer
        else:
            notice = Notice(plain(answer) if isinstance(answer, str) else answer)
        if not self._mark.confirming:
            return await self._opened.ask_again(notice)
        async with in_front(self._opened.context, notice):
            return await wishes.ask_whether_sure()

    async def _confirm(
        self, text: str, found: Found | None, wishes: Wishes, language: str
    ) -> DialogTurnResult:
        """Take the answer to whether the person really wants to be forgotten."""
        confirms = wishes.confirms(text)
        if self._arrival is not Arrival.SEEN and (confirms or not found):
            return await self._wait(wishes)
        anew = found is not None and found.key is Wish.FORGET
        if (done := await wishes.confirm(text, anew=anew)) is not None:
            return done
        if found and found.key is Wish.HELP:
            answer = await self._answer(found, wishes, language)
            if answer is not None:
                return await self._tell(answer, wishes)
        self._mark.confirming = False
        return await self._opened.ask_again(wishes.notice("kept"))
