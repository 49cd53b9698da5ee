"""The contract of stores."""

from __future__ import annotations

from typing import Final

from shows.mutations.mutation import Mutation

TRANSACTION: Final = "turnkeeper/storage/transaction.py"
MEMORY: Final = "turnkeeper/storage/memory.py"
NAMESPACE: Final = "turnkeeper/storage/namespace.py"
FORMAT: Final = "turnkeeper/storage/format.py"
SERVER_URL: Final = "turnkeeper/storage/server_url.py"
FAILED_COMMIT_TESTS: Final = "tests/turnkeeper/storage/test_failed_commit.py"
TURN_STATE_TESTS: Final = "tests/turnkeeper/state/test_turn_state.py"
ERASURE_TESTS: Final = "tests/turnkeeper/contract/test_erasure.py"
LEASES_TESTS: Final = "tests/turnkeeper/turn/test_leases.py"
PARTS_TESTS: Final = "tests/turnkeeper/test_parts.py"
KEPT_TESTS: Final = "tests/turnkeeper/storage/test_kept.py"
TRANSACTION_TESTS: Final = "tests/turnkeeper/storage/test_transaction.py"
TURNS_TESTS: Final = "tests/turnkeeper/turn/test_turns.py"
FETCH_COMMIT_TESTS: Final = "tests/turnkeeper/contract/test_stores.py::TestStores"
APPLICATION_TESTS: Final = "tests/turnkeeper/operator/test_application.py"
PLACE: Final = "turnkeeper/storage/place.py"
PRIVATE_FILE: Final = "turnkeeper/storage/private_file.py"
TLS: Final = "turnkeeper/storage/postgresql/tls.py"
POSTGRESQL: Final = "turnkeeper/storage/postgresql/storage.py"
REDIS_TLS: Final = "turnkeeper/storage/redis/tls.py"
PLACE_TESTS: Final = "tests/turnkeeper/storage/test_place.py"
PRIVATE_FILE_TESTS: Final = "tests/turnkeeper/storage/test_private_file.py"
ELSEWHERE_TESTS: Final = "tests/turnkeeper/storage/test_elsewhere.py"
POOLER_TESTS: Final = "tests/turnkeeper/storage/test_pooler.py"

MUTATIONS: Final = (
    Mutation(
        "turnkeeper/storage/transaction.py",
        "            self.discard()  # nobody may write it later, unasked\n            raise\n",
        "            raise\n",
        (
            "tests/turnkeeper/storage/test_failed_commit.py::test_the_next_commit_writes_nothing_of_it",
        ),
        "what a commit could not write is written by a later one, unasked",
    ),
    Mutation(
        "turnkeeper/storage/transaction.py",
        "ANY if blindly else e_tag",
        "ANY",
        (
            "tests/turnkeeper/state/test_turn_state.py::test_the_second_of_two_turns_on_one_record_fails",
        ),
        "a turn writes over what others changed meanwhile, its e_tag left out",
    ),
    Mutation(
        "turnkeeper/storage/transaction.py",
        'owner or (record.owner if record else "")',
        "owner",
        (
            "tests/turnkeeper/storage/test_kept.py::test_a_record_keeps_its_owner_in_a_turn_that_has_none",
        ),
        "a record loses its owner in a turn that has none",
    ),
    Mutation(
        "turnkeeper/storage/expiry.py",
        "return record.expires_at - now > ttl / 2",
        "return True",
        (
            "tests/turnkeeper/storage/test_transaction.py::test_an_unchanged_record_is_not_rewritten_before_half_of_its_life",
        ),
        "a record that is only read expires under who uses it",
    ),
    Mutation(
        "turnkeeper/storage/expiry.py",
        "return record.expires_at - now > ttl / 2",
        "return False",
        (
            "tests/turnkeeper/storage/test_transaction.py::test_an_unchanged_record_is_not_rewritten_before_half_of_its_life",
        ),
        "an unchanged record is written in each turn",
    ),
    Mutation(
        "turnkeeper/storage/expiry.py",
        "        return ttl is None and record.expires_at is None\n",
        "        return True\n",
        (
            "tests/turnkeeper/storage/test_transaction.py::test_a_changed_time_to_live_reaches_old_records",
        ),
        "a changed time to live never reaches old records",
    ),
    Mutation(
        "turnkeeper/storage/transaction.py",
        "        self._committed(changes, e_tags)\n",
        "        self.discard()\n",
        (
            "tests/turnkeeper/storage/test_transaction.py::test_the_last_put_counts_and_can_be_taken_back",
        ),
        "a second commit of a turn conflicts with its first",
    ),
    Mutation(
        MEMORY,
        "record.expires_at <= self._clock()",
        "record.expires_at < self._clock()",
        (f"{KEPT_TESTS}::test_in_memory_too_a_record_is_gone_from_the_very_moment",),
        "a record is there a moment longer than it says",
    ),
    Mutation(
        MEMORY,
        "if change.e_tag not in (ANY, record.e_tag if record else None):",
        "if change.e_tag not in (ANY, None, record.e_tag if record else None):",
        (f"{FETCH_COMMIT_TESTS}::test_e_tag_none_means_it_must_not_exist[memory]",),
        "what must not exist yet is written over",
    ),
    Mutation(
        MEMORY,
        "[change for change in changes if not change.keep]",
        "[change for change in changes if change]",
        (f"{FETCH_COMMIT_TESTS}::test_a_kept_record_stays_as_it_is[memory]",),
        "a record that is kept in memory is written",
    ),
    Mutation(
        NAMESPACE,
        'owner=self._within(change.owner) if change.owner else "",',
        "owner=change.owner,",
        (f"{KEPT_TESTS}::test_who_is_erased_in_one_bot_is_known_in_the_others",),
        "who is erased in one bot is erased in all",
    ),
    Mutation(
        NAMESPACE,
        "prefix=self._within(prefix),\n",
        'prefix=self._within(prefix) if prefix else "",\n',
        (f"{APPLICATION_TESTS}::test_a_host_with_a_name_has_its_own_records_alone",),
        "a bot lists the records of all bots on the store",
    ),
    Mutation(
        FORMAT,
        "newer = found > FORMAT",
        "newer = found > FORMAT + 1",
        (f"{KEPT_TESTS}::test_a_store_of_a_later_format_is_not_written_into",),
        "a store of a later format is written into",
    ),
    Mutation(
        SERVER_URL,
        'if plain and "@" not in parts.path + query and not parts.fragment:',
        "if plain and not parts.fragment:",
        (f"{KEPT_TESTS}::test_a_password_that_looks_like_a_port_is_shown_in_no_part",),
        "a piece of a password is taken for the database, and shown",
    ),
    Mutation(
        TLS,
        'return _option(server, "sslmode").replace("_", "-") or _FULL',
        'return _option(server, "sslmode").replace("_", "-") or "prefer"',
        (f"{ELSEWHERE_TESTS}::test_where_tls_is_refused_no_password_is_sent",),
        "a PostgreSQL elsewhere gets the password in clear where it refuses TLS",
    ),
    Mutation(
        TLS,
        "    context = ssl.create_default_context()\n",
        "    context = ssl.create_default_context()\n    context.check_hostname = False\n",
        (f"{ELSEWHERE_TESTS}::test_a_certificate_for_another_name_is_refused",),
        "a PostgreSQL elsewhere may show the certificate of another name",
    ),
    Mutation(
        TLS,
        "    if risk := _RISKS.get(mode):\n",
        '    if risk := _RISKS.get(mode if mode != "require" else ""):\n',
        (f"{ELSEWHERE_TESTS}::test_less_is_taken_with_one_warning_that_says_what_is_at_risk",),
        "nobody hears that a certificate is not checked",
    ),
    Mutation(
        POSTGRESQL,
        "self._statement_cache_size = 0 if pooled else _STATEMENTS",
        "self._statement_cache_size = _STATEMENTS",
        (
            (
                f"{POOLER_TESTS}::"
                "test_it_is_noticed_and_the_store_works_without_prepared_statements[transaction]"
            ),
        ),
        "statements are prepared behind a pooler, where the next one does not know them",
    ),
    Mutation(
        REDIS_TLS,
        '    if not server.base.startswith("rediss:"):\n',
        '    if not server.base.startswith("redis"):\n',
        (f"{ELSEWHERE_TESTS}::test_redis_in_clear_is_taken_with_one_warning",),
        "nobody hears that a Redis elsewhere is reached in clear",
    ),
    Mutation(
        PLACE,
        "return not all(",
        "return not any(",
        (f"{PLACE_TESTS}::test_any_other_name_is_elsewhere",),
        "one host of several that is this machine makes all of them so",
    ),
    Mutation(
        PLACE,
        "refused = local_mode and not allowed and is_elsewhere(url)",
        "refused = False",
        (
            (
                f"{PLACE_TESTS}::"
                "test_without_credentials_a_store_elsewhere_is_refused_unless_it_is_allowed"
            ),
        ),
        "a bot that lost its credentials writes into the records of the real one",
    ),
    Mutation(
        PRIVATE_FILE,
        "alone = os.O_CREAT | os.O_EXCL | ",
        "alone = os.O_CREAT | ",
        (
            (
                f"{PRIVATE_FILE_TESTS}::"
                "test_a_new_file_is_its_owners_alone_and_never_one_that_is_there"
            ),
        ),
        "what is to be a new file is written over one that is there",
    ),
    Mutation(
        PRIVATE_FILE,
        "& 0o077]",
        "& 0o044]",
        ((f"{PRIVATE_FILE_TESTS}::test_a_store_that_others_may_read_or_write_is_one_warning"),),
        "nobody hears that others may write into the store",
    ),
)
