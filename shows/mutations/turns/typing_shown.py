"""Typing, which leaves at once."""

from __future__ import annotations

from typing import Final

from shows.mutations.mutation import Mutation

INDICATORS: Final = "turnkeeper/delivery/typing_indicators.py"
SENDER: Final = "turnkeeper/delivery/sender.py"
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
        "if owed is None or owed.turn == turn or",
        "if True or",
        (f"{TESTS}::test_it_is_not_shown_before_what_another_process_still_owes",),
        "typing is shown before what another process still owes",
    ),
    Mutation(
        INDICATORS,
        "owed.turn == turn or self._receipts.tell_all(key, owed)",
        "owed.turn == turn",
        (f"{TESTS}::test_what_this_process_has_sent_is_not_owed_though_the_store_says_so",),
        "typing is not shown where only the store does not know yet what was sent",
    ),
    Mutation(
        INDICATORS,
        "if owed is None or owed.turn == turn or",
        "if owed is None or",
        (f"{TESTS}::test_it_is_shown_in_a_pause_before_the_first_reply",),
        "typing is not shown in a pause before the first reply",
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
        SENDER,
        "                        self.typing.end(key)",
        "                        pass",
        (f"{TESTS}::test_it_is_not_shown_any_more_when_the_reply_is_on_its_way",),
        "typing is shown after the reply",
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
)
