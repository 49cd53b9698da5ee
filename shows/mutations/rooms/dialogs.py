"""Faults in running dialogs, and in what people may say at any time."""

from __future__ import annotations

from typing import Final

from shows.mutations.mutation import Mutation

ROOM: Final = "turnkeeper/dialogs"
TESTS: Final = "tests/turnkeeper/dialogs"
UNSEEN: Final = f"{TESTS}/test_unseen.py"
MUTATIONS: Final = (
    Mutation(
        f"{ROOM}/exchange.py",
        "return bool(person) and self._address.person not in whom",
        "return False",
        (
            (
                f"{TESTS}/test_deploys.py::"
                "test_in_a_group_with_one_state_nobody_answers_the_question_of_another"
            ),
        ),
        "one person answers the question that another was asked",
    ),
    Mutation(
        f"{ROOM}/exchange.py",
        "if found and not self._is_offered(text):",
        "if found:",
        (f"{TESTS}/test_offers.py::test_a_choice_is_an_answer",),
        "a choice that reads like a wish cannot be chosen",
    ),
    Mutation(
        f"{ROOM}/exchange.py",
        "        if self._is_ignored:\n            return mark.stored()\n",
        "",
        (
            (
                f"{TESTS}/test_deploys.py::TestOtherActivities::"
                "test_one_changes_nothing_on_a_dialog_that_no_longer_fits"
            ),
        ),
        "an event makes a dialog fit that a deploy has changed",
    ),
    Mutation(
        f"{ROOM}/exchange.py",
        "        self._mark.confirming = False\n        return await",
        "        return await",
        (
            (
                f"{TESTS}/test_forgetting.py::"
                "test_anything_else_keeps_all_and_the_open_question_is_asked_again"
            ),
        ),
        "who was asked whether to be forgotten is asked for ever",
    ),
    Mutation(
        f"{ROOM}/exchange.py",
        "        if self._arrival is not Arrival.SEEN and (confirms or not found):\n",
        "        if self._arrival is Arrival.LOST and not confirms:\n",
        (
            f"{UNSEEN}::test_a_confirmation_that_is_owed_is_not_answered",
            f"{UNSEEN}::test_a_refused_confirmation_is_asked_once_more",
        ),
        "a yes to a question that nobody saw erases a person",
    ),
    Mutation(
        f"{ROOM}/exchange.py",
        "        unseen = self._arrival is not Arrival.SEEN and self._opened.open\n",
        "        unseen = self._arrival is Arrival.OWED and self._opened.open\n",
        (f"{UNSEEN}::test_whatever_happens_only_what_was_posted_is_answered",),
        "a message is the answer to a question that was refused",
    ),
    Mutation(
        f"{ROOM}/exchange.py",
        "waited >= CONFIRMED_WITHIN or self._last.is_after_others(mark.asked_in)",
        "waited >= CONFIRMED_WITHIN",
        (f"{UNSEEN}::test_a_yes_after_news_is_no_yes_to_the_confirmation",),
        "a yes to what the bot said by itself erases a person",
    ),
    Mutation(
        f"{ROOM}/exchange.py",
        "self._now - max(asked_at, self._last.left_at(mark.asked_in))",
        "self._now - asked_at",
        (f"{UNSEEN}::test_it_runs_from_when_it_has_left",),
        "a question that is delivered late has run out when it comes",
    ),
    Mutation(
        "turnkeeper/turn/unseen.py",
        "        return any(told is not Arrival.SEEN for told in self._told.values())\n",
        "        return False\n",
        (
            "tests/turnkeeper/turn/test_unjudged.py"
            "::test_nor_is_it_when_the_channel_delivers_it_again",
        ),
        "a message that was not judged is judged when it is delivered again",
    ),
    Mutation(
        f"{ROOM}/wishes.py",
        (
            "        try:\n            await self._opened.close()\n"
            "        except Exception:  # whatever it is, the person is to be forgotten\n"
            '            _log.exception("a dialog could not be told of its end")\n'
            "            self._opened.drop()\n"
            "        state = self._conversation_state\n"
            "        await forget_person(self._context, state.storage)\n"
        ),
        (
            "        state = self._conversation_state\n"
            "        await forget_person(self._context, state.storage)\n"
            "        await self._opened.close()\n"
        ),
        (f"{TESTS}/test_forgetting.py::test_a_clear_yes_erases_the_person_and_closes_all[yes]",),
        "a dialog that is closed stores something of who was just forgotten",
    ),
    Mutation(
        f"{ROOM}/wishes.py",
        "        if among_others and wish in REFUSED_AMONG_OTHERS:\n",
        "        if False:\n",
        (f"{TESTS}/test_forgetting.py::test_where_others_read_it_nothing_is_exported",),
        "what is kept of a person is told where others read it",
    ),
    Mutation(
        f"{ROOM}/prompts.py",
        "        prompt.attachments = list(prompt.attachments)\n",
        "        pass\n",
        (f"{TESTS}/test_offers.py::test_asking_again_does_not_make_the_record_grow",),
        "each time that a question is asked again its record grows by a card",
    ),
    Mutation(
        f"{ROOM}/wishes.py",
        '            case "half_yes_phrases" if mark.half_yes < _HALF_YESES:\n',
        '            case "half_yes_phrases":\n',
        (f"{TESTS}/test_forgetting.py::test_who_says_no_more_than_half_a_yes_is_asked_twice",),
        "who says ok is asked for ever whether they are sure",
    ),
    Mutation(
        f"{ROOM}/wishes.py",
        "                mark.half_yes += 1\n                return await",
        "                return await self.erase()\n                return await",
        (
            (
                f"{TESTS}/test_forgetting.py::"
                "test_half_a_yes_is_asked_once_more_whatever_the_persons_language"
            ),
        ),
        "half a yes erases a person",
    ),
    Mutation(
        f"{ROOM}/interruptions.py",
        "REFUSED_AMONG_OTHERS if several_people else ()",
        "()",
        (f"{TESTS}/test_forgetting.py::test_where_others_read_it_nothing_is_exported",),
        "in a group the help names what is refused there",
    ),
    Mutation(
        f"{ROOM}/spelling.py",
        'return (words, *(word.replace("_", " ") for word in first))',
        "return (words,)",
        (
            (
                f"{TESTS}/test_commands.py::"
                "test_start_begins_again_where_a_question_is_open[/start abc]"
            ),
        ),
        "a slash command with an argument is an answer",
    ),
    Mutation(
        f"{ROOM}/exchange.py",
        "found.is_opening and not (self._opened.open or await wishes.knows_the_person())",
        "False",
        (f"{TESTS}/test_commands.py::test_from_somebody_new_start_is_a_first_message",),
        "who opens the chat for the first time is told that it begins again",
    ),
    Mutation(
        f"{ROOM}/run.py",
        "if name_in_groups and several_people_in(context.activity):",
        "if name_in_groups:",
        (f"{TESTS}/test_whom.py::test_between_two_nothing_is_added",),
        "who talks with the bot alone is called by name in each question",
    ),
    Mutation(
        f"{ROOM}/asking/whom.py",
        '        shown = name if is_plain else _MARKUP.sub(r"\\\\\\1", name)\n',
        "        shown = name\n",
        ((f"{TESTS}/test_whom.py::test_in_markdown_they_are_paragraphs_and_a_name_is_no_markup"),),
        "a person's name is markup in the question of a group",
    ),
    Mutation(
        f"{ROOM}/asking/whom.py",
        "    if _SLOT in context.turn_state:\n        yield\n        return\n",
        "",
        (f"{TESTS}/test_whom.py::test_a_dialog_run_by_a_dialog_says_it_once",),
        "a question names twice whom it asks",
    ),
    Mutation(
        f"{ROOM}/asking/notice.py",
        "    handlers.insert(0, handler)\n",
        "    handlers.append(handler)\n",
        (f"{TESTS}/test_notices.py::test_the_bots_own_handlers_see_the_whole_message",),
        "what is said in front escapes the bot's own handlers",
    ),
    Mutation(
        f"{ROOM}/run.py",
        "        if states.loaded(context) is loaded:\n",
        "        if True:\n",
        (
            (
                f"{TESTS}/test_deploys.py::"
                "test_a_dialog_that_empties_the_conversations_state_leaves_it_empty"
            ),
        ),
        "a dialog that goes on stores again what was emptied to forget a person",
    ),
    Mutation(
        f"{ROOM}/fingerprint.py",
        "    return _all_found((dialogs,), stack)\n",
        "    return False\n",
        ((f"{TESTS}/test_deploys.py::test_a_bot_that_moves_from_run_dialog_goes_on_where_it_was"),),
        "a bot that moves from run_dialog loses its open questions",
    ),
    Mutation(
        f"{ROOM}/exchange.py",
        "= confirming and not opened.context.responded",
        "= confirming",
        (f"{TESTS}/test_events.py::test_a_yes_after_an_event_is_to_what_was_asked_then",),
        "a yes to another question erases a person",
    ),
    Mutation(
        f"{ROOM}/exchange.py",
        "lapsed = waited >= CONFIRMED_WITHIN or self._last",
        "lapsed = self._last",
        (f"{TESTS}/test_events.py::test_a_yes_that_comes_late_erases_nobody[11]",),
        "a yes of weeks later erases a person",
    ),
    Mutation(
        f"{ROOM}/exchange.py",
        "        if self._is_anothers() or self._is_typing()",
        "        if self._is_typing()",
        (f"{TESTS}/test_events.py::test_nobody_elses_event_goes_to_an_open_dialog",),
        "somebody else's token goes to a person's dialog",
    ),
    Mutation(
        f"{ROOM}/prompts.py",
        "    if known and _DIGITS.fullmatch(text.strip()):",
        "    if known:",
        (f"{TESTS}/test_prompts.py::test_what_is_no_number_is_none[1E99999999]",),
        "a number of a few characters stops the process",
    ),
)
