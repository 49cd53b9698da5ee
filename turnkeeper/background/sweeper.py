"""Expired records go in the background, a few at a time."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable
from typing import Final

from turnkeeper.errors import StorageError
from turnkeeper.storage import RecordStorage

PAUSE: Final = 60.0
"""Seconds between two sweeps, give or take half: processes on one store do not meet each time."""

BATCH: Final = 200
"""Records a batch; a turn never waits for longer than one takes."""

_log = logging.getLogger(__name__)


async def sweep_for_ever(
    storage: RecordStorage,
    pause: float = PAUSE,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> None:
    """Delete expired records until cancelled.

    :param storage: where they are.
    :param pause: seconds between two sweeps.
    :param sleep: waits some seconds.
    """
    while True:
        await sleep(pause * random.uniform(0.5, 1.5))  # noqa: S311
        try:
            while (count := await storage.sweep(BATCH)) > 0:
                _log.info("%d expired records are gone", count)
                if count < BATCH:
                    break
                await sleep(0.1)
        except StorageError as error:
            _log.warning("expired records were not swept: %s", error)
