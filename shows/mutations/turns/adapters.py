"""The SDK's faces of the engine."""

from __future__ import annotations

from typing import Final

from shows.mutations.mutation import Mutation

BOT_RUN: Final = "turnkeeper/adapters/bot_run.py"
TURN_ERROR: Final = "turnkeeper/adapters/turn_error.py"
CLOUD: Final = "turnkeeper/adapters/hosted.py"
FAILED_RUN_TESTS: Final = "tests/turnkeeper/adapters/test_failed_run.py"
TURN_ERROR_TESTS: Final = "tests/turnkeeper/adapters/test_turn_error.py"
TURNS_TESTS: Final = "tests/turnkeeper/turn/test_turns.py"
HOSTILE_TESTS: Final = "tests/turnkeeper/e2e/test_hostile.py"
SPEAKING_FIRST_TESTS: Final = "tests/turnkeeper/turn/test_speaking_first.py"
SENDERS_TESTS: Final = "tests/turnkeeper/delivery/test_senders.py"
PARTS_TESTS: Final = "tests/turnkeeper/test_parts.py"
FOOTING: Final = "turnkeeper/adapters/footing.py"

MUTATIONS: Final = (
    Mutation(
        BOT_RUN,
        "        if self._ran:  # and may have changed it\n",
        "        if self._ran and bot == self._in_time:\n",
        (f"{FAILED_RUN_TESTS}::test_on_turn_error_gets_the_activity_as_it_came",),
        "on_turn_error gets the activity as the failed run left it",
    ),
    Mutation(
        BOT_RUN,
        "        transaction.discard()\n",
        "",
        (f"{FAILED_RUN_TESTS}::test_nothing_is_kept_of_what_the_failed_run_has_saved",),
        "what a failed run wanted to store is stored",
    ),
    Mutation(
        BOT_RUN,
        "            await self._states.save_all_changes(context)\n",
        "",
        (f"{TURN_ERROR_TESTS}::test_the_person_is_told_and_nothing_else_is_said_or_kept",),
        "a bot has to save its state itself",
    ),
    Mutation(
        BOT_RUN,
        (
            "            if not isinstance(error, UnreadableRecord):\n"
            "                raise  # the turn is run again, or refused\n"
        ),
        "",
        (f"{FAILED_RUN_TESTS}::test_a_store_that_is_away_is_no_failure_of_the_bot",),
        "a store that is away is told of as a failure of the bot's",
    ),
    Mutation(
        BOT_RUN,
        (
            "        with self._deadlines.limit(self._time_limit):\n"
            "            await self._pipeline(context)"
        ),
        "        await self._pipeline(context)",
        (f"{FAILED_RUN_TESTS}::test_a_bot_that_thinks_too_long_has_failed",),
        "a bot may think for ever",
    ),
    Mutation(
        BOT_RUN,
        (
            "            # It also spares the garbage collector: the SDK's dialogs "
            "hold their turn in circles.\n"
            "            end_turn(context, begun)"
        ),
        "            pass",
        (f"{TURNS_TESTS}::test_nothing_can_be_said_in_a_turn_that_is_over",),
        "what bot code says or saves after its turn is lost without a word",
    ),
    Mutation(
        BOT_RUN,
        "        self._metrics.errors.inc()\n",
        "",
        (
            (
                f"{TURN_ERROR_TESTS}::"
                "test_a_bot_that_awaits_a_cancelled_task_has_failed_and_the_channel_is_answered"
            ),
        ),
        "failures of the bot are not counted",
    ),
    Mutation(
        BOT_RUN,
        ('        raise RuntimeError("bot code awaited a task that was cancelled") from error\n'),
        "        raise\n",
        (
            (
                f"{TURN_ERROR_TESTS}::"
                "test_a_bot_that_awaits_a_cancelled_task_has_failed_and_the_channel_is_answered"
            ),
        ),
        "a bot that awaits a cancelled task leaves the channel without an answer",
    ),
    Mutation(
        TURN_ERROR,
        "                await dialog_state.delete(context)\n",
        "                pass\n",
        (f"{TURN_ERROR_TESTS}::test_the_person_is_told_and_nothing_else_is_said_or_kept",),
        "a dialog that fails is open at the next message, and fails again",
    ),
    Mutation(
        TURN_ERROR,
        "        if context.activity.type == ActivityTypes.message:\n            await",
        "        if context.activity.type:\n            await",
        (f"{TURN_ERROR_TESTS}::test_an_invoke_is_answered_500",),
        "the bot apologises for what nobody said",
    ),
    Mutation(
        TURN_ERROR,
        '        if context.activity.channel_id == "emulator":\n',
        "        if context.activity.channel_id:\n",
        (TURN_ERROR_TESTS,),
        "a bot that fails sends its traceback to every channel",
        survives="a trace leaves for the emulator alone, whoever sends it",
    ),
    Mutation(
        CLOUD,
        (
            "        self._service_urls.tenants.check(address.channel, address.tenant)\n"
            "        activity.service_url = self._service_urls.check(activity.service_url)\n"
        ),
        "        self._service_urls.tenants.check(address.channel, address.tenant)\n",
        (f"{HOSTILE_TESTS}::test_local_mode_sends_nothing_to_other_machines",),
        "replies go to any host that an activity names",
    ),
    Mutation(
        CLOUD,
        "await self.senders.left(address.ledger_key, taken.debt, ANSWER_AFTER)",
        "pass",
        (f"{TURNS_TESTS}::test_what_was_sent_is_written_down_before_the_answer",),
        "a turn is answered before its replies have left",
    ),
    Mutation(
        CLOUD,
        "ANSWER_AFTER: Final = 2.0",
        "ANSWER_AFTER: Final = 20.0",
        (f"{SENDERS_TESTS}::test_who_is_answered_waits_for_its_replies_two_seconds_at_most",),
        "a channel waits for an answer as long as replies are owed",
    ),
    Mutation(
        CLOUD,
        "        await self._proactive.close()\n",
        "",
        (f"{SPEAKING_FIRST_TESTS}::test_who_closes_the_adapter_waits_for_turns_under_way",),
        "a stop does not wait for turns in which the bot speaks first",
    ),
    Mutation(
        CLOUD,
        "        await self.senders.close()\n",
        "",
        (f"{SENDERS_TESTS}::test_an_end_sends_for_a_moment_more_and_lets_go_with_empty_hands",),
        "a stop does not write down what was sent",
    ),
)
