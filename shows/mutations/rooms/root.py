"""Modules that stand alone."""

from __future__ import annotations

from typing import Final

from shows.mutations.mutation import Mutation

PARTS: Final = "turnkeeper/parts.py"
FOOTING: Final = "turnkeeper/adapters/footing.py"
HOST: Final = "turnkeeper/host.py"
FORGETTING: Final = "turnkeeper/state/people/forgetting.py"
ADDRESS: Final = "turnkeeper/address.py"
DEADLINES: Final = "turnkeeper/deadlines.py"
HOST_TESTS: Final = "tests/turnkeeper/test_host.py"
PARTS_TESTS: Final = "tests/turnkeeper/test_parts.py"
READINESS_TESTS: Final = "tests/turnkeeper/inbound/test_readiness.py"
HOSTILE_TESTS: Final = "tests/turnkeeper/e2e/test_hostile.py"
FORGETTING_TESTS: Final = "tests/turnkeeper/state/test_forgetting.py"
TURN_STATE_TESTS: Final = "tests/turnkeeper/state/test_turn_state.py"
COMMANDS_TESTS: Final = "tests/turnkeeper/operator/test_commands.py"
SAVING_TESTS: Final = "tests/turnkeeper/state/test_saving.py"
DEADLINES_TESTS: Final = "tests/turnkeeper/test_deadlines.py"

MUTATIONS: Final = (
    Mutation(
        FOOTING,
        "        stack.push_async_callback(self.store.close)\n",
        "",
        (
            (
                f"{HOST_TESTS}::"
                "TestOpening::test_a_store_of_ones_own_that_fails_at_the_end_leaves_nothing_open"
            ),
        ),
        "a host that is closed leaves its store open",
    ),
    Mutation(
        FOOTING,
        "        stack.push_async_callback(connector.close)\n",
        "",
        (f"{PARTS_TESTS}::test_what_works_in_the_background_ends_with_it",),
        "a host that is closed leaves its connections open",
    ),
    Mutation(
        FOOTING,
        "        stack.push_async_callback(self.authenticator.close)\n",
        "",
        (f"{PARTS_TESTS}::test_what_works_in_the_background_ends_with_it",),
        "a host that is closed goes on fetching keys",
    ),
    Mutation(
        FOOTING,
        "        stack.push_async_callback(self.token.close)\n",
        "",
        (f"{PARTS_TESTS}::test_a_token_that_is_on_its_way_is_waited_for_no_more",),
        "a host that is closed goes on fetching a token",
    ),
    Mutation(
        FOOTING,
        "        stack.push_async_callback(adapter.close)\n",
        "",
        (f"{PARTS_TESTS}::test_what_was_sent_is_written_down_at_its_end",),
        "a host that is closed does not write down what was sent",
    ),
    Mutation(
        FOOTING,
        "            stack.push_async_callback(_end, asyncio.create_task(chore))\n",
        "            asyncio.create_task(chore)\n",
        (f"{PARTS_TESTS}::test_what_works_in_the_background_ends_with_it",),
        "a host that is closed goes on sweeping",
    ),
    Mutation(
        FOOTING,
        "for chore in (dispatcher.run(), sweep_for_ever(self.store), metrics.watch_loop()):",
        "for chore in (dispatcher.run(), metrics.watch_loop()):",
        (f"{PARTS_TESTS}::test_what_has_expired_is_swept_while_it_is_open",),
        "nothing is ever swept",
    ),
    Mutation(
        FOOTING,
        "for chore in (dispatcher.run(), sweep_for_ever(self.store), metrics.watch_loop()):",
        "for chore in (sweep_for_ever(self.store), metrics.watch_loop()):",
        (f"{PARTS_TESTS}::test_what_a_process_before_it_owes_is_sent_when_it_starts",),
        "nobody works off what is owed",
    ),
    Mutation(
        FOOTING,
        "everywhere=lambda: settings.dispatch and everywhere(),",
        "everywhere=lambda: settings.dispatch,",
        (f"{PARTS_TESTS}::test_what_a_process_before_it_owes_is_sent_when_it_starts",),
        "a script takes up what is owed",
    ),
    Mutation(
        FOOTING,
        "        self.authenticator.start()\n",
        "",
        (f"{READINESS_TESTS}::test_it_is_not_ready_before_it_has_the_keys_of_its_channel",),
        "the first request waits for the keys",
    ),
    Mutation(
        FOOTING,
        "                local=local,\n",
        "                local=False,\n",
        (f"{PARTS_TESTS}::test_no_connection_to_a_channel_stays_open",),
        "in local mode the bot posts to channels' hosts",
    ),
    Mutation(
        PARTS,
        "Lifetimes(settings.conversation_ttl, settings.profile_ttl)",
        "Lifetimes(None, settings.profile_ttl)",
        (f"{PARTS_TESTS}::test_conversations_and_people_are_kept_as_long_as_the_settings_say",),
        "conversations are never forgotten",
    ),
    Mutation(
        PARTS,
        "Lifetimes(settings.conversation_ttl, settings.profile_ttl)",
        "Lifetimes(settings.conversation_ttl, settings.conversation_ttl)",
        (f"{PARTS_TESTS}::test_conversations_and_people_are_kept_as_long_as_the_settings_say",),
        "people are forgotten when their conversations are",
    ),
    Mutation(
        PARTS,
        "            conversation_ttl=settings.conversation_ttl,\n",
        "",
        (f"{PARTS_TESTS}::test_conversations_and_people_are_kept_as_long_as_the_settings_say",),
        "ledgers are never forgotten",
    ),
    Mutation(
        FOOTING,
        "Namespace(store, settings.bot_name) if settings.bot_name else store,",
        "store,",
        (f"{HOST_TESTS}::test_bots_with_names_share_a_store_and_nothing_in_it[sqlite]",),
        "bots with names share what they remember",
    ),
    Mutation(
        HOST,
        (
            "        local = settings.local_mode and not "
            "settings.dangerously_listen_without_credentials\n"
        ),
        "        local = False\n",
        (
            (
                f"{HOSTILE_TESTS}::"
                "test_local_mode_hears_no_page_that_has_another_name_for_this_machine"
            ),
        ),
        "without credentials a bot listens to other machines",
    ),
    Mutation(
        FORGETTING,
        "    forget_states(context)\n",
        "",
        (f"{FORGETTING_TESTS}::test_what_the_turn_had_kept_before_is_not_stored_again",),
        "who is forgotten is stored again at the end of the turn",
    ),
    Mutation(
        FORGETTING,
        (
            "        context.activity.from_property = "
            "ChannelAccount(id=sender.id, role=sender.role)\n"
        ),
        "        pass\n",
        (f"{FORGETTING_TESTS}::test_the_replies_name_nobody",),
        "replies to who was forgotten hold their name",
    ),
    Mutation(
        ADDRESS,
        'return f"{ledgers_of(channel, name)}{_quoted(bot)}"',
        'return f"{ledgers_of(channel, name)}"',
        (f"{HOST_TESTS}::test_an_activity_for_two_bots_on_one_store_runs_in_both[sqlite]",),
        "two bots on one store share a ledger, its key without the bot",
    ),
    Mutation(
        ADDRESS,
        "place = f\"{channel}/members/{quote(name, safe='')}/{quote(known_as, safe='')}\"",
        'place = f"{channel}/members/{name}/{known_as}"',
        (f"{TURN_STATE_TESTS}::test_no_two_places_share_a_key",),
        "two places in groups share a key",
    ),
    Mutation(
        ADDRESS,
        "limit = _LONGEST if native_id.isascii() else _LONGEST_NOT_ASCII",
        "limit = _LONGEST",
        (f"{COMMANDS_TESTS}::test_a_person_is_found_by_an_id_that_is_no_key",),
        "an id of emoji does not fit into a store's index",
    ),
    Mutation(
        ADDRESS,
        "apart = PRIVATE not in native_id and not native_id.startswith(HASHED)",
        "apart = not native_id.startswith(HASHED)",
        ("tests/turnkeeper/state/test_private_state.py",),
        "a conversation's name shows what a person has in another one",
    ),
    Mutation(
        ADDRESS,
        'user = f"{channel}/users/{known_as}"',
        'user = f"users/{known_as}"',
        (f"{SAVING_TESTS}::test_a_value_that_is_set_is_stored_even_if_it_is_the_default",),
        "a person has one key in all channels",
    ),
    Mutation(
        DEADLINES,
        (
            "        elif self._task.uncancel() <= self._cancelling and kind is "
            "asyncio.CancelledError:\n"
        ),
        "        elif kind is asyncio.CancelledError:\n",
        (
            (
                f"{DEADLINES_TESTS}::"
                "test_a_block_that_takes_too_long_is_ended_and_what_comes_after_is_not_cancelled"
            ),
        ),
        "a task that somebody cancels is late, and goes on",
    ),
    Mutation(
        DEADLINES,
        "(loop.time() + seconds, late, copy_context())",
        "(loop.time() + seconds, late, Context())",
        (f"{DEADLINES_TESTS}::test_what_is_late_runs_in_the_context_of_who_watches_it",),
        "what is late does not know whose turn it is",
    ),
)
