"""What a turn answers over HTTP: to an invoke, and where replies are expected in the response."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from botbuilder.core import TurnContext
from botbuilder.core.invoke_response import InvokeResponse
from botbuilder.schema import Activity, ActivityTypes, DeliveryModes
from msrest.serialization import Model

from turnkeeper.wire import activity as wire
from turnkeeper.wire.sdk import INVOKE_RESPONSE, attributes_of


def http_answer(context: TurnContext) -> dict[str, Any] | None:
    """The answer of a turn that has run: ``{"status": int, "body": JSON}``; None for most.

    :raises TypeError: bot code answers an invoke with something that JSON has no form for.
    """
    activity = context.activity
    if activity.delivery_mode == DeliveryModes.expect_replies:
        replies = filter(_is_reply, context.buffered_reply_activities)
        return {"status": 200, "body": {"activities": list(map(_reply, replies))}}
    if activity.type != ActivityTypes.invoke:
        return None
    response = context.turn_state.get(INVOKE_RESPONSE)
    return _invoked(
        response.value if response else InvokeResponse(status=HTTPStatus.NOT_IMPLEMENTED)
    )


def answers_over_http(activity: Activity) -> bool:
    """Whether the HTTP response to an activity has to hold more than a status."""
    return bool(
        activity.type == ActivityTypes.invoke
        or activity.delivery_mode == DeliveryModes.expect_replies
    )


def may_leave(activity: Activity) -> bool:
    """Whether an activity may go to its channel: traces are for the Emulator alone."""
    return bool(activity.type != ActivityTypes.trace or activity.channel_id == "emulator")


def _is_reply(activity: Activity) -> bool:
    # By the time of the response nobody is typing any more.
    return may_leave(activity) and activity.type != ActivityTypes.typing


def _invoked(response: InvokeResponse) -> dict[str, Any]:
    return {"status": int(response.status), "body": _plain(response.body)}


def _reply(activity: Activity) -> dict[str, Any]:
    if activity.type == ActivityTypes.invoke_response:
        activity.value = _invoked(activity.value)
    return wire.encode_activity(activity)


def _plain(body: Any) -> Any:
    """The body of an invoke response as plain JSON.

    The SDK serialises a model in it twice, and makes some that its own serialiser refuses.

    :raises TypeError: it holds something that JSON has no form for.
    """
    if isinstance(body, Model):
        return {
            field["key"]: _plain(value)
            for name, field in attributes_of(body).items()
            if (value := getattr(body, name)) is not None
        }
    if isinstance(body, dict):
        return {name: _plain(value) for name, value in body.items()}
    if isinstance(body, list):
        return [_plain(value) for value in body]
    if isinstance(body, Exception):  # what the SDK answers to an Action.Execute without action
        code, *message = map(str, body.args or ("Error",))
        return {"code": code, "message": " ".join(message) or code}
    if body is None or isinstance(body, str | int | float):
        return body
    raise TypeError(f"an invoke response cannot hold {type(body).__name__}")
