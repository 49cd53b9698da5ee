"""Settings, and the variables that they are read from."""

from __future__ import annotations

from typing import Final

from shows.mutations.mutation import Mutation

SETTINGS: Final = "turnkeeper/settings.py"
VARIABLES: Final = "turnkeeper/variables.py"
SETTINGS_TESTS: Final = "tests/turnkeeper/test_settings.py"

MUTATIONS: Final = (
    Mutation(
        SETTINGS,
        (
            "            if not (is_loopback(self.host) or "
            "self.dangerously_listen_without_credentials):\n"
        ),
        "            if not self.host:\n",
        (f"{SETTINGS_TESTS}::TestFaults::test_a_value_that_cannot_be_meant",),
        "without credentials a bot may listen everywhere",
    ),
    Mutation(
        SETTINGS,
        ('storage_url: str = setting("sqlite:///data/bot.db", str, "STORAGE_URL", secret=True)'),
        'storage_url: str = setting("sqlite:///data/bot.db", str, "STORAGE_URL")',
        (f"{SETTINGS_TESTS}::TestSecrets::test_repr_shows_none",),
        "the repr of settings shows the store's password",
    ),
    Mutation(
        SETTINGS,
        '            values.setdefault("app_type", "SingleTenant")\n',
        "            pass\n",
        (f"{SETTINGS_TESTS}::TestDefaults::test_a_tenant_makes_it_a_single_tenant_bot",),
        "a bot with a tenant logs in at the common one",
    ),
    Mutation(
        VARIABLES,
        "return {**found, **environ}, faults",
        "return {**environ, **found}, faults",
        (f"{SETTINGS_TESTS}::TestDotenv::test_the_environment_wins",),
        "the file .env wins over the environment",
    ),
    Mutation(
        VARIABLES,
        "return float(text) * 86400 or None",
        "return float(text) * 86400",
        (f"{SETTINGS_TESTS}::TestReading::test_every_variable_reaches_its_field",),
        "0 days forget at once, and not never",
    ),
    Mutation(
        SETTINGS,
        'setting(3600, whole(60, 7 * 86_400), "REPLY_TTL")',
        'setting(3600, whole(0, 7 * 86_400), "REPLY_TTL")',
        (f"{SETTINGS_TESTS}::TestFaults::test_a_value_that_cannot_be_meant",),
        "every reply may be given up at once",
    ),
)
