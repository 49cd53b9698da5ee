"""What was taken and what is owed."""

from __future__ import annotations

from typing import Final

from shows.mutations.mutation import Mutation

LEDGER: Final = "turnkeeper/ledger/ledger.py"
EFFECTS: Final = "turnkeeper/ledger/effects.py"
LEDGER_TESTS: Final = "tests/turnkeeper/ledger/test_ledger.py"
GIVEN_UP_TESTS: Final = "tests/turnkeeper/turn/test_given_up.py"
COMMITTED_LAST_TESTS: Final = "tests/turnkeeper/ledger/test_committed_last.py"
LEDGER_FIELDS_TESTS: Final = "tests/turnkeeper/ledger/test_ledger_fields.py"

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
        "self.refusals >= REFUSALS and now",
        "self.refusals >= REFUSALS or now",
        (f"{GIVEN_UP_TESTS}::test_after_an_hour_of_server_errors_the_conversation_goes_on",),
        "a reply is given up after five tries within a minute",
    ),
    Mutation(
        LEDGER,
        "self.refused_at = self.refused_at or now",
        "self.refused_at = now",
        (f"{GIVEN_UP_TESTS}::test_after_an_hour_of_server_errors_the_conversation_goes_on",),
        "a reply that the channel never takes is never given up",
    ),
    Mutation(
        LEDGER,
        "        self.owed.refusals, self.owed.refused_at = 0, 0.0\n",
        "",
        (f"{GIVEN_UP_TESTS}::test_each_reply_has_an_hour_of_its_own",),
        "the refusals of one reply count against the next",
    ),
    Mutation(
        LEDGER,
        "if self.owed is not None and self.owed.settled:",
        "if self.owed is not None:",
        (f"{LEDGER_TESTS}::test_what_is_owed_is_settled_effect_by_effect",),
        "what is owed is dropped before it is sent",
    ),
    Mutation(
        LEDGER,
        'if data["v"] != FORMAT:',
        'if data["v"] < FORMAT:',
        (f"{LEDGER_TESTS}::test_an_unreadable_ledger_is_refused",),
        "a ledger of a later format is read, and written over",
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
        "return cls(**known, others=stored)",
        "return cls(**known)",
        (f"{LEDGER_TESTS}::test_what_another_version_keeps_is_kept",),
        "what a later version keeps in what is owed is lost",
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
        'ours = {one.removeprefix("28:") for one in bot if one}',
        "ours = {one for one in bot if one}",
        (f"{LEDGER_TESTS}::test_whose_debt_it_is_tell_the_replies",),
        "a bot and its name at Teams are two",
    ),
    Mutation(
        LEDGER,
        "ours and senders and ours.isdisjoint",
        "ours and ours.isdisjoint",
        (f"{LEDGER_TESTS}::test_whose_debt_it_is_tell_the_replies",),
        "what names no sender is another bot's to send",
    ),
    Mutation(
        LEDGER,
        "return self.sent >= len(self.effects)",
        "return self.sent >= len(self.effects) - 1",
        (f"{LEDGER_TESTS}::test_what_is_owed_is_settled_effect_by_effect",),
        "the last reply of a turn is never sent",
    ),
    Mutation(
        LEDGER,
        "return turn in self.seen",
        "return self.seen.endswith(turn)",
        (f"{LEDGER_TESTS}::test_it_knows_the_last_activities",),
        "only the last activity of a conversation is known again",
    ),
    Mutation(
        LEDGER,
        "Owed(turn, effects, 0, holder, until) if effects else None",
        "Owed(turn, effects, 0, holder, until)",
        (f"{COMMITTED_LAST_TESTS}::test_a_turn_that_says_nothing_owes_nothing",),
        "a turn without replies owes something",
    ),
    Mutation(
        LEDGER,
        "        self.holder = holder\n        self.owed",
        "        self.owed",
        (f"{COMMITTED_LAST_TESTS}::test_each_process_has_a_name_in_it",),
        "a ledger does not tell who committed last",
    ),
    Mutation(
        LEDGER,
        ('            stored |= {"refusals": self.refusals, "refused_at": self.refused_at}\n'),
        "            pass\n",
        (f"{LEDGER_FIELDS_TESTS}::test_unknown_fields_of_what_is_owed_stay_until_it_is_sent",),
        "refusals are forgotten when they are stored",
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
        (f"{LEDGER_TESTS}::test_a_ledger_comes_back_as_it_was",),
        "a reply that was stored does not know what it answers",
    ),
)
