"""What is due, in each store."""

from __future__ import annotations

from typing import Final

from shows.mutations.mutation import Mutation

RECORDS: Final = "turnkeeper/storage/records.py"
MEMORY: Final = "turnkeeper/storage/memory.py"
NAMESPACE: Final = "turnkeeper/storage/namespace.py"
TRANSACTION: Final = "turnkeeper/storage/transaction.py"
SQLITE: Final = "turnkeeper/storage/sqlite/statements.py"
SQLITE_FILE: Final = "turnkeeper/storage/sqlite/file.py"
POSTGRESQL: Final = "turnkeeper/storage/postgresql/statements.py"
POSTGRESQL_CONNECTION: Final = "turnkeeper/storage/postgresql/connection.py"
POSTGRESQL_STORAGE: Final = "turnkeeper/storage/postgresql/storage.py"
SERVER_CLOCK: Final = "turnkeeper/storage/server_clock.py"
SCRIPT: Final = "turnkeeper/storage/redis/script.py"
REDIS: Final = "turnkeeper/storage/redis/storage.py"
MIGRATION: Final = "turnkeeper/operator/migration.py"
STORES_TESTS: Final = "tests/turnkeeper/contract/test_stores.py::TestStores"
NAMESPACE_TESTS: Final = "tests/turnkeeper/contract/test_stores.py::TestNamespace"
CONTRACT_TESTS: Final = "tests/turnkeeper/contract/test_contract.py"
DUE_TESTS: Final = "tests/turnkeeper/storage/test_due.py"
TRANSACTION_TESTS: Final = "tests/turnkeeper/storage/test_transaction.py"
COPYING_TESTS: Final = "tests/turnkeeper/operator/test_copying.py"
IN_ITS_TIME: Final = f"{STORES_TESTS}::test_a_record_is_due_when_its_time_comes"

MUTATIONS: Final = (
    Mutation(
        RECORDS,
        "if record.due_at is not None and record.due_at <= now",
        "if record.due_at is not None",
        (f"{CONTRACT_TESTS}::test_a_store_of_40_lines_passes_in_the_strict_mode_of_asyncio_too",),
        "in a store without an index all is due before its time",
    ),
    Mutation(
        MEMORY,
        "if due_at > now or len(found) == limit:",
        "if due_at >= now or len(found) == limit:",
        (f"{IN_ITS_TIME}[memory]",),
        "in memory a record is due a moment late",
    ),
    Mutation(
        MEMORY,
        "            del self._due[bisect_left(self._due, (record.due_at, key))]\n",
        "            pass\n",
        (f"{STORES_TESTS}::test_what_is_deleted_is_due_no_more[memory]",),
        "in memory what is deleted is due when its key comes back",
    ),
    Mutation(
        NAMESPACE,
        "self.storage.due(prefix=self._within(prefix), limit=limit)",
        "self.storage.due(prefix=prefix, limit=limit)",
        (f"{NAMESPACE_TESTS}::test_a_namespace_sees_what_is_due_in_it_alone",),
        "a bot takes up what is due in another",
    ),
    Mutation(
        NAMESPACE,
        "return self.storage.now()",
        "return super().now()",
        (f"{NAMESPACE_TESTS}::test_now_goes_on_as_the_stores_time_does",),
        "a bot with a name goes by another time than its store",
    ),
    Mutation(
        SERVER_CLOCK,
        "self._began = moment - asked",
        "self._began = moment - time.monotonic()",
        (f"{DUE_TESTS}::test_a_servers_time_counts_from_when_it_was_asked",),
        "the time of a server is behind by as long as its answer took",
    ),
    Mutation(
        REDIS,
        "            self._now.learn(float(now), asked)\n",
        "",
        (f"{DUE_TESTS}::test_each_look_learns_the_time_of_the_server[redis]",),
        "a process never learns the time of Redis",
    ),
    Mutation(
        "turnkeeper/storage/sqlite/statements.py",
        ' expires_at = ?, due_at = ? WHERE key = ?"\n',
        ' expires_at = ?, due_at = coalesce(due_at, ?) WHERE key = ?"\n',
        (
            (
                "tests/turnkeeper/contract/test_stores.py::TestStores::"
                "test_each_write_tells_anew_when_it_is_due[sqlite-on what was read]"
            ),
        ),
        "in SQLite only a new record is ever due",
    ),
    Mutation(
        SQLITE,
        " AND (expires_at IS NULL OR expires_at > ?) AND substr",
        " AND (expires_at IS NULL OR expires_at > ? OR 1) AND substr",
        (f"{STORES_TESTS}::test_what_has_expired_is_never_due[sqlite]",),
        "in SQLite what has expired is due",
    ),
    Mutation(
        SQLITE,
        "WHERE due_at <= ?",
        "WHERE +due_at <= ?",
        (f"{DUE_TESTS}::test_sqlite_looks_into_the_index_alone",),
        "each look at SQLite reads the whole file",
    ),
    Mutation(
        SQLITE_FILE,
        "if not connection.execute(HAS_DUE_AT).fetchone()[0]:",
        "if False:",
        (f"{DUE_TESTS}::test_a_sqlite_file_of_0_3_gets_the_index_and_0_3_goes_on",),
        "a file of 0.3 cannot be used any more",
    ),
    Mutation(
        POSTGRESQL,
        "            due_at = excluded.due_at\n",
        "            due_at = bot_records.due_at\n",
        (
            f"{STORES_TESTS}::test_each_write_tells_anew_when_it_is_due"
            "[postgresql-on what was read]",
        ),
        "in PostgreSQL only a new record is ever due",
    ),
    Mutation(
        POSTGRESQL,
        "$9::double precision, extract(epoch from clock_timestamp())::double precision",
        "$9::double precision, $6::double precision",
        (f"{DUE_TESTS}::test_postgresql_goes_by_the_time_of_the_server",),
        "what is due in PostgreSQL goes by the clock of whoever wrote it",
    ),
    Mutation(
        POSTGRESQL,
        "        where due_at <= moment\n",
        "        where due_at + 0 <= moment\n",
        (f"{DUE_TESTS}::test_postgresql_looks_into_the_index_alone",),
        "each look at PostgreSQL reads the whole table",
    ),
    Mutation(
        POSTGRESQL,
        "coalesce(left(key, char_length($3::text)) = $3::text, false)",
        "left(key, char_length($3::text)) = $3::text",
        (f"{DUE_TESTS}::test_postgresql_looks_into_the_index_alone",),
        "PostgreSQL sorts what is due in place of reading its index in order",
    ),
    Mutation(
        POSTGRESQL_CONNECTION,
        "for statement in (sql.LOCK_TIMEOUT, *sql.DUE_AT):",
        "for statement in sql.DUE_AT[:1]:",
        (f"{DUE_TESTS}::test_postgresql_looks_into_the_index_alone",),
        "tables of 0.3 in PostgreSQL get no index",
    ),
    Mutation(
        POSTGRESQL_CONNECTION,
        "    except asyncpg.InsufficientPrivilegeError as error:\n        commands",
        "    except asyncpg.UndefinedTableError as error:\n        commands",
        (f"{DUE_TESTS}::test_a_role_that_may_not_alter_the_tables_is_told_what_to_run",),
        "who may not alter tables of 0.3 is not told what to do",
    ),
    Mutation(
        POSTGRESQL_STORAGE,
        "return self._own_clock() if self._own_clock else None",
        "return None",
        (f"{IN_ITS_TIME}[postgresql]",),
        "a test cannot move the clock by which a record is due in PostgreSQL",
    ),
    Mutation(
        SCRIPT,
        "  elseif was_due[i] then\n    redis.call('ZREM', due_at, key)\n",
        "",
        (f"{DUE_TESTS}::test_a_record_of_redis_that_is_gone_leaves_nothing_in_the_index",),
        "the key of who was erased stays in an index of Redis",
    ),
    Mutation(
        SCRIPT,
        "      redis.call('ZREM', due_at, key)\n      removed",
        "      removed",
        (f"{DUE_TESTS}::test_a_record_of_redis_that_is_gone_leaves_nothing_in_the_index",),
        "the key of an expired record stays in an index of Redis",
    ),
    Mutation(
        SCRIPT,
        "    value = at .. '@' .. value\n",
        "",
        (f"{STORES_TESTS}::test_a_record_says_whether_it_is_due[redis]",),
        "a record of Redis does not say that it is due",
    ),
    Mutation(
        SCRIPT,
        "if score and (not at or tonumber(at) ~= tonumber(score)) then",
        "if score then",
        (f"{DUE_TESTS}::test_what_has_expired_stays_in_the_index_of_redis_until_it_is_swept",),
        "what is not seen for a moment is taken out of an index of Redis for ever",
    ),
    Mutation(
        REDIS,
        "if (record := records.get(key)) is None or record.due_at != due_at[key]",
        "if records.get(key) is None",
        (
            f"{DUE_TESTS}::test_what_0_3_wrote_into_redis_is_due_no_more_and_leaves_the_index"
            "[overwritten]",
        ),
        "what 0.3 wrote into Redis is due as what was there before",
    ),
    Mutation(
        REDIS,
        "passed += len(keys) - (await self._heal(stale) if stale else 0)",
        "passed += len(keys) - len(stale)",
        (f"{STORES_TESTS}::test_what_has_expired_is_never_due[redis]",),
        "a look at Redis stays for ever at what has expired",
    ),
    Mutation(
        MIGRATION,
        "due_in = None if record.due_at is None else record.due_at - now",
        "due_in = None",
        (f"{COPYING_TESTS}::test_what_is_due_is_due_in_the_target_at_the_same_time",),
        "a copy of a store has nothing due",
    ),
    Mutation(
        MIGRATION,
        "return abs(one - other) <= NEAR",
        "return True",
        (f"{COPYING_TESTS}::test_what_is_due_at_another_time_is_a_difference",),
        "what is due at another time counts as copied",
    ),
)
