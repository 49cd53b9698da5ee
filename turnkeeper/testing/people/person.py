"""A person who talks with a bot, as a test tells it."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from aiohttp import ClientError
from botbuilder.core import TurnContext
from botbuilder.schema import ConversationReference

from turnkeeper.testing.outside.connector import Activity, texts_of
from turnkeeper.testing.people.answer import Turn
from turnkeeper.testing.people.buttons import buttons_in
from turnkeeper.testing.people.client import Client
from turnkeeper.testing.people.conversation import Conversation
from turnkeeper.wire.activity import decode_activity

if TYPE_CHECKING:
    from turnkeeper.testing.cloud import Cloud

_OK = range(200, 300)
_ERROR = 400


class Person(Client):
    """One person in one conversation. Make one with :meth:`turnkeeper.testing.Cloud.person`.

    :ivar cloud: the cloud around the bot.
    :ivar bot_url: where the bot listens; set it to talk to another process.
    :ivar last: the activities with which the bot replied last.
    """

    def __init__(  # noqa: PLR0913 - each is a fact of its own
        self,
        cloud: Cloud,
        conversation: Conversation,
        *,
        now: Callable[[], datetime],
        name: str = "User",
        id: str | None = None,
        locale: str | None = None,
        time_zone: str | None = None,
        bot_url: str = "",
    ) -> None:
        self.cloud = cloud
        self.bot_url = bot_url
        self.last: list[Activity] = []
        self._heard: set[str] = set()
        self._said: Activity | None = None
        self._said_id = ""  # of the last message
        self._said_ids: set[str] = set()  # but for those under way
        person = str(uuid.uuid4()) if id is None else id
        language, zone = locale or "en-US", time_zone or "UTC"
        super().__init__(lambda: cloud.service_url, conversation, person, name, language, zone, now)

    @property
    def conversation(self) -> Conversation:
        """Where the person talks. What was said there before they came is not heard."""
        return self._conversation

    @conversation.setter
    def conversation(self, conversation: Conversation) -> None:
        self._conversation = conversation
        self._heard |= {one["id"] for one in self.cloud.sent(conversation.id)}

    async def says(self, text: str, bot_url: str = "", **fields: Any) -> list[str]:
        """Send a message and return the texts of the replies, late ones to earlier messages too.

        :param bot_url: the process to send it to, if not the person's own.
        :param fields: of the activity, set as they are; None drops one.
        :raises AssertionError: the bot answered with an error.
        """
        return await self._tell(self.message(text, **fields), bot_url)

    async def presses(self, title: str, **inputs: Any) -> list[str]:
        """Press a button of the last replies, and return the texts of what comes of it.

        :param title: of a suggested action, a button of a card, ``Action.Submit`` or
            ``Action.Execute``.
        :param inputs: what was entered into the inputs of an Adaptive Card.
        :raises AssertionError: there is no such button, or the bot answered with an error.
        """
        return await self._tell(self.press(title, **inputs))

    def press(self, title: str, **inputs: Any) -> Activity:
        """Return what pressing a button sends, not yet sent; see :meth:`presses`."""
        buttons = buttons_in(self.last)
        if title not in buttons:
            raise AssertionError(f"no button {title!r} among {sorted(buttons)}")
        return buttons[title].pressed(self, inputs)

    def edit(self, text: str) -> Activity:
        """Return an edit of the last message, not yet sent; see :meth:`edits`."""
        if not self._said_id:
            raise AssertionError(f"{self.name} has sent no message yet")
        return self.message(text, type="messageUpdate", id=self._said_id)

    async def edits(self, text: str, bot_url: str = "") -> list[str]:
        """Edit the last message that was sent; return the texts of the replies.

        :param text: what it says from now on.
        :param bot_url: the process to send it to, if not the person's own.
        :raises AssertionError: no message was sent yet, or the bot answered with an error.
        """
        return await self._tell(self.edit(text), bot_url)

    async def repeats(self, bot_url: str = "") -> list[str]:
        """Have the channel deliver the last activity again; return the texts of what comes of it.

        :param bot_url: the process to send it to, if not the person's own.
        :raises AssertionError: nothing was sent yet, or the bot answered with an error.
        """
        if self._said is None:
            raise AssertionError(f"{self.name} has sent nothing yet")
        return await self._tell(self._said, bot_url)

    async def hears(self) -> list[str]:
        """Wait for a message beside the replies, and return the texts of all that have come.

        That is what the bot says by itself, late, or to others in the conversation.

        :raises AssertionError: none came within 10 seconds of real time.
        """
        self.cloud.clock.renew()
        try:
            await self.cloud.connector.wait_until(lambda: bool(texts_of(self._unheard())), 10.0)
        except TimeoutError:
            raise AssertionError(f"nothing more was said to {self.name} within 10 s") from None
        self._hear(new := self._unheard())
        return texts_of(new)

    async def state(self, name: str) -> Any:
        """Return a property of what the bot remembers of this person, None where there is none.

        :param name: of the property, as in ``create_property``, of the user's or the conversation's
            state.
        :raises AssertionError: both states have it, or the bot runs in a process of its own.
        """
        return await self.cloud.state_of(self.activity("message"), name)

    @property
    def reference(self) -> ConversationReference:
        """The reference by which the bot can speak to this person first."""
        activity = decode_activity(self.activity("message"))
        return TurnContext.get_conversation_reference(activity)

    async def submits(self, value: Any, bot_url: str = "") -> list[str]:
        """Press a card's submit button; return the texts of the replies.

        :raises AssertionError: the bot answered with an error.
        """
        return await self._tell(self.submission(value), bot_url)

    async def joins(self, bot_url: str = "", **fields: Any) -> list[str]:
        """Open the conversation: one conversationUpdate. Return the texts of the replies.

        :raises AssertionError: the bot answered with an error.
        """
        return await self._tell(self.joining(**fields), bot_url)

    async def installs(self, bot_url: str = "", **fields: Any) -> list[str]:
        """Install the app on Teams, or remove it with ``action="remove"``.

        :raises AssertionError: the bot answered with an error.
        """
        return await self._tell(self.installation(**fields), bot_url)

    async def invokes(self, name: str, value: Any, bot_url: str = "") -> Turn:
        """Invoke something, such as ``adaptiveCard/action``."""
        return await self.sends(self.activity("invoke", name=name, value=value), bot_url)

    async def sends(self, activity: Activity, bot_url: str = "") -> Turn:
        """Send any activity, and return how the bot answered, whatever it was.

        :param activity: as :meth:`message`, :meth:`activity` and the others make it.
        :param bot_url: the process to send it to, if not the person's own.
        :raises ConnectionError: the bot's process is not there, or died meanwhile.
        """
        self.cloud.clock.renew()
        before = {one["id"] for one in self._unheard()}
        activity_id = activity.get("id", "")
        self._said = activity
        if activity.get("type") == "message":
            self._said_id = activity_id
        self._said_ids.discard(activity_id)
        try:
            answered = await self.cloud.post_to_bot(bot_url or self.bot_url, activity)
        except ClientError as error:
            raise ConnectionError(f"the bot's process is gone: {error}") from error
        finally:
            self._said_ids.add(activity_id)
        body = answered.content()
        if activity.get("deliveryMode") == "expectReplies" and answered.status in _OK:
            self.last = body["activities"]
        else:
            self._hear([one for one in self._unheard() if self._answered(one, before)])
        return Turn(answered.status, self.last, body)

    def _answered(self, reply: Activity, before: set[str]) -> bool:
        """Whether what came answers something that this person has said and waits for no more."""
        if answers := reply.get("replyToId"):
            return answers in self._said_ids
        return reply["id"] not in before  # as to an activity without an id: it came just now

    async def _tell(self, activity: Activity, bot_url: str = "") -> list[str]:
        turn = await self.sends(activity, bot_url)
        if turn.status not in _OK:
            raise AssertionError(f"the bot answered {turn.status}: {turn.body}")
        return turn.texts + self._card_action_told(turn.body)

    def _card_action_told(self, answer: Any) -> list[str]:
        """The message in the answer to an ``Action.Execute``; a card in it is among the last."""
        if not (isinstance(answer, dict) and "statusCode" in answer):
            return []
        if answer["statusCode"] >= _ERROR:
            raise AssertionError(f"the bot answered the card with {answer}")
        value = answer.get("value")
        if isinstance(value, dict):
            shown = {"contentType": answer.get("type"), "content": value}
            self.last = [*self.last, {"type": "message", "attachments": [shown]}]
        return [value] if isinstance(value, str) else []

    def _unheard(self) -> list[Activity]:
        sent = self.cloud.sent(self.conversation.id)
        return [one for one in sent if one["id"] not in self._heard]

    def _hear(self, activities: list[Activity]) -> None:
        self.last = activities
        self._heard |= {one["id"] for one in activities}
