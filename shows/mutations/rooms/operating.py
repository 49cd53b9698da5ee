"""The operator's commands."""

from __future__ import annotations

from typing import Final

from shows.mutations.mutation import Mutation

COMMANDS: Final = "turnkeeper/operator/commands.py"
MIGRATION: Final = "turnkeeper/operator/migration.py"
TERMINAL: Final = "turnkeeper/operator/terminal.py"
STORE: Final = "turnkeeper/operator/store.py"
CLI: Final = "turnkeeper/operator/cli.py"
APPLICATION: Final = "turnkeeper/operator/application.py"
CLI_TESTS: Final = "tests/turnkeeper/operator/test_cli.py"
COMMANDS_TESTS: Final = "tests/turnkeeper/operator/test_commands.py"
COPYING_TESTS: Final = "tests/turnkeeper/operator/test_copying.py"
APPLICATION_TESTS: Final = "tests/turnkeeper/operator/test_application.py"
OWED: Final = "turnkeeper/operator/owed.py"
NAMING: Final = "turnkeeper/operator/naming.py"
OWED_TESTS: Final = "tests/turnkeeper/operator/test_owed.py"
TERMINAL_TESTS: Final = "tests/turnkeeper/operator/test_terminal.py"
BACKUP: Final = "turnkeeper/operator/backup.py"
BACKUP_TESTS: Final = "tests/turnkeeper/operator/test_backup.py"
URLS_TESTS: Final = "tests/turnkeeper/operator/test_urls.py"

MUTATIONS: Final = (
    Mutation(
        COMMANDS,
        'if sys.stdin.readline().strip().lower() not in ("y", "yes"):',
        'if sys.stdin.readline().strip().lower() in ("n", "no"):',
        (f"{CLI_TESTS}::test_any_answer_but_yes_erases_nothing",),
        "an empty answer erases",
    ),
    Mutation(
        COMMANDS,
        "    return 1 if unreadable else 0\n",
        "    return 0\n",
        (f"{COMMANDS_TESTS}::test_check_names_what_is_no_record",),
        "check is content with records that cannot be read",
    ),
    Mutation(
        MIGRATION,
        "_change(key, record, ANY if overwrite else None, now)",
        "_change(key, record, ANY, now)",
        (f"{COPYING_TESTS}::test_what_a_bot_writes_to_the_target_meanwhile_stays",),
        "a migration overwrites what is written to the target meanwhile",
    ),
    Mutation(
        MIGRATION,
        "record.owner, record.expires_at, due_in)",
        '"", record.expires_at, due_in)',
        (f"{COPYING_TESTS}::test_owner_and_expiry_are_those_of_the_source",),
        "records lose their owner in a migration",
    ),
    Mutation(
        TERMINAL,
        ('character if character.isprintable() and character != "\\\\" else _escape(character)'),
        "character",
        (f"{COMMANDS_TESTS}::test_list_shows_a_record_a_line",),
        "a key drives the operator's terminal",
    ),
    Mutation(
        STORE,
        ("if isinstance(records, SQLiteStorage) and not (create or os.path.exists(records.path)):"),
        "if isinstance(records, SQLiteStorage) and not create and not records.path:",
        (f"{CLI_TESTS}::test_a_mistyped_path_makes_no_file",),
        "a mistyped path makes an empty store",
    ),
    Mutation(
        COMMANDS,
        "                if left == 0:\n",
        "                if left == 1:\n",
        (f"{COMMANDS_TESTS}::test_list_by_prefix_and_up_to_a_limit",),
        "list shows one record less than was asked for",
    ),
    Mutation(
        CLI,
        're.sub(r"://[^\\s/]*@", "://***@", message)',
        "message",
        (f"{CLI_TESTS}::test_no_password_is_shown",),
        "a wrong argument shows the password of a URL",
    ),
    Mutation(
        STORE,
        '        if key.startswith("~"):\n',
        '        if key.startswith("~~"):\n',
        (
            f"{COMMANDS_TESTS}::test_ledgers_of_earlier_versions_are_shown_with_the_activities_that_they_owe",
        ),
        "check calls the mark of a store unreadable",
    ),
    Mutation(
        APPLICATION,
        "if isinstance(found, Host | StockAdapter) and found.faults:",
        "if False:",
        (f"{APPLICATION_TESTS}::test_what_is_no_store_is_an_error",),
        "a command works with a host whose settings are wrong",
    ),
    Mutation(
        TERMINAL,
        "        if percent // 10 > self._shown:\n",
        "        if percent > self._shown:\n",
        (f"{TERMINAL_TESTS}::test_how_far_it_is_comes_in_a_line_for_each_tenth",),
        "a command shows a line for each percent",
    ),
    Mutation(
        TERMINAL,
        ('character if character.isprintable() or character == "\\n" else _json_escape(character)'),
        "character",
        (f"{TERMINAL_TESTS}::test_any_value_is_printable_json",),
        "what is stored drives the operator's terminal",
    ),
    Mutation(
        OWED,
        "            if queue and number in queue.open:  # else it was sent meanwhile\n",
        "            if queue:\n",
        (f"{OWED_TESTS}::test_what_was_sent_since_its_record_was_read_is_not_owed",),
        "owed lists what was sent just now",
    ),
    Mutation(
        OWED,
        "    transaction.put(key, None)\n    transaction.revise(ledger_key, enter)\n",
        "    transaction.revise(ledger_key, enter)\n",
        (f"{OWED_TESTS}::test_nothing_is_tried_again_twice",),
        "what is tried again stays given up",
    ),
    Mutation(
        OWED,
        "        yield Change(owed_key(ledger_key, number), record.body, ANY, record.owner)\n",
        "        yield Change(owed_key(ledger_key, number), record.body, ANY)\n",
        ((f"{OWED_TESTS}::test_what_was_given_up_is_sent_after_all_by_the_bot_that_runs"),),
        "what is tried again is nobody's, and not erased with its person",
    ),
    Mutation(
        OWED,
        "            _lose(ledger, number, key, record, now)\n",
        "            del ledger.queue.open[number]\n",
        (f"{OWED_TESTS}::test_what_is_dropped_is_never_sent_and_counts_as_lost",),
        "a yes is taken as the answer to a question that was dropped",
    ),
    Mutation(
        OWED,
        "            yield _written(ledger_key, ledger, found, now)\n\n    transaction.revise(",
        "            pass\n\n    transaction.revise(",
        (f"{OWED_TESTS}::test_what_is_dropped_is_never_sent_and_counts_as_lost",),
        "what is dropped stays in its ledger",
    ),
    Mutation(
        OWED,
        "        ledger.queue.due_in(now),\n",
        "        None,\n",
        ((f"{OWED_TESTS}::test_what_was_given_up_is_sent_after_all_by_the_bot_that_runs"),),
        "what is tried again waits until the person writes",
    ),
    Mutation(
        COMMANDS,
        "            if keys:\n                named.append(user)\n",
        "",
        (f"{COMMANDS_TESTS}::test_erase_lists_replies_to_others_that_name_the_person",),
        "erase is content where replies to others name the person",
    ),
    Mutation(
        NAMING,
        "any(named.search(text) or stored_name(text) == person for text in texts)",
        "any(named.search(text) for text in texts)",
        (
            (
                f"{COMMANDS_TESTS}::"
                "test_a_reply_that_mentions_a_person_by_an_id_that_is_no_key_names_them"
            ),
        ),
        "who has a long id is named by nobody",
    ),
    Mutation(
        BACKUP,
        '    if found != "ok":\n',
        '    if found == "":\n',
        (f"{BACKUP_TESTS}::test_a_copy_of_a_damaged_file_is_not_kept",),
        "a backup of a damaged store is kept as if it were one",
    ),
    Mutation(
        STORE,
        "        if ServerUrl.parse(text).has_password:\n",
        "        if not text:\n",
        (f"{URLS_TESTS}::test_a_password_on_the_command_line_draws_a_warning",),
        "nobody hears that a password on the command line is no secret",
    ),
)
