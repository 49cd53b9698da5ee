"""What a request's body may hold."""

from __future__ import annotations

from typing import Final

from shows.mutations.mutation import Mutation

ACTIVITY: Final = "turnkeeper/inbound/activity.py"
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
        ACTIVITY,
        '    if structure.count(b"[") > MAX_CONTAINERS:\n',
        '    if structure.count(b"[") < 0:\n',
        (f"{ACTIVITY_TESTS}::test_a_hostile_request_is_refused",),
        "a body may hold any number of objects",
    ),
    Mutation(
        ACTIVITY,
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
        '("from.id", True, _is_id),',
        '("from.id", False, _is_id),',
        (f"{ACTIVITY_TESTS}::test_a_hostile_request_is_refused",),
        "an activity may come from nobody",
    ),
    Mutation(
        ACTIVITY,
        "            if fault.path not in _TIMES or",
        "            if",
        (f"{ACTIVITY_TESTS}::test_a_hostile_request_is_refused",),
        "a field that cannot be read is dropped, whichever it is",
    ),
    Mutation(
        ACTIVITY,
        ('        raise _bad_activity("action of an adaptiveCard/action must be an object")\n'),
        "        pass\n",
        (f"{ACTIVITY_TESTS}::test_a_hostile_request_is_refused",),
        "a card's action of another shape is an error of the bot's",
    ),
)
