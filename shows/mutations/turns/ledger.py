"""What was taken and what is owed."""

from __future__ import annotations

from typing import Final

from shows.mutations.mutation import Mutation

LEDGER: Final = "turnkeeper/ledger/ledger.py"
EFFECTS: Final = "turnkeeper/ledger/effects.py"
LEDGER_TESTS: Final = "tests/turnkeeper/ledger/test_ledger.py"
OWED: Final = "turnkeeper/ledger/owed.py"

MUTATIONS: Final = (
    Mutation(
        LEDGER,
        "[-SEEN * (len(turn) + 1) :]",
        "[:]",
        (f"{LEDGER_TESTS}::test_it_knows_the_last_activities",),
        "a conversation's ledger grows for ever",
    ),
    Mutation(
        LEDGER,
        "[-SEEN * (len(turn) + 1) :]",
        "[-(SEEN - 1) * (len(turn) + 1) :]",
        (f"{LEDGER_TESTS}::test_it_knows_the_last_activities",),
        "one activity less than 100 is remembered",
    ),
    Mutation(
        LEDGER,
        (
            "            for old in list(self.answers)[:-ANSWERS]:\n"
            "                del self.answers[old]\n"
        ),
        "",
        (f"{LEDGER_TESTS}::test_answers_and_ids_are_kept_for_a_while",),
        "the answers of all turns are kept",
    ),
    Mutation(
        LEDGER,
        " and len(json_text.encode(answer)) <= LONGEST_ANSWER",
        "",
        (f"{LEDGER_TESTS}::test_an_answer_without_end_is_not_kept",),
        "answers of any length are kept",
    ),
    Mutation(
        LEDGER,
        (
            "            for old in list(self.sent_ids)[:-SENT_IDS]:\n"
            "                del self.sent_ids[old]\n"
        ),
        "",
        (f"{LEDGER_TESTS}::test_answers_and_ids_are_kept_for_a_while",),
        "the ids of all replies are kept",
    ),
    Mutation(
        LEDGER,
        "others=turns,\n",
        "others={},\n",
        (f"{LEDGER_TESTS}::test_what_another_version_keeps_is_kept",),
        "what a later version keeps in a ledger is lost",
    ),
    Mutation(
        LEDGER,
        (
            '            raise UnreadableRecord(key, f"not readable '
            '({type(error).__name__})") from error\n'
        ),
        "            return cls()\n",
        (f"{LEDGER_TESTS}::test_an_unreadable_ledger_is_refused",),
        "a ledger that cannot be read is taken for an empty one",
    ),
    Mutation(
        LEDGER,
        "return turn in self.seen",
        "return self.seen.endswith(turn)",
        (f"{LEDGER_TESTS}::test_it_knows_the_last_activities",),
        "only the last activity of a conversation is known again",
    ),
    Mutation(
        EFFECTS,
        '        raise ValueError("an unknown effect")\n',
        "        return Delay(0)\n",
        (f"{LEDGER_TESTS}::test_an_unreadable_ledger_is_refused",),
        "an effect of a later version is dropped",
    ),
    Mutation(
        EFFECTS,
        '        values["body"] = json_text.encode(body)\n',
        "        pass\n",
        (f"{LEDGER_TESTS}::test_an_activity_of_the_first_days_is_an_object",),
        "a ledger of the first days cannot be sent",
    ),
    Mutation(
        EFFECTS,
        '            "reply_to": self.reply_to,\n',
        '            "reply_to": "",\n',
        (f"{LEDGER_TESTS}::test_what_is_owed_comes_back_as_it_was",),
        "a reply that was stored does not know what it answers",
    ),
    Mutation(
        LEDGER,
        'if data["v"] not in _READABLE:',
        'if data["v"] < 1:',
        (f"{LEDGER_TESTS}::test_an_unreadable_ledger_is_refused",),
        "a ledger of a later format is read, and written over",
    ),
    Mutation(
        LEDGER,
        ('                self._name(reply, "")\n            case Failed'),
        ("                pass\n            case Failed"),
        (f"{LEDGER_TESTS}::test_what_the_channel_called_a_reply_is_known",),
        "nobody knows that a reply was refused when it is updated",
    ),
    Mutation(
        LEDGER,
        ("        if not self.queue.note(fact, now, reply_ttl):\n            return False\n"),
        "        self.queue.note(fact, now, reply_ttl)\n",
        (f"{LEDGER_TESTS}::test_a_fact_of_what_is_done_gives_no_name",),
        "the id of a second copy takes the place of the first one's",
    ),
    Mutation(
        "turnkeeper/ledger/ledger.py",
        "        self.queue.open, self.queue.unseen = {}, {}\n",
        "        self.queue = Queue()\n",
        (
            "tests/turnkeeper/ledger/test_ledger.py::test_where_its_person_is_erased_no_turn_runs_again_and_a_wait_lasts",
        ),
        "an erasure makes a new holder of the conversation possible, and undercuts a wait",
    ),
    Mutation(
        LEDGER,
        "        self.answers, self.alike = {}, _NONE\n",
        "",
        (f"{LEDGER_TESTS}::test_where_one_of_several_is_erased_the_others_are_owed_theirs",),
        "answers of a group that may name who was erased are kept",
    ),
    Mutation(
        OWED,
        ('            if data["v"] != FORMAT:\n                raise'),
        ("            if False:\n                raise"),
        (f"{LEDGER_TESTS}::test_what_is_owed_and_cannot_be_read_is_not_made_up",),
        "a record of a later format is sent as if it were of this one",
    ),
)
