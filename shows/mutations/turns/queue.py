"""What a conversation owes: numbers, marks, waits, and what is unseen."""

from __future__ import annotations

from typing import Final

from shows.mutations.mutation import Mutation

QUEUE_TESTS: Final = "tests/turnkeeper/ledger/test_queue.py"
QUEUE: Final = "turnkeeper/ledger/queue.py"

MUTATIONS: Final = (
    Mutation(
        QUEUE,
        "one.turn != fact.place.turn or ",
        "",
        (f"{QUEUE_TESTS}::test_a_fact_of_what_is_done_or_gone_or_another_turns_tells_nothing",),
        "a fact of an erased turn marks the one that has its number now",
    ),
    Mutation(
        QUEUE,
        " or one.marks[index] < 0:",
        ":",
        (f"{QUEUE_TESTS}::test_a_fact_of_what_is_done_or_gone_or_another_turns_tells_nothing",),
        "what a late sender has heard undoes what is known to be sent",
    ),
    Mutation(
        QUEUE,
        "        self.next += 1\n",
        "        self.next = len(self.open) + 1\n",
        (f"{QUEUE_TESTS}::test_numbers_rise_and_the_first_open_effect_of_the_lowest_is_next",),
        "a number is given again as soon as it is free",
    ),
    Mutation(
        QUEUE,
        "self.not_before = max(self.not_before, not_before)",
        "self.not_before = not_before",
        (f"{QUEUE_TESTS}::test_the_latest_wait_counts_and_none_is_shortened",),
        "a shorter wait undercuts a longer one",
    ),
    Mutation(
        QUEUE,
        (
            "        if isinstance(fact, Failed):\n"
            "            self._wait(fact.not_before, now, asked=fact.asked)\n"
            "        one ="
        ),
        "        one =",
        (f"{QUEUE_TESTS}::test_a_wait_counts_also_where_its_effect_does_not",),
        "a Retry-After to a reply is not waited for",
    ),
    Mutation(
        QUEUE,
        "REFUSED if isinstance(fact, Refused) and fact.missed else SENT",
        "REFUSED if isinstance(fact, Refused) else SENT",
        (f"{QUEUE_TESTS}::test_what_nobody_misses_is_not_lost",),
        "a deletion that the channel refuses counts as something lost",
    ),
    Mutation(
        QUEUE,
        ("            one.failing = one.erring = 0.0\n        return True"),
        "        return True",
        (f"{QUEUE_TESTS}::test_each_effect_has_a_quarter_of_an_hour_of_its_own",),
        "the failures of one reply count against the next",
    ),
    Mutation(
        QUEUE,
        "one.erring = (one.erring or now) if fact.status == 500 else 0.0",
        "one.erring = one.erring or now",
        (f"{QUEUE_TESTS}::test_another_answer_in_between_begins_that_time_anew",),
        "any server error gives a reply up after a quarter of an hour",
    ),
    Mutation(
        QUEUE,
        "late = now - one.at > reply_ttl and now - one.failing >= PROBATION",
        "late = now - one.at > reply_ttl",
        (f"{QUEUE_TESTS}::test_what_is_old_because_nobody_tried_has_a_minute",),
        "what is old because the bot was away is given up at its first failure",
    ),
    Mutation(
        QUEUE,
        "if not fact.of_the_bot and (",
        "if (",
        (f"{QUEUE_TESTS}::test_where_the_bot_is_to_blame_it_is_never_given_up",),
        "replies are given up while the bot cannot log in",
    ),
    Mutation(
        QUEUE,
        "                one.at += longer\n",
        "",
        (f"{QUEUE_TESTS}::test_waits_that_the_channel_asks_for_do_not_count",),
        "a channel that asks to wait for an hour has its replies given up",
    ),
    Mutation(
        QUEUE,
        "                one.erring += longer if one.erring else 0.0\n",
        "",
        (f"{QUEUE_TESTS}::test_waits_that_the_channel_asks_for_do_not_count",),
        "waits that the channel asks for count as its errors",
    ),
    Mutation(
        QUEUE,
        "        return one.marks[fact.place.index] + 1",
        "        return one.marks[fact.place.index]",
        (f"{QUEUE_TESTS}::test_a_fact_of_an_open_effect_marks_it",),
        "tries are not counted",
    ),
    Mutation(
        QUEUE,
        "longer = not_before - max(now, self.not_before)",
        "longer = not_before - now",
        (f"{QUEUE_TESTS}::test_of_two_waits_at_once_what_they_have_in_common_counts_once",),
        "of several waits at once each makes a reply younger",
    ),
    Mutation(
        QUEUE,
        "return max(wait, SHOWS) if self.holder else wait",
        "return wait",
        (
            f"{QUEUE_TESTS}::test_it_is_due_at_once_where_nobody_sends_else_a_second_after_the_last_write",
        ),
        "healthy turns show in every look of the dispatchers",
    ),
    Mutation(
        QUEUE,
        "        self.beat += 1\n",
        "",
        (f"{QUEUE_TESTS}::test_each_taking_and_each_beat_is_told_from_the_one_before",),
        "a beat cannot be told from the one before",
    ),
    Mutation(
        "turnkeeper/ledger/queue.py",
        "for old in list(self.unseen)[: 1 - _MOST_UNSEEN]:",
        "for old in ():",
        (
            "tests/turnkeeper/ledger/test_queue.py::test_a_group_keeps_twenty_for_whom_something_was_lost",
        ),
        "a ledger names ever more people for whom something was lost",
    ),
    Mutation(
        QUEUE,
        "any(mark > 0 for n, o in self.open.items() if n <= turns[-1] for mark in o.marks)",
        "any(mark > 0 for n in turns for mark in self.open[n].marks)",
        (f"{QUEUE_TESTS}::test_in_a_group_what_fails_behind_ones_own_is_no_matter",),
        "what stands behind a reply that fails counts as seen",
    ),
    Mutation(
        QUEUE,
        "waits = self.not_before > now or not self.holder",
        "waits = not self.holder",
        (f"{QUEUE_TESTS}::test_what_has_failed_or_waits_is_owed",),
        "a question that waits counts as seen",
    ),
    Mutation(
        QUEUE,
        "if any(not {REFUSED, GIVEN_UP}.isdisjoint(self.open[n].marks) for n in turns):",
        "if not turns:",
        (f"{QUEUE_TESTS}::test_what_was_refused_or_given_up_is_lost_until_something_else_is_said",),
        "a refused question counts as seen while the rest of its turn is on its way",
    ),
    Mutation(
        QUEUE,
        ("        self.seen(who)\n        return gone"),
        "        return gone",
        (f"{QUEUE_TESTS}::test_who_is_erased_is_owed_nothing_and_all_else_stays",),
        "a group's ledger names who was erased as one for whom something was lost",
    ),
)
