"""A process of its own that counts two records up together: ``URL TIMES`` on the command line."""

from __future__ import annotations

import asyncio
import json
import sys

from turnkeeper.errors import WriteConflict
from turnkeeper.storage import Change, store_at

PAIR = ("left", "right")


async def main(url: str, times: int) -> None:
    """Add 1 to both records ``times`` times; whoever loses a race reads again and repeats."""
    storage = store_at(url)
    await storage.open()
    done = 0
    while done < times:
        records = await storage.fetch(PAIR)
        counts = [json.loads(records[key].body)["count"] if key in records else 0 for key in PAIR]
        if counts[0] != counts[1]:
            sys.exit(f"half of a commit was read: {counts}")
        try:
            await storage.commit(
                [
                    Change(
                        key,
                        json.dumps({"count": counts[0] + 1}),
                        records[key].e_tag if key in records else None,
                    )
                    for key in PAIR
                ]
            )
        except WriteConflict:
            continue
        done += 1
    await storage.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2])))
