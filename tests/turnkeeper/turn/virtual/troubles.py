"""What may go wrong, and how hypothesis draws it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from hypothesis import strategies as st

from tests.turnkeeper.turn.virtual.wires import Answer, Slip
from tests.turnkeeper.turn.virtual.world import VirtualWorld

SIDES: Final = st.sampled_from([0, 1])


@dataclass(frozen=True)
class Answers:
    """The channel's next answers are no 200."""

    answer: Answer
    times: int

    def __str__(self) -> str:
        answer = self.answer
        if answer.status != 200:
            wait = f" with Retry-After {answer.retry_after:g}" if answer.retry_after else ""
            return f"the channel answers {answer.status}{wait}"
        return f"the channel's answer is {'lost' if answer.lost else 'late'}"

    def cause(self, world: VirtualWorld) -> None:
        world.channel.answers.extend([self.answer] * self.times)


@dataclass(frozen=True)
class Down:
    """The channel answers 503 for a while."""

    seconds: float

    def __str__(self) -> str:
        return "the channel is down for a while"

    def cause(self, world: VirtualWorld) -> None:
        world.channel.down_until = world.time.now + self.seconds


@dataclass(frozen=True)
class Slips:
    """The next writes of a process go wrong."""

    side: int
    slip: Slip
    times: int

    def __str__(self) -> str:
        slip = self.slip
        if slip.lost:
            return f"a process's {'write' if slip.lost == 'write' else 'answer to a write'} is lost"
        return f"a process's write {'is heard of' if slip.back else 'comes'} late"

    def cause(self, world: VirtualWorld) -> None:
        world.processes[self.side].store.slips.extend([self.slip] * self.times)


@dataclass(frozen=True)
class Away:
    """A process does not reach the store for a while."""

    side: int
    seconds: float

    def __str__(self) -> str:
        return "a process does not reach the store"

    def cause(self, world: VirtualWorld) -> None:
        world.processes[self.side].store.away_until = world.time.now + self.seconds


@dataclass(frozen=True)
class FallsAt:
    """A process is killed at one of its next calls, or stands still there."""

    side: int
    call: int
    after: bool
    seconds: float | None
    suspended: bool = False

    def __str__(self) -> str:
        if self.seconds is None:
            return "a process is killed at a call"
        return f"a process {'is suspended' if self.suspended else 'stands still'} at a call"

    def cause(self, world: VirtualWorld) -> None:
        host = world.processes[self.side].host
        fall = self.call, self.after, self.seconds
        host.plan(*fall, suspended=self.suspended)


@dataclass(frozen=True)
class Killed:
    """A process is killed between two calls."""

    side: int

    def __str__(self) -> str:
        return "a process is killed"

    def cause(self, world: VirtualWorld) -> None:
        world.kill(self.side)


@dataclass(frozen=True)
class Stands:
    """A process stands still."""

    side: int
    seconds: float
    suspended: bool

    def __str__(self) -> str:
        return f"a process {'is suspended' if self.suspended else 'stands still'}"

    def cause(self, world: VirtualWorld) -> None:
        host = world.processes[self.side].host
        if not host.dead:
            host.stand(self.seconds, suspended=self.suspended)


@dataclass(frozen=True)
class Armed:
    """A process stands still between the last check of its lease and a POST."""

    side: int
    seconds: float

    def __str__(self) -> str:
        return "a process stands still before a POST leaves"

    def cause(self, world: VirtualWorld) -> None:
        world.processes[self.side].host.armed = self.seconds


@dataclass(frozen=True)
class Stopped:
    """A process is stopped in good order."""

    side: int

    def __str__(self) -> str:
        return "a process is stopped in good order"

    def cause(self, world: VirtualWorld) -> None:
        world.stop(self.side)


@dataclass(frozen=True)
class Steps:
    """The store's clock steps."""

    hours: int

    def __str__(self) -> str:
        return "the store's clock steps"

    def cause(self, world: VirtualWorld) -> None:
        world.step_clock(3600.0 * self.hours)


Trouble = Answers | Down | Slips | Away | FallsAt | Killed | Stands | Armed | Stopped | Steps

_SECONDS = st.sampled_from([4.0, 7.0, 2.5, 0.9])
_CALLS = st.integers(1, 10)
OF_THE_CHANNEL: Final[st.SearchStrategy[Trouble]] = st.one_of(
    st.builds(
        Answers,
        st.sampled_from(
            [
                Answer(400),
                Answer(429, 1.0),
                Answer(429, 5.0),
                Answer(429, 14.0),
                Answer(503),
                Answer(lost=True),
                Answer(slow=4.0),
                Answer(slow=1.5),
            ]
        ),
        st.sampled_from([1, 1, 2, 4]),
    ),
    st.builds(Down, st.sampled_from([2.0, 10.0, 60.0])),
)
OF_THE_STORE: Final[st.SearchStrategy[Trouble]] = st.one_of(
    st.builds(
        Slips,
        SIDES,
        st.sampled_from(
            [
                Slip(lost="write"),
                Slip(lost="answer"),
                Slip(back=1.5),
                Slip(back=2.8),
                Slip(back=5.5),
                Slip(there=0.3),
                Slip(there=1.5),
            ]
        ),
        st.sampled_from([1, 1, 2, 5]),
    ),
    st.builds(Slips, SIDES, st.just(Slip(lost="answer")), st.just(1)),
    st.builds(Away, SIDES, st.sampled_from([0.8, 2.5, 4.0])),
    st.builds(Steps, st.sampled_from([-1, 1])),
)
OF_A_PROCESS: Final[st.SearchStrategy[Trouble]] = st.one_of(
    st.builds(FallsAt, SIDES, _CALLS, st.booleans(), st.none()),
    st.builds(FallsAt, SIDES, _CALLS, st.booleans(), _SECONDS, st.booleans()),
    st.builds(Killed, SIDES),
    st.builds(Stands, SIDES, _SECONDS, st.booleans()),
    st.builds(Armed, SIDES, _SECONDS),
    st.builds(Stopped, SIDES),
)
ANY: Final = st.one_of(OF_THE_CHANNEL, OF_THE_STORE, OF_A_PROCESS)
