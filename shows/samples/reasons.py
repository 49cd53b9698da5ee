"""Why a turn on the engine is not as on the SDK's hosting: the differences that are meant."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from shows.samples.comparison import NOTHING, Difference
from shows.samples.recording import Exchange
from turnkeeper.testing.people.conversation import TENANT

_ERROR_TOLD: Final = "The bot encountered an error"
"""How each sample's on_turn_error begins."""
_CHANNELS: Final = ("directline", "webchat")
_REFUSALS: Final = range(400, 500)
_CRASHED: Final = "500: Internal Server Error"


@dataclass(frozen=True)
class Reason:
    """A reason.

    :param text: as the table has it.
    :param explains: whether a difference is one of its kind; it gets the turn on both sides.
    """

    text: str
    explains: Callable[[Difference, Exchange, Exchange], bool]


def _tenant(difference: Difference, _: Exchange, here: Exchange) -> bool:
    pair = (difference.there, difference.here)
    return difference.where.endswith(".conversation.tenantId") and pair == (NOTHING, TENANT)


def _reply_to(difference: Difference, _: Exchange, here: Exchange) -> bool:
    said = f"said-{difference.turn}"
    lost = {"body.replyToId": (NOTHING, said), "path": (["activities"], ["activities", said])}
    field = re.sub(r"^request \d+\.", "", difference.where)
    channels = {(request["body"] or {}).get("channelId") for request in here.requests}
    pair = (difference.there, difference.here)
    return bool(lost.get(field) == pair and channels <= set(_CHANNELS))


def _before_an_error(difference: Difference, there: Exchange, here: Exchange) -> bool:
    at = [place for place, one in enumerate(there.requests) if _tells_error(one)]
    told = [*map(_tells_error, here.requests)]
    dropped = difference.here is NOTHING and re.fullmatch(r"request \d+", difference.where)
    return bool(dropped and at and any(told) and difference.there in there.requests[: at[0]])


def _tells_error(request: dict[str, Any]) -> bool:
    return str((request["body"] or {}).get("text")).startswith(_ERROR_TOLD)


def _expect_replies(difference: Difference, there: Exchange, here: Exchange) -> bool:
    crashed = there.answer.get("body") == _CRASHED and here.answer["status"] == 200  # noqa: PLR2004
    told = here.answer.get("body")
    return crashed and isinstance(told, dict) and "activities" in told and _of_answer(difference)


def _refused(difference: Difference, there: Exchange, here: Exchange) -> bool:
    told = here.answer.get("body")
    short = isinstance(told, dict) and told.keys() == {"error"} and not here.requests
    failed = there.answer["status"] >= _REFUSALS.start and not there.requests
    return short and failed and here.answer["status"] in _REFUSALS and _of_answer(difference)


def _card_error(difference: Difference, there: Exchange, here: Exchange) -> bool:
    told = here.answer.get("body")
    error = isinstance(told, dict) and told.get("type") == "application/vnd.microsoft.error"
    return there.answer.get("body") == _CRASHED and error and _of_answer(difference)


def _empty_invoke(difference: Difference, there: Exchange, here: Exchange) -> bool:
    null = there.answer.get("body", NOTHING) is None and "body" not in here.answer
    return null and difference.where in ("answer.body", "answer.type")


def _failed_invoke(difference: Difference, there: Exchange, here: Exchange) -> bool:
    told = any(map(_tells_error, there.requests)) and any(map(_tells_error, here.requests))
    statuses = (there.answer["status"], here.answer["status"])
    return told and statuses == (501, 500) and difference.where == "answer.status"


def _failed_delete(difference: Difference, there: Exchange, here: Exchange) -> bool:
    told = any(map(_tells_error, there.requests)) and there.requests == here.requests
    statuses = (there.answer["status"], here.answer["status"])
    return told and statuses == (404, 500) and _of_answer(difference)


def _of_answer(difference: Difference) -> bool:
    return difference.where in ("answer.body", "answer.type", "answer.status")


REASONS: Final[tuple[Reason, ...]] = (
    Reason(
        "The channel's `conversation.tenantId` goes back with each reply. The SDK's model calls it "
        "`tenantID`, which no channel sends, and loses it.",
        _tenant,
    ),
    Reason(
        "On Direct Line and Web Chat replies name what they answer (`replyToId`), as everywhere. "
        "The SDK leaves it out there, where it means to leave it out of conversationUpdates.",
        _reply_to,
    ),
    Reason(
        "What was said before an exception is dropped with all else of the turn; only what "
        "`on_turn_error` says goes out. On the SDK's hosting it had left.",
        _before_an_error,
    ),
    Reason(
        "`expectReplies` is answered with the replies. The SDK's hosting serialises them twice, "
        "fails, and answers 500; they are lost.",
        _expect_replies,
    ),
    Reason(
        "An `Action.Execute` without an action is answered 400 with the error card that the SDK "
        "makes. The SDK's hosting cannot serialise it, and answers 500.",
        _card_error,
    ),
    Reason(
        "An invoke in which the bot fails is answered 500, once `on_turn_error` has run. The SDK's "
        "hosting says 501, as to one that the bot does not know.",
        _failed_invoke,
    ),
    Reason(
        "`on_turn_error` may delete a state that the turn has not loaded. In the SDK that is a "
        "KeyError: the state stays, and the hosting answers 404.",
        _failed_delete,
    ),
    Reason(
        "An invoke's answer without a body is empty. The SDK's hosting sends `null`.", _empty_invoke
    ),
    Reason(
        "What is no activity is refused with 4xx and a short JSON, before any code of the bot. The "
        "SDK's hosting answers 500, or the status alone as a text.",
        _refused,
    ),
)


def reason_of(difference: Difference, there: Exchange, here: Exchange) -> Reason | None:
    """Return the reason of a difference, None where there is none.

    :param there: the turn on the SDK's hosting.
    :param here: the turn on the engine.
    """
    for reason in REASONS:
        if reason.explains(difference, there, here):
            return reason
    return None
