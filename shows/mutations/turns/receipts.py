"""What was sent and is to be written down; what happens in the background."""

from __future__ import annotations

from typing import Final

from shows.mutations.mutation import Mutation

RECEIPTS: Final = "turnkeeper/delivery/receipts.py"
SWEEPER: Final = "turnkeeper/background/sweeper.py"
SWEEPER_TESTS: Final = "tests/turnkeeper/background/test_sweeper.py"
RECEIPTS_TESTS: Final = "tests/turnkeeper/delivery/test_receipts.py"
CONVERSATION: Final = "turnkeeper/delivery/conversation.py"
PARTS_TESTS: Final = "tests/turnkeeper/test_parts.py"
LEASE_CLOCK_TESTS: Final = "tests/turnkeeper/delivery/test_lease_clock.py"
LEASE: Final = "turnkeeper/delivery/lease.py"

MUTATIONS: Final = (
    Mutation(
        SWEEPER,
        "                if count < BATCH:\n                    break\n",
        "                break\n",
        (f"{SWEEPER_TESTS}::test_a_whole_batch_is_followed_by_the_next_after_a_moment",),
        "a sweep ends after one batch, however much has expired",
    ),
    Mutation(
        SWEEPER,
        '            _log.warning("expired records were not swept: %s", error)\n',
        "            raise\n",
        (f"{SWEEPER_TESTS}::test_a_store_that_is_away_is_swept_when_it_is_back",),
        "after a store that was away nothing is ever swept again",
    ),
    Mutation(
        SWEEPER,
        "await storage.sweep(BATCH)",
        "await storage.sweep(1_000_000)",
        (f"{SWEEPER_TESTS}::test_what_has_expired_goes_in_batches_and_all_else_stays",),
        "a turn waits while all that has expired is swept at once",
    ),
    Mutation(
        SWEEPER,
        "    while True:\n",
        "    for _ in range(1):\n",
        (f"{SWEEPER_TESTS}::test_what_has_expired_goes_in_batches_and_all_else_stays",),
        "there is one sweep and no other",
    ),
    Mutation(
        SWEEPER,
        '                _log.info("%d expired records are gone", count)\n',
        "",
        (f"{SWEEPER_TESTS}::test_the_log_tells_how_many_are_gone",),
        "nobody is told how many records are gone",
    ),
    Mutation(
        SWEEPER,
        "sleep(pause * random.uniform(0.5, 1.5))",
        "sleep(pause + random.uniform(0, 0))",
        (f"{SWEEPER_TESTS}::test_there_is_a_sweep_a_minute_and_not_in_all_processes_at_once",),
        "processes that started together sweep together",
    ),
    Mutation(
        RECEIPTS,
        "asyncio.create_task(self._write_all(), context=Context())",
        "asyncio.create_task(self._write_all())",
        (f"{RECEIPTS_TESTS}::test_what_is_logged_of_many_carries_the_ids_of_no_turn",),
        "what the writer logs carries the ids of another turn",
    ),
    Mutation(
        RECEIPTS,
        "            batch = [one for one in batch if one is not conflict]",
        "            batch = []",
        (f"{RECEIPTS_TESTS}::test_a_conflict_of_one_leaves_the_others",),
        "one conversation that others have written keeps all others from being written",
    ),
    Mutation(
        RECEIPTS,
        "            conflict.known = False\n",
        "",
        (f"{RECEIPTS_TESTS}::test_a_conflict_of_one_leaves_the_others",),
        "a ledger that others have written is not read anew",
    ),
    Mutation(
        RECEIPTS,
        ("            for conversation in batch:\n                conversation.undo()\n"),
        "",
        (f"{RECEIPTS_TESTS}::test_a_conflict_of_one_leaves_the_others",),
        "what was composed and not written counts as written",
    ),
    Mutation(
        RECEIPTS,
        (
            "            elif conversation.beat_age() >= BEAT - _TICK:\n"
            "                self.write(conversation)\n"
        ),
        "",
        (f"{RECEIPTS_TESTS}::test_a_holder_beats_each_second_and_stays_fresh",),
        "a holder does not beat",
    ),
    Mutation(
        RECEIPTS,
        ("                elif self._busy():\n                    await asyncio.sleep(LINGER)\n"),
        "",
        (f"{RECEIPTS_TESTS}::test_facts_of_many_conversations_are_one_write",),
        "each fact is a write of its own",
    ),
    Mutation(
        RECEIPTS,
        "async with asyncio.timeout(seconds):",
        "async with asyncio.timeout(None):",
        (f"{RECEIPTS_TESTS}::test_an_end_does_not_wait_for_a_store_for_ever",),
        "an end waits as long as the store is away",
    ),
    Mutation(
        RECEIPTS,
        "at_risk = [key for key, one in self._pending.items() if one.facts]",
        "at_risk = list(self._pending)",
        (f"{RECEIPTS_TESTS}::test_an_end_names_those_who_may_get_a_reply_twice",),
        "an end warns of conversations that nothing was sent to",
    ),
    Mutation(
        RECEIPTS,
        "            if not self._away and not self._closing:",
        "            if not self._closing:",
        (
            f"{RECEIPTS_TESTS}::test_one_warning_tells_that_the_store_is_away_however_often_it_is_asked",
        ),
        "a store that is away fills the log",
    ),
    Mutation(
        CONVERSATION,
        "            if done and not self.in_hand:",
        "            if done:",
        (f"{RECEIPTS_TESTS}::test_it_is_not_let_go_with_something_on_the_wire",),
        "a conversation is let go with a reply on the wire",
    ),
    Mutation(
        CONVERSATION,
        "done = self.stopping or not queue.open or queue.not_before - now > LONG",
        "done = self.stopping or not queue.open",
        (f"{RECEIPTS_TESTS}::test_a_short_wait_keeps_the_conversation_and_a_long_one_lets_it_go",),
        "a conversation that has to wait for long is held all the time",
    ),
    Mutation(
        CONVERSATION,
        "done = self.stopping or not queue.open or queue.not_before - now > LONG",
        "done = self.stopping or not queue.open or queue.not_before > now",
        (f"{RECEIPTS_TESTS}::test_a_short_wait_keeps_the_conversation_and_a_long_one_lets_it_go",),
        "each short wait lets a conversation go",
    ),
    Mutation(
        CONVERSATION,
        ('        if self.token and queue.holder != self.token:\n            self.token = ""\n'),
        "",
        (f"{RECEIPTS_TESTS}::test_who_finds_another_token_in_a_beat_stops",),
        "who has lost a conversation goes on as its sender",
    ),
    Mutation(
        CONVERSATION,
        ("            self._beat = begun\n        self.notice()"),
        ("            self._beat = self._clock.now()\n        self.notice()"),
        (f"{RECEIPTS_TESTS}::test_a_beat_is_as_old_as_the_beginning_of_its_write",),
        "a beat counts from its confirmation on",
    ),
    Mutation(
        CONVERSATION,
        "if self.record is None and not any(isinstance(one.fact, Wait) for one in self.facts):",
        "if False:",
        (
            f"{RECEIPTS_TESTS}::test_nothing_is_written_where_there_is_no_ledger_any_more_but_a_wait",
        ),
        "a receipt makes a ledger that was erased anew",
    ),
    Mutation(
        "turnkeeper/delivery/conversation.py",
        "            if noted.gives_up and place is not None:\n",
        "            if False:\n",
        (
            "tests/turnkeeper/delivery/test_receipts.py::test_what_is_given_up_is_kept_for_an_operator_for_a_day",
        ),
        "an operator does not find what was given up",
    ),
    Mutation(
        CONVERSATION,
        "yield Change(key, one.body(), ANY, owed.owner, now + KEPT_GIVEN_UP)",
        "yield Change(key, one.body(), ANY, owed.owner)",
        (f"{RECEIPTS_TESTS}::test_what_is_given_up_is_kept_for_an_operator_for_a_day",),
        "what was given up is kept for ever",
    ),
    Mutation(
        CONVERSATION,
        "        expires_at = queue.expires or (record",
        "        expires_at = (record",
        (f"{PARTS_TESTS}::test_conversations_and_people_are_kept_as_long_as_the_settings_say",),
        "a ledger that owed something is kept longer than the settings say",
    ),
    Mutation(
        LEASE,
        'return age if abs(age - by_wall) <= _JUMP else float("inf")',
        "return age",
        (f"{LEASE_CLOCK_TESTS}::test_where_they_differ_by_more_than_a_second_it_is_old_for_ever",),
        "a clock that stood still with its machine makes an old beat look young",
    ),
    Mutation(
        LEASE,
        (
            '    if clock := getattr(time, "CLOCK_BOOTTIME", None):\n'
            "        return time.clock_gettime(clock)\n"
        ),
        "",
        (f"{LEASE_CLOCK_TESTS}::test_the_steady_one_counts_suspended_time_where_it_can",),
        "time in which the machine is suspended does not count",
    ),
)
