"""A bot that takes orders for pizza. ``python app.py`` runs it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from botbuilder.core import ActivityHandler, CardFactory, StatePropertyAccessor, TurnContext
from botbuilder.dialogs import (
    ComponentDialog,
    DialogTurnResult,
    WaterfallDialog,
    WaterfallStepContext,
)
from botbuilder.dialogs.choices import Choice
from botbuilder.dialogs.prompts import (
    ChoicePrompt,
    ConfirmPrompt,
    DateTimePrompt,
    NumberPrompt,
    PromptOptions,
    PromptValidatorContext,
)
from botbuilder.schema import Activity, AdaptiveCardInvokeResponse, AdaptiveCardInvokeValue

from turnkeeper import Host, Types, dialogs

SIZES = ("small", "medium", "large")
MOST_PIZZAS = 10


@dataclass
class Order:
    """What somebody wants. What is not said yet is empty."""

    size: str = ""
    count: int = 0
    at: datetime | None = None
    called_off: bool = False

    def summary(self) -> str:
        """Return the order in words."""
        pizzas = "pizza" if self.count == 1 else "pizzas"
        return f"{self.count} {self.size} {pizzas}, {self.at:%d %B %Y, %H:%M}"


@dataclass
class Customer:
    """A person: the order under way, and all that were placed."""

    draft: Order = field(default_factory=Order)
    orders: list[Order] = field(default_factory=list)


class OrderDialog(ComponentDialog):  # type: ignore[misc]  # the SDK has no types
    """Takes an order. Each step keeps the answer before it, and asks for what is missing.

    The draft is saved with each turn: who cancels finds it again with the next message.
    """

    def __init__(self, customers: StatePropertyAccessor, clock: Callable[[], float]) -> None:
        super().__init__("order")
        self._customers = customers
        self._clock = clock
        steps = [self.ask_size, self.ask_count, self.ask_time, self.ask_whether, self.place]
        self.add_dialog(WaterfallDialog("steps", steps))
        self.add_dialog(ChoicePrompt("size"))
        self.add_dialog(NumberPrompt("count", self.check_count))
        self.add_dialog(DateTimePrompt("time", self.check_time))
        self.add_dialog(ConfirmPrompt("whether"))

    async def ask_size(self, step: WaterfallStepContext) -> DialogTurnResult:
        """Ask for the size: one of a few."""
        if (await self._draft(step.context)).size:
            return await step.next(None)
        options = question("What size shall it be?", "One of these, please:")
        options.choices = [Choice(size) for size in SIZES]
        return await step.prompt("size", options)

    async def ask_count(self, step: WaterfallStepContext) -> DialogTurnResult:
        """Ask for the number of pizzas."""
        draft = await self._draft(step.context)
        if step.result is not None:
            draft.size = step.result.value
        if draft.count:
            return await step.next(None)
        again = f"A whole number from 1 to {MOST_PIZZAS}, please."
        return await step.prompt("count", question(f"How many {draft.size} pizzas?", again))

    async def ask_time(self, step: WaterfallStepContext) -> DialogTurnResult:
        """Ask for the time."""
        draft = await self._draft(step.context)
        if step.result is not None:
            draft.count = step.result
        if draft.at is not None and draft.at > self._now():
            return await step.next(None)
        again = 'A day and an hour to come, please, such as "tomorrow at 6 pm".'
        return await step.prompt("time", question("When will you fetch them?", again))

    async def ask_whether(self, step: WaterfallStepContext) -> DialogTurnResult:
        """Sum up, and ask whether it is right."""
        draft = await self._draft(step.context)
        if step.result is not None:
            draft.at = step.result
        text = f"{draft.summary()}. Shall I order?"
        return await step.prompt("whether", question(text, text))

    async def place(self, step: WaterfallStepContext) -> DialogTurnResult:
        """Place the order, or begin again."""
        customer = await self._customers.get(step.context, Customer)
        order, customer.draft = customer.draft, Order()
        if not step.result:
            return await step.replace_dialog("steps")
        customer.orders.append(order)
        card = CardFactory.adaptive_card(placed_card(order, len(customer.orders)))
        await step.context.send_activity(Activity(type="message", attachments=[card]))
        return await step.end_dialog()

    async def where(self, interrupted: dialogs.Interrupted) -> str:
        """Answer "where is my order". An open question is asked again after it."""
        customer = await self._customers.get(interrupted.context, Customer)
        return progress(customer.orders[-1]) if customer.orders else "You have not ordered yet."

    async def start_over(self, interrupted: dialogs.Interrupted) -> DialogTurnResult:
        """Forget the draft, which the dialog would go on with, and begin again."""
        customer = await self._customers.get(interrupted.context, Customer)
        customer.draft = Order()
        return await interrupted.restart(first="From the beginning.")

    async def check_count(self, prompt: PromptValidatorContext) -> bool:
        """Return whether an answer is a number of pizzas."""
        if not prompt.recognized.succeeded:
            return False
        count = prompt.recognized.value
        if not 1 <= count <= MOST_PIZZAS:
            return False
        prompt.recognized.value = int(count)
        return bool(count == int(count))

    async def check_time(self, prompt: PromptValidatorContext) -> bool:
        """Return whether an answer is a moment to come; "Friday" is the last one and the next.

        The hours are those of the shop, which is where this program runs.
        """
        found = (moment(one.value) for one in prompt.recognized.value or ())
        coming = [at for at in found if at is not None and at > self._now()]
        prompt.recognized.value = min(coming, default=None)
        return bool(coming)

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._clock(), UTC)

    async def _draft(self, context: TurnContext) -> Order:
        customer: Customer = await self._customers.get(context, Customer)
        return customer.draft


class OrderBot(ActivityHandler):  # type: ignore[misc]  # the SDK has no types
    """Runs the dialog on each message, and answers the buttons of the cards."""

    def __init__(self, host: Host) -> None:
        self._conversation_state = host.conversation_state
        self._customers = host.user_state.create_property("Customer")
        self._dialog = OrderDialog(self._customers, host.clock)
        self._interruptions = dialogs.Interruptions(
            own={
                "Where is my order|Wo ist meine Bestellung": self._dialog.where,
                dialogs.Wish.START_OVER: self._dialog.start_over,
            }
        )

    async def on_message_activity(self, turn_context: TurnContext) -> None:
        """Go on with the open question, or begin an order."""
        await dialogs.run(
            self._dialog,
            turn_context,
            self._conversation_state,
            interruptions=self._interruptions,
            question_timeout=3600,
        )

    async def on_adaptive_card_invoke(
        self, turn_context: TurnContext, invoke_value: AdaptiveCardInvokeValue
    ) -> AdaptiveCardInvokeResponse:
        """Answer a button of a card: with a text, with a card in its place, or with an error."""
        customer = await self._customers.get(turn_context, Customer)
        try:  # what comes from outside may be anything
            verb, number = invoke_value.action["verb"], invoke_value.action["data"]["order"]
            order = dict(enumerate(customer.orders, 1))[number]
        except (KeyError, TypeError):
            verb = ""
        if verb == "where":
            return answer("activity.message", progress(order))
        if verb == "call off":
            order.called_off = True
            return answer("card.adaptive", placed_card(order, number))
        fault = {"code": "BadRequest", "message": "there is no such order"}
        return answer("error", fault, status=400)


def question(text: str, again: str) -> PromptOptions:
    """Return what a prompt asks, and what it says to an answer that is none."""
    prompt, retry = (
        Activity(type="message", text=one, text_format="plain") for one in (text, again)
    )
    return PromptOptions(prompt=prompt, retry_prompt=retry)


def moment(text: str | None) -> datetime | None:
    """Return the moment that a text of the SDK's recognizer names: a day alone is none."""
    try:
        return datetime.strptime(text or "", "%Y-%m-%d %H:%M:%S").astimezone()
    except ValueError:
        return None


def progress(order: Order) -> str:
    """Return how far an order is."""
    return f"{order.summary()}: {'called off' if order.called_off else 'in the oven on time'}."


def placed_card(order: Order, number: int) -> dict[str, Any]:
    """Return the Adaptive Card of an order that was placed, with what can still be done."""
    head = f"Order {number} {'is called off' if order.called_off else 'is placed'}"
    verbs = {} if order.called_off else {"Where is it?": "where", "Call it off": "call off"}
    return {
        "type": "AdaptiveCard",
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "version": "1.4",
        "body": [
            {"type": "TextBlock", "text": head, "weight": "Bolder"},
            {"type": "TextBlock", "text": order.summary(), "wrap": True},
        ],
        "actions": [
            {"type": "Action.Execute", "title": title, "verb": verb, "data": {"order": number}}
            for title, verb in verbs.items()
        ],
    }


def answer(kind: str, value: Any, status: int = 200) -> AdaptiveCardInvokeResponse:
    """Return the answer to an ``Action.Execute``."""
    return AdaptiveCardInvokeResponse(
        status_code=status, type=f"application/vnd.microsoft.{kind}", value=value
    )


TYPES = Types(Customer, Order)
host = Host.from_env(types=TYPES)
bot = OrderBot(host)
app = host.app(bot)  # for gunicorn

if __name__ == "__main__":
    host.run(bot)
