"""What is owed is done without being asked."""

from __future__ import annotations

from typing import Final

from shows.mutations.mutation import Mutation

DISPATCHER_TESTS: Final = "tests/turnkeeper/background/test_dispatcher.py"
DISPATCHER: Final = "turnkeeper/background/dispatcher.py"

MUTATIONS: Final = (
    Mutation(
        DISPATCHER,
        ("            if not queue.holder:\n                free.append(key)\n"),
        ("            if True:\n                free.append(key)\n"),
        (
            f"{DISPATCHER_TESTS}::test_what_a_process_that_died_owes_is_sent_by_another_in_five_seconds",
        ),
        "what a process that died owes is never sent",
    ),
    Mutation(
        DISPATCHER,
        "            await asyncio.sleep(LEASE)\n",
        "            await asyncio.sleep(0)\n",
        (f"{DISPATCHER_TESTS}::test_a_token_of_this_process_that_no_task_of_it_owns_is_anothers",),
        "a holder is taken for dead at once",
    ),
    Mutation(
        DISPATCHER,
        "await self._claim(key, holder)",
        "await self._claim(key)",
        (
            f"{DISPATCHER_TESTS}::test_what_a_process_that_died_owes_is_sent_by_another_in_five_seconds",
        ),
        "a holder is watched to no end",
    ),
    Mutation(
        DISPATCHER,
        "wanted and key.endswith(self._bot_part) and not",
        "wanted and not",
        (f"{DISPATCHER_TESTS}::test_ledgers_of_other_bots_are_left_to_them",),
        "one bot of a store takes up what another owes",
    ),
    Mutation(
        DISPATCHER,
        "for look in (self.look_at_all, *[self.look] * LOOKS):",
        "for look in (self.look, *[self.look] * LOOKS):",
        (f"{DISPATCHER_TESTS}::test_what_no_index_shows_is_found_by_the_look_at_all",),
        "what a step of the store's clock has hidden is never sent",
    ),
    Mutation(
        DISPATCHER,
        "            after = page[-1][0]\n",
        "            return\n",
        (f"{DISPATCHER_TESTS}::test_it_looks_at_more_than_a_page",),
        "the look at all that is owed ends after a page",
    ),
    Mutation(
        DISPATCHER,
        "        if key not in self._unreadable:\n",
        "        if key:\n",
        (
            f"{DISPATCHER_TESTS}::test_a_ledger_that_cannot_be_read_is_named_once_and_keeps_nobody_waiting",
        ),
        "a ledger that cannot be read fills the log",
    ),
    Mutation(
        DISPATCHER,
        ("            if not self._away:\n                _log"),
        ("            if True:\n                _log"),
        (
            f"{DISPATCHER_TESTS}::test_a_store_that_is_away_is_looked_at_again_and_that_is_said_once",
        ),
        "a store that is away fills the dispatcher's log",
    ),
    Mutation(
        DISPATCHER,
        "        self._metrics.oldest_due = max(keys.values(), default=0.0)\n",
        "",
        (f"{DISPATCHER_TESTS}::test_how_long_the_oldest_has_been_due_is_in_the_metrics",),
        "nobody sees how long what is owed has been due",
    ),
    Mutation(
        DISPATCHER,
        "        wanted = self._everywhere() or key in self._senders.own\n",
        "        wanted = True\n",
        (
            f"{DISPATCHER_TESTS}::test_with_dispatch_off_only_what_turns_of_this_process_owe_is_sent",
        ),
        "DISPATCH=off takes up what others owe",
    ),
    Mutation(
        DISPATCHER,
        ("        if not self._everywhere() and not self._senders.own:\n            return\n"),
        "",
        (f"{DISPATCHER_TESTS}::test_with_nothing_of_its_own_the_store_is_not_even_asked",),
        "DISPATCH=off asks the store all the time",
    ),
    Mutation(
        DISPATCHER,
        "                watched.timer.cancel()\n",
        "                pass\n",
        (f"{DISPATCHER_TESTS}::test_an_end_leaves_no_watch_behind",),
        "a dispatcher that ends goes on watching",
    ),
    Mutation(
        DISPATCHER,
        "            self._tell(key, error)\n\n",
        "            raise\n\n",
        (f"{DISPATCHER_TESTS}::test_nor_does_one_that_is_none_though_it_can_be_read",),
        "a conversation that cannot be claimed keeps all others from being sent",
    ),
    Mutation(
        "turnkeeper/delivery/conversations.py",
        "            with suppress(UnreadableRecord):",
        "            with suppress():",
        (f"{DISPATCHER_TESTS}::test_nor_does_one_in_which_its_own_turns_owe_something",),
        "an unreadable ledger in which a process's own turns owe ends its looks",
    ),
    Mutation(
        DISPATCHER,
        "        except Exception:  # whatever",
        "        except ZeroDivisionError:  # whatever",
        (f"{DISPATCHER_TESTS}::test_a_look_that_fails_for_a_reason_of_its_own_is_not_the_last",),
        "a look that fails in another way is the last one",
    ),
)
