"""Logs and metrics, processes and signals."""

from __future__ import annotations

from typing import Final

from shows.mutations.mutation import Mutation

LOGS: Final = "turnkeeper/observing/logs.py"
TRACEBACKS: Final = "turnkeeper/observing/tracebacks.py"
LIFECYCLE: Final = "turnkeeper/serving/lifecycle.py"
TRACING: Final = "turnkeeper/observing/tracing.py"
PROGRAM: Final = "turnkeeper/serving/program.py"
LINES_TESTS: Final = "tests/turnkeeper/observing/test_lines.py"
LOGS_TESTS: Final = "tests/turnkeeper/observing/test_logs.py"
HOST_TESTS: Final = "tests/turnkeeper/test_host.py"
TRACING_TESTS: Final = "tests/turnkeeper/observing/test_tracing.py"
PARTS_TESTS: Final = "tests/turnkeeper/test_parts.py"

MUTATIONS: Final = (
    Mutation(
        LOGS,
        'line = (f"{head} [{ids}]" if ids else head).translate(_ESCAPES)',
        'line = f"{head} [{ids}]" if ids else head',
        (f"{LINES_TESTS}::test_no_id_and_no_message_begins_a_line",),
        "a line break in an id begins a log line of its own",
    ),
    Mutation(
        LOGS,
        "range(0x2028, 0x202F)",
        "range(0x202A, 0x202F)",
        (f"{LINES_TESTS}::test_no_id_and_no_message_begins_a_line",),
        "a line separator of Unicode begins a log line of its own",
    ),
    Mutation(
        LOGS,
        "    if record.levelno > logging.DEBUG:\n"
        "        return shortened(without_messages(error))\n",
        "",
        (f"{LOGS_TESTS}::test_an_error_is_logged_with_its_place_and_without_what_it_says",),
        "the log quotes what an error says",
    ),
    Mutation(
        LOGS,
        "        _turn.reset(self._token)\n",
        "        pass\n",
        (f"{LOGS_TESTS}::test_ids_are_added_to_the_block_under_way_and_end_with_it",),
        "a log line carries the ids of a turn that is over",
    ),
    Mutation(
        TRACEBACKS,
        "if isinstance(error, BotError) else name",
        "if isinstance(error, Exception) else name",
        (f"{LOGS_TESTS}::test_an_error_is_logged_with_its_place_and_without_what_it_says",),
        "the log quotes what any error says",
    ),
    Mutation(
        LIFECYCLE,
        "            if not self._users:\n                if faults",
        "            if True:\n                if faults",
        (
            (
                f"{HOST_TESTS}::"
                "TestOpening::test_a_store_of_ones_own_that_fails_at_the_end_leaves_nothing_open"
            ),
        ),
        "who comes second opens the parts again",
    ),
    Mutation(
        LIFECYCLE,
        ("            self._users -= 1\n            if not self._users:\n                await"),
        "            self._users -= 1\n            if True:\n                await",
        (f"{HOST_TESTS}::TestOpening::test_a_host_opens_again_in_another_loop",),
        "who leaves first closes the parts of all",
    ),
    Mutation(
        TRACING,
        "record_exception=False, set_status_on_exception=False",
        "record_exception=True, set_status_on_exception=True",
        (
            (
                f"{TRACING_TESTS}::"
                "test_an_error_is_in_its_span_by_its_type_and_not_with_what_it_quotes"
            ),
        ),
        "a span quotes what an error says",
    ),
    Mutation(
        TRACING,
        "if not self._found and (now",
        "if self._look_at == 0.0 and (now",
        (f"{TRACING_TESTS}::test_a_provider_may_be_set_at_any_time",),
        "a provider that is set late is never found",
    ),
    Mutation(
        LOGS,
        '        return message.partition("\\n")[0].partition("(")[0]\n',
        "        return message\n",
        (f"{LOGS_TESTS}::test_a_task_that_nobody_waits_for_fails_without_what_it_says",),
        "the log shows what a callback was called with",
    ),
    Mutation(
        PROGRAM,
        "raise SystemExit(2 if isinstance(error, SettingsError) else 1)",
        "raise SystemExit(1)",
        (f"{HOST_TESTS}::TestWrongSettings::test_a_program_ends_with_all_of_them",),
        "wrong settings end with the code of a store that is away",
    ),
    Mutation(
        LIFECYCLE,
        "                    self._stack = stack.pop_all()\n",
        "                    stack.pop_all()\n",
        (f"{PARTS_TESTS}::test_what_works_in_the_background_ends_with_it",),
        "what a host has opened is never closed",
    ),
)
