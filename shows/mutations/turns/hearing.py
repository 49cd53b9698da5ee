"""What a bot hears, and where its people have their places."""

from __future__ import annotations

from typing import Final

from shows.mutations.mutation import Mutation

HEARING: Final = "turnkeeper/turn/hearing.py"
OPENING: Final = "turnkeeper/turn/opening.py"
TURNS: Final = "turnkeeper/turn/turns.py"
LEDGER: Final = "turnkeeper/ledger/ledger.py"
ADDRESSED: Final = "turnkeeper/channels/addressed.py"
AUTOMATIC: Final = "turnkeeper/channels/automatic.py"
RUN: Final = "turnkeeper/dialogs/run.py"
SUCCESSION: Final = "turnkeeper/state/people/succession.py"
HEARING_TESTS: Final = "tests/turnkeeper/turn/test_hearing.py"
TWO_PEOPLE_TESTS: Final = "tests/turnkeeper/turn/test_two_people.py"
ADDRESSED_TESTS: Final = "tests/turnkeeper/channels/test_addressed.py"
AUTOMATIC_TESTS: Final = "tests/turnkeeper/channels/test_automatic.py"
LIFE_TESTS: Final = "tests/turnkeeper/dialogs/test_life.py"
SUCCESSION_TESTS: Final = "tests/turnkeeper/contract/test_succession.py"

MUTATIONS: Final = (
    Mutation(
        HEARING,
        "return bool(self.replied_to) and not self.replied_to.isdisjoint(ledger.sent_ids.values())",
        "return False",
        (f"{HEARING_TESTS}::test_in_a_group_it_is_silent_until_it_is_mentioned_or_replied_to",),
        "a reply to the bot is not heard in a group",
    ),
    Mutation(
        HEARING,
        "        if self.addressed or (self.edits and ledger.knows(self.edits)):",
        "        if self.addressed:",
        (f"{HEARING_TESTS}::test_an_edit_of_what_it_heard_is_heard_without_a_mention",),
        "an edit without a mention is lost",
    ),
    Mutation(
        HEARING,
        "            ledger.count(self.kind, now)\n",
        "            pass\n",
        (f"{HEARING_TESTS}::test_two_bots_end_and_a_person_among_them_is_answered",),
        "two bots talk for ever",
    ),
    Mutation(
        HEARING,
        "        if self.said:\n",
        "        if True:\n",
        (f"{HEARING_TESTS}::test_a_row_lasts_an_hour_and_only_what_is_said_ends_it",),
        "an event ends a row of absence notices",
    ),
    Mutation(
        HEARING,
        " and not over_http else",
        " else",
        (f"{HEARING_TESTS}::test_what_asks_for_its_answer_gets_one",),
        "who asks for the answer in the response gets none",
    ),
    Mutation(
        LEDGER,
        "if kind and kind == last and now - at < ROW_LASTS else 0",
        "if kind and kind == last else 0",
        (f"{HEARING_TESTS}::test_a_row_lasts_an_hour_and_only_what_is_said_ends_it",),
        "a row of like messages lasts for ever",
    ),
    Mutation(
        ADDRESSED,
        "    if told or not isinstance(text, str):",
        "    if not isinstance(text, str):",
        (f"{ADDRESSED_TESTS}::test_what_is_for_others_is_not",),
        "another bot of the same name is answered for",
    ),
    Mutation(
        AUTOMATIC,
        '        return str(field_in(author, "id")) != _ANONYMOUS',
        "        return True",
        (f"{AUTOMATIC_TESTS}::test_the_anonymous_administrator_of_a_telegram_group_is_a_person",),
        "an administrator who writes in the group's name is a bot",
    ),
    Mutation(
        AUTOMATIC,
        '    return own if is_notice or len(own) >= _SHORTEST else ""',
        "    return own",
        (f"{AUTOMATIC_TESTS}::test_short_answers_are_a_persons_however_often",),
        "a survey by SMS ends at the fifth answer",
    ),
    Mutation(
        OPENING,
        "    if not is_firsts:\n        return beside\n",
        "",
        (f"{TWO_PEOPLE_TESTS}::test_each_gets_through",),
        "two people of one conversation share their state",
    ),
    Mutation(
        OPENING,
        "    if transaction.record(beside.place_key) is not None:\n        return beside\n",
        "",
        (f"{TWO_PEOPLE_TESTS}::test_who_comes_second_keeps_their_place_when_the_first_leaves",),
        "who came second loses their place when the first leaves",
    ),
    Mutation(
        OPENING,
        "                address = address.held_as(link.owner)\n",
        "                pass\n",
        (
            f"{SUCCESSION_TESTS}"
            "::test_who_is_known_by_their_account_is_so_where_an_activity_does_not_tell_it",
        ),
        "a person of Teams is a stranger where an activity tells no account",
    ),
    Mutation(
        TURNS,
        "            ledger.life += ends\n",
        "",
        (f"{LIFE_TESTS}::test_what_is_said_afterwards_is_no_answer",),
        "a question stays open over the end of its conversation",
    ),
    Mutation(
        TURNS,
        '            owner = ""  # what is left names nobody\n',
        "            pass\n",
        (
            f"{SUCCESSION_TESTS}"
            "::test_who_is_known_by_their_account_is_so_where_an_activity_does_not_tell_it",
        ),
        "the ledger of a chat goes on naming who was erased",
    ),
)
