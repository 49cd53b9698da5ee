"""The mistakes that the model of the protocol plants, planted in the code."""

from __future__ import annotations

from typing import Final

from shows.mutations.mutation import Mutation

CONVERSATION: Final = "turnkeeper/delivery/conversation.py"
ENTRY: Final = "turnkeeper/delivery/entry.py"
LEASE: Final = "turnkeeper/delivery/lease.py"
QUEUE: Final = "turnkeeper/ledger/queue.py"
RECEIPTS: Final = "turnkeeper/delivery/receipts.py"
SENDER: Final = "turnkeeper/delivery/sender.py"
SENDERS: Final = "turnkeeper/delivery/senders.py"
TURNS: Final = "turnkeeper/turn/turns.py"

DIRECTED: Final = "tests/turnkeeper/turn/test_protocol.py"

MISTAKES: Final = (
    Mutation(
        RECEIPTS,
        "                conversation.known = False\n                if conversation.facts or",
        "                conversation.known = False\n"
        "                for noted in conversation.facts:\n"
        "                    noted.written.done() or noted.written.set_result(None)\n"
        "                conversation.facts.clear()\n"
        "                if conversation.facts or",
        (f"{DIRECTED}::test_a_receipt_that_the_store_does_not_take_is_kept",),
        "receipt dropped",
    ),
    Mutation(
        SENDERS,
        "dead = not queue.holder or (queue.holder, queue.beat) == watched",
        "dead = not queue.holder or bool(watched[0])",
        (f"{DIRECTED}::test_a_holder_that_beats_is_left_alone",),
        "claim without compare",
    ),
    Mutation(
        CONVERSATION,
        "            record.e_tag if record else None,\n"
        '            record.owner if record else "",\n',
        "            (record.e_tag if queue.holder else ANY) if record else None,\n"
        '            record.owner if record else "",\n',
        (f"{DIRECTED}::test_who_lets_go_loses_nothing_that_came_meanwhile",),
        "letting go without compare",
    ),
    Mutation(
        QUEUE,
        "return one.marks[fact.place.index] + 1",
        "return one.marks[fact.place.index]",
        (f"{DIRECTED}::test_what_fails_again_and_again_is_tried_less_and_less",),
        "attempt not counted",
    ),
    Mutation(
        SENDER,
        "                    await self._receipts.note(conversation, fact)\n\n    def _too_soon",
        "                    await self._receipts.note(conversation, fact)\n"
        "                    wait = conversation.ledger.queue.not_before - self._storage.now()\n"
        "                    if isinstance(fact, Failed) and wait > LONG:\n"
        "                        await self._connector.pause(wait)\n"
        "                        effect, ledger = owed.effects[head[1]], conversation.ledger\n"
        "                        to = self._connector, conversation.service_url, lambda: True\n"
        "                        sent = await carry_out(effect, ledger, *to)\n"
        "                        if isinstance(sent, Taken):\n"
        "                            await self._receipts.note(conversation, Sent(place))\n\n"
        "    def _too_soon",
        (f"{DIRECTED}::test_what_is_erased_while_the_channel_has_asked_to_wait_is_not_sent",),
        "re-read skipped after a wait",
    ),
    Mutation(
        CONVERSATION,
        "return self._clock.age(self._beat) < FRESH",
        "return True",
        (f"{DIRECTED}::test_who_stood_still_begins_nothing_before_it_has_looked",),
        "a stale holder sends",
    ),
    Mutation(
        CONVERSATION,
        "            if done and not self.in_hand:\n",
        "            if done or self.in_hand:\n",
        (f"{DIRECTED}::test_nobody_lets_go_with_something_on_the_wire",),
        "release before receipt",
    ),
    Mutation(
        CONVERSATION,
        "self.ledger.queue.holder == self.token:\n            self._beat = begun\n",
        "self.ledger.queue.holder == self.token:\n            self._beat = self._clock.now()\n",
        (f"{DIRECTED}::test_a_beat_is_as_old_as_the_moment_it_was_begun",),
        "beat confirmed from the wrong time",
    ),
    Mutation(
        LEASE,
        'return age if abs(age - by_wall) <= _JUMP else float("inf")',
        "return age",
        (f"{DIRECTED}::test_who_was_suspended_begins_nothing_before_it_has_looked",),
        "its clock stands still with it",
    ),
    Mutation(
        ENTRY,
        "if queue.open and not queue.holder and queue.not_before <= now and self._may_take:",
        "if queue.open and queue.not_before <= now and self._may_take:",
        (f"{DIRECTED}::test_a_turn_takes_nothing_from_a_holder_that_lives",),
        "follower sent while the head is held elsewhere",
    ),
    Mutation(
        SENDER,
        "                    await self._receipts.note(conversation, fact)\n\n    def _too_soon",
        "                    queue.note(fact, self._storage.now(), 3600.0)\n"
        "                    self._receipts.write(conversation)\n\n    def _too_soon",
        (f"{DIRECTED}::test_the_next_effect_begins_when_the_receipt_before_it_is_written",),
        "next effect before the receipt",
    ),
    Mutation(
        CONVERSATION,
        "        if not self.facts and not ours:\n            return\n",
        "        if not ours:\n            return\n",
        (f"{DIRECTED}::test_a_wait_is_written_also_by_who_has_lost_the_conversation",),
        "facts of a lost lease thrown away",
    ),
    Mutation(
        TURNS,
        "if ledger.knows(turn) or last.has_changed(ledger.queue, self._storage.now()):",
        "if ledger.knows(turn):",
        (f"{DIRECTED}::test_an_answer_to_a_question_refused_meanwhile_is_not_judged",),
        "unseen not compared",
    ),
)
