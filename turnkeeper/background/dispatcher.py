"""Works off what is owed, without being asked."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from turnkeeper.address import ledger_of, ledger_part, owed_prefix
from turnkeeper.delivery.lease import LEASE
from turnkeeper.delivery.senders import Senders
from turnkeeper.errors import StorageError, StorageUnavailable, UnreadableRecord
from turnkeeper.ledger.ledger import Ledger
from turnkeeper.observing.metrics import Metrics
from turnkeeper.storage import RecordStorage

PAUSE: Final = 1.0
"""Seconds between two looks."""

LOOKS: Final = 60
"""So many looks at what is due come between two at all that is owed."""

LIMIT: Final = 500
"""Conversations that a look finds at most; those that have waited longest come first."""

AT_ONCE: Final = 32
"""How many are claimed at once."""

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Watched:
    """A holder that may be dead.

    :param holder: its token and its beat.
    :param timer: looks again when a lease has passed without another beat.
    """

    holder: tuple[str, int]
    timer: asyncio.Task[None]


class Dispatcher:
    """Finds conversations in which something is due, and has this process send it.

    :param storage: where ledgers are.
    :param senders: those of this process.
    :param metrics: shows how long what is owed has been due.
    :param bot: the bot's app id; "" in local mode.
    :param everywhere: whether it looks at all conversations; else only at those in which turns of
        this process owe something.
    """

    def __init__(
        self,
        storage: RecordStorage,
        senders: Senders,
        metrics: Metrics,
        *,
        bot: str,
        everywhere: Callable[[], bool],
    ) -> None:
        self._storage = storage
        self._senders = senders
        self._metrics = metrics
        self._bot = bot
        self._bot_part = ledger_part(bot)
        self._everywhere = everywhere
        self._watched: dict[str, _Watched] = {}
        self._unreadable: set[str] = set()
        self._away = False

    async def run(self) -> None:
        """Look again and again, until cancelled."""
        try:
            while True:
                for look in (self.look_at_all, *[self.look] * LOOKS):
                    await self._in_spite_of_errors(look)
                    await asyncio.sleep(PAUSE)
        finally:
            for watched in self._watched.values():
                watched.timer.cancel()

    async def look(self) -> None:
        """Look at what is due, and claim what nobody sends."""
        await self._senders.look()
        if not self._everywhere() and not self._senders.own:
            return
        due = await self._storage.due(limit=LIMIT)
        keys = {key: late for key, late in due if self._is_ours(key)}
        self._metrics.oldest_due = max(keys.values(), default=0.0)
        await self._take_up(keys)

    async def look_at_all(self) -> None:
        """Look at all that is owed, due or not.

        A step of a clock may have moved when it is due; and other bots may have so much due on the
        same store that a look does not get to this one's.
        """
        await self._storage.due(limit=1)  # the storage learns the store's clock by that
        after = prefix = owed_prefix(self._bot)
        while self._everywhere():
            page = await self._storage.scan(prefix=prefix, after=after, limit=LIMIT)
            ledgers = [named[0] for key, _ in page if (named := ledger_of(key))]
            await self._take_up(dict.fromkeys(filter(self._is_ours, ledgers)))
            if len(page) < LIMIT:
                return
            after = page[-1][0]

    async def _in_spite_of_errors(self, look: Callable[[], Awaitable[None]]) -> None:
        try:
            await look()
            self._away = False
        except StorageError as error:
            if not self._away:
                _log.warning("nobody looks for what is owed: %s", error)
            self._away = True
        except Exception:  # whatever it is: with no look at all, nobody would send any more
            _log.exception("a look at what is owed has failed")

    def _is_ours(self, key: str) -> bool:
        wanted = self._everywhere() or key in self._senders.own
        return wanted and key.endswith(self._bot_part) and not self._senders.holds(key)

    async def _take_up(self, ledgers: Iterable[str]) -> None:
        keys = list(ledgers)
        for start in range(0, len(keys), AT_ONCE):
            await self._take_up_some(keys[start : start + AT_ONCE])

    async def _take_up_some(self, keys: Sequence[str]) -> None:
        found = await self._storage.fetch(keys)
        free = []
        for key, record in found.items():
            try:
                queue = Ledger.read(key, record).queue
            except UnreadableRecord as error:
                self._tell(key, error)
                continue
            if not queue.holder:
                free.append(key)
            elif key not in self._watched:
                holder = (queue.holder, queue.beat)
                self._watched[key] = _Watched(holder, asyncio.create_task(self._watch(key, holder)))
        await asyncio.gather(*map(self._claim, free))

    async def _claim(self, key: str, watched: tuple[str, int] = ("", 0)) -> None:
        """Claim a conversation; one that cannot be claimed keeps nobody else waiting."""
        try:
            await self._senders.claim(key, watched)
        except StorageUnavailable:
            raise
        except Exception as error:
            self._tell(key, error)

    def _tell(self, key: str, error: Exception) -> None:
        """Log, once, that an operator has to mend a ledger."""
        if key not in self._unreadable:
            names_it = isinstance(error, UnreadableRecord)
            what = str(error) if names_it else key
            _log.error("nothing can be sent: %s", what, exc_info=None if names_it else error)
        self._unreadable.add(key)

    async def _watch(self, key: str, holder: tuple[str, int]) -> None:
        """Claim a conversation whose holder does not beat for a lease, by this machine's count."""
        try:
            await asyncio.sleep(LEASE)
            with suppress(StorageUnavailable):
                await self._claim(key, holder)
        finally:
            del self._watched[key]
