"""Requests, and what they are answered."""

from __future__ import annotations

from typing import Final

from shows.mutations.mutation import Mutation

BODY: Final = "turnkeeper/inbound/body.py"
CONNECTION: Final = "turnkeeper/inbound/connection.py"
ENDPOINT: Final = "turnkeeper/inbound/endpoint.py"
LOCAL: Final = "turnkeeper/inbound/local.py"
REFUSAL: Final = "turnkeeper/inbound/refusal.py"
ROUTES: Final = "turnkeeper/inbound/routes.py"
SLOW_BODIES_TESTS: Final = "tests/turnkeeper/inbound/test_slow_bodies.py"
HOSTILE_TESTS: Final = "tests/turnkeeper/e2e/test_hostile.py"
COUNTED_TESTS: Final = "tests/turnkeeper/observing/test_counted.py"
HOST_TESTS: Final = "tests/turnkeeper/test_host.py"
REFUSALS_TESTS: Final = "tests/turnkeeper/inbound/test_refusals.py"
LOG_LINES_TESTS: Final = "tests/turnkeeper/e2e/test_log_lines.py"
READY_TESTS: Final = "tests/turnkeeper/e2e/test_ready.py"
READINESS_TESTS: Final = "tests/turnkeeper/inbound/test_readiness.py"
STRANGERS_TESTS: Final = "tests/turnkeeper/e2e/test_strangers.py"
ACTIVITY_TESTS: Final = "tests/turnkeeper/inbound/test_activity.py"

MUTATIONS: Final = (
    Mutation(
        BODY,
        "async with asyncio.timeout(SLOWEST_BODY) as limit:",
        "async with asyncio.timeout(None) as limit:",
        (f"{SLOW_BODIES_TESTS}::test_a_body_that_does_not_come_is_answered_408",),
        "a body may take for ever",
    ),
    Mutation(
        BODY,
        "            raise RequestRefused(408,",
        "            raise RequestRefused(400,",
        (f"{SLOW_BODIES_TESTS}::test_a_body_that_does_not_come_is_answered_408",),
        "a body that is too slow is answered as a bad one",
    ),
    Mutation(
        BODY,
        "        while self._slow and self._bytes + length > MAX_UNFINISHED:\n",
        "        while False:\n",
        (f"{HOSTILE_TESTS}::test_who_has_sent_slowly_longest_makes_room_for_the_next",),
        "slow bodies fill the memory",
    ),
    Mutation(
        BODY,
        "oldest = next(iter(self._slow))",
        "oldest = next(reversed(self._slow))",
        (f"{HOSTILE_TESTS}::test_who_has_sent_slowly_longest_makes_room_for_the_next",),
        "who sends in two parts makes room for who has been slow longest",
    ),
    Mutation(
        BODY,
        "                self._forget(limit)\n",
        "                pass\n",
        (f"{SLOW_BODIES_TESTS}::test_bodies_that_have_come_make_room_for_others",),
        "bodies that have come count as slow for ever",
    ),
    Mutation(
        BODY,
        (
            '        if request.headers.get("Content-Encoding", '
            '"identity").lower() != "identity":\n'
            '            raise RequestRefused(415, "content_encoding", "The body '
            'must not be compressed.")\n'
        ),
        "",
        (f"{HOSTILE_TESTS}::test_a_compressed_body_is_refused",),
        "a compressed body is not refused",
    ),
    Mutation(
        ENDPOINT,
        "            self._local.check(request)\n",
        "            pass\n",
        (
            (
                f"{HOSTILE_TESTS}::"
                "test_local_mode_hears_no_page_that_has_another_name_for_this_machine"
            ),
        ),
        "without credentials the bot talks to other machines",
    ),
    Mutation(
        ENDPOINT,
        "            began = None\n            raise\n",
        "            raise\n",
        (f"{COUNTED_TESTS}::test_what_is_refused_is_no_turn",),
        "what is refused counts as a turn",
    ),
    Mutation(
        ENDPOINT,
        "address = address_of(activity, self._bot_id, self._trusted)",
        "address = address_of(activity)",
        (f"{HOST_TESTS}::test_an_activity_for_two_bots_on_one_store_runs_in_both[sqlite]",),
        "two bots on one store take an activity for a duplicate of each other's",
    ),
    Mutation(
        LOCAL,
        "if here and (what := _foreign(request)):",
        "if not here and (what := _foreign(request)):",
        (
            (
                f"{HOSTILE_TESTS}::"
                "test_local_mode_takes_nothing_from_a_proxy_and_tells_the_operator_once"
            ),
        ),
        "without credentials the bot takes what a tunnel passes on",
    ),
    Mutation(
        LOCAL,
        "if not (here and _is_here(request.host)):",
        "if not here:",
        (
            (
                f"{HOSTILE_TESTS}::"
                "test_local_mode_hears_no_page_that_has_another_name_for_this_machine"
            ),
        ),
        "a page in a browser here talks to the bot under another name",
    ),
    Mutation(
        LOCAL,
        "        if (now := self._clock()) < self._quiet_until:\n            return\n",
        "        now = self._clock()\n",
        (f"{HOSTILE_TESTS}::test_the_operator_is_told_of_a_proxy_once_a_minute",),
        "the operator is told of a proxy at each request",
    ),
    Mutation(
        REFUSAL,
        '        response.headers["Retry-After"] = str(retry_after)\n',
        "        pass\n",
        (f"{REFUSALS_TESTS}::test_a_store_that_is_away_is_503_and_may_be_tried_again",),
        "nobody is told when to come again",
    ),
    Mutation(
        REFUSAL,
        '        response.headers["WWW-Authenticate"] = "Bearer"\n',
        "        pass\n",
        (f"{REFUSALS_TESTS}::test_who_shows_no_token_is_told_that_one_is_asked_for",),
        "a 401 does not say what is asked for",
    ),
    Mutation(
        REFUSAL,
        '    _log.exception("turn failed", exc_info=error)\n',
        '    _log.exception("turn failed: %s", error, exc_info=error)\n',
        (f"{LOG_LINES_TESTS}::test_a_turn_that_fails_for_good_names_itself",),
        "the log quotes what an error that ends a turn says",
    ),
    Mutation(
        LOCAL,
        "if request.version < HttpVersion11:",
        "if False:",
        (f"{HOSTILE_TESTS}::test_local_mode_takes_nothing_that_may_come_from_elsewhere",),
        "without credentials the bot takes what an nginx passes on",
    ),
    Mutation(
        LOCAL,
        'if "Authorization" in headers:',
        "if False:",
        (f"{HOSTILE_TESTS}::test_local_mode_takes_nothing_that_may_come_from_elsewhere",),
        "a bot whose credentials are missing takes a channel's activities unchecked",
    ),
    Mutation(
        LOCAL,
        "return all(URL(origin).origin() == here for origin in origins)",
        "return True",
        (f"{HOSTILE_TESTS}::test_local_mode_takes_nothing_that_may_come_from_elsewhere",),
        "the page of any site talks to the bot of who looks at it",
    ),
    Mutation(
        ENDPOINT,
        "        await self._taker.admit(authorization)\n",
        "",
        (f"{STRANGERS_TESTS}::test_who_sends_is_known_before_anything_is_read",),
        "the bodies of strangers are read",
    ),
    Mutation(
        CONNECTION,
        "        if not self._ignores:\n",
        "        if True:\n",
        (f"{STRANGERS_TESTS}::test_what_comes_behind_a_refusal_is_not_parsed",),
        "what comes behind a refusal is parsed",
    ),
    Mutation(
        CONNECTION,
        '    return {"read_bufsize": UNASKED, "lingering_time": LINGERING}\n',
        "    return {}\n",
        (f"{STRANGERS_TESTS}::test_little_is_parsed_before_it_is_asked_for",),
        "a body in chunks of one byte costs thirty refusals",
    ),
    Mutation(
        BODY,
        "        except ConnectionError:",
        "        except ZeroDivisionError:",
        (f"{STRANGERS_TESTS}::test_who_hangs_up_in_the_middle_is_no_error",),
        "who hangs up is an error of the bot's",
    ),
    Mutation(
        REFUSAL,
        "        metrics.refused.labels(error.code).inc()\n",
        "",
        (f"{COUNTED_TESTS}::test_what_is_refused_is_no_turn",),
        "refusals are not counted",
    ),
    Mutation(
        REFUSAL,
        "    if isinstance(error, UnreadableRecord):",
        "    if error is None:",
        (
            (
                f"{LOG_LINES_TESTS}::"
                "test_a_record_that_cannot_be_read_is_named_with_the_command_that_shows_it"
            ),
        ),
        "a record that cannot be read is taken for a store that is away",
    ),
    Mutation(
        ROUTES,
        '            faults["storage"] = "does not take writes"\n',
        "            pass\n",
        (f"{READY_TESTS}::test_a_bot_whose_disk_is_full_is_not_ready_until_there_is_room",),
        "a bot whose store is away is ready",
    ),
    Mutation(
        ROUTES,
        "        if not self.keys():\n",
        "        if self.keys() is None:\n",
        (f"{READINESS_TESTS}::test_it_is_not_ready_before_it_has_the_keys_of_its_channel",),
        "a bot that can check no token is ready",
    ),
    Mutation(
        ROUTES,
        "        if self.login_fails():\n",
        "        if self.login_fails() is None:\n",
        (f"{READINESS_TESTS}::test_it_is_not_ready_while_the_login_service_gives_no_token",),
        "a bot that can answer nobody is ready",
    ),
    Mutation(
        ROUTES,
        "client_max_size=MAX_BODY + 1,",
        "client_max_size=MAX_BODY - 1,",
        (
            f"{ACTIVITY_TESTS}::test_the_largest_body_is_taken",
            f"{HOSTILE_TESTS}::test_too_large_a_body_is_refused_with_and_without_its_length",
        ),
        "the largest body that may come is refused",
        survives="each request is read within the bot's own limit, whatever the application's is",
    ),
)
