"""A copied activity equals the original and shares nothing that can change."""

from __future__ import annotations

import copy
from datetime import UTC, datetime
from typing import Any

from botbuilder.schema import Activity, ActivityTypes, Attachment, CardAction, HeroCard
from hypothesis import HealthCheck, given, settings
from msrest.serialization import Model

from tests.turnkeeper.wire.samples import Card, instances
from turnkeeper.wire.activity import copy_activity


def changeable(value: Any) -> set[int]:
    """The identities of the objects inside a value that can be changed."""
    if isinstance(value, Model):
        return {id(value), id(vars(value))}.union(*map(changeable, vars(value).values()))
    if isinstance(value, dict):
        return {id(value)}.union(*map(changeable, value.values()))
    if isinstance(value, list):
        return {id(value)}.union(*map(changeable, value))
    return {id(value)} if isinstance(value, bytearray | set) else set()


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(instances(Activity))
def test_a_copy_is_equal_and_apart(activity: Activity) -> None:
    copied = copy_activity(activity)
    assert copied == copy.deepcopy(activity)
    assert copied.__class__ is Activity
    assert not changeable(copied) & changeable(activity)


def test_what_an_activity_of_a_bot_holds_is_copied() -> None:
    activity = Activity(
        type=ActivityTypes.message,
        timestamp=datetime(2026, 1, 2, tzinfo=UTC),
        attachments=[Attachment(content=HeroCard(buttons=[CardAction(value={"a": [1]})]))],
        channel_data={"set": {1, 2}, "tuple": ([1],), "own": Card("t")},
    )
    activity.additional_properties["later"] = [1]
    activity.note = "an attribute of the bot's own"
    copied = copy_activity(activity)
    assert copied == activity
    copied.attachments[0].content.buttons[0].value["a"].append(2)
    copied.channel_data["set"].add(3)
    copied.channel_data["tuple"][0].append(2)
    copied.channel_data["own"].title = "changed"
    copied.additional_properties["later"].append(2)
    assert activity.attachments[0].content.buttons[0].value == {"a": [1]}
    assert activity.channel_data == {"set": {1, 2}, "tuple": ([1],), "own": Card("t")}
    assert activity.additional_properties == {"later": [1]}


def test_a_class_that_copies_itself_is_asked() -> None:
    class Once(Model):  # type: ignore[misc]
        def __deepcopy__(self, memo: dict[int, Any]) -> Once:
            return self

    once = Once()
    assert copy_activity(Activity(value=once)).value is once
