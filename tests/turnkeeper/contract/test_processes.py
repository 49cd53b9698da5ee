"""What every shared storage promises to several processes that write the same records."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

from tests.turnkeeper.contract import incrementing_process
from tests.turnkeeper.stores import shared
from turnkeeper.storage import RecordStorage

PROCESSES = 2
TIMES = 200


@shared
async def test_no_increment_is_lost_and_no_half_commit_is_seen(
    storage_url: str, storage: RecordStorage
) -> None:
    counters = [
        await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            incrementing_process.__name__,
            storage_url,
            str(TIMES),
            cwd=Path(__file__).parents[3],
            stderr=asyncio.subprocess.PIPE,
        )
        for _ in range(PROCESSES)
    ]
    for counter in counters:
        _, errors = await counter.communicate()
        assert counter.returncode == 0, errors.decode()
    records = await storage.fetch(incrementing_process.PAIR)
    assert [json.loads(record.body)["count"] for record in records.values()] == [
        PROCESSES * TIMES
    ] * 2
