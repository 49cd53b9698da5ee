"""Sending what is owed."""

from __future__ import annotations

from typing import Final

from shows.mutations.mutation import Mutation

SENDER: Final = "turnkeeper/delivery/sender.py"
POSTING: Final = "turnkeeper/delivery/posting.py"
NOTES_TESTS: Final = "tests/turnkeeper/turn/test_notes.py"
HOLDING_TESTS: Final = "tests/turnkeeper/delivery/test_holding.py"
TURNS_TESTS: Final = "tests/turnkeeper/turn/test_turns.py"
GIVEN_UP_TESTS: Final = "tests/turnkeeper/turn/test_given_up.py"
LEASES_TESTS: Final = "tests/turnkeeper/turn/test_leases.py"
COUNTED_TESTS: Final = "tests/turnkeeper/observing/test_counted.py"
DELAYS_TESTS: Final = "tests/turnkeeper/delivery/test_delays.py"
REFUSED_TESTS: Final = "tests/turnkeeper/delivery/test_refused.py"
REPLIES_TESTS: Final = "tests/turnkeeper/turn/test_replies.py"

MUTATIONS: Final = (
    Mutation(
        SENDER,
        "                    receipt.sent = owed.sent\n",
        "",
        (f"{NOTES_TESTS}::test_an_end_does_not_wait_for_the_store_and_names_whom_it_concerns",),
        "a receipt does not tell how much was sent",
    ),
    Mutation(
        SENDER,
        "            owed.until = 0  # anybody may go on from here, at once\n",
        "",
        (f"{HOLDING_TESTS}::test_after_a_failed_delivery_others_go_on_at_once",),
        "after a failed delivery the others wait for the lease",
    ),
    Mutation(
        SENDER,
        "            await self.receipts.write(key)\n            raise\n",
        "            raise\n",
        (f"{TURNS_TESTS}::test_a_failed_delivery_is_noted_once_and_not_over_and_over",),
        "a failed delivery is not noted",
    ),
    Mutation(
        SENDER,
        "if shared or len(self._order) == 1:",
        "if len(self._order) == 1:",
        (
            (
                f"{HOLDING_TESTS}::"
                "test_where_two_processes_take_turns_each_finds_the_receipt_of_the_other"
            ),
        ),
        "another process that takes turns too waits for the receipt",
    ),
    Mutation(
        SENDER,
        "if shared or len(self._order) == 1:",
        "if shared:",
        (f"{TURNS_TESTS}::test_when_nobody_waits_what_was_sent_is_noted_before_the_answer",),
        "a turn is answered before it is noted what was sent, though nobody waits",
    ),
    Mutation(
        SENDER,
        "if status < _SERVER_ERROR or not",
        "if not",
        (f"{GIVEN_UP_TESTS}::test_a_channel_that_is_away_or_asks_to_wait_is_waited_for",),
        "a reply is given up though the channel only asks to wait",
    ),
    Mutation(
        SENDER,
        "or not owed.refused(self._clock()):\n            return False",
        "or owed.refused(self._clock()) is None:\n            return False",
        (f"{GIVEN_UP_TESTS}::test_after_an_hour_of_server_errors_the_conversation_goes_on",),
        "a reply is given up at the first server error",
    ),
    Mutation(
        SENDER,
        (
            "                        if not self._gives_up(key, owed, error):\n"
            "                            raise\n"
        ),
        (
            "                        self._gives_up(key, owed, error)\n"
            "                        raise\n"
        ),
        (f"{GIVEN_UP_TESTS}::test_after_an_hour_of_server_errors_the_conversation_goes_on",),
        "a reply that the channel never takes blocks its conversation for ever",
    ),
    Mutation(
        SENDER,
        "        self._metrics.given_up.inc()\n",
        "",
        (f"{GIVEN_UP_TESTS}::test_after_an_hour_of_server_errors_the_conversation_goes_on",),
        "replies that are given up are not counted",
    ),
    Mutation(
        SENDER,
        "        if owed.until <= self._clock():\n            raise",
        "        if owed.until < 0:\n            raise",
        (f"{LEASES_TESTS}::test_a_commit_that_took_longer_than_the_lease_is_not_sent_by_two",),
        "a delivery goes on though its lease has run out",
    ),
    Mutation(
        SENDER,
        "        if renewal.task is None:\n            await self._renew(key, receipt)\n",
        "",
        (f"{LEASES_TESTS}::test_a_commit_that_took_long_is_still_sent_where_nobody_went_on",),
        "a commit that took long is not sent though nobody went on with it",
    ),
    Mutation(
        SENDER,
        "            owed.until = 0  # another process went on with it\n",
        "            owed.until = until\n",
        (HOLDING_TESTS,),
        "a delivery goes on though another process has taken it over",
        survives="others take over what has run out, so its time before is over too",
    ),
    Mutation(
        SENDER,
        "            owed.until = until\n            _log",
        "            _log",
        (
            (
                f"{HOLDING_TESTS}::"
                "test_what_a_slow_commit_leaves_without_a_lease_is_not_sent_unless_that_is_renewed"
            ),
        ),
        "a lease that could not be renewed is taken for renewed",
    ),
    Mutation(
        SENDER,
        " or owed.holder == self.holder or owed.until <= self._clock()",
        " or owed.holder == self.holder",
        (f"{HOLDING_TESTS}::test_after_a_failed_delivery_others_go_on_at_once",),
        "what a process that died owes is never sent",
    ),
    Mutation(
        SENDER,
        " or owed.holder == self.holder or owed.until <= self._clock()",
        " or owed.until <= self._clock()",
        (f"{HOLDING_TESTS}::test_a_process_does_not_wait_for_itself",),
        "a process waits for its own lease",
    ),
    Mutation(
        SENDER,
        '        self._holder = ""\n',
        "        self._holder = secrets.token_hex(8)\n",
        (f"{GIVEN_UP_TESTS}::test_processes_that_a_server_forks_do_not_take_each_other_for_one",),
        "processes that a server forks take each other for one",
    ),
    Mutation(
        SENDER,
        "            LEASE / 2, partial",
        "            LEASE * 1000, partial",
        (f"{HOLDING_TESTS}::test_a_renewal_that_is_being_written_is_waited_for",),
        "the lease of a slow delivery is not renewed",
    ),
    Mutation(
        SENDER,
        "            ledger.holder = ledger.owed.holder = self.holder\n",
        "            ledger.holder = self.holder\n",
        (f"{HOLDING_TESTS}::test_what_another_process_has_claimed_and_sent_it_knows_to_be_sent",),
        "what is claimed stays with who had it before",
    ),
    Mutation(
        SENDER,
        (
            "        self._metrics.delivery_seconds.observe(loop.time() - began)\n"
            "        ledger.settle()"
        ),
        "        ledger.settle()",
        (f"{COUNTED_TESTS}::test_an_activity_that_is_delivered_again",),
        "deliveries are not measured",
    ),
    Mutation(
        SENDER,
        "            await asyncio.shield(renewal.task)\n",
        "            renewal.task.cancel()\n",
        (f"{HOLDING_TESTS}::test_a_renewal_that_is_being_written_is_waited_for",),
        "a renewal is ended in the middle of a write",
    ),
    Mutation(
        SENDER,
        "deadline += effect.ms / 1000",
        "pass",
        (f"{DELAYS_TESTS}::test_a_reply_behind_pauses_is_sent_and_they_last_30_seconds_at_most",),
        "pauses that the bot asks for take its replies their time",
    ),
    Mutation(
        SENDER,
        "except DeliveryRefused as refusal:\n                        if refusals is not None:",
        "except ZeroDivisionError as refusal:\n                        if refusals is not None:",
        (f"{REFUSED_TESTS}::test_the_next_replies_and_turns_are_sent",),
        "a reply that is refused for good blocks its conversation",
    ),
    Mutation(
        SENDER,
        "                            refusals.append(refusal)\n",
        "                            pass\n",
        (f"{REFUSED_TESTS}::test_who_speaks_first_is_told_what_was_refused_first",),
        "who speaks first is not told that the channel has refused it",
    ),
    Mutation(
        POSTING,
        "ledger.channel_id(effect.activity)",
        "effect.activity",
        (f"{TURNS_TESTS}::test_a_reply_can_be_updated_and_deleted_also_in_a_later_turn",),
        "an update goes to an id that the channel does not know",
    ),
    Mutation(
        POSTING,
        'body = {**json_text.decode(effect.body), "id": activity_id}',
        "body = json_text.decode(effect.body)",
        (f"{TURNS_TESTS}::test_a_reply_can_be_updated_and_deleted_also_in_a_later_turn",),
        "an update holds the bot's id of the reply",
    ),
    Mutation(
        POSTING,
        "reply_to_id=effect.reply_to or None",
        "reply_to_id=None",
        (
            (
                f"{REPLIES_TESTS}::"
                "test_a_reply_goes_from_the_bot_to_who_spoke_and_names_what_it_answers"
            ),
        ),
        "a reply is not sent to the activity that it answers",
    ),
)
