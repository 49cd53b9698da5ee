"""JSON of any shape, also where only this bot looks: at locale, time zone, members, cards."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings

from tests.cloud import FakeCloud
from tests.turnkeeper.e2e.any_shape import changes_of_any_shape, is_taken_or_refused


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(changes_of_any_shape)
async def test_it_is_taken_or_refused(
    cloud: FakeCloud, bot: str, changes: dict[str, object]
) -> None:
    await is_taken_or_refused(cloud, bot, changes)
