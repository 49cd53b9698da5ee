"""The people of the dialog tests."""

from __future__ import annotations

import pytest

from tests.dialogs.person import Person


@pytest.fixture(params=["emulator", "msteams", "test"])
def person(request: pytest.FixtureRequest) -> Person:
    """A person nobody knows yet, on each of three channels."""
    return Person(request.param)
