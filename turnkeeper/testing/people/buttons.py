"""The buttons that a person sees, and what each sends."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from turnkeeper.testing.outside.connector import Activity
from turnkeeper.testing.people.client import Client


@dataclass(frozen=True)
class Button:
    """One button.

    :param action: a CardAction, or an action of an Adaptive Card, as JSON.
    :param activity_id: the channel's id of the activity that shows it.
    """

    action: Mapping[str, Any]
    activity_id: str | None = None

    def pressed(self, client: Client, inputs: Mapping[str, Any]) -> Activity:
        """Return the activity that a client sends when the button is pressed.

        :param inputs: what was entered into the inputs of an Adaptive Card.
        :raises AssertionError: it sends nothing, as one that opens a page.
        """
        action, kind = self.action, self.action["type"]
        value, data = action.get("value"), _merged(action.get("data"), inputs)
        shown_in: dict[str, Any] = {"replyToId": self.activity_id}
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
        str(action.get("title") or action.get("value")): Button(action, activity.get("id"))
        for activity in activities
        for action in _actions(activity)
    }


def _actions(activity: Activity) -> Iterator[Mapping[str, Any]]:
    for attachment in activity.get("attachments") or ():
        content = attachment.get("content")
        if isinstance(content, dict):
            yield from content.get("buttons") or ()
            yield from _adaptive(content)
    yield from (activity.get("suggestedActions") or {}).get("actions") or ()


def _adaptive(value: Any) -> Iterator[Mapping[str, Any]]:
    """The actions in an Adaptive Card, wherever they are."""
    for item in value if isinstance(value, list) else [value]:
        if isinstance(item, dict):
            if str(item.get("type")).startswith("Action."):
                yield item
            for inner in item.values():
                if isinstance(inner, dict | list):
                    yield from _adaptive(inner)


def _merged(data: Any, inputs: Mapping[str, Any]) -> Any:
    """What a submit sends: its data, and what was entered where the data are an object or none."""
    if isinstance(data, dict | None):
        return {**(data or {}), **inputs}
    return data
