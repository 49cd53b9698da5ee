"""Buttons for what a person may say next."""

from __future__ import annotations

from botbuilder.schema import ActionTypes, Activity, CardAction, SuggestedActions

from turnkeeper.channels import limits_of


def suggest(reply: Activity, incoming: Activity, *phrases: str) -> Activity:
    """Return a reply with buttons that say phrases, where the channel shows such.

    :param reply: it is changed.
    :param incoming: the activity it replies to.
    :param phrases: the most useful first: some channels show only a few.
    """
    if shown := phrases[: limits_of(incoming).suggestions]:
        reply.suggested_actions = SuggestedActions(
            actions=[
                CardAction(type=ActionTypes.im_back.value, title=phrase, value=phrase)
                for phrase in shown
            ]
        )
    return reply
