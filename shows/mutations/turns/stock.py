"""Faults in the adapters of the SDK's names, and in the store that they share with states."""

from __future__ import annotations

from typing import Final

from shows.mutations.mutation import Mutation

STOCK: Final = "turnkeeper/adapters/stock.py"
ATTACHMENT: Final = "turnkeeper/adapters/attachment.py"
READINGS: Final = "turnkeeper/adapters/readings.py"
LIFECYCLE: Final = "turnkeeper/serving/lifecycle.py"
SERVER: Final = "turnkeeper/serving/server.py"
TYPED_STORAGE: Final = "turnkeeper/state/typed_storage.py"
CONFIGURATION: Final = "turnkeeper/adapters/configuration.py"
OLD: Final = "turnkeeper/adapters/bot_framework.py"
CONNECTION: Final = "turnkeeper/storage/connection.py"
SERVICES: Final = "turnkeeper/state/services.py"
TESTS: Final = "tests/turnkeeper/stock"
SAVING_TESTS: Final = "tests/turnkeeper/state/test_saving.py"

MUTATIONS: Final = (
    Mutation(
        ATTACHMENT,
        "request.path == path:",
        "False:",
        (f"{TESTS}/test_attach.py::test_it_asks_keeps_and_greets",),
        "an attached adapter answers nothing",
    ),
    Mutation(
        ATTACHMENT,
        'if request.method == "POST" and',
        "if",
        (f"{TESTS}/test_attach.py::test_everything_else_of_the_application_stays",),
        "an attached adapter takes every method",
    ),
    Mutation(
        STOCK,
        "        self.lifecycle.attend(app)\n",
        "",
        (f"{TESTS}/test_attach.py::test_faults_end_the_program_with_a_line_for_each",),
        "an attached adapter starts with wrong settings",
    ),
    Mutation(
        STOCK,
        "local = None if unchecked else LocalMode()",
        "local = None",
        (
            f"{TESTS}/test_attach.py::test_what_is_wrong_is_refused_as_by_a_host[{{}}-headers6-403]",
            (
                f"{TESTS}/test_unattached.py::"
                "test_without_credentials_it_talks_to_its_own_machine_alone[by_process-headers0]"
            ),
        ),
        "a stock bot without credentials serves strangers",
    ),
    Mutation(
        READINGS,
        "        self._local.check(request)\n",
        "        pass\n",
        (
            (
                f"{TESTS}/test_unattached.py::test_without_credentials_it_talks_to_its_own_machine_"
                "alone[by_process_activity-headers0]"
            ),
        ),
        "a stock handler without credentials serves strangers",
    ),
    Mutation(
        STOCK,
        '        if is_own(type(self), "process_activity"):\n',
        "        if True:\n",
        (
            (
                f"{TESTS}/test_unattached.py::"
                "test_what_a_subclass_does_in_process_activity_is_done_for_each_activity"
            ),
        ),
        "what a subclass filters is let in where it is attached",
    ),
    Mutation(
        STOCK,
        "        service_url = self._service_urls.check(service_url)\n",
        "",
        (
            (
                f"{TESTS}/test_bot_framework_adapter.py::"
                "test_both_make_a_client_of_the_sdk_for_a_channel_and_for_nobody_else"
            ),
        ),
        "the bot's token goes to any host that its code names",
    ),
    Mutation(
        STOCK,
        "reversed(ScopedState.made())",
        "()",
        (f"{TESTS}/test_open_storage.py::test_turns_are_committed_where_the_bot_has_its_states",),
        "turns are committed elsewhere than the states",
    ),
    Mutation(
        CONFIGURATION,
        "for name, text in variables.items() if name not in names}",
        "for name, text in variables.items()}",
        (
            (
                f"{TESTS}/test_credentials.py::test_where_config_names_the_bot_nothing_of_the_"
                "environments_credentials_counts"
            ),
        ),
        "a bot has the id of one and the password of another",
    ),
    Mutation(
        CONFIGURATION,
        "    if one and (one.claims_validator",
        "    if one and (None",
        (
            (
                f"{TESTS}/test_credentials.py::"
                "test_an_argument_that_says_who_may_call_is_never_passed_over[named1]"
            ),
        ),
        "who may call the bot is passed over",
    ),
    Mutation(
        OLD,
        "            parameters.tenant_id = tenant\n",
        "",
        (
            (
                f"{TESTS}/test_bot_framework_adapter.py::"
                "test_it_begins_a_conversation_with_whom_it_knows_in_their_tenant"
            ),
        ),
        "a conversation is begun in no tenant",
    ),
    Mutation(
        CONNECTION,
        "self._lent or isinstance(store, MemoryStorage)",
        "self._lent",
        (f"{TESTS}/test_open_storage.py::test_it_opens_anew_in_the_next_event_loop",),
        "what is in memory is gone with the event loop",
    ),
    Mutation(
        CONNECTION,
        "return _CONNECTIONS.setdefault(url, Connection(url))",
        "return Connection(url)",
        ((f"{TESTS}/test_open_storage.py::test_memory_is_one_store_a_process_and_a_name_another"),),
        "each view has a store of its own",
    ),
    Mutation(
        SERVICES,
        "        if any(key.startswith(channel) and any(named_in(key)) for key in keys):\n",
        "        if False:\n",
        (f"{SAVING_TESTS}::test_state_on_another_store_than_its_turn_is_refused",),
        "a state of the SDK on another store is written outside of its turn",
    ),
    Mutation(
        READINGS,
        '            raise RequestRefused(403, "local_mode", _UNSEEN)\n',
        "            return\n",
        (f"{TESTS}/test_unattached.py::test_a_stranger_is_not_let_in_by_a_task_of_the_handler",),
        "a task of a stock handler serves strangers",
    ),
    Mutation(
        LIFECYCLE,
        "        if opened:\n",
        "        if True:\n",
        (f"{TESTS}/test_unattached.py::test_many_first_requests_open_it_once",),
        "each of the first requests closes the adapter when it is forgotten",
    ),
    Mutation(
        TYPED_STORAGE,
        "                if not self._is_unreadable(key, turn.transaction.record(key)):\n",
        "                if True:\n",
        (f"{TESTS}/test_attach.py::test_an_unreadable_record_that_bot_code_deletes_stays",),
        "an unreadable record is deleted by a turn",
    ),
    Mutation(
        SERVER,
        '    if "auto_decompress" not in given:\n',
        "    if False:\n",
        (f"{TESTS}/test_attach.py::test_a_compressed_body_is_refused_and_not_unpacked_first",),
        "a body is unpacked before anybody has asked who sends it",
    ),
)
