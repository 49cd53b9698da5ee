"""What a turn says, over HTTP and of its own accord."""

from __future__ import annotations

from typing import Final

from shows.mutations.mutation import Mutation

PROACTIVE: Final = "turnkeeper/turn/proactive.py"
CONTEXT: Final = "turnkeeper/turn/context.py"
OUTBOX: Final = "turnkeeper/turn/outbox.py"
RESPONSE: Final = "turnkeeper/turn/response.py"
TURNS_TESTS: Final = "tests/turnkeeper/turn/test_turns.py"
SPEAKING_FIRST_TESTS: Final = "tests/turnkeeper/turn/test_speaking_first.py"
REPLIES_TESTS: Final = "tests/turnkeeper/turn/test_replies.py"
REFUSED_TESTS: Final = "tests/turnkeeper/delivery/test_refused.py"
DELAYS_TESTS: Final = "tests/turnkeeper/delivery/test_delays.py"

MUTATIONS: Final = (
    Mutation(
        PROACTIVE,
        "        activity.service_url = self._service_urls.check(activity.service_url)\n",
        "",
        (f"{TURNS_TESTS}::test_it_speaks_first_to_a_channel_only",),
        "the bot speaks first to a host that is no channel",
    ),
    Mutation(
        PROACTIVE,
        "service_url = self._service_urls.check(service_url)",
        'service_url = service_url.rstrip("/")',
        (f"{SPEAKING_FIRST_TESTS}::test_no_conversation_is_begun_at_a_host_that_is_no_channel",),
        "a conversation is begun at a host that is no channel",
    ),
    Mutation(
        PROACTIVE,
        "                task.cancel()\n",
        "                pass\n",
        (
            (
                f"{SPEAKING_FIRST_TESTS}::"
                "test_it_does_not_wait_for_ever_and_then_nothing_is_half_done"
            ),
        ),
        "a bot that is stopped waits for ever for a turn that hangs",
    ),
    Mutation(
        PROACTIVE,
        "            raise ShuttingDown\n",
        "            pass\n",
        (f"{SPEAKING_FIRST_TESTS}::test_who_closes_the_adapter_waits_for_turns_under_way",),
        "a bot that is being stopped begins further turns",
    ),
    Mutation(
        PROACTIVE,
        "turn = secrets.token_hex(8)",
        'turn = ""',
        (
            (
                f"{SPEAKING_FIRST_TESTS}::"
                "test_a_conversation_that_was_there_already_is_spoken_in_again"
            ),
        ),
        "a conversation that begins again with the same id is taken for a duplicate",
    ),
    Mutation(
        PROACTIVE,
        "members[0] if len(members) == 1 and not parameters.is_group else None",
        "members[0] if members else None",
        (f"{SPEAKING_FIRST_TESTS}::test_a_group_is_nobodys",),
        "a group that the bot begins is taken for its first member",
    ),
    Mutation(
        PROACTIVE,
        "        identity.claims[AuthenticationConstants.SERVICE_URL_CLAIM] = service_url\n",
        "",
        (
            (
                f"{REPLIES_TESTS}::"
                "test_a_conversation_that_the_bot_begins_has_its_service_url_in_its_identity"
            ),
        ),
        "the identity of a begun conversation lacks its service URL",
    ),
    Mutation(
        CONTEXT,
        "if incoming.id and not proactive and",
        "if incoming.id and",
        (
            (
                f"{REPLIES_TESTS}::"
                "test_what_is_said_about_a_join_or_of_the_bots_own_accord_answers_nothing"
            ),
        ),
        "what the bot says first replies to an event that nobody sent",
    ),
    Mutation(
        CONTEXT,
        "    reply.recipient = sender if sender and sender.id else None",
        "    reply.recipient = None",
        (
            (
                f"{REPLIES_TESTS}::"
                "test_a_reply_goes_from_the_bot_to_who_spoke_and_names_what_it_answers"
            ),
        ),
        "a reply names no recipient",
    ),
    Mutation(
        CONTEXT,
        "if any(activity.type != ActivityTypes.trace for activity in output):",
        "if output:",
        (f"{REPLIES_TESTS}::test_a_trace_is_no_response",),
        "a trace counts as a response",
    ),
    Mutation(
        OUTBOX,
        "min(number, LONGEST_DELAY_MS, self._delays_left)",
        "min(number, self._delays_left)",
        (f"{REPLIES_TESTS}::test_a_delay_lasts_five_seconds_at_most",),
        "a delay may be longer than five seconds",
    ),
    Mutation(
        OUTBOX,
        "        self._delays_left -= ms\n",
        "",
        (f"{DELAYS_TESTS}::test_a_reply_behind_pauses_is_sent_and_they_last_30_seconds_at_most",),
        "a bot holds its conversation for ever by pauses",
    ),
    Mutation(
        OUTBOX,
        "            raise TurnEnded\n",
        '            return cls("")\n',
        (f"{TURNS_TESTS}::test_nothing_can_be_said_in_a_turn_that_is_over",),
        "what is said after a turn is dropped without a word",
    ),
    Mutation(
        RESPONSE,
        "activity.type != ActivityTypes.trace or activity.channel_id ==",
        "activity.type != ActivityTypes.trace or activity.channel_id !=",
        (f"{TURNS_TESTS}::test_a_trace_leaves_only_for_the_emulator",),
        "a trace leaves for every channel",
    ),
    Mutation(
        RESPONSE,
        "replies = filter(_is_reply, context.buffered_reply_activities)",
        "replies = context.buffered_reply_activities",
        (f"{REPLIES_TESTS}::test_expected_replies_hold_no_trace_but_for_the_emulator",),
        "expected replies hold traces",
    ),
    Mutation(
        RESPONSE,
        "InvokeResponse(status=HTTPStatus.NOT_IMPLEMENTED)",
        "InvokeResponse(status=HTTPStatus.OK)",
        (f"{REPLIES_TESTS}::test_an_invoke_that_nothing_answers_is_not_implemented",),
        "an invoke that no code of the bot has answered counts as done",
    ),
    Mutation(
        PROACTIVE,
        "        if debt is None or in_turn():\n",
        "        if debt is None:\n",
        (f"{SPEAKING_FIRST_TESTS}::test_within_a_turn_nobody_waits_for_what_is_said_elsewhere",),
        "a turn waits for what it says elsewhere",
    ),
    Mutation(
        "turnkeeper/turn/proactive.py",
        "        if not left:\n            raise DeliveryOwed(debt.effects)\n",
        "",
        (
            "tests/turnkeeper/turn/test_speaking_first.py::test_whoever_speaks_is_told_after_ten_seconds_that_it_is_still_owed",
        ),
        "who speaks first takes what is still owed for delivered",
    ),
    Mutation(
        PROACTIVE,
        "refusal = debt.refusals[0]",
        "refusal = debt.refusals[-1]",
        (f"{REFUSED_TESTS}::test_who_speaks_first_is_told_what_was_refused_first",),
        "of several refusals the last one is told",
    ),
    Mutation(
        OUTBOX,
        'f"reply-{self._turn}-{len(self.effects)}"',
        'f"reply-{self._turn}"',
        (f"{REPLIES_TESTS}::test_each_reply_of_a_turn_has_an_id_of_its_own",),
        "two replies of a turn have one id",
    ),
)
