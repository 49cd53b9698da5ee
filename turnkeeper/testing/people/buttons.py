"""The buttons that a person sees, and what each sends."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from turnkeeper.testing.outside.connector import Activity
from turnkeeper.testing.people.client import Client


@dataclass(frozen=True)
class Button:
    """One button.

    :param action: a CardAction, or an action of an Adaptive Card, as JSON.
    :param activity_id: the channel's id of the activity that shows it.
    :param inputs: those of its Adaptive Card, and what is entered in them at first.
    """

    action: Mapping[str, Any]
    activity_id: str | None = None
    inputs: Mapping[str, Any] = field(default_factory=dict)

    def pressed(self, client: Client, entered: Mapping[str, Any]) -> Activity:
        """Return the activity that a client sends when the button is pressed.

        :param entered: into the inputs of its Adaptive Card, by their ids.
        :raises AssertionError: it sends nothing, as one that opens a page; or the card has no such
            input.
        """
        if unknown := sorted(entered.keys() - self.inputs.keys()):
            raise AssertionError(f"the card has no input {unknown}, but {sorted(self.inputs)}")
        action, kind = self.action, self.action["type"]
        value, data = action.get("value"), _merged(action.get("data"), {**self.inputs, **entered})
        shown_in: dict[str, Any] = {"replyToId": self.activity_id}
        if kind == "Action.Submit" and isinstance(teams := (data or {}).get("msteams"), dict):
            kind, value, action = teams.get("type"), teams.get("value"), teams  # as a CardAction
        if kind == "imBack" or (kind == "postBack" and isinstance(value, str)):
            return client.message(str(value), **shown_in)
        if kind == "messageBack":
            return client.message(action.get("text") or "", value=value, **shown_in)
        if kind in ("postBack", "Action.Submit"):
            return client.submission(value if kind == "postBack" else data, **shown_in)
        if kind == "invoke":
            named = value if isinstance(value, dict) else {"value": value}
            return client.activity("invoke", **named, **shown_in)
        if kind == "Action.Execute":
            value = {"action": {**action, "data": data}, "trigger": "manual"}
            return client.activity("invoke", name="adaptiveCard/action", value=value, **shown_in)
        raise AssertionError(f"{kind} sends nothing to the bot")


def buttons_in(activities: list[Activity]) -> dict[str, Button]:
    """Return the buttons that activities show, by their titles; of two alike the later one."""
    return {
        str(button.action.get("title") or button.action.get("value")): button
        for activity in activities
        for button in _buttons(activity)
    }


def _buttons(activity: Activity) -> Iterator[Button]:
    shown_in = activity.get("id")
    for attachment in activity.get("attachments") or ():
        content = attachment.get("content")
        if isinstance(content, dict):
            yield from (Button(action, shown_in) for action in content.get("buttons") or ())
            parts = list(_parts(content))
            inputs = {
                part["id"]: part.get("value", part.get("valueOff", ""))
                for part in parts
                if "id" in part and str(part.get("type")).startswith("Input.")
            }
            for part in parts:
                if str(part.get("type")).startswith("Action."):
                    yield Button(part, shown_in, inputs)
    for action in (activity.get("suggestedActions") or {}).get("actions") or ():
        yield Button(action, shown_in)


def _parts(value: Any) -> Iterator[Mapping[str, Any]]:
    """All objects in an Adaptive Card, wherever they are."""
    for item in value if isinstance(value, list) else [value]:
        if isinstance(item, dict):
            yield item
            for inner in item.values():
                if isinstance(inner, dict | list):
                    yield from _parts(inner)


def _merged(data: Any, inputs: Mapping[str, Any]) -> Any:
    """Return what a submit sends: its data, and the inputs where the data are an object or none."""
    return {**(data or {}), **inputs} if isinstance(data, dict | None) else data
