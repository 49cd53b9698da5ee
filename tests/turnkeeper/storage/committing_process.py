"""A process of its own that commits pairs of records until it is killed: ``URL`` to write to.

It prints the number of each pair once its commit has been confirmed.
"""

from __future__ import annotations

import asyncio
import sys

from turnkeeper.storage import Change, store_at

AT_ONCE = 4


async def main(url: str) -> None:
    """Let a few writers commit for ever."""
    storage = store_at(url)
    await storage.open()
    numbers = iter(range(1_000_000_000))

    async def write() -> None:
        for number in numbers:
            await storage.commit(
                [
                    Change(f"left/{number}", f'{{"n":{number}}}', None),
                    Change(f"right/{number}", f'{{"n":{number}}}', None),
                ]
            )
            print(number, flush=True)
            await asyncio.sleep(0)

    await asyncio.gather(*(write() for _ in range(AT_ONCE)))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
