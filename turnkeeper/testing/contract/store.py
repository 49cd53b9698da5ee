"""All of the contract in one class."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from turnkeeper.testing.clock import Clock
from turnkeeper.testing.contract.commits import Commits
from turnkeeper.testing.contract.due import Due
from turnkeeper.testing.contract.expiry import Expiry
from turnkeeper.testing.contract.kept import Kept
from turnkeeper.testing.contract.lifecycle import Another, Lifecycle
from turnkeeper.testing.contract.model import Model
from turnkeeper.testing.contract.races import Races
from turnkeeper.testing.contract.records import Records
from turnkeeper.testing.contract.scans import Scans
from turnkeeper.testing.contract.sdk_storage import SdkStorage


def no_other(self: object) -> Another:
    """Skip a test of several storages."""
    pytest.skip("no fixture another: the store is taken to be one storage's alone")


class StoreContract(
    Records, Commits, Kept, Races, Scans, Expiry, Due, Lifecycle, Model, SdkStorage
):
    """Every test that a store has to pass. Derive a class ``Test...`` from it, with these fixtures.

    ``storage``, always: an open storage on an empty store, another one for each test, closed
    after it. It may take ``clock`` and hand it to the store as the time; then the tests let time
    pass. A store with a clock of its own leaves it out, and those tests are skipped.

    ``another``, for a store that outlives its storages, as a file or a server does: a function
    that makes a further storage on the test's store, as another process has it, and not open
    yet. A test that asks for it alone finds the store as new as ``storage`` did. Without it the
    tests of several storages on one store are skipped.

    In the mode ``auto`` of pytest-asyncio ``pytest.fixture`` will do; in its mode ``strict`` an
    async fixture is a ``pytest_asyncio.fixture``.
    """

    @pytest.fixture
    def clock(self) -> Clock:
        """Return the time of the test: it begins now, and stands still until it is moved."""
        return Clock(datetime.now(UTC))

    @pytest.fixture
    def moved_clock(self, request: pytest.FixtureRequest) -> Clock:
        """Return the same clock for a test that moves it, if the store reads it."""
        if "clock" not in request.fixturenames:
            pytest.skip("the fixture storage takes no clock: the store's time cannot be moved")
        clock: Clock = request.getfixturevalue("clock")
        return clock

    # Any, for yours takes what arguments it likes.
    another: Any = pytest.fixture(no_other)
    """What makes a further storage on the test's store; skips the test until it is overridden."""
