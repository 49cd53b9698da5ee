"""What a request's body may hold."""

from __future__ import annotations

from typing import Final

from shows.mutations.mutation import Mutation

ACTIVITY: Final = "turnkeeper/inbound/activity.py"
DOCUMENT: Final = "turnkeeper/inbound/document.py"
HOSTED: Final = "turnkeeper/adapters/hosted.py"
ODD_FIELDS: Final = "tests/turnkeeper/inbound/test_odd_fields.py"
ODD_FIELDS_OVER_HTTP: Final = "tests/turnkeeper/e2e/test_odd_fields_over_http.py"
ACTIVITY_TESTS: Final = "tests/turnkeeper/inbound/test_activity.py"

MUTATIONS: Final = (
    Mutation(
        ACTIVITY,
        'charsets <= {"utf-8", "utf8"}',
        'charsets <= {"utf-8", "utf8", "utf-16"}',
        (f"{ACTIVITY_TESTS}::test_a_hostile_request_is_refused",),
        "a body in UTF-16 is taken for one in UTF-8",
    ),
    Mutation(
        DOCUMENT,
        '    if structure.count(b"[") > MAX_CONTAINERS:\n',
        '    if structure.count(b"[") < 0:\n',
        (f"{ACTIVITY_TESTS}::test_a_hostile_request_is_refused",),
        "a body may hold any number of objects",
    ),
    Mutation(
        DOCUMENT,
        "    for _ in range(MAX_DEPTH - 1):\n",
        "    for _ in range(MAX_DEPTH):\n",
        (f"{ACTIVITY_TESTS}::test_a_hostile_request_is_refused",),
        "a body may be nested one level deeper",
    ),
    Mutation(
        ACTIVITY,
        "len(value) <= limit and (value.isprintable() or not _CONTROL.search(value))",
        "len(value) <= limit",
        (f"{ACTIVITY_TESTS}::test_a_hostile_request_is_refused",),
        "an id may hold line breaks",
    ),
    Mutation(
        ACTIVITY,
        '        raise _bad_activity("from.id is required")\n',
        "        pass\n",
        (f"{ACTIVITY_TESTS}::test_a_hostile_request_is_refused",),
        "a message may come from nobody",
    ),
    Mutation(
        ACTIVITY,
        "or (mended and MENDED in value):",
        "or False:",
        (f"{ACTIVITY_TESTS}::test_a_hostile_request_is_refused",),
        "two ids with half a character become one",
    ),
    Mutation(
        ACTIVITY,
        "    if mended:\n        _leave_out_mended(activity)\n",
        "",
        (f"{ODD_FIELDS}::test_no_id_is_mended_to_that_of_somebody_else",),
        "two object ids with half a character become one",
    ),
    Mutation(
        ACTIVITY,
        "    return [member for member in members if member.id and _is_id(member.id)]\n",
        "    return members\n",
        (f"{ODD_FIELDS}::test_what_is_odd_is_left_out_and_its_neighbours_stay",),
        "a bot greets a member without an id",
    ),
    Mutation(
        ACTIVITY,
        "    return bool(highlight.text) and (highlight.occurrence or 0) >= 0\n",
        "    return True\n",
        (f"{ODD_FIELDS}::test_a7720_a_highlight_of_nothing_is_ignored",),
        "a highlight of nothing reaches the bot",
    ),
    Mutation(
        ACTIVITY,
        "    return kind != _MENTION or _names_somebody(fields)\n",
        "    return True\n",
        (f"{ODD_FIELDS}::test_a2105_an_entity_that_cannot_be_understood_is_ignored",),
        "a mention of nobody reaches the bot",
    ),
    Mutation(
        ACTIVITY,
        "        activity.reply_to_id = None\n    if activity.entities:",
        "        pass\n    if activity.entities:",
        (f"{ODD_FIELDS}::test_an_id_to_reply_to_that_cannot_be_one_is_left_out",),
        "an id to reply to holds line breaks",
    ),
    Mutation(
        DOCUMENT,
        'rb"(?<!\\\\)((?:\\\\\\\\)*)',
        'rb"(.?)',
        (f"{ODD_FIELDS}::test_half_of_a_pair_is_mended_whatever_stands_around_it",),
        "a text that spells an escape is changed",
    ),
    Mutation(
        HOSTED,
        "        if not is_for_the_bot(activity):\n            return None\n",
        "",
        (f"{ODD_FIELDS_OVER_HTTP}::test_what_nobody_sent_and_says_nothing_does_nothing",),
        "a reaction of nobody runs the bot",
    ),
    Mutation(
        ACTIVITY,
        '        activity.value.pop("action", None)\n',
        "        pass\n",
        (f"{ODD_FIELDS}::test_the_action_of_a_card_is_an_object_or_left_out",),
        "a card's action of another shape is an error of the bot's",
    ),
)
