"""The bot's own tokens."""

from __future__ import annotations

from typing import Final

from shows.mutations.mutation import Mutation

TOKEN: Final = "turnkeeper/login/token.py"  # noqa: S105 - a path
TOKEN_SOURCE: Final = "turnkeeper/login/token_source.py"  # noqa: S105 - a path
CERTIFICATE: Final = "turnkeeper/login/certificate.py"
TOKEN_RESPONSE: Final = "turnkeeper/login/token_response.py"  # noqa: S105 - a path
CREDENTIALS: Final = "turnkeeper/login/credentials.py"
TOKEN_TESTS: Final = "tests/turnkeeper/login/test_token.py"  # noqa: S105 - a path
SECRETS_TESTS: Final = "tests/turnkeeper/login/test_secrets.py"  # noqa: S105 - a path

MUTATIONS: Final = (
    Mutation(
        TOKEN,
        "if token == self._token and now >= self._drop_pause_until:",
        "if token == self._token:",
        (f"{TOKEN_TESTS}::test_a_dropped_token_is_replaced",),
        "a channel that refuses every token sends each turn to the login service",
    ),
    Mutation(
        TOKEN,
        "            if self._clock() < self._pause_until:\n                return None\n",
        "",
        (f"{TOKEN_TESTS}::test_a_login_service_that_fails_is_left_alone_for_a_while",),
        "a login service that fails is asked at each turn",
    ),
    Mutation(
        TOKEN,
        "                allow_redirects=False,\n",
        "",
        (f"{TOKEN_TESTS}::test_the_secret_follows_no_redirect",),
        "the secret follows a redirect to another host",
    ),
    Mutation(
        TOKEN,
        "min(wish, _LONGEST_PAUSE)",
        "wish",
        (f"{TOKEN_TESTS}::test_no_pause_is_longer_than_minutes",),
        "a login service may ask for a pause of days",
    ),
    Mutation(
        TOKEN,
        "if self._fetching is None or self._fetching.done():",
        "if True:",
        (f"{TOKEN_TESTS}::test_many_at_once_make_one_request",),
        "each turn that waits for a token asks for one of its own",
    ),
    Mutation(
        TOKEN,
        ("        if self._token is None or self._clock() >= self._stop_at:\n            raise"),
        "        if self._token is None:\n            raise",
        (f"{TOKEN_TESTS}::test_a_failed_renewal_leaves_the_old_token_in_use_while_it_holds",),
        "a token that has run out is used on",
    ),
    Mutation(
        TOKEN_SOURCE,
        'tenant = cloud.tenant if settings.app_type == "MultiTenant" else settings.tenant_id',
        "tenant = cloud.tenant",
        (f"{TOKEN_TESTS}::test_a_single_tenant_bot_logs_in_at_its_tenant",),
        "a bot of one tenant logs in at the common one",
    ),
    Mutation(
        CERTIFICATE,
        "            if (pem := self._read()) != self._pem:\n",
        "            if not (pem := self._read()):\n",
        (f"{TOKEN_TESTS}::TestCertificate::test_a_file_that_was_replaced_is_read_again",),
        "a certificate that was replaced is found at the next start alone",
    ),
    Mutation(
        TOKEN,
        "        if not holds or now >= self._refresh_at:\n",
        "        if not holds:\n",
        (f"{TOKEN_TESTS}::test_it_is_renewed_ahead_though_nobody_asks_for_it",),
        "a quiet bot is not ready whenever its token runs out",
    ),
    Mutation(
        TOKEN,
        "Backoff(base=2.0, cap=30.0)",
        "Backoff(base=2.0, cap=60.0)",
        (f"{TOKEN_TESTS}::test_no_pause_of_its_own_is_longer_than_half_a_minute",),
        "a bot is not ready for long after its secret was mended",
    ),
    Mutation(
        TOKEN_SOURCE,
        "federated = settings.federated_token_file and not proven",
        "federated = settings.federated_token_file",
        (f"{TOKEN_TESTS}::test_a_bot_with_a_password_uses_it_also_in_a_cluster",),
        "a bot's own password is not used in a cluster",
    ),
    Mutation(
        TOKEN_RESPONSE,
        "for match in (error, code) if match]",
        'for match in (error, code) if match] + [str(data.get("error_description"))]',
        (f"{TOKEN_TESTS}::test_a_wrong_password_is_named_and_not_shown",),
        "the log quotes what the login service says",
    ),
    Mutation(
        CREDENTIALS,
        "    secret: str = field(repr=False)\n",
        "    secret: str\n",
        (f"{SECRETS_TESTS}::test_nothing_that_is_printed_holds_the_secret",),
        "the bot's password is in the repr of its credential",
    ),
)
