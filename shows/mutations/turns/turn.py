"""The way of a turn."""

from __future__ import annotations

from typing import Final

from shows.mutations.mutation import Mutation

ORDER: Final = "turnkeeper/turn/order.py"
NAMING: Final = "turnkeeper/turn/naming.py"
TURNS: Final = "turnkeeper/turn/turns.py"
WAITING_TESTS: Final = "tests/turnkeeper/turn/test_waiting.py"
SPEAKING_FIRST_TESTS: Final = "tests/turnkeeper/turn/test_speaking_first.py"
TURNS_TESTS: Final = "tests/turnkeeper/turn/test_turns.py"
LEASES_TESTS: Final = "tests/turnkeeper/turn/test_leases.py"
ERASURE_TESTS: Final = "tests/turnkeeper/contract/test_erasure.py"
PARTS_TESTS: Final = "tests/turnkeeper/test_parts.py"
HOLDING_TESTS: Final = "tests/turnkeeper/delivery/test_holding.py"
COUNTED_TESTS: Final = "tests/turnkeeper/observing/test_counted.py"
OLD_LEDGERS_TESTS: Final = "tests/turnkeeper/turn/test_old_ledgers.py"

MUTATIONS: Final = (
    Mutation(
        ORDER,
        "if turns > WAITING:",
        "if turns > 2 * WAITING:",
        (f"{WAITING_TESTS}::test_fifty_may_wait_for_one_conversation_and_no_more",),
        "more than 50 may wait for one conversation",
    ),
    Mutation(
        ORDER,
        "if turns > WAITING:",
        "if turns >= WAITING:",
        (f"{WAITING_TESTS}::test_fifty_may_wait_for_one_conversation_and_no_more",),
        "the last of the 50 that may wait is refused",
    ),
    Mutation(
        ORDER,
        "            raise NestedTurn\n",
        "            pass\n",
        (
            (
                f"{SPEAKING_FIRST_TESTS}::"
                "test_to_wait_for_a_turn_within_the_same_turn_is_an_error_at_once"
            ),
        ),
        "a turn that waits for itself is not told so",
    ),
    Mutation(
        ORDER,
        "if not turns and self._slots.take_free(self._person):",
        "if not lock.locked() and self._slots.take_free(self._person):",
        (f"{TURNS_TESTS}::test_nor_does_who_comes_just_when_a_turn_ends_and_another_one_waits",),
        "who comes between the end of a turn and the next one waits without end",
    ),
    Mutation(
        ORDER,
        "        except TimeoutError:\n            self._leave()\n",
        "        except TimeoutError:\n",
        (f"{TURNS_TESTS}::test_nobody_waits_without_end_for_the_turns_before",),
        "who has waited in vain counts as waiting for ever",
    ),
    Mutation(
        ORDER,
        "        except BaseException:\n            self._leave()\n",
        "        except BaseException:\n",
        (f"{WAITING_TESTS}::test_who_gives_up_waiting_makes_room_for_another",),
        "who gives up waiting counts as waiting for ever",
    ),
    Mutation(
        ORDER,
        "        self._locks[self._conversation].release()\n        self._leave()",
        "        self._leave()\n        self._locks.pop(self._conversation, asyncio.Lock())",
        (f"{TURNS_TESTS}::test_also_when_it_arrives_many_times_at_once",),
        "the end of a turn wakes nobody who waits for it",
    ),
    Mutation(
        NAMING,
        'name = f"{activity.type}\\n{sender}\\n{activity.id}"',
        'name = f"{activity.type}\\n{activity.id}"',
        (f"{TURNS_TESTS}::test_the_same_id_from_another_person_is_another_activity",),
        "an id that two people's activities have is taken for one activity",
    ),
    Mutation(
        NAMING,
        'name = f"{name}\\n{activity.timestamp}\\n{activity.text}"',
        'name = f"{name}\\n{activity.text}"',
        (f"{TURNS_TESTS}::test_an_edit_is_no_duplicate_of_the_message_nor_of_another_edit",),
        "an edit back to an earlier text is taken for the earlier edit",
    ),
    Mutation(
        NAMING,
        "if not activity.id:",
        "if activity.id is None:",
        (f"{TURNS_TESTS}::test_an_activity_without_id_is_never_a_duplicate",),
        "activities with an empty id are taken for one",
    ),
    Mutation(
        TURNS,
        "TRIES: Final = 10\n",
        "TRIES: Final = 1\n",
        (f"{TURNS_TESTS}::test_also_when_it_arrives_many_times_at_once",),
        "a turn whose records others changed is not run again",
    ),
    Mutation(
        TURNS,
        (
            "                        await transaction.commit()\n"
            "                        self._sender.receipts.drop(key)\n"
            "                except"
        ),
        (
            "                        await self._sender.deliver(\n"
            "                            key, ledger, transaction, "
            "activity.service_url, shared=shared\n"
            "                        )\n"
            "                        await transaction.commit()\n"
            "                        self._sender.receipts.drop(key)\n"
            "                except"
        ),
        (f"{TURNS_TESTS}::test_when_nobody_waits_what_was_sent_is_noted_before_the_answer",),
        "replies leave before their turn is committed",
    ),
    Mutation(
        TURNS,
        "if ledger.knows(turn):",
        "if ledger.answer(turn):",
        (f"{TURNS_TESTS}::test_a_redelivered_activity_takes_effect_once",),
        "an activity without an HTTP answer takes effect each time it is delivered",
    ),
    Mutation(
        TURNS,
        "if answer is None and answers_over_http(activity):",
        "if answers_over_http(activity):",
        (f"{TURNS_TESTS}::test_the_answer_of_an_invoke_is_the_same_when_it_is_delivered_again",),
        "an invoke that is delivered again gets 409 though its answer is kept",
    ),
    Mutation(
        TURNS,
        "if answer is None and answers_over_http(activity):",
        "if answer is None and activity.type == ActivityTypes.invoke:",
        (f"{LEASES_TESTS}::test_an_answer_that_is_no_longer_kept_is_not_made_up",),
        "expected replies that are no longer kept are answered as if there had been none",
    ),
    Mutation(
        TURNS,
        "ledger = Ledger(seen=ledger.seen)",
        "ledger = Ledger()",
        (f"{ERASURE_TESTS}::test_what_was_said_before_is_not_taken_again[memory]",),
        "what was said before somebody was forgotten is taken again",
    ),
    Mutation(
        TURNS,
        'owner = "" if address.group else address.owner',
        "owner = address.owner",
        (f"{ERASURE_TESTS}::test_forget_me_erases_the_person_wherever_it_is_said[memory]",),
        "a group's ledger belongs to who spoke last",
    ),
    Mutation(
        TURNS,
        "transaction.put(key, ledger.body(), owner=owner, ttl=self._ttl)",
        "transaction.put(key, ledger.body(), ttl=self._ttl)",
        (f"{SPEAKING_FIRST_TESTS}::test_what_belongs_to_a_person_stays_theirs",),
        "the ledger of a person's conversation is nobody's, and outlives their erasure",
    ),
    Mutation(
        TURNS,
        "transaction.put(key, ledger.body(), owner=owner, ttl=self._ttl)",
        "transaction.put(key, ledger.body(), owner=owner)",
        (f"{PARTS_TESTS}::test_conversations_and_people_are_kept_as_long_as_the_settings_say",),
        "the ledger of a quiet conversation is kept for ever",
    ),
    Mutation(
        TURNS,
        "                self._sender.receipts.recall(key, ledger, self._sender.holder)\n",
        "",
        (f"{HOLDING_TESTS}::test_what_another_process_has_claimed_and_sent_it_knows_to_be_sent",),
        "what this process sent and has not yet written down is sent again",
    ),
    Mutation(
        TURNS,
        "                        self._metrics.duplicates.inc()\n",
        "",
        (f"{COUNTED_TESTS}::test_an_activity_that_is_delivered_again",),
        "duplicates are not counted",
    ),
    Mutation(
        TURNS,
        "                    self._metrics.conflicts.inc()\n",
        "",
        (f"{COUNTED_TESTS}::test_a_turn_that_runs_again_for_what_others_changed",),
        "conflicts are not counted",
    ),
    Mutation(
        TURNS,
        ("        transaction.rewrite(key, ledger.body())\n        await transaction.commit()\n"),
        "",
        (f"{LEASES_TESTS}::test_a_turn_that_was_refused_is_not_committed_later",),
        "what an earlier turn owes is sent without being claimed",
    ),
    Mutation(
        TURNS,
        "                return ledger.owed\n",
        "                return None\n",
        (f"{LEASES_TESTS}::test_a_lease_in_a_far_future_blocks_nobody_for_long",),
        "a lease in a far future blocks its conversation",
    ),
    Mutation(
        TURNS,
        "            transaction.rewrite(old_key, old.without_debt().body())\n",
        "            pass\n",
        (f"{OLD_LEDGERS_TESTS}::test_what_was_owed_then_is_sent_first_and_once",),
        "what version 0.1 owed is sent twice",
    ),
    Mutation(
        TURNS,
        "        if known and not (ours and old.owed):\n            return False\n",
        "        if known:\n            return False\n",
        (
            (
                f"{OLD_LEDGERS_TESTS}::"
                "test_what_seemed_another_bots_is_sent_first_and_once_when_it_proves_to_be_ours"
            ),
        ),
        "what version 0.1 owes is not sent once there is a ledger of this version",
    ),
    Mutation(
        TURNS,
        "if known and '\"owed\"' not in record.body:",
        "if known and not record.body:",
        (OLD_LEDGERS_TESTS,),
        "the ledger of version 0.1 is read in each turn, though it owes nothing",
        survives="it costs time alone: what is read owes nothing, and is left as it is",
    ),
    Mutation(
        TURNS,
        "            until=self._sender.lease(),\n",
        "            until=0.0,\n",
        (f"{TURNS_TESTS}::test_a_turn_is_one_read_one_write_and_its_replies",),
        "what a turn owes is anybody's to send from its commit on",
    ),
)
