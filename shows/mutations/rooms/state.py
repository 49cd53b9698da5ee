"""What a bot remembers of people and conversations."""

from __future__ import annotations

from typing import Final

from shows.mutations.mutation import Mutation

ACCESSOR: Final = "turnkeeper/state/accessor.py"
SCOPE: Final = "turnkeeper/state/scope.py"
TURN_STATE: Final = "turnkeeper/state/turn_state.py"
SERVICES: Final = "turnkeeper/state/services.py"
TYPED_STORAGE: Final = "turnkeeper/state/typed_storage.py"
TURN_STATE_TESTS: Final = "tests/turnkeeper/state/test_turn_state.py"
SAVING_TESTS: Final = "tests/turnkeeper/state/test_saving.py"
PARTS_TESTS: Final = "tests/turnkeeper/test_parts.py"
SDK_STORAGE_TESTS: Final = "tests/turnkeeper/contract/test_stores.py::TestStores"

MUTATIONS: Final = (
    Mutation(
        ACCESSOR,
        (
            "            if text != self.defaults.get(name):\n"
            "                kept.append((name, text))"
        ),
        "            kept.append((name, text))",
        (f"{TURN_STATE_TESTS}::test_reading_an_unknown_person_makes_no_record",),
        "reading of an unknown person makes a record",
    ),
    Mutation(
        ACCESSOR,
        "else deepcopy(default_value_or_factory)",
        "else default_value_or_factory",
        (f"{TURN_STATE_TESTS}::test_a_default_is_not_shared_between_people",),
        "two people share one default",
    ),
    Mutation(
        ACCESSOR,
        ("        cached.defaults.pop(self.name, None)\n        cached.state[self.name] = value"),
        "        cached.state[self.name] = value",
        (f"{SAVING_TESTS}::test_a_value_that_is_set_is_stored_even_if_it_is_the_default",),
        "a value that is set to what the default was is not stored",
    ),
    Mutation(
        SCOPE,
        "if not force and self._slot in turn_context.turn_state:",
        "if self._slot in turn_context.turn_state:",
        (f"{TURN_STATE_TESTS}::test_a_forced_load_forgets_the_turns_changes",),
        "a forced load keeps the turn's changes",
    ),
    Mutation(
        SCOPE,
        "transaction.put(key, whole, owner=owner, ttl=self._ttl)",
        "transaction.put(key, whole, ttl=self._ttl)",
        (f"{TURN_STATE_TESTS}::test_records_belong_to_the_person_who_spoke",),
        "what a bot remembers of a person is nobody's, and outlives their erasure",
    ),
    Mutation(
        SCOPE,
        "transaction.put(key, whole, owner=owner, ttl=self._ttl)",
        "transaction.put(key, whole, owner=owner)",
        (f"{PARTS_TESTS}::test_conversations_and_people_are_kept_as_long_as_the_settings_say",),
        "state that is not used never expires",
    ),
    Mutation(
        SCOPE,
        "        if not transaction.hosted:\n            await transaction.commit()\n",
        "        await transaction.commit()\n",
        (
            "tests/turnkeeper/adapters/test_failed_run.py::test_nothing_is_kept_of_what_the_failed_run_has_saved",
        ),
        "a save writes before the turn's commit",
    ),
    Mutation(
        TURN_STATE,
        "            transaction.hosted = hosted\n        if not hosted",
        "            pass\n        if not hosted",
        (f"{SAVING_TESTS}::test_without_a_host_each_save_writes_also_after_one_of_all_states",),
        "after the first save of all states later saves write nothing",
    ),
    Mutation(
        SCOPE,
        "        turn_context.turn_state[self._slot] = empty\n",
        "        turn_context.turn_state.pop(self._slot, None)\n",
        (f"{TURN_STATE_TESTS}::test_cleared_state_stays_cleared",),
        "state that is cleared is read again",
    ),
    Mutation(
        SCOPE,
        "address.place_key if self._by_person else address.conversation_key",
        "address.conversation_key",
        (f"{TURN_STATE_TESTS}::test_in_a_group_everybody_has_a_place_of_their_own",),
        "in a group one person's answer is taken for another's",
    ),
    Mutation(
        TURN_STATE,
        "hosted, transaction.hosted = transaction.hosted, True",
        "hosted = transaction.hosted",
        (f"{TURN_STATE_TESTS}::test_a_turn_is_one_read_and_one_write",),
        "two states of a turn are written one after the other",
    ),
    Mutation(
        SERVICES,
        "if services.activity is activity:",
        "if activity:",
        (f"{SAVING_TESTS}::test_state_is_that_of_the_activity_that_the_turn_has_now",),
        "what bot code gives another person's activity is stored with the first person",
    ),
    Mutation(
        SERVICES,
        "    context.turn_state[_SLOT] = TurnEnded\n",
        "",
        (f"{TURN_STATE_TESTS}::test_a_turn_that_is_over_can_save_nothing",),
        "what is saved after a turn is written, and may undo what others saved",
    ),
    Mutation(
        SERVICES,
        "    elif transaction.storage is not records:\n",
        "    elif False:\n",
        (f"{SAVING_TESTS}::test_state_on_another_store_than_its_turn_is_refused",),
        "state on another store is read from the turn's store",
    ),
    Mutation(
        TYPED_STORAGE,
        "Change(one.key, one.body, one.e_tag or ANY)",
        "Change(one.key, one.body, ANY)",
        (f"{SDK_STORAGE_TESTS}::test_an_item_changed_by_another_is_not_overwritten[memory]",),
        "an item that was changed meanwhile is written over, its e_tag left out",
    ),
    Mutation(
        TYPED_STORAGE,
        "            hold(one.item, e_tags[one.key])\n",
        "            pass\n",
        (f"{SDK_STORAGE_TESTS}::test_the_same_dict_may_be_written_again_in_one_turn[memory]",),
        "an item cannot be written twice in a turn",
    ),
)
