"""Who may send, and where the bot may post."""

from __future__ import annotations

from typing import Final

from shows.mutations.mutation import Mutation

AUTHENTICATION: Final = "turnkeeper/auth/authentication.py"
CLAIMS: Final = "turnkeeper/auth/claims.py"
SIGNING_KEYS: Final = "turnkeeper/auth/signing_keys.py"
SERVICE_URL: Final = "turnkeeper/auth/service_url.py"
AUTHENTICATION_TESTS: Final = "tests/turnkeeper/auth/test_authentication.py"
KNOWN_TOKENS_TESTS: Final = "tests/turnkeeper/auth/test_known_tokens.py"  # noqa: S105 - a path
KEYS_TESTS: Final = "tests/turnkeeper/auth/test_keys.py"
PARTS_TESTS: Final = "tests/turnkeeper/test_parts.py"
SERVICE_URL_TESTS: Final = "tests/turnkeeper/auth/test_service_url.py"

MUTATIONS: Final = (
    Mutation(
        AUTHENTICATION,
        "if self._clock() < known.expires and known.keys.find(known.key_id):",
        "if known.keys.find(known.key_id):",
        (f"{AUTHENTICATION_TESTS}::test_a_known_token_is_forgotten_when_it_runs_out",),
        "a token that was seen once is good for ever",
    ),
    Mutation(
        AUTHENTICATION,
        "if self._clock() < known.expires and known.keys.find(known.key_id):",
        "if self._clock() < known.expires:",
        (f"{AUTHENTICATION_TESTS}::test_a_known_token_is_forgotten_with_its_key",),
        "a token whose key was withdrawn is remembered",
    ),
    Mutation(
        AUTHENTICATION,
        "if not authorization or len(authorization) > MAX_HEADER:",
        "if not authorization:",
        (f"{AUTHENTICATION_TESTS}::test_a_token_has_a_size",),
        "a token may be of any size",
    ),
    Mutation(
        AUTHENTICATION,
        'if scheme.lower() != "bearer":',
        "if not scheme:",
        (
            (
                f"{KNOWN_TOKENS_TESTS}::"
                "test_another_scheme_is_refused_however_well_its_token_is_known"
            ),
        ),
        "a known token is taken with any scheme",
    ),
    Mutation(
        CLAIMS,
        "if claims.get(AuthenticationConstants.AUDIENCE_CLAIM) != self._app_id:",
        "if AuthenticationConstants.AUDIENCE_CLAIM not in claims:",
        (f"{AUTHENTICATION_TESTS}::test_a_hostile_request_is_refused",),
        "a token for another bot is taken",
    ),
    Mutation(
        CLAIMS,
        ("if (from_channel or key.endorsements) and activity.channel_id not in key.endorsements:"),
        "if key.endorsements and activity.channel_id not in key.endorsements:",
        (f"{AUTHENTICATION_TESTS}::test_a_hostile_request_is_refused",),
        "a channel's key without endorsements speaks for every channel",
    ),
    Mutation(
        CLAIMS,
        ("if (from_channel or key.endorsements) and activity.channel_id not in key.endorsements:"),
        "if from_channel and not key.endorsements:",
        (f"{AUTHENTICATION_TESTS}::test_a_hostile_request_is_refused",),
        "a key speaks for channels that it is not endorsed for",
    ),
    Mutation(
        CLAIMS,
        "if not isinstance(named, str) or not _is_same(named, activity.service_url):",
        "if named is None:",
        (f"{AUTHENTICATION_TESTS}::test_a_hostile_request_is_refused",),
        "a token counts for any service URL",
    ),
    Mutation(
        CLAIMS,
        "if not caller or caller.lower() not in self._callers:",
        "if not caller:",
        (f"{AUTHENTICATION_TESTS}::test_a_hostile_request_is_refused",),
        "any app of the directory may call the bot as a skill",
    ),
    Mutation(
        AUTHENTICATION,
        (
            "        if len(self._verified) > REMEMBERED_TOKENS:\n"
            "            self._verified.popitem(last=False)\n"
        ),
        "",
        (f"{AUTHENTICATION_TESTS}::test_a_limited_number_of_genuine_tokens_is_remembered",),
        "every token is remembered, however many come",
    ),
    Mutation(
        AUTHENTICATION,
        "        if now >= self._logged.get(reason, 0.0):\n",
        "        if now:\n",
        (
            (
                f"{AUTHENTICATION_TESTS}::"
                "test_refusals_are_logged_once_a_minute_and_without_the_token"
            ),
        ),
        "forged requests fill the log",
    ),
    Mutation(
        AUTHENTICATION,
        "ClaimsIdentity(dict(verified.claims), True)",
        "ClaimsIdentity(verified.claims, True)",
        (f"{AUTHENTICATION_TESTS}::test_claims_that_bot_code_changes_are_not_remembered",),
        "claims that bot code changes are remembered",
    ),
    Mutation(
        AUTHENTICATION,
        "if from_channel and SkillValidation.is_skill_claim(identity.claims):",
        "if SkillValidation is None:",
        (f"{KNOWN_TOKENS_TESTS}::test_a_channel_calls_no_skills",),
        "the channel's issuer may call the bot as a skill",
    ),
    Mutation(
        AUTHENTICATION,
        '        self._log(f"no genuine token ({type(fault).__name__})")\n',
        "        raise fault\n",
        (
            (
                f"{KNOWN_TOKENS_TESTS}::"
                "test_another_scheme_is_refused_however_well_its_token_is_known"
            ),
        ),
        "a forged token is an error of the bot's",
    ),
    Mutation(
        CLAIMS,
        "        if not (self._emulator or self._callers):\n",
        "        if False:\n",
        (f"{AUTHENTICATION_TESTS}::test_which_tokens_of_the_directory_are_taken",),
        "a token of the directory is taken where nobody waits for one",
        survives="each of its two kinds is refused below; here the log says what to set",
    ),
    Mutation(
        CLAIMS,
        "        elif not self._emulator:\n",
        "        elif False:\n",
        (f"{AUTHENTICATION_TESTS}::test_which_tokens_of_the_directory_are_taken",),
        "the Emulator comes to a bot that sends nothing to this machine",
    ),
    Mutation(
        CLAIMS,
        "        elif activity.channel_id != EMULATOR:\n",
        "        elif False:\n",
        (f"{AUTHENTICATION_TESTS}::test_which_tokens_of_the_directory_are_taken",),
        "the Emulator speaks for any channel",
    ),
    Mutation(
        CLAIMS,
        'if "scp" in claims or',
        "if",
        (f"{AUTHENTICATION_TESTS}::test_a_persons_token_of_the_directory_is_not_an_apps",),
        "a person's token is taken for an app's",
    ),
    Mutation(
        CLAIMS,
        'claims.get("idtyp", "app") != "app"',
        "False",
        (f"{AUTHENTICATION_TESTS}::test_a_persons_token_of_the_directory_is_not_an_apps",),
        "a token that says it is no app's is taken",
    ),
    Mutation(
        SIGNING_KEYS,
        " or public_key.key_size < MIN_KEY_BITS",
        "",
        (f"{KEYS_TESTS}::test_only_rs256_signature_keys_are_kept",),
        "keys too short to be safe are used",
    ),
    Mutation(
        SIGNING_KEYS,
        "return self._clock() - self._asked_at >= pause",
        "return True",
        (f"{AUTHENTICATION_TESTS}::test_forged_tokens_do_not_hammer_the_key_service",),
        "forged tokens hammer the key service",
    ),
    Mutation(
        SIGNING_KEYS,
        "timeout=max(0.0, patience))",
        "timeout=FETCH_TIMEOUT)",
        (f"{KEYS_TESTS}::test_a_key_service_that_hangs_holds_requests_up_but_shortly",),
        "a request waits as long as the key service hangs",
    ),
    Mutation(
        SIGNING_KEYS,
        "            self._failures += 1\n",
        "            self._failures += 1\n            self._keys = {}\n",
        (f"{KEYS_TESTS}::test_keys_stay_in_use_while_they_cannot_be_refreshed",),
        "while the keys cannot be refreshed nobody gets in",
    ),
    Mutation(
        SIGNING_KEYS,
        "            if len(body) > MAX_DOCUMENT:\n",
        "            if len(body) < 0:\n",
        (f"{KEYS_TESTS}::test_documents_have_a_size",),
        "a document of keys may be of any size",
    ),
    Mutation(
        SIGNING_KEYS,
        '        raise _BadDocument("keys are fetched over https only")\n',
        "        pass\n",
        (f"{KEYS_TESTS}::test_metadata_is_not_fetched_without_encryption",),
        "keys are fetched without encryption",
    ),
    Mutation(
        SIGNING_KEYS,
        "            pause = self._refresh_every\n            if self._failures:",
        "            pause = self._refresh_every\n            if False:",
        (f"{KEYS_TESTS}::test_the_background_tries_again_by_itself",),
        "after a fetch that failed nobody gets in for a day",
    ),
    Mutation(
        SIGNING_KEYS,
        "        for task in tasks:\n            task.cancel()\n",
        "",
        (f"{PARTS_TESTS}::test_what_works_in_the_background_ends_with_it",),
        "closing waits for ever for the keys' next refresh",
    ),
    Mutation(
        SERVICE_URL,
        'if match is None or _DOT_SEGMENT.search(match["path"]):',
        "if match is None:",
        (f"{SERVICE_URL_TESTS}::test_a_hostile_url_is_refused_in_every_mode",),
        "a service URL may climb out of its path with dots",
    ),
    Mutation(
        SERVICE_URL,
        "return _is_loopback(host) or host in self._hosts or host.endswith(self._domains)",
        "return True",
        (f"{SERVICE_URL_TESTS}::test_a_hostile_url_is_refused_in_every_mode",),
        "without credentials the bot posts to other machines",
    ),
    Mutation(
        SERVICE_URL,
        'return scheme == "https" or _is_loopback(host)',
        "return True",
        (f"{SERVICE_URL_TESTS}::test_an_extra_host_allows_https_to_itself_alone",),
        "an extra host gets tokens over plain http",
    ),
    Mutation(
        SERVICE_URL,
        "        return not port and (host in",
        "        return (host in",
        (f"{SERVICE_URL_TESTS}::test_a_hostile_url_is_refused_in_every_mode",),
        "any port of a channel's host gets tokens",
    ),
    Mutation(
        SERVICE_URL,
        '".botframework.azure.us", ".botframework.com")',
        '"botframework.azure.us", "botframework.com")',
        (f"{SERVICE_URL_TESTS}::test_a_hostile_url_is_refused_in_every_mode",),
        "evilbotframework.com is taken for a channel",
    ),
)
