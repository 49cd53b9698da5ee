"""Figure 6: a process at rest, with 100,000 quiet conversations in its store."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Final

from shows.owed.fleet import Fleet
from shows.owed.stores import KINDS, NAMES, Stores
from shows.owed.table import Figure
from turnkeeper.address import Address
from turnkeeper.ledger.ledger import Ledger
from turnkeeper.storage import Change, store_at

TITLE: Final = "6. A process at rest, 100,000 quiet conversations"
CONVERSATIONS: Final = 100_000
SECONDS: Final = 30.0
SHARE: Final = 0.5
"""Per cent of a core."""
FILLED: Final = 60.0
"""Seconds that filling a store may take; else there is no verdict."""

_BATCH: Final = 500
_SETTLES: Final = 5.0


async def show(stores: Stores) -> AsyncIterator[Figure]:
    """Yield the figure's rows."""
    async with AsyncExitStack() as stack:
        fleets: dict[str, tuple[Fleet, int]] = {}
        for kind in KINDS:
            url = stores.empty(kind)
            fleet = await stack.enter_async_context(Fleet(url))
            fleets[kind] = fleet, await _fill(url)
        await asyncio.sleep(_SETTLES)
        before = {kind: _cpu(fleet.pid(0)) for kind, (fleet, _) in fleets.items()}
        begun = time.monotonic()
        await asyncio.sleep(SECONDS)
        for kind, (fleet, count) in fleets.items():
            used = _cpu(fleet.pid(0)) - before[kind]
            share = used / (time.monotonic() - begun) * 100
            full = count == CONVERSATIONS
            note = "" if full else f", {count:,} conversations as filling took over {FILLED:g} s"
            yield Figure(
                f"CPU of the process over {SECONDS:g} s",
                f"{share:.2f}% of a core{note}",
                f"under {SHARE}%",
                share < SHARE if full else None,
                NAMES[kind],
            )


async def _fill(url: str) -> int:
    """Write quiet conversations, each with its ledger and its person; return how many."""
    ledger = Ledger(seen=" 0123456789abcdef" * 10)
    ledger.queue.next = 11
    body, end = ledger.body(), time.monotonic() + FILLED
    expires_at = time.time() + 30 * 86400
    person = '{"v":1,"state":{"Said":10}}'
    store = store_at(url)
    await store.open()
    try:
        for start in range(0, CONVERSATIONS, _BATCH):
            changes = []
            for number in range(start, start + _BATCH):
                address = Address.of("", "test", f"quiet-{number}", f"with-{number}")
                key, owner = address.ledger_key, address.owner
                changes += [
                    Change(key, body, None, owner, expires_at),
                    Change(owner, person, None, owner),
                ]
            await store.commit(changes)
            if time.monotonic() > end:
                return start + _BATCH
        return CONVERSATIONS
    finally:
        await store.close()


def _cpu(pid: int) -> float:
    """Return the CPU seconds that a process has used, in the system and outside."""
    user, system = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")
