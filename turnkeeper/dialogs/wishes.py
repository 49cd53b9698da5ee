"""How the engine grants a wish: help, cancel, start over, forget me, export my data."""

from __future__ import annotations

import json
import logging
from base64 import b64encode
from functools import partial
from typing import Any, Final, TypeAlias

from botbuilder.dialogs import DialogTurnResult, DialogTurnStatus
from botbuilder.schema import Attachment

from turnkeeper.channels import limits_of, several_people_in, units
from turnkeeper.dialogs.asking.notice import Notice
from turnkeeper.dialogs.interruptions import REFUSED_AMONG_OTHERS, Interruptions
from turnkeeper.dialogs.open_dialogs import MARK, OpenDialogs
from turnkeeper.dialogs.words import Wish, plain
from turnkeeper.state.people.forgetting import export_person, forget_person
from turnkeeper.state.scope import ConversationState
from turnkeeper.state.services import transaction_in

_JSON: Final = "application/json"
# In bytes. Connector services refuse an activity of more than 256 KB; base64 adds a third.
_LARGEST_FILE: Final = 150_000

_HALF_YESES: Final = 2
"""How often half a yes is asked about; the next one is none."""

_log = logging.getLogger(__name__)

Granted: TypeAlias = Notice | DialogTurnResult
"""What is told, the open question being asked again; or that all is done."""


class Wishes:
    """Grants wishes in one turn.

    :param opened: what is open.
    :param interruptions: what people may say.
    :param conversation_state: where ``DialogState`` is; all that is erased or exported is on its
        storage.
    :param language: the BCP 47 tag of the person's language.
    """

    def __init__(
        self,
        opened: OpenDialogs,
        interruptions: Interruptions,
        conversation_state: ConversationState,
        language: str,
    ) -> None:
        self._opened = opened
        self._context = opened.context
        self._interruptions = interruptions
        self._conversation_state = conversation_state
        self._language = language
        self._say = partial(interruptions.words.say, tag=language)

    async def grant(self, wish: Wish) -> Granted:
        """Grant a wish, unless others read it and it is refused there."""
        among_others = several_people_in(self._context.activity)
        if among_others and wish in REFUSED_AMONG_OTHERS:
            return self.notice("only_in_private")
        match wish:
            case Wish.HELP:
                told = self._interruptions.help(self._language, several_people=among_others)
                return Notice(plain(told), fixed=True)
            case Wish.CANCEL:
                return await self._cancel()
            case Wish.START_OVER:
                await self._opened.close()
                return await self._opened.begin_root(None, self.notice("start_over"))
            case Wish.FORGET:
                self._opened.mark.confirming, self._opened.mark.half_yes = True, 0
                return await self.ask_whether_sure()
            case Wish.EXPORT:
                storage = self._conversation_state.storage
                return self._handed_out(await export_person(self._context, storage))

    def notice(self, name: str, *, of_questions: bool = False) -> Notice:
        """Return one of the engine's messages, to be told in front.

        :param name: the message's.
        :param of_questions: whether only of a question.
        """
        return Notice(plain(self._say(name)), fixed=True, of_questions=of_questions)

    def confirms(self, text: str) -> bool:
        """Return whether a text is a clear yes."""
        return self._meaning(text) == "yes_phrases"

    async def confirm(self, text: str, *, anew: bool) -> DialogTurnResult | None:
        """Erase the person after a clear yes; after half a yes ask once more.

        :param text: what the person answers.
        :param anew: whether it is the wish to be forgotten once more.
        :returns: None where the text is none of these, or was half a yes too often.
        """
        mark = self._opened.mark
        match self._meaning(text):
            case "yes_phrases":
                return await self.erase()
            case "half_yes_phrases" if mark.half_yes < _HALF_YESES:
                mark.half_yes += 1
                return await self.ask_whether_sure("half_yes")
            case _ if anew:
                mark.half_yes = 0
                return await self.ask_whether_sure()
            case _:
                return None

    async def ask_whether_sure(self, name: str = "ask_forget") -> DialogTurnResult:
        """Ask whether the person really wants to be forgotten.

        :param name: of the message that asks.
        """
        self._opened.asks = True
        await self._context.send_activity(plain(self._say(name), question=True))
        return DialogTurnResult(DialogTurnStatus.Waiting)

    async def erase(self) -> DialogTurnResult:
        """Close all that is open, erase the person, and say so."""
        # First, since a dialog that is told of its end may store something.
        try:
            await self._opened.close()
        except Exception:  # whatever it is, the person is to be forgotten
            _log.exception("a dialog could not be told of its end")
            self._opened.drop()
        state = self._conversation_state
        await forget_person(self._context, state.storage)
        # The conversation's record may be that of several people, which stays.
        for name in ("DialogState", MARK):
            await state.create_property(name).delete(self._context)
        await self._context.send_activity(plain(self._say("forgotten")))
        return DialogTurnResult(DialogTurnStatus.Cancelled)

    async def knows_the_person(self) -> bool:
        """Return whether anything is remembered of the person, wherever they said it."""
        records = self._conversation_state.storage.records
        transaction, address = transaction_in(self._context, records)
        await transaction.load([address.user_key])
        return transaction.body(address.user_key) is not None

    def _meaning(self, text: str) -> str | None:
        return self._interruptions.words.meaning(text, self._language)

    async def _cancel(self) -> Granted:
        if not self._opened.open:
            return self.notice("nothing_to_stop")
        await self._opened.close()
        await self._context.send_activity(plain(self._say("stopped")))
        return DialogTurnResult(DialogTurnStatus.Cancelled)

    def _handed_out(self, data: dict[str, Any]) -> Notice:
        """Return a person's data: a JSON file where the channel takes one, else text.

        Half of it would be of no use: what is too long for the channel is left to the operator.
        """
        limits = limits_of(self._context.activity)
        text = json.dumps(data, ensure_ascii=False, indent=2)
        body = text.encode("utf-8", "replace")
        told = self.notice("exported")
        if limits.files and len(body) <= _LARGEST_FILE:
            url = f"data:{_JSON};base64,{b64encode(body).decode()}"
            file = Attachment(content_type=_JSON, content_url=url, name="my-data.json")
            told.told.attachments = [file]
            return told
        whole = f"{told.told.text}\n{text}"
        if units(whole) <= limits.longest_text:
            return Notice(plain(whole))
        return self.notice("too_long_to_export")
