"""The way out: proxies, waits, answers."""

from __future__ import annotations

from typing import Final

from shows.mutations.mutation import Mutation

BACKOFF: Final = "turnkeeper/outbound/backoff.py"
BODY: Final = "turnkeeper/outbound/body.py"
PROXY: Final = "turnkeeper/outbound/proxy.py"
CONNECTOR_TESTS: Final = "tests/turnkeeper/connector/test_connector.py"
BACKOFF_TESTS: Final = "tests/turnkeeper/outbound/test_backoff.py"
PROXY_TESTS: Final = "tests/turnkeeper/outbound/test_proxy.py"

MUTATIONS: Final = (
    Mutation(
        BACKOFF,
        "frozenset({501, 505})",
        "frozenset[int]()",
        (f"{CONNECTOR_TESTS}::test_a_refusal_is_final_and_logged_once",),
        "what the server will never do is asked for again and again",
    ),
    Mutation(
        BACKOFF,
        "frozenset({408, 412, 423, 425, 429})",
        "frozenset({408, 412, 423, 425})",
        (f"{CONNECTOR_TESTS}::test_what_may_work_later_is_tried_again",),
        "a reply is lost where the channel asks to wait",
    ),
    Mutation(
        BACKOFF,
        "_SERVER_ERRORS = range(500, 600)",
        "_SERVER_ERRORS = range(500, 505)",
        (f"{CONNECTOR_TESTS}::test_what_may_work_later_is_tried_again",),
        "a reply is lost by a 520 of a proxy",
    ),
    Mutation(
        BACKOFF,
        "return wait if wait < room else None",
        "return wait",
        (f"{CONNECTOR_TESTS}::test_an_outage_is_given_up_at_the_deadline_and_not_before",),
        "a wait ends after the deadline",
    ),
    Mutation(
        BACKOFF,
        "wait = max(wait, retry_after + spread * self.random())",
        "wait = retry_after + spread * self.random()",
        (f"{CONNECTOR_TESTS}::test_retry_after_without_a_wait_does_not_end_the_backoff",),
        "Retry-After: 0 ends the backoff",
    ),
    Mutation(
        BACKOFF,
        "self.base * 2 ** min(tries - 1, 30)",
        "self.base * 2 ** (tries - 1)",
        (f"{BACKOFF_TESTS}::test_it_doubles_up_to_its_limit_and_stays_there",),
        "after a thousand failures in a row the backoff overflows",
    ),
    Mutation(
        BACKOFF,
        "    longest = _BASE * 2.0 ** min(tries - 1, 30)\n",
        "    longest = _BASE * 2.0 ** (tries - 1)\n",
        (f"{BACKOFF_TESTS}::test_a_wait_is_within_its_bounds_however_long_it_has_failed",),
        "what is owed for a week is tried no more: its wait overflows",
    ),
    Mutation(
        BODY,
        '        if len(body) > limit:\n            return b""\n',
        "",
        (f"{CONNECTOR_TESTS}::test_a_huge_answer_is_not_read_to_its_end",),
        "an answer without a length is read to its end",
    ),
    Mutation(
        PROXY,
        'if url.scheme != "https" or (proxy',
        "if (proxy",
        (f"{PROXY_TESTS}::test_what_stays_in_the_house_does_not",),
        "plain http goes through the proxy, which learns the identity's secret",
    ),
    Mutation(
        PROXY,
        "is_loopback(host) or bool(proxy_bypass(host))",
        "is_loopback(host)",
        (f"{PROXY_TESTS}::test_what_stays_in_the_house_does_not",),
        "NO_PROXY is not heeded",
    ),
    Mutation(
        PROXY,
        "is_loopback(host) or bool(proxy_bypass(host))",
        "bool(proxy_bypass(host))",
        (f"{PROXY_TESTS}::test_what_stays_in_the_house_does_not",),
        "calls to this machine go through the proxy",
    ),
)
