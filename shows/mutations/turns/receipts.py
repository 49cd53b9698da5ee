"""What was sent and is to be written down; what happens in the background."""

from __future__ import annotations

from typing import Final

from shows.mutations.mutation import Mutation

RECEIPTS: Final = "turnkeeper/delivery/receipts.py"
SWEEPER: Final = "turnkeeper/background/sweeper.py"
HOLDING_TESTS: Final = "tests/turnkeeper/delivery/test_holding.py"
RECALLED_TESTS: Final = "tests/turnkeeper/delivery/test_recalled.py"
END_TESTS: Final = "tests/turnkeeper/delivery/test_end.py"
LEASES_TESTS: Final = "tests/turnkeeper/turn/test_leases.py"
NOTES_TESTS: Final = "tests/turnkeeper/turn/test_notes.py"
SWEEPER_TESTS: Final = "tests/turnkeeper/background/test_sweeper.py"

MUTATIONS: Final = (
    Mutation(
        RECEIPTS,
        "owed.turn != receipt.turn or owed.holder != holder:",
        "owed.turn != receipt.turn:",
        (f"{HOLDING_TESTS}::test_who_has_lost_what_it_sent_to_another_process_waits_for_that",),
        "a receipt counts though another process has gone on",
    ),
    Mutation(
        RECEIPTS,
        "        ledger.sent_ids = receipt.ledger.sent_ids\n",
        "",
        (f"{RECALLED_TESTS}::test_a_reply_is_known_by_its_id_all_the_same",),
        "ids of the channel are lost where a receipt is recalled",
    ),
    Mutation(
        RECEIPTS,
        "            self._away = True\n            self.write_later()\n",
        "            self._away = True\n",
        (f"{RECALLED_TESTS}::test_it_is_written_down_as_soon_as_the_store_takes_it",),
        "a receipt that the store did not take is never written",
    ),
    Mutation(
        RECEIPTS,
        "if at_risk := [key for key, receipt in self._receipts.items() if receipt.sent]:",
        "if at_risk := list(self._receipts):",
        (f"{RECALLED_TESTS}::test_an_end_warns_of_what_may_be_sent_twice_and_of_nothing_else",),
        "an end warns of conversations that nothing was sent to",
    ),
    Mutation(
        RECEIPTS,
        "async with asyncio.timeout(CLOSING):",
        "async with asyncio.timeout(None):",
        (f"{END_TESTS}::test_a_store_that_hangs_is_not_waited_for",),
        "an end waits as long as the store is away",
    ),
    Mutation(
        RECEIPTS,
        "asyncio.create_task(self._write_due(), context=Context())",
        "asyncio.create_task(self._write_due())",
        (
            (
                f"{LEASES_TESTS}::"
                "test_a_receipt_that_cannot_be_written_is_not_logged_under_the_ids_of_another_turn"
            ),
        ),
        "a late receipt is logged under the ids of another turn",
    ),
    Mutation(
        RECEIPTS,
        "if self._away and not await self._store_answers():",
        "if False:",
        (
            (
                f"{NOTES_TESTS}::"
                "test_a_failed_receipt_is_written_once_the_store_answers_and_no_turn_waits_for_it"
            ),
        ),
        "turns wait for a receipt while the store is away",
    ),
    Mutation(
        RECEIPTS,
        "                    if self._away:\n                        break\n",
        "",
        (f"{END_TESTS}::test_a_store_that_goes_away_is_asked_no_more",),
        "an end asks a store that is away once for each receipt",
    ),
    Mutation(
        RECEIPTS,
        (
            "                for key in receipts:  # one by one: it is the fault "
            "of a single one\n"
            "                    await self.write(key)\n"
            "                    if self._away:\n"
            "                        break\n"
        ),
        "                pass\n",
        (
            (
                f"{NOTES_TESTS}::"
                "test_a_receipt_that_is_out_of_date_does_not_keep_the_others_from_being_written"
            ),
        ),
        "one receipt that is out of date keeps all others from being written",
    ),
    Mutation(
        RECEIPTS,
        (
            "        except WriteConflict:\n"
            "            self._away = False\n"
            "            self.drop(key)  # another"
        ),
        "        except WriteConflict:\n            self._away = False  # another",
        (
            (
                f"{NOTES_TESTS}::"
                "test_a_receipt_that_is_out_of_date_does_not_keep_the_others_from_being_written"
            ),
        ),
        "a receipt that is out of date is kept for ever",
    ),
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
)
