"""Who waits for a turn, and who holds a slot."""

from __future__ import annotations

from typing import Final

from shows.mutations.mutation import Mutation

SLOTS: Final = "turnkeeper/turn/slots.py"
ORDER: Final = "turnkeeper/turn/order.py"
TURNS: Final = "turnkeeper/turn/turns.py"
HOSTED: Final = "turnkeeper/adapters/hosted.py"
SLOTS_TESTS: Final = "tests/turnkeeper/turn/test_slots.py"
FAIRNESS_TESTS: Final = "tests/turnkeeper/inbound/test_fairness.py"
REFUSALS_TESTS: Final = "tests/turnkeeper/inbound/test_refusals.py"

MUTATIONS: Final = (
    Mutation(
        SLOTS,
        "        if self._metrics.under_way >= self._limit:\n",
        "        if self._metrics.under_way > self._limit:\n",
        (
            f"{REFUSALS_TESTS}::test_who_comes_while_too_many_turns_are_under_way_is_told_to_come_again",
        ),
        "one turn more than MAX_TURNS is under way",
    ),
    Mutation(
        SLOTS,
        "        self._metrics.under_way -= 1\n        if person:",
        "        if person:",
        (
            f"{REFUSALS_TESTS}::test_who_comes_while_too_many_turns_are_under_way_is_told_to_come_again",
        ),
        "a bot takes as many requests as MAX_TURNS, and then no more",
    ),
    Mutation(
        SLOTS,
        "if held >= OF_ONE_PERSON:",
        "if held > 2 * OF_ONE_PERSON:",
        (f"{SLOTS_TESTS}::test_one_person_holds_eight_and_more_wait_in_order",),
        "one person holds all slots",
    ),
    Mutation(
        SLOTS,
        "if len(waiting) >= WAITING_FOR_ONE_PERSON:",
        "if len(waiting) > 2 * WAITING_FOR_ONE_PERSON:",
        (f"{SLOTS_TESTS}::test_fifty_conversations_may_wait_for_one_person_and_no_more",),
        "more than 50 conversations may wait for one person",
    ),
    Mutation(
        SLOTS,
        "                self._wait_no_more(person, turn_comes)\n            else:",
        "                pass\n            else:",
        (f"{SLOTS_TESTS}::test_fifty_conversations_may_wait_for_one_person_and_no_more",),
        "who gives up waiting for a slot counts as waiting",
    ),
    Mutation(
        SLOTS,
        "                self._pass_on(person)\n            raise\n",
        "                pass\n            raise\n",
        (f"{SLOTS_TESTS}::test_a_slot_that_comes_just_as_its_turn_is_ended_is_passed_on",),
        "a slot that comes just as its turn is ended is lost",
    ),
    Mutation(
        SLOTS,
        "            if not turn_comes.done():\n",
        "            if True:\n",
        (f"{SLOTS_TESTS}::test_a_slot_that_comes_just_as_its_turn_is_ended_is_passed_on",),
        "a slot is handed to who has given up waiting",
    ),
    Mutation(
        ORDER,
        "            lock.release()\n            raise\n",
        "            raise\n",
        (
            (
                f"{SLOTS_TESTS}::"
                "test_who_gives_up_waiting_for_a_slot_holds_up_their_conversation_no_longer"
            ),
        ),
        "who has waited for a slot in vain holds up their conversation for ever",
    ),
    Mutation(
        TURNS,
        "person = None if turn else address.owner",
        "person = address.person and address.user_key",
        (f"{SLOTS_TESTS}::test_where_the_bot_speaks_first_it_takes_no_slot",),
        "a turn in which the bot speaks first takes a slot of MAX_TURNS",
    ),
    Mutation(
        TURNS,
        "person = None if turn else address.owner",
        'person = None if turn else ""',
        (f"{FAIRNESS_TESTS}::test_one_visitor_with_600_requests_in_flight_puts_out_nobody",),
        "all activities are taken for those of nobody",
    ),
)
