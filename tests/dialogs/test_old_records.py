"""What is told of a person whose record is of an earlier version."""

from __future__ import annotations

import pytest
from botbuilder.schema import Activity

from dialogs.about_person import about
from dialogs.greeting import welcome_back_text
from dialogs.messages import Words
from state.models import UserProfile
from turnkeeper.channels import UTC_ZONE

OLD = UserProfile(
    name="Ada",
    last_seen_at=1_795_500_000.0,
    last_channel="Microsoft Teams (msteams), channel Layoffs in team Board",
)


@pytest.mark.parametrize("locale", ["en", "de", "es", "fr", "ja", "ar"])
def test_the_place_in_it_may_be_a_groups_and_is_not_told(locale: str) -> None:
    words = Words.for_locale(locale)
    told = [*about(words, OLD), welcome_back_text(words, OLD, Activity(), UTC_ZONE)]
    assert not [line for line in told if "Layoffs" in line or "2026" in line]
    assert len(told) == 3
