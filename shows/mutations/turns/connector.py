"""Calls to channels."""

from __future__ import annotations

from typing import Final

from shows.mutations.mutation import Mutation

ATTEMPTS: Final = "turnkeeper/connector/attempts.py"
CALLS: Final = "turnkeeper/connector/calls.py"
SESSION: Final = "turnkeeper/connector/session.py"
CLIENT: Final = "turnkeeper/connector/client.py"
PATHS: Final = "turnkeeper/connector/paths.py"
REQUESTS: Final = "turnkeeper/connector/requests.py"
ATTEMPTS_TESTS: Final = "tests/turnkeeper/connector/test_attempts.py"
GATE_TESTS: Final = "tests/turnkeeper/connector/test_gate.py"
COOKIES_TESTS: Final = "tests/turnkeeper/connector/test_cookies.py"
CONNECTOR_TESTS: Final = "tests/turnkeeper/connector/test_connector.py"
TOKENS_TESTS: Final = "tests/turnkeeper/connector/test_tokens.py"  # noqa: S105 - a path

MUTATIONS: Final = (
    Mutation(
        SESSION,
        (
            "        cookie_jar=aiohttp.DummyCookieJar(),  # one "
            "conversation's are nothing to another\n"
        ),
        "",
        (f"{COOKIES_TESTS}::test_no_conversation_hears_of_anothers_cookies",),
        "cookies of one conversation go along with another's replies",
    ),
    Mutation(
        REQUESTS,
        "allow_redirects=False",
        "allow_redirects=True",
        (f"{CONNECTOR_TESTS}::test_a_refusal_is_final_and_logged_once",),
        "a reply follows a redirect, with its token",
    ),
    Mutation(
        SESSION,
        "auto_decompress=False",
        "auto_decompress=True",
        (f"{CONNECTOR_TESTS}::test_a_compressed_receipt_is_not_unpacked",),
        "a compressed receipt is unpacked, however huge it is inside",
    ),
    Mutation(
        CALLS,
        "            curable -= {reason}\n",
        "",
        (f"{CONNECTOR_TESTS}::test_connections_that_break_again_and_again_are_waited_for",),
        "a connection that breaks each time is tried again without a wait",
    ),
    Mutation(
        CALLS,
        "                self._token.drop(token)\n",
        "                pass\n",
        (f"{CONNECTOR_TESTS}::test_a_refused_token_is_renewed_once_and_at_once",),
        "a token that the channel refuses is used on",
    ),
    Mutation(
        REQUESTS,
        "if response is None:",
        "if True:",
        (f"{CONNECTOR_TESTS}::test_half_a_receipt_is_a_delivery",),
        "a reply whose receipt breaks off is sent again",
    ),
    Mutation(
        CALLS,
        "            if (room := deadline - clock()) <= 0:\n                break\n",
        "            room = deadline - clock()\n",
        (f"{CONNECTOR_TESTS}::test_a_deadline_that_is_over_asks_nothing",),
        "a call is made though its deadline is over",
    ),
    Mutation(
        REQUESTS,
        "min(room, self._attempt_timeout)",
        "room",
        (f"{CONNECTOR_TESTS}::test_a_hanging_request_is_cut_and_tried_again",),
        "one request that hangs takes all the time there is",
    ),
    Mutation(
        REQUESTS,
        "min(room, self._attempt_timeout)",
        "self._attempt_timeout",
        (f"{CONNECTOR_TESTS}::test_the_deadline_cuts_a_hanging_request",),
        "a request goes on beyond the deadline",
    ),
    Mutation(
        REQUESTS,
        (
            "if response.connection is not None:  # not all was read\n"
            "                        response.close()"
        ),
        "if response.connection is None:\n                        response.close()",
        (f"{CONNECTOR_TESTS}::test_a_huge_answer_is_not_read_to_its_end",),
        "a connection is kept on which half an answer is left",
    ),
    Mutation(
        SESSION,
        "limit=0, limit_per_host=per_host",
        "limit=8",
        (f"{CONNECTOR_TESTS}::test_hanging_conversations_hold_up_no_other",),
        "conversations that hang hold up the others",
    ),
    Mutation(
        CALLS,
        "(last.status == _UNAUTHORIZED and token is not None)",
        "last.status == _UNAUTHORIZED",
        (f"{TOKENS_TESTS}::test_without_any_token_a_401_is_a_refusal_for_good",),
        "a 401 without any token is tried again",
    ),
    Mutation(
        CALLS,
        "await self._token.get(room)",
        "await self._token.get()",
        (f"{TOKENS_TESTS}::test_a_login_service_is_waited_for_until_the_deadline_and_no_longer",),
        "a login service that hangs outlasts the deadline of a reply",
    ),
    Mutation(
        REQUESTS,
        'wish = retry_after(response.headers.get("Retry-After"), time.time())',
        "wish = None",
        (f"{CONNECTOR_TESTS}::test_retry_after_is_waited_for",),
        "Retry-After is not heeded",
    ),
    Mutation(
        PATHS,
        "        raise DeliveryRefused(400, refusal)\n",
        "        pass\n",
        (f"{CONNECTOR_TESTS}::test_an_empty_id_asks_nothing",),
        "a call about an empty id is made, and means another resource",
    ),
    Mutation(
        PATHS,
        '    if text in (".", ".."):\n        return text.replace(".", "%2E")\n',
        "",
        (f"{CONNECTOR_TESTS}::test_any_id_reaches_its_own_conversation",),
        "an id of dots means another path",
    ),
    Mutation(
        PATHS,
        'quote(text, safe="", errors="surrogatepass")',
        'quote(text, errors="surrogatepass")',
        (f"{CONNECTOR_TESTS}::test_any_id_reaches_its_own_conversation",),
        "a slash in an id means another path",
    ),
    Mutation(
        PATHS,
        "(*path, reply_to_id) if reply_to_id else path",
        "path",
        (f"{CONNECTOR_TESTS}::test_a_reply_names_the_activity_that_it_answers",),
        "a reply does not name the activity that it answers",
    ),
    Mutation(
        CLIENT,
        'call = Call("PUT", url,',
        'call = Call("POST", url,',
        (f"{CONNECTOR_TESTS}::test_what_was_sent_is_updated_and_deleted",),
        "an update is sent as a further message",
    ),
    Mutation(
        CLIENT,
        ('            raise DeliveryFailed("the channel\'s answer names no new conversation")\n'),
        '            conversation_id = ""\n',
        (f"{CONNECTOR_TESTS}::test_a_conversation_without_an_id_is_none",),
        "a conversation without an id is spoken in",
    ),
    Mutation(
        SESSION,
        "        if self._gate is not None and not self._gate():\n",
        "        if self._gate is not None and not self._gate() and self.left:\n",
        (f"{GATE_TESTS}::test_behind_a_closed_gate_the_server_sees_no_request",),
        "a reply leaves through a closed gate",
    ),
    Mutation(
        ATTEMPTS,
        "                self._token.drop(token)\n",
        "                pass\n",
        (f"{ATTEMPTS_TESTS}::test_a_stale_token_is_renewed_within_the_attempt",),
        "an attempt is made twice with the same stale token",
    ),
    Mutation(
        ATTEMPTS,
        'frozenset({"401", "disconnected"})',
        'frozenset({"401"})',
        (f"{ATTEMPTS_TESTS}::test_an_idle_connection_that_was_closed_costs_no_attempt",),
        "an idle connection that was closed costs an attempt",
    ),
    Mutation(
        ATTEMPTS,
        "Failed(reason, status, answer.wish,",
        "Failed(reason, status, None,",
        (f"{ATTEMPTS_TESTS}::test_retry_after_is_told_in_both_forms",),
        "an attempt does not tell how long the channel is to be left alone",
    ),
)
