"""Whatever happens in whatever order: what is committed is sent, once, in order, when it may be."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from typing import Final

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from tests.turnkeeper.turn.virtual import troubles
from tests.turnkeeper.turn.virtual.bot import GROUP, Message
from tests.turnkeeper.turn.virtual.troubles import SIDES, Trouble
from tests.turnkeeper.turn.virtual.world import VirtualWorld

PEOPLE = st.sampled_from(["ada", "bob"])
MOMENTS = st.sampled_from([0.0, 0.005, 0.03, 0.1, 0.4, 1.2])
MESSAGES = st.builds(
    Message,
    text=st.just(""),
    person=PEOPLE,
    conversation=st.sampled_from(["", "", GROUP]),
    replies=st.sampled_from([1, 1, 2, 3]),
    judges=st.booleans(),
    typing=st.sampled_from([False, False, True]),
    thinks=st.sampled_from([0.0, 0.0, 0.1, 0.5]),
)

EXECUTED: Final[Counter[str]] = Counter()
"""How often each rule was executed, by its name."""


class Turns(RuleBasedStateMachine):
    """Two processes on one store, a channel that delivers again, and everything that goes wrong."""

    @initialize(seed=st.integers(0, 1000))
    def begin(self, seed: int) -> None:
        self.world = VirtualWorld(seed)

    def deliver(self, message: Message, sides: Sequence[int]) -> None:
        message.text = message.text or f"m{len(self.world.messages)}"
        message.conversation = message.conversation or f"with-{message.person}"
        for side in sides:
            self.world.say(side, message)

    def cause(self, trouble: Trouble) -> None:
        EXECUTED[str(trouble)] += 1
        trouble.cause(self.world)

    def done(self, name: str, seconds: float) -> None:
        EXECUTED[name] += 1
        self.world.run(seconds)

    @rule(message=MESSAGES, side=SIDES, moment=MOMENTS)
    def somebody_says_something(self, message: Message, side: int, moment: float) -> None:
        self.deliver(message, [side])
        self.done("a message", moment)

    @rule(message=MESSAGES, side=SIDES, trouble=troubles.ANY, moment=MOMENTS)
    def somebody_says_something_and_something_goes_wrong(
        self, message: Message, side: int, trouble: Trouble, moment: float
    ) -> None:
        self.cause(trouble)
        self.deliver(message, [side])
        self.done("a message, and trouble", moment)

    @rule(message=MESSAGES, moment=MOMENTS)
    def both_processes_get_a_message_at_once(self, message: Message, moment: float) -> None:
        self.deliver(message, [0, 1])
        self.done("a message to both processes at once", moment)

    @rule(message=MESSAGES, other=MESSAGES, side=SIDES, moment=MOMENTS)
    def two_messages_come_at_once(
        self, message: Message, other: Message, side: int, moment: float
    ) -> None:
        self.deliver(message, [0])
        self.deliver(other, [side])
        self.done("two messages at once", moment)

    @rule(number=st.integers(0, 99), side=SIDES, moment=MOMENTS)
    def a_message_is_delivered_again(self, number: int, side: int, moment: float) -> None:
        if messages := list(self.world.messages.values()):
            self.deliver(messages[-1 - number % len(messages)], [side])
            self.done("a redelivery", moment)

    @rule(seconds=st.sampled_from([0.2, 0.7, 1.5, 3.5, 6.0, 30.0]))
    def time_passes(self, seconds: float) -> None:
        self.done("time passes", seconds)

    @rule(trouble=troubles.OF_THE_CHANNEL, moment=MOMENTS)
    def the_channel_is_in_trouble(self, trouble: Trouble, moment: float) -> None:
        self.cause(trouble)
        self.world.run(moment)

    @rule(trouble=troubles.OF_THE_STORE, moment=MOMENTS)
    def the_store_is_in_trouble(self, trouble: Trouble, moment: float) -> None:
        self.cause(trouble)
        self.world.run(moment)

    @rule(trouble=troubles.OF_A_PROCESS, moment=MOMENTS)
    def a_process_is_in_trouble(self, trouble: Trouble, moment: float) -> None:
        self.cause(trouble)
        self.world.run(moment)

    @rule(person=PEOPLE, moment=MOMENTS)
    def somebody_is_erased(self, person: str, moment: float) -> None:
        self.world.erase(person)
        self.done("a person is erased", moment)

    def teardown(self) -> None:
        if not hasattr(self, "world"):
            return
        EXECUTED["examples"] += 1
        try:
            if not self.world.truth.broken:
                self.world.heal()
        finally:
            self.world.end()


TestTurns = Turns.TestCase
TestTurns.settings = settings(
    max_examples=int(os.environ.get("TURN_EXAMPLES", "250")),
    stateful_step_count=30,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)
