"""Sending what is owed."""

from __future__ import annotations

from typing import Final

from shows.mutations.mutation import Mutation

SENDER: Final = "turnkeeper/delivery/sender.py"
POSTING: Final = "turnkeeper/delivery/posting.py"
TURNS_TESTS: Final = "tests/turnkeeper/turn/test_turns.py"
GIVEN_UP_TESTS: Final = "tests/turnkeeper/turn/test_given_up.py"
REFUSED_TESTS: Final = "tests/turnkeeper/delivery/test_refused.py"
REPLIES_TESTS: Final = "tests/turnkeeper/turn/test_replies.py"
SENDERS_TESTS: Final = "tests/turnkeeper/delivery/test_senders.py"
ENTRY: Final = "turnkeeper/delivery/entry.py"
SENDERS: Final = "turnkeeper/delivery/senders.py"

MUTATIONS: Final = (
    Mutation(
        POSTING,
        "ledger.channel_id(effect.activity)",
        "effect.activity",
        (f"{TURNS_TESTS}::test_a_reply_can_be_updated_and_deleted_also_in_a_later_turn",),
        "an update goes to an id that the channel does not know",
    ),
    Mutation(
        ENTRY,
        "if queue.open and not queue.holder and queue.not_before <= now and self._may_take:",
        "if queue.open and queue.not_before <= now and self._may_take:",
        (f"{SENDERS_TESTS}::test_what_is_held_elsewhere_it_only_adds_to",),
        "a commit takes a conversation from its holder",
    ),
    Mutation(
        ENTRY,
        "if queue.open and not queue.holder and queue.not_before <= now and self._may_take:",
        "if queue.open and not queue.holder and self._may_take:",
        (f"{SENDERS_TESTS}::test_a_turn_in_a_wait_only_adds_to_what_is_owed",),
        "a commit takes a conversation that has to wait",
    ),
    Mutation(
        ENTRY,
        "if queue.open and not queue.holder and queue.not_before <= now and self._may_take:",
        "if queue.open and not queue.holder and queue.not_before <= now:",
        (f"{SENDERS_TESTS}::test_after_its_end_a_process_takes_nothing",),
        "a process that ends takes conversations",
    ),
    Mutation(
        ENTRY,
        "queue.holder and not self._token and record and record.due_at:",
        "False and record and record.due_at:",
        (f"{SENDERS_TESTS}::test_another_process_s_turn_is_no_sign_of_the_holders_life",),
        "turns of others hide that a holder is dead",
    ),
    Mutation(
        SENDERS,
        "                dead = not queue.holder or (queue.holder, queue.beat) == watched\n",
        "                dead = True\n",
        (f"{SENDERS_TESTS}::test_a_claim_of_a_holder_that_has_written_since_fails",),
        "a conversation is claimed from a holder that lives",
    ),
    Mutation(
        SENDERS,
        "if dead and queue.open and queue.not_before <= now and not conversation.token:",
        "if dead and queue.open and not conversation.token:",
        (f"{SENDERS_TESTS}::test_nothing_is_claimed_that_waits_or_owes_nothing",),
        "a conversation that has to wait is claimed",
    ),
    Mutation(
        SENDERS,
        "if dead and queue.open and queue.not_before <= now and not conversation.token:",
        "if dead and queue.not_before <= now and not conversation.token:",
        (f"{SENDERS_TESTS}::test_nothing_is_claimed_that_waits_or_owes_nothing",),
        "a conversation that owes nothing is claimed",
    ),
    Mutation(
        SENDERS,
        (
            "        if self._closing or self.holds(key):\n"
            "            return False\n"
            "        conversation ="
        ),
        "        conversation =",
        (f"{SENDERS_TESTS}::test_after_its_end_a_process_takes_nothing",),
        "a process that ends claims conversations",
    ),
    Mutation(
        "turnkeeper/delivery/senders.py",
        (
            "            for conversation in self.conversations:\n"
            "                conversation.stopping = True\n"
        ),
        "",
        (
            "tests/turnkeeper/delivery/test_senders.py::test_an_end_sends_for_a_moment_more_and_lets_go_with_empty_hands",
        ),
        "an end sends all that is owed first, however much that is",
    ),
    Mutation(
        SENDERS,
        (
            "        with suppress(StorageError):  # the dispatcher comes back to it\n"
            "            await self.claim(key)\n"
        ),
        "        self._drop(self._conversations[key])\n",
        (f"{SENDERS_TESTS}::test_a_long_wait_lets_go_and_comes_back_by_itself",),
        "nobody comes back to a conversation when its wait is over",
    ),
    Mutation(
        SENDER,
        "effect, ledger, self._connector, service_url, conversation.fresh\n",
        "effect, ledger, self._connector, service_url, lambda: True\n",
        (
            f"{SENDERS_TESTS}::test_an_effect_that_has_waited_for_its_connection_too_long_does_not_leave",
        ),
        "a reply that has waited for its connection leaves though another process may have sent it",
    ),
    Mutation(
        SENDER,
        "            wait = max(wait, failure.retry_after + min(wait, SPREAD))\n",
        "            wait = min(wait, failure.retry_after)\n",
        (f"{SENDERS_TESTS}::test_a_long_wait_lets_go_and_comes_back_by_itself",),
        "a Retry-After is undercut",
    ),
    Mutation(
        SENDER,
        "return Failed(place, failure.status, now + wait, asked, failure.of_the_bot, reply)",
        "return Failed(place, failure.status, now + wait, asked, False, reply)",
        (f"{GIVEN_UP_TESTS}::test_where_the_bot_cannot_log_in_nothing_is_ever_given_up",),
        "a failed login counts as the channel's failure",
    ),
    Mutation(
        "turnkeeper/delivery/conversation.py",
        '                _log.error("%s: a reply is given up", self.key)\n',
        "",
        (
            "tests/turnkeeper/turn/test_given_up.py::test_after_its_time_it_is_given_up_and_the_conversation_goes_on",
        ),
        "a reply is given up in silence",
    ),
    Mutation(
        SENDER,
        '_log.error("%s: the channel refused a reply: %d", conversation.key, outcome.status)',
        "pass",
        (f"{GIVEN_UP_TESTS}::test_a_refusal_is_in_the_log_and_counted",),
        "a reply is refused in silence",
    ),
    Mutation(
        SENDER,
        "        self._metrics.replies_refused.inc()\n",
        "",
        (f"{GIVEN_UP_TESTS}::test_a_refusal_is_in_the_log_and_counted",),
        "replies that are refused are not counted",
    ),
    Mutation(
        SENDER,
        "            debt.refusals.append(",
        "            list[object]().append(",
        (f"{REFUSED_TESTS}::test_who_speaks_first_is_told_what_was_refused_first",),
        "who speaks first is not told that the channel has refused it",
    ),
    Mutation(
        SENDER,
        "        case Update(activity=name) if name and not ledger.channel_id(name):",
        "        case Update(activity=name) if name:",
        (
            f"{TURNS_TESTS}::test_an_update_by_the_channels_own_id_takes_no_place_among_the_ids_of_replies",
        ),
        "the id that an update is answered with takes the place of a reply's",
    ),
    Mutation(
        SENDER,
        "            if seconds > LATE:\n",
        "            if seconds > 1000 * LATE:\n",
        (f"{GIVEN_UP_TESTS}::test_what_the_channel_takes_in_time_is_not_given_up",),
        "replies that leave late are not counted",
    ),
    Mutation(
        POSTING,
        ("        if lost:\n            activity.pop"),
        ("        if False:\n            activity.pop"),
        (f"{GIVEN_UP_TESTS}::test_an_update_of_a_refused_reply_goes_as_a_new_message",),
        "an update of a reply that was refused goes to no activity",
    ),
    Mutation(
        POSTING,
        ("    if lost:\n        return _NOTHING_TO_DO\n"),
        "",
        (f"{GIVEN_UP_TESTS}::test_a_deletion_of_it_is_dropped",),
        "what was never taken is deleted",
    ),
    Mutation(
        POSTING,
        'json_text.encode({**activity, "id": activity_id}).encode()',
        "json_text.encode(activity).encode()",
        (f"{TURNS_TESTS}::test_a_reply_can_be_updated_and_deleted_also_in_a_later_turn",),
        "an update holds the bot's id of the reply",
    ),
    Mutation(
        POSTING,
        "reply_to = effect.reply_to or None",
        "reply_to = None",
        (
            f"{REPLIES_TESTS}::test_a_reply_goes_from_the_bot_to_who_spoke_and_names_what_it_answers",
        ),
        "a reply is not sent to the activity that it answers",
    ),
)
