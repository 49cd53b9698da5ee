"""How many turns are at work at once in a process, and how many of them one person's.

A slot is held by a turn at work. What waits holds none: neither an activity of which it is not
known yet who sends it, nor one whose turn comes later. So whoever has much to wait for keeps nobody
else out.
"""

from __future__ import annotations

import asyncio
from contextlib import AbstractContextManager, nullcontext
from typing import Final

from turnkeeper.errors import RequestRefused
from turnkeeper.observing.metrics import Metrics

OF_ONE_PERSON: Final = 8
"""How many slots one person's activities hold at most, in all conversations together."""

WAITING_FOR_ONE_PERSON: Final = 50
"""In how many conversations the next turn may wait for a slot of one person's."""


class Slots:
    """The slots of a process.

    Only who is new is refused for want of a slot. Who has waited follows on somebody who had one,
    and goes on all the same: then there may be a few more than the limit for a moment.

    :param limit: how many there are.
    :param metrics: shows how many are held.
    """

    def __init__(self, limit: int, metrics: Metrics) -> None:
        self._limit = limit
        self._metrics = metrics
        self._held: dict[str, int] = {}
        # In order; a dict, so that whoever gives up is found at once.
        self._waiting: dict[str, dict[asyncio.Future[None], None]] = {}

    def check(self) -> None:
        """Let pass an activity that is new where there is a slot.

        :raises RequestRefused: 503, there is none.
        """
        if self._metrics.under_way >= self._limit:
            raise RequestRefused(503, "overloaded", "Too many turns at once.", retry_after=1)

    def waiting(self, person: str | None) -> AbstractContextManager[object]:
        """A block in which a turn waits, to be seen in the metrics."""
        return nullcontext() if person is None else self._metrics.waiting.track_inprogress()

    def take_free(self, person: str | None) -> bool:
        """Take a slot for a turn if that need not wait; :meth:`leave` gives it back.

        :param person: a key of the person whose it is; "" for nobody, who is never waited for; None
            for a turn that needs no slot, as the bot speaks first in it.
        :returns: whether it is taken.
        """
        if person is None:
            return True
        if person:
            held = self._held.get(person, 0)
            if held >= OF_ONE_PERSON:
                return False
            self._held[person] = held + 1
        self._metrics.under_way += 1
        return True

    async def take(self, person: str | None) -> None:
        """Take a slot for a turn, as :meth:`take_free`, or wait for one: first come, first served.

        :raises RequestRefused: 503, too many of the person's wait for one already.
        """
        if not self.take_free(person) and person:
            await self._wait_for(person)
            self._metrics.under_way += 1

    def leave(self, person: str | None) -> None:
        """Give back the slot of a turn."""
        if person is None:
            return
        self._metrics.under_way -= 1
        if person:
            self._pass_on(person)

    async def _wait_for(self, person: str) -> None:
        waiting = self._waiting.setdefault(person, {})
        if len(waiting) >= WAITING_FOR_ONE_PERSON:
            raise RequestRefused(
                503, "person_busy", "Too many activities of this person are queued.", retry_after=2
            )
        turn_comes = asyncio.get_running_loop().create_future()
        waiting[turn_comes] = None
        try:
            await turn_comes
        except BaseException:
            if turn_comes.cancelled():
                self._wait_no_more(person, turn_comes)
            else:  # it got the slot, and is ended in the same moment
                self._pass_on(person)
            raise

    def _wait_no_more(self, person: str, turn_comes: asyncio.Future[None]) -> None:
        waiting = self._waiting.get(person, {})
        waiting.pop(turn_comes, None)
        if not waiting:
            self._waiting.pop(person, None)

    def _pass_on(self, person: str) -> None:
        """Hand one of a person's slots to the next who waits for it, if there is one."""
        for turn_comes in list(self._waiting.get(person, ())):
            self._wait_no_more(person, turn_comes)
            if not turn_comes.done():
                turn_comes.set_result(None)
                return
        if left := self._held[person] - 1:
            self._held[person] = left
        else:
            del self._held[person]
