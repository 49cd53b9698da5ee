"""Whatever happens in whatever order: every activity counts once, every reply arrives in order."""

from __future__ import annotations

import asyncio
import os
from dataclasses import dataclass

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from tests.turnkeeper.turn.world import Crash, Process, World, log_of, message
from turnkeeper.delivery.receipts import LINGER
from turnkeeper.errors import DeliveryFailed, RequestRefused

LONGER_THAN_A_DELIVERY = 20.0
CONVERSATIONS = st.sampled_from(["c", "d"])
PEOPLE = st.sampled_from(["ada", "bob"])
SIDES = st.integers(0, 1)


@dataclass
class Sent:
    """One activity as the channel knows it."""

    text: str
    conversation: str
    person: str
    confirmed: bool = False


class Loop(asyncio.SelectorEventLoop):
    """An event loop whose clock can be moved.

    :ivar ahead: by how many seconds.
    """

    ahead = 0.0

    def time(self) -> float:
        return super().time() + self.ahead


async def all_is_done() -> None:
    """Let every task that is under way come to its end."""
    while tasks := asyncio.all_tasks() - {asyncio.current_task()}:
        await asyncio.wait(tasks)


class Turns(RuleBasedStateMachine):
    """Two processes on one store, a channel that delivers again, and everything that goes wrong."""

    @initialize()
    def begin(self) -> None:
        self.loop = Loop()
        self.world = World()
        self.processes = [self.world.process(), self.world.process()]
        self.sent: list[Sent] = []
        # Conversations in which a process has died: there a reply may arrive twice.
        self.disturbed: set[str] = set()

    def post(self, *posts: tuple[Sent, int]) -> None:
        async def post_all() -> None:
            await asyncio.gather(*(self._post(sent, self.processes[side]) for sent, side in posts))

        self.loop.run_until_complete(post_all())
        for side, process in enumerate(self.processes):
            if process.steps.dead:
                self.replace(side)

    async def _post(self, sent: Sent, process: Process) -> None:
        activity = message(sent.text, conversation=sent.conversation, person=sent.person)
        try:
            await process.take(activity)
        except (Crash, DeliveryFailed, RequestRefused):
            if process.steps.dead:
                self.disturbed |= {sent.conversation, *process.steps.unnoted}
            return
        sent.confirmed = True

    def replace(self, side: int) -> None:
        self.loop.run_until_complete(self.processes[side].stop())
        self.processes[side] = self.world.process()
        self.let_time_pass()

    def let_time_pass(self) -> None:
        self.loop.ahead += 2 * LINGER  # within that the living write down what they have sent
        self.loop.run_until_complete(all_is_done())
        self.world.now += LONGER_THAN_A_DELIVERY

    def new(self, conversation: str, person: str) -> Sent:
        sent = Sent(f"{len(self.sent)}", conversation, person)
        self.sent.append(sent)
        return sent

    @rule(conversation=CONVERSATIONS, person=PEOPLE, side=SIDES)
    def somebody_says_something(self, conversation: str, person: str, side: int) -> None:
        self.post((self.new(conversation, person), side))

    @rule(
        conversations=st.lists(CONVERSATIONS, min_size=2, max_size=4),
        people=st.lists(PEOPLE, min_size=4, max_size=4),
        sides=st.lists(SIDES, min_size=4, max_size=4),
    )
    def several_speak_at_once(
        self, conversations: list[str], people: list[str], sides: list[int]
    ) -> None:
        self.post(
            *(
                (self.new(conversation, person), side)
                for conversation, person, side in zip(conversations, people, sides, strict=False)
            )
        )

    @rule(data=st.data(), side=SIDES)
    def an_activity_is_delivered_again(self, data: st.DataObject, side: int) -> None:
        if self.sent:
            self.post((data.draw(st.sampled_from(self.sent)), side))

    @rule(data=st.data())
    def an_activity_is_delivered_to_both_at_once(self, data: st.DataObject) -> None:
        if self.sent:
            again = data.draw(st.sampled_from(self.sent))
            self.post((again, 0), (again, 1))

    @rule(
        conversation=CONVERSATIONS,
        person=PEOPLE,
        side=SIDES,
        step=st.integers(1, 6),
        after=st.booleans(),
    )
    def a_process_dies_in_a_turn(
        self, conversation: str, person: str, side: int, step: int, after: bool
    ) -> None:
        steps = self.processes[side].steps
        steps.plan(step, after=after)
        self.post((self.new(conversation, person), side))
        steps.plan(None)

    @rule(side=SIDES)
    def a_process_is_killed_between_turns(self, side: int) -> None:
        self.disturbed |= self.processes[side].steps.unnoted
        self.processes[side].steps.dead = True
        self.replace(side)

    @rule(side=SIDES)
    def a_process_is_restarted(self, side: int) -> None:
        self.replace(side)

    @rule(down=st.booleans())
    def the_channel_goes_or_comes_back(self, down: bool) -> None:
        self.world.channel.down = down

    @invariant()
    def nothing_counts_twice(self) -> None:
        for conversation in ("c", "d"):
            log = self.loop.run_until_complete(
                log_of(self.world, f"msteams/conversations/{conversation}")
            )
            assert len(log) == len(set(log))

    def teardown(self) -> None:
        if not hasattr(self, "loop"):
            return
        try:
            self.world.channel.down = False
            for _ in range(3):  # the channel delivers again until everything is confirmed
                for sent in self.sent:
                    if not sent.confirmed:
                        self.post((sent, 0))
            assert all(sent.confirmed for sent in self.sent)
            own: dict[str, set[str]] = {"ada": set(), "bob": set()}
            for conversation in ("c", "d"):
                said = [s for s in self.sent if s.conversation == conversation]
                for sent in said:
                    own[sent.person].add(sent.text)
                self.check(conversation, said)
            for person, texts in own.items():
                log = self.loop.run_until_complete(log_of(self.world, f"msteams/users/{person}"))
                assert sorted(log) == sorted(texts)
        finally:
            for process in self.processes:
                self.loop.run_until_complete(process.stop())
            self.loop.close()

    def check(self, conversation: str, said: list[Sent]) -> None:
        key = f"msteams/conversations/{conversation}"
        log = self.loop.run_until_complete(log_of(self.world, key))
        assert sorted(log) == sorted(sent.text for sent in said)
        replies = self.world.channel.received.get(conversation, [])
        once = list(dict.fromkeys(replies))
        assert once == [
            line for n, text in enumerate(log, 1) for line in (f"{n}: {text}", f"end of {n}")
        ]
        if conversation not in self.disturbed:
            assert replies == once


TestTurns = Turns.TestCase
TestTurns.settings = settings(
    max_examples=int(os.environ.get("TURN_EXAMPLES", "100")),
    stateful_step_count=20,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
