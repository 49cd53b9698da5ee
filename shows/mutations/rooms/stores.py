"""Each store."""

from __future__ import annotations

from typing import Final

from shows.mutations.mutation import Mutation

STATEMENTS: Final = "turnkeeper/storage/postgresql/statements.py"
STORAGE: Final = "turnkeeper/storage/postgresql/storage.py"
SCRIPT: Final = "turnkeeper/storage/redis/script.py"
REDIS_STORAGE: Final = "turnkeeper/storage/redis/storage.py"
RECORD: Final = "turnkeeper/storage/redis/record.py"
SQLITE_STATEMENTS: Final = "turnkeeper/storage/sqlite/statements.py"
FILE: Final = "turnkeeper/storage/sqlite/file.py"
LOOP_CONNECTION: Final = "turnkeeper/storage/sqlite/loop_connection.py"
WRITER: Final = "turnkeeper/storage/sqlite/writer.py"
POSTGRESQL_STORAGE_TESTS: Final = "tests/turnkeeper/storage/test_postgresql_storage.py"
REDIS_STORAGE_TESTS: Final = "tests/turnkeeper/storage/test_redis_storage.py"
FETCH_COMMIT_TESTS: Final = "tests/turnkeeper/contract/test_stores.py::TestStores"
SQLITE_FILE_TESTS: Final = "tests/turnkeeper/storage/sqlite/test_sqlite_file.py"
ERASED_BYTES_TESTS: Final = "tests/turnkeeper/storage/sqlite/test_erased_bytes.py"
LOOP_CONNECTION_TESTS: Final = "tests/turnkeeper/storage/sqlite/test_loop_connection.py"
SQLITE_WRITER_TESTS: Final = "tests/turnkeeper/storage/sqlite/test_sqlite_writer.py"

MUTATIONS: Final = (
    Mutation(
        STATEMENTS,
        (
            "        where 1 / case when bot_records.e_tag = excluded.previous "
            "then 1 else 0 end = 1\n"
        ),
        "",
        (f"{POSTGRESQL_STORAGE_TESTS}::test_of_many_that_make_a_record_one_wins",),
        "of many that make a record at once in PostgreSQL each wins",
    ),
    Mutation(
        STATEMENTS,
        (
            "            and not exists (select 1 from conflict)\n"
            "        returning 1\n"
            "    )\n"
            '"""\n'
            "\n"
            "_ANSWER"
        ),
        '        returning 1\n    )\n"""\n\n_ANSWER',
        (f"{POSTGRESQL_STORAGE_TESTS}::test_two_processes_never_both_win",),
        "a conflict in PostgreSQL deletes half of a commit",
    ),
    Mutation(
        STORAGE,
        "conflict = await self._run(statement, *arguments)",
        "conflict = await self._read(statement, *arguments)",
        (f"{POSTGRESQL_STORAGE_TESTS}::test_a_commit_whose_answer_is_lost_is_not_sent_again",),
        "a commit to PostgreSQL whose answer is lost is sent again",
    ),
    Mutation(
        SCRIPT,
        "    redis.call('ZREM', owners, before[i])\n",
        "",
        (f"{REDIS_STORAGE_TESTS}::test_deleting_all_records_leaves_nothing_behind",),
        "a record of Redis stays in the index of who had it",
    ),
    Mutation(
        REDIS_STORAGE,
        "        except exceptions.NoScriptError:\n",
        "        except exceptions.DataError:\n",
        (f"{REDIS_STORAGE_TESTS}::test_two_processes_never_both_win",),
        "a Redis that forgot the scripts never learns them again",
    ),
    Mutation(
        RECORD,
        'life = b"%d" % ((max(change.expires_at - now, 0) + GRACE) * 1000)',
        'life = b"%d" % (max(change.expires_at - now, 0.001) * 1000)',
        (f"{REDIS_STORAGE_TESTS}::test_the_server_itself_drops_what_no_sweep_takes_away",),
        "Redis drops a record before a sweep has seen its owner",
    ),
    Mutation(
        RECORD,
        'return b"%d:%b" % (len(text), text)',
        "return text",
        (f"{REDIS_STORAGE_TESTS}::test_a_sweep_leaves_nothing_behind",),
        "a sweep of Redis cannot tell an owner from a key",
    ),
    Mutation(
        SQLITE_STATEMENTS,
        "        if expected != (row[0] if row else None):\n",
        "        if row and expected != row[0]:\n",
        (f"{FETCH_COMMIT_TESTS}::test_an_e_tag_of_an_absent_record_is_stale[sqlite]",),
        "the e_tag of an absent record counts in SQLite",
    ),
    Mutation(
        SQLITE_STATEMENTS,
        "            _check(connection, key, expected, now)\n            continue\n",
        "            continue\n",
        (f"{FETCH_COMMIT_TESTS}::test_a_kept_record_of_another_e_tag_is_a_conflict",),
        "what others wrote into a record that a turn only read goes unseen in SQLite",
    ),
    Mutation(
        STATEMENTS,
        "        order by key\n        for update\n",
        "        order by key\n",
        (f"{FETCH_COMMIT_TESTS}::test_of_two_that_write_what_the_other_keeps_one_passes",),
        "two commits to PostgreSQL each write what the other keeps",
    ),
    Mutation(
        STATEMENTS,
        "where body is not null and not keep and not exists",
        "where body is not null and not exists",
        (f"{FETCH_COMMIT_TESTS}::test_a_kept_record_stays_as_it_is",),
        "a record that is kept is written in PostgreSQL",
    ),
    Mutation(
        STATEMENTS,
        "compared where body is null and not keep))",
        "compared where body is null))",
        (
            (
                f"{FETCH_COMMIT_TESTS}::"
                "test_the_other_fields_of_a_kept_record_are_not_looked_at[postgresql]"
            ),
        ),
        "a record that is kept is deleted from PostgreSQL",
    ),
    Mutation(
        SCRIPT,
        "if ARGV[7 * i - 1] ~= '=' then write(i) end",
        "write(i)",
        (f"{FETCH_COMMIT_TESTS}::test_a_kept_record_stays_as_it_is[redis]",),
        "a record that is kept is written over in Redis",
    ),
    Mutation(
        FILE,
        "os.O_RDWR | os.O_CREAT, 0o600",
        "os.O_RDWR | os.O_CREAT, 0o644",
        (f"{SQLITE_FILE_TESTS}::test_nobody_else_may_read_the_files",),
        "everybody on the machine may read the file",
    ),
    Mutation(
        FILE,
        '            connection.execute("PRAGMA secure_delete = ON")\n',
        '            connection.execute("PRAGMA secure_delete = OFF")\n',
        (f"{ERASED_BYTES_TESTS}::test_no_byte_of_a_deleted_record_is_left_in_the_file",),
        "bytes of who was erased are left in the file",
    ),
    Mutation(
        FILE,
        "if self._inode() == connection.inode:",
        "if self._inode():",
        (
            (
                f"{SQLITE_FILE_TESTS}::"
                "test_a_moved_or_deleted_file_is_not_written_to_and_none_is_made_in_its_place"
            ),
        ),
        "a file that was replaced is written to, where nobody will see it",
    ),
    Mutation(
        LOOP_CONNECTION,
        "            self._file.check_in_place(connection)\n",
        "",
        (f"{LOOP_CONNECTION_TESTS}::test_a_file_that_is_gone_is_not_written_to",),
        "a commit on the loop goes into a file that was moved away",
    ),
    Mutation(
        WRITER,
        '                connection.execute("ROLLBACK TO one")\n',
        "                pass\n",
        (
            (
                f"{SQLITE_WRITER_TESTS}::"
                "test_in_a_group_a_conflict_fails_one_commit_and_later_ones_see_earlier_ones"
            ),
        ),
        "of a commit that conflicts in a group half is written",
    ),
)
