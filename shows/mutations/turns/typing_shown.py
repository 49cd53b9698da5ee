"""Typing, which leaves at once."""

from __future__ import annotations

from typing import Final

from shows.mutations.mutation import Mutation

INDICATORS: Final = "turnkeeper/delivery/typing_indicators.py"
BOT_RUN: Final = "turnkeeper/adapters/bot_run.py"
CONTEXT: Final = "turnkeeper/turn/context.py"
OUTBOX: Final = "turnkeeper/turn/outbox.py"
RESPONSE: Final = "turnkeeper/turn/response.py"
TESTS: Final = "tests/turnkeeper/delivery/test_typing.py"

MUTATIONS: Final = (
    Mutation(
        OUTBOX,
        "elif kind == _TYPING:",
        "elif kind in (_TYPING, ActivityTypes.event):",
        (f"{TESTS}::test_nothing_else_leaves_before_the_commit",),
        "an event leaves before the turn is committed",
    ),
    Mutation(
        OUTBOX,
        'self._show_typing(self._turn, _send("", activity))',
        "self.send(activity)",
        (f"{TESTS}::test_it_is_shown_while_the_bot_works_and_is_in_no_ledger",),
        "typing waits for the commit",
    ),
    Mutation(
        OUTBOX,
        "            if not answers_over_http(context.activity):\n",
        "            if True:\n",
        (f"{TESTS}::test_it_comes_to_nothing_where_the_answer_is_in_the_response",),
        "typing goes to the channel of who expects replies in the response",
    ),
    Mutation(
        RESPONSE,
        "may_leave(activity) and activity.type != ActivityTypes.typing",
        "may_leave(activity)",
        (f"{TESTS}::test_it_comes_to_nothing_where_the_answer_is_in_the_response",),
        "expected replies hold typing",
    ),
    Mutation(
        CONTEXT,
        "        Outbox.open_for(self, activities)\n",
        "        Outbox.of(self)\n",
        (f"{TESTS}::test_what_is_sent_for_it_by_a_timer_of_the_bot_after_the_turn_is_dropped",),
        "a timer of the bot that shows typing after its turn fails",
    ),
    Mutation(
        INDICATORS,
        "        self._shown.add((key, turn))\n",
        "",
        (f"{TESTS}::test_a_turn_that_runs_again_shows_it_once",),
        "a turn that runs again shows typing each time",
    ),
    Mutation(
        INDICATORS,
        "asyncio.timeout(LIMIT)",
        "asyncio.timeout(None)",
        (f"{TESTS}::test_it_is_given_up_when_it_is_old",),
        "typing is shown for as long as the channel takes",
    ),
    Mutation(
        BOT_RUN,
        "            self._typing_now.cancel()\n",
        "            pass\n",
        (f"{TESTS}::test_nor_after_a_turn_that_says_nothing",),
        "typing is shown after a turn that says nothing",
    ),
    Mutation(
        BOT_RUN,
        'self._received["service_url"]',
        "self._activity.service_url",
        (f"{TESTS}::test_it_goes_to_the_channel_wherever_bot_code_would_have_it",),
        "bot code may send typing, and the bot's token with it, to any host",
    ),
    Mutation(
        INDICATORS,
        "if others or queue.not_before > self._storage.now():",
        "if queue.not_before > self._storage.now():",
        (f"{TESTS}::test_it_is_not_shown_before_what_another_process_still_owes",),
        "typing is shown before what another process still owes",
    ),
    Mutation(
        INDICATORS,
        "if others or queue.not_before > self._storage.now():",
        "if others:",
        (f"{TESTS}::test_it_is_not_shown_while_the_channel_has_asked_to_wait",),
        "typing is shown while the channel has asked to wait",
    ),
    Mutation(
        INDICATORS,
        "for one in queue.open.values() if one.turn != turn]",
        "for one in queue.open.values()]",
        (f"{TESTS}::test_it_is_shown_in_a_pause_before_the_first_reply_and_not_after",),
        "typing is not shown in a pause before the first reply",
    ),
    Mutation(
        INDICATORS,
        "                    self._hear_wait(key, wait)\n",
        "                    pass\n",
        (f"{TESTS}::test_what_the_channel_asks_to_wait_then_counts_for_replies",),
        "what the channel asks to wait for typing is not waited for",
    ),
    Mutation(
        BOT_RUN,
        "            if isinstance(first, Delay):",
        "            if False and isinstance(first, Delay):",
        (f"{TESTS}::test_it_is_shown_in_a_pause_before_the_first_reply_and_not_after",),
        "typing ends with its turn though a pause comes first",
    ),
)
