"""The way of a turn."""

from __future__ import annotations

from typing import Final

from shows.mutations.mutation import Mutation

ORDER: Final = "turnkeeper/turn/order.py"
NAMING: Final = "turnkeeper/turn/naming.py"
OPENING: Final = "turnkeeper/turn/opening.py"
TURNS: Final = "turnkeeper/turn/turns.py"
WAITING_TESTS: Final = "tests/turnkeeper/turn/test_waiting.py"
SPEAKING_FIRST_TESTS: Final = "tests/turnkeeper/turn/test_speaking_first.py"
TURNS_TESTS: Final = "tests/turnkeeper/turn/test_turns.py"
ERASURE_TESTS: Final = "tests/turnkeeper/contract/test_erasure.py"
PARTS_TESTS: Final = "tests/turnkeeper/test_parts.py"
COUNTED_TESTS: Final = "tests/turnkeeper/observing/test_counted.py"
OLD_LEDGERS_TESTS: Final = "tests/turnkeeper/turn/test_old_ledgers.py"
SENDERS_TESTS: Final = "tests/turnkeeper/delivery/test_senders.py"
RUNS_TESTS: Final = "tests/turnkeeper/turn/test_runs.py"
CUT_TURNS_TESTS: Final = "tests/turnkeeper/turn/test_cut_turns.py"
UNSEEN: Final = "turnkeeper/turn/unseen.py"

MUTATIONS: Final = (
    Mutation(
        ORDER,
        "if turns > WAITING:",
        "if turns > 2 * WAITING:",
        (f"{WAITING_TESTS}::test_fifty_may_wait_for_one_conversation_and_no_more",),
        "more than 50 may wait for one conversation",
    ),
    Mutation(
        ORDER,
        "if turns > WAITING:",
        "if turns >= WAITING:",
        (f"{WAITING_TESTS}::test_fifty_may_wait_for_one_conversation_and_no_more",),
        "the last of the 50 that may wait is refused",
    ),
    Mutation(
        ORDER,
        "            raise NestedTurn\n",
        "            pass\n",
        (
            (
                f"{SPEAKING_FIRST_TESTS}::"
                "test_to_wait_for_a_turn_within_the_same_turn_is_an_error_at_once"
            ),
        ),
        "a turn that waits for itself is not told so",
    ),
    Mutation(
        ORDER,
        "if not turns and self._slots.take_free(self._person):",
        "if not lock.locked() and self._slots.take_free(self._person):",
        (f"{TURNS_TESTS}::test_nor_does_who_comes_just_when_a_turn_ends_and_another_one_waits",),
        "who comes between the end of a turn and the next one waits without end",
    ),
    Mutation(
        ORDER,
        "        except TimeoutError:\n            self._leave()\n",
        "        except TimeoutError:\n",
        (f"{TURNS_TESTS}::test_nobody_waits_without_end_for_the_turns_before",),
        "who has waited in vain counts as waiting for ever",
    ),
    Mutation(
        ORDER,
        "        except BaseException:\n            self._leave()\n",
        "        except BaseException:\n",
        (f"{WAITING_TESTS}::test_who_gives_up_waiting_makes_room_for_another",),
        "who gives up waiting counts as waiting for ever",
    ),
    Mutation(
        ORDER,
        "        self._locks[self._conversation].release()\n        self._leave()",
        "        self._leave()\n        self._locks.pop(self._conversation, asyncio.Lock())",
        (f"{TURNS_TESTS}::test_also_when_it_arrives_many_times_at_once",),
        "the end of a turn wakes nobody who waits for it",
    ),
    Mutation(
        NAMING,
        'name = f"{activity.type}\\n{sender}\\n{activity.id}"',
        'name = f"{activity.type}\\n{activity.id}"',
        (f"{TURNS_TESTS}::test_the_same_id_from_another_person_is_another_activity",),
        "an id that two people's activities have is taken for one activity",
    ),
    Mutation(
        NAMING,
        'name = f"{name}\\n{activity.timestamp}\\n{activity.text}"',
        'name = f"{name}\\n{activity.text}"',
        (f"{TURNS_TESTS}::test_an_edit_is_no_duplicate_of_the_message_nor_of_another_edit",),
        "an edit back to an earlier text is taken for the earlier edit",
    ),
    Mutation(
        NAMING,
        "if not activity.id:",
        "if activity.id is None:",
        (f"{TURNS_TESTS}::test_an_activity_without_id_is_never_a_duplicate",),
        "activities with an empty id are taken for one",
    ),
    Mutation(
        TURNS,
        "TRIES: Final = 10\n",
        "TRIES: Final = 1\n",
        (f"{TURNS_TESTS}::test_also_when_it_arrives_many_times_at_once",),
        "a turn whose records others changed is not run again",
    ),
    Mutation(
        TURNS,
        "if ledger.knows(turn):",
        "if ledger.answer(turn):",
        (f"{TURNS_TESTS}::test_a_redelivered_activity_takes_effect_once",),
        "an activity without an HTTP answer takes effect each time it is delivered",
    ),
    Mutation(
        TURNS,
        "if answer is None and answers_over_http(activity):",
        "if answers_over_http(activity):",
        (f"{TURNS_TESTS}::test_the_answer_of_an_invoke_is_the_same_when_it_is_delivered_again",),
        "an invoke that is delivered again gets 409 though its answer is kept",
    ),
    Mutation(
        "turnkeeper/state/people/succession.py",
        'return "" if address.group or left else address.owner',
        'return "" if left else address.owner',
        (f"{ERASURE_TESTS}::test_forget_me_erases_the_person_wherever_it_is_said[memory]",),
        "a group's ledger belongs to who spoke last",
    ),
    Mutation(
        TURNS,
        "                        self._metrics.duplicates.inc()\n",
        "",
        (f"{COUNTED_TESTS}::test_an_activity_that_is_delivered_again",),
        "duplicates are not counted",
    ),
    Mutation(
        TURNS,
        "                    self._metrics.conflicts.inc()\n",
        "                    pass\n",
        (f"{COUNTED_TESTS}::test_a_turn_that_runs_again_for_what_others_changed",),
        "conflicts are not counted",
    ),
    Mutation(
        TURNS,
        (
            "                    if len(ledger.queue.open) >= MOST_OPEN:\n"
            "                        raise too_much_owed()\n"
        ),
        "",
        (f"{SENDERS_TESTS}::test_with_fifty_open_a_message_is_refused_before_the_bot_runs",),
        "the bot runs for a conversation that owes too much already",
    ),
    Mutation(
        TURNS,
        "outcome = Outcome([]) if erased else await run(turn, transaction, opening)",
        "outcome = await run(turn, transaction, opening)",
        (f"{RUNS_TESTS}::test_a_person_who_was_erased_while_the_bot_ran_is_told_nothing",),
        "who was erased while the bot ran is stored again",
    ),
    Mutation(
        TURNS,
        ("            if not Ledger.read(key, record).knows(entry.turn):\n                raise\n"),
        "            raise\n",
        (f"{CUT_TURNS_TESTS}::test_a_commit_whose_answer_is_lost_has_taken_effect_all_the_same",),
        "a turn whose commit took effect is refused",
    ),
    Mutation(
        TURNS,
        ("            if not Ledger.read(key, record).knows(entry.turn):\n                raise\n"),
        "",
        (f"{CUT_TURNS_TESTS}::test_one_that_has_not_taken_effect_is_refused",),
        "a turn that did not take effect is answered as if it had",
    ),
    Mutation(
        TURNS,
        "if ledger.knows(turn) or last.has_changed(ledger.queue, self._storage.now()):",
        "if ledger.knows(turn):",
        (f"{RUNS_TESTS}::test_a_turn_that_was_told_otherwise_runs_again",),
        "an answer is taken to a question that was refused meanwhile",
    ),
    Mutation(
        TURNS,
        "if ledger.knows(turn) or last.has_changed(ledger.queue, self._storage.now()):",
        "if last.has_changed(ledger.queue, self._storage.now()):",
        (f"{RUNS_TESTS}::test_nor_where_it_has_read_nothing_that_has_changed",),
        "an activity that another process takes meanwhile takes effect twice",
    ),
    Mutation(
        TURNS,
        "return Entry(turn, owed, who, enter, owner, transaction.expiry(self._ttl))",
        'return Entry(turn, owed, who, enter, "", transaction.expiry(self._ttl))',
        (f"{SPEAKING_FIRST_TESTS}::test_what_belongs_to_a_person_stays_theirs",),
        "the ledger of a person's conversation is nobody's, and outlives their erasure",
    ),
    Mutation(
        TURNS,
        "return Entry(turn, owed, who, enter, owner, transaction.expiry(self._ttl))",
        "return Entry(turn, owed, who, enter, owner, None)",
        (f"{PARTS_TESTS}::test_conversations_and_people_are_kept_as_long_as_the_settings_say",),
        "the ledger of a quiet conversation is kept for ever",
    ),
    Mutation(
        OPENING,
        "            changes = list(taken_over(key, record, ledger, debt, now, service_url=url))\n",
        "            pass\n",
        (
            f"{OLD_LEDGERS_TESTS}::test_what_a_ledger_of_0_2_to_0_4_owes_is_sent_first_by_the_turn_that_meets_it",
        ),
        "what an earlier version owes is dropped by the turn that meets it",
    ),
    Mutation(
        TURNS,
        "answer is None and answers_over_http(activity)",
        "False",
        (f"{TURNS_TESTS}::test_an_answer_that_is_no_longer_kept_is_not_made_up",),
        "expected replies that are no longer kept are answered as if there had been none",
    ),
)
