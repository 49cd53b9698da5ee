"""Erasing people, and showing what there is of them."""

from __future__ import annotations

from typing import Final

from shows.mutations.mutation import Mutation

ERASURE: Final = "turnkeeper/state/erasure.py"
EXPORT: Final = "turnkeeper/state/export.py"
READING: Final = "turnkeeper/state/reading.py"
ERASURE_TESTS: Final = "tests/turnkeeper/contract/test_erasure.py"
ERASING_TESTS: Final = "tests/turnkeeper/state/test_erasing.py"
READING_TESTS: Final = "tests/turnkeeper/state/test_reading.py"

MUTATIONS: Final = (
    Mutation(
        ERASURE,
        (
            "    for key, record in (await storage.fetch([owner])).items():\n"
            "        yield key, record\n"
        ),
        "",
        (
            (
                f"{ERASURE_TESTS}::"
                "test_forget_me_finds_the_group_where_a_person_was_last_without_a_place_there[memory]"
            ),
        ),
        "a profile that the SDK's own state wrote is not erased",
    ),
    Mutation(
        ERASURE,
        "            _keep_digests(transaction, key)\n",
        "            transaction.put(key, None)\n",
        (f"{ERASURE_TESTS}::test_forget_me_erases_the_person_wherever_it_is_said[memory]",),
        "what was said before a person was erased is taken again",
    ),
    Mutation(
        ERASURE,
        "    for key in ledgers:\n        _drop_answers(transaction, key)\n",
        "",
        (f"{ERASURE_TESTS}::test_forget_me_erases_the_person_wherever_it_is_said[memory]",),
        "answers in a group's ledger outlive who is erased",
    ),
    Mutation(
        ERASURE,
        "        conversations |= _conversations_named_in(key, record, address, codec)\n",
        "",
        (f"{ERASURE_TESTS}::test_forget_me_erases_the_person_wherever_it_is_said[memory]",),
        "groups in which a person has a place are not looked at when they are erased",
    ),
    Mutation(
        ERASURE,
        "    while await storage.sweep():\n        pass\n",
        "",
        (
            (
                f"{ERASURE_TESTS}::"
                "test_erase_takes_records_that_cannot_be_read_and_those_that_have_expired[memory]"
            ),
        ),
        "what has expired outlives who is erased",
    ),
    Mutation(
        ERASURE,
        "    while own := [key async for key, _ in records_of(storage, owner)]:",
        "    if own := [key async for key, _ in records_of(storage, owner)]:",
        (f"{ERASING_TESTS}::test_what_is_written_while_a_person_is_erased_goes_too",),
        "what is written while a person is erased stays",
    ),
    Mutation(
        ERASURE,
        "            if attempt == TRIES - 1:\n                raise\n",
        "            raise\n",
        (f"{ERASURE_TESTS}::test_erase_tries_again_where_a_group_goes_on_talking",),
        "nobody is erased while a group goes on talking",
    ),
    Mutation(
        ERASURE,
        (
            "    except UnreadableRecord:\n"
            "        return  # such a one is never written over\n"
            "    if"
        ),
        (
            "    except UnreadableRecord:\n"
            "        transaction.put(key, None)\n"
            "        return\n"
            "    if"
        ),
        (f"{ERASING_TESTS}::test_a_groups_ledger_that_cannot_be_read_stays_as_it_is",),
        "a group's ledger that cannot be read is deleted",
    ),
    Mutation(
        ERASURE,
        "    if ledger.answers:\n        ledger.answers.clear()\n",
        "    if ledger.answers:\n        ledger = Ledger(seen=ledger.seen)\n",
        (f"{ERASURE_TESTS}::test_erase_drops_answers_of_groups_and_keeps_what_they_owe",),
        "what a group is still owed goes with one of its people",
    ),
    Mutation(
        ERASURE,
        (
            "            for value in codec.decode_state(record.body).values():\n"
            "                if callable(conversations := getattr(value, "
            '"conversations", None)):\n'
            "                    named.update(_ids_of(type(value), conversations))\n"
        ),
        "            pass\n",
        (
            (
                f"{ERASURE_TESTS}::"
                "test_forget_me_finds_the_group_where_a_person_was_last_without_a_place_there[memory]"
            ),
        ),
        "the conversations that a profile names are not looked at",
    ),
    Mutation(
        EXPORT,
        "            _count_replies(record)\n",
        "            pass\n",
        (f"{ERASURE_TESTS}::test_export_for_the_person_only_counts_the_replies",),
        "each export holds those before it",
    ),
    Mutation(
        READING,
        "        after = page[-1][0]\n",
        "        after = page[0][0]\n",
        (f"{READING_TESTS}::test_pages_hold_every_record_once",),
        "records are listed more than once",
    ),
)
