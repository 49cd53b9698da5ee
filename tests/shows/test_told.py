"""What may be told of a person, for each pair of places."""

from __future__ import annotations

import pytest

from shows.told import MAY_BE_TOLD, SCOPES, learned


@pytest.mark.parametrize("after", SCOPES)
@pytest.mark.parametrize("before", SCOPES)
async def test_of_another_place_a_person_is_told_the_name_alone(before: str, after: str) -> None:
    assert await learned(before, after) == MAY_BE_TOLD[before, after]


def test_more_is_told_only_of_chats_with_the_bot_alone() -> None:
    more = {pair for pair, told in MAY_BE_TOLD.items() if told != {"name"}}
    assert more == {("personal", "personal")}
