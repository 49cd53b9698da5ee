"""Erasing people, and showing what there is of them."""

from __future__ import annotations

from typing import Final

from shows.mutations.mutation import Mutation

ERASURE: Final = "turnkeeper/state/people/erasure.py"
EXPORT: Final = "turnkeeper/state/people/export.py"
READING: Final = "turnkeeper/state/reading.py"
ERASURE_TESTS: Final = "tests/turnkeeper/contract/test_erasure.py"
ERASING_TESTS: Final = "tests/turnkeeper/state/test_erasing.py"
OWED_TESTS: Final = "tests/turnkeeper/contract/test_erasing_owed.py"
READING_TESTS: Final = "tests/turnkeeper/state/test_reading.py"

MUTATIONS: Final = (
    Mutation(
        ERASURE,
        (
            "    for key, record in (await storage.fetch(people)).items():\n"
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
        (
            "    before = ledger.body()\n"
            "    numbers = ledger.erase() if own else ledger.erase_member(*map(digest, people))\n"
        ),
        (
            "    before, ledger = ledger.body(), Ledger(queue=ledger.queue)\n"
            "    numbers = ledger.erase() if own else ledger.erase_member(*map(digest, people))\n"
        ),
        (f"{ERASURE_TESTS}::test_forget_me_finds_the_ledgers_of_version_0_1[memory]",),
        "what was said before a person was erased is taken again",
    ),
    Mutation(
        ERASURE,
        (
            "    for key in ledgers:\n"
            "        transaction.revise(key, partial(_without_person, storage, key, people))\n"
        ),
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
        "    while own := [key async for key, _ in records_of(storage, *people)]:",
        "    if own := [key async for key, _ in records_of(storage, *people)]:",
        (f"{ERASING_TESTS}::test_what_is_written_while_a_person_is_erased_goes_too",),
        "what is written while a person is erased stays",
    ),
    Mutation(
        ERASURE,
        (
            "        transaction.revise(key, partial(_without_person, storage, key, people, "
            "for_good=True))\n"
        ),
        (
            "        for change in _without_person(storage, key, people, transaction.record(key)):\n"
            "            await storage.commit([change])\n"
        ),
        (f"{ERASURE_TESTS}::test_erase_tries_again_where_a_group_goes_on_talking",),
        "nobody is erased while a group goes on talking",
    ),
    Mutation(
        ERASURE,
        "        if own:\n            yield Change(key, None, record.e_tag)\n",
        "        yield Change(key, None, record.e_tag)\n",
        (f"{ERASING_TESTS}::test_a_groups_ledger_that_cannot_be_read_stays_as_it_is",),
        "a group's ledger that cannot be read is deleted",
    ),
    Mutation(
        "turnkeeper/state/people/erasure.py",
        "ledger.erase() if own else ledger.erase_member(*map(digest, people))",
        "ledger.erase()",
        (
            "tests/turnkeeper/contract/test_erasure.py::test_erase_drops_answers_of_groups_and_keeps_what_others_are_owed",
        ),
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
        ERASURE,
        "    for number in numbers:\n        yield Change(owed_key(key, number), None, ANY)\n",
        "",
        (f"{OWED_TESTS}::test_it_is_one_write_with_the_ledger",),
        "what is owed is not erased in one write with the ledger",
    ),
    Mutation(
        ERASURE,
        "if own and for_good and not numbers and not queue.holder and queue.not_before <= now:",
        "if own and for_good:",
        (
            (
                f"{OWED_TESTS}::"
                "test_a_persons_own_ledger_keeps_who_sends_and_until_when_to_wait[memory-stands2]"
            ),
        ),
        "an erasure ends the wait that the channel has asked for",
    ),
    Mutation(
        ERASURE,
        "        expires_at = max(now, queue.not_before) + _KEPT\n",
        "        expires_at = now + _KEPT\n",
        (
            (
                f"{OWED_TESTS}::"
                "test_a_persons_own_ledger_keeps_who_sends_and_until_when_to_wait[memory-stands2]"
            ),
        ),
        "a wait of days is forgotten a day after an erasure",
    ),
    Mutation(
        ERASURE,
        "        own += await _given_up_in(storage, ledgers)\n",
        "",
        (f"{OWED_TESTS}::test_what_was_given_up_goes_also_where_the_ledger_is_gone[memory]",),
        "what was given up of a join outlives who is erased",
    ),
    Mutation(
        ERASURE,
        "        transaction.put(key, None, blindly=True)\n",
        "        transaction.put(key, None)\n",
        (f"{OWED_TESTS}::test_a_sender_that_is_done_meanwhile_does_not_make_the_bot_run_again",),
        "a receipt makes a bot forget twice",
    ),
    Mutation(
        "turnkeeper/turn/turns.py",
        "                people = map(digest, address.user_keys)",
        "                people = [who]",
        ((f"{OWED_TESTS}::test_who_uninstalls_is_forgotten_and_not_who_joined[memory-True]"),),
        "who uninstalls in a group is still sent what is owed",
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
