"""A client may name any locale; the SDK's prompts know some of them."""

from __future__ import annotations

import pytest
from botbuilder.dialogs.prompts import NumberPrompt
from hypothesis import given
from hypothesis import strategies as st

from tests.turnkeeper.dialogs.colours import Colours, bot_with, new_host
from turnkeeper.dialogs.culture import known_locale
from turnkeeper.testing import Cloud


@pytest.mark.parametrize("locale", ["xx-YY", "tlh", "de-XX", "en-US-POSIX", "de_DE", "de-DE", "-"])
async def test_a_number_is_taken_in_any_locale(locale: str) -> None:
    host = new_host()
    bot = bot_with(host, Colours(prompt=NumberPrompt("colour")))
    async with Cloud(host, bot) as cloud:
        ada = cloud.person("Ada", locale=locale)
        assert await ada.says("hi") == ["Colour?"]
        assert await ada.says("3") == ["3!"]


def test_the_nearest_locale_is_taken() -> None:
    assert known_locale("de-AT") == "de-AT"
    assert known_locale("de-XX") == "de"
    assert known_locale("xx-YY") is None


@given(st.none() | st.integers() | st.text() | st.from_regex(r"[a-z]{2,3}([-_][A-Za-z0-9]{1,8})*"))
def test_no_locale_raises(locale: object) -> None:
    found = known_locale(locale)
    assert found is None or known_locale(found) == found
