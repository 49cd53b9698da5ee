"""Activities and values, to and from JSON."""

from __future__ import annotations

from typing import Final

from shows.mutations.mutation import Mutation

VALUES: Final = "turnkeeper/wire/values.py"
CODEC: Final = "turnkeeper/wire/codec.py"
BY_NAME: Final = "turnkeeper/wire/by_name.py"
TYPES: Final = "turnkeeper/wire/types.py"
BUILT_IN: Final = "turnkeeper/wire/built_in.py"
ACTIVITY: Final = "turnkeeper/wire/activity.py"
DECODING: Final = "turnkeeper/wire/decoding.py"
ENCODING: Final = "turnkeeper/wire/encoding.py"
FIELDS: Final = "turnkeeper/wire/fields.py"
CODEC_TESTS: Final = "tests/turnkeeper/wire/test_codec.py"
TYPES_TESTS: Final = "tests/turnkeeper/wire/test_types.py"
COPYING_TESTS: Final = "tests/turnkeeper/wire/test_copying.py"
WIRE_ERRORS_TESTS: Final = "tests/turnkeeper/wire/test_wire_errors.py"
ENCODING_TESTS: Final = "tests/turnkeeper/wire/test_encoding.py"
NUMBERS_TESTS: Final = "tests/turnkeeper/wire/test_numbers.py"
EXACT_TYPES_TESTS: Final = "tests/turnkeeper/wire/test_exact_types.py"

MUTATIONS: Final = (
    Mutation(
        VALUES,
        ('            return {TAG: ESCAPED, "items": packed} if TAG in packed else packed\n'),
        "            return packed\n",
        (f"{CODEC_TESTS}::test_no_key_of_a_plain_dict_is_taken_for_a_tag",),
        "a key of a plain dict is taken for a tag",
    ),
    Mutation(
        VALUES,
        "        if depth > MAX_DEPTH:\n            raise CodecError(_TOO_DEEP)",
        "        if depth > 100 * MAX_DEPTH:\n            raise CodecError(_TOO_DEEP)",
        (f"{CODEC_TESTS}::test_what_is_not_on_the_list_is_not_stored",),
        "state of any depth is stored, and cannot be read again",
    ),
    Mutation(
        VALUES,
        'error.inside("[*]")  # the key may be what a person said; the log shows the path',
        "error.inside(name)",
        (f"{CODEC_TESTS}::test_an_error_begins_with_the_place_and_quotes_no_person",),
        "the log shows a key that a person said",
    ),
    Mutation(
        CODEC,
        "if type(version) is not int or version > newest:",
        "if type(version) is not int:",
        (f"{CODEC_TESTS}::test_what_cannot_be_read_is_refused_by_name",),
        "a record of a later format is read, and written over",
    ),
    Mutation(
        CODEC,
        "        except Exception as error:  # whatever a class",
        "        except ValueError as error:  # whatever a class",
        (f"{CODEC_TESTS}::test_what_cannot_be_read_is_refused_by_name",),
        "a class that cannot be made of a record fails the turn, and not the record",
    ),
    Mutation(
        CODEC,
        (
            "            if version < newest:\n"
            "                state = self._types.upgraded(state, version)\n"
        ),
        "",
        (f"{CODEC_TESTS}::test_what_cannot_be_read_is_refused_by_name",),
        "a record of an earlier format is read as one of today",
    ),
    Mutation(
        BY_NAME,
        "value = object.__new__(cls)\n        for name in names:\n",
        "value = cls()\n        for name in names:\n",
        (f"{TYPES_TESTS}::test_nor_may_a_bots_class_be_called_as_one_of_the_sdk",),
        "stored objects are made by their constructor",
    ),
    Mutation(
        BY_NAME,
        '        raise UnreadableRecord("", f"{tag}.{name} is missing, and has no default")',
        "        return None",
        (f"{TYPES_TESTS}::test_two_bots_in_one_process_do_not_know_each_others_types",),
        "a field that a record lacks is None without a word",
    ),
    Mutation(
        BUILT_IN,
        '[("iso", value.isoformat())]',
        '[("iso", value.isoformat()[:19])]',
        (f"{CODEC_TESTS}::test_times_and_attachments_come_back",),
        "a time loses its offset in the store",
    ),
    Mutation(
        ACTIVITY,
        "        return {key: _copy(item) for key, item in value.items()}\n",
        "        return dict(value)\n",
        (f"{COPYING_TESTS}::test_a_copy_is_equal_and_apart",),
        "a reply that bot code changes later is sent as changed",
    ),
    Mutation(
        DECODING,
        (
            '                        error.inside("*")  # the key is the sender\'s text, '
            "not a word of the schema\n"
        ),
        "                        error.inside(key)\n",
        (f"{WIRE_ERRORS_TESTS}::test_of_what_is_stored_or_answered_nothing_is_left_out",),
        "a refusal quotes the sender",
    ),
    Mutation(
        DECODING,
        "                if needed is None or error.path in needed:\n",
        "                if needed is None:\n",
        (f"{WIRE_ERRORS_TESTS}::test_what_an_answer_needs_is_refused_by_its_place",),
        "a text that is a number is no text",
    ),
    Mutation(
        DECODING,
        '    "MessageReaction": frozenset({"type"}),\n',
        "",
        (f"{WIRE_ERRORS_TESTS}::test_what_is_odd_is_left_out_alone",),
        "a reaction of an odd type is one of none",
    ),
    Mutation(
        ENCODING,
        "            if others and isinstance(others, dict):\n",
        "            if others is None:\n",
        (f"{ENCODING_TESTS}::test_a_capture_comes_back_as_it_came",),
        "fields that a model does not know are lost",
    ),
    Mutation(
        FIELDS,
        "    if not room:\n        raise RecursionError\n    room -= 1\n",
        "",
        (f"{WIRE_ERRORS_TESTS}::test_of_what_is_stored_or_answered_nothing_is_left_out",),
        "a free-form field of any depth is read",
    ),
    Mutation(
        VALUES,
        "            if not isfinite(value):\n",
        "            if value is None:\n",
        (f"{CODEC_TESTS}::test_an_error_begins_with_the_place_and_quotes_no_person",),
        "infinity is stored, which no JSON has",
    ),
    Mutation(
        VALUES,
        "return value if value in _INTEGERS else _digits(value)",
        "return value",
        (NUMBERS_TESTS,),
        "a large number is stored as no JSON library reads it",
    ),
    Mutation(
        CODEC,
        "        if len(body) > MAX_BODY:\n            raise CodecError",
        "        if len(body) < 0:\n            raise CodecError",
        (f"{CODEC_TESTS}::test_a_state_that_is_too_long_is_not_stored",),
        "state of any length is stored",
    ),
    Mutation(
        TYPES,
        "            if other or is_reserved(tag):\n",
        "            if other:\n",
        (f"{TYPES_TESTS}::test_a_tag_that_is_taken_is_refused",),
        "a bot's class takes the tag of one of the SDK's",
    ),
    Mutation(
        TYPES,
        "for step in range(version, self.format):",
        "for step in range(version, version + 1):",
        (f"{CODEC_TESTS}::test_an_older_format_is_upgraded_before_anything_is_made",),
        "of two upgrades only the first is made",
    ),
    Mutation(
        DECODING,
        (
            "        if issubclass(cls, ConversationAccount):\n"
            '            return _with_tenant(read, self._simple["str"], sparing=self._sparing)\n'
        ),
        "",
        (
            (
                f"{ENCODING_TESTS}::"
                "test_the_tenant_of_a_conversation_is_read_and_written_under_its_real_name"
            ),
        ),
        "the tenant of a conversation is not read",
    ),
    Mutation(
        ENCODING,
        "                    if key not in document:\n                        document",
        "                    if key:\n                        document",
        (f"{ENCODING_TESTS}::test_unknown_fields_are_written_again_and_known_ones_win",),
        "a field that nobody knows wins over a known one",
    ),
    Mutation(
        FIELDS,
        '"str": _exact(str, _refuse("a string")),',
        '"str": _exact(str, _SDK_READERS["str"]),',
        (f"{WIRE_ERRORS_TESTS}::test_what_an_answer_needs_is_refused_by_its_place",),
        "a number is taken for a text",
    ),
    Mutation(
        VALUES,
        "        if make is None:\n            raise UnreadableRecord(",
        "        if make is None and tag == ESCAPED:\n            raise UnreadableRecord(",
        (f"{CODEC_TESTS}::test_two_codecs_know_nothing_of_each_other",),
        "a tag that is not known fails the turn, and not the record",
    ),
    Mutation(
        VALUES,
        "            if type(name) is str:  # else it is this dict that is at fault\n",
        "            if name:\n",
        (f"{CODEC_TESTS}::test_an_error_begins_with_the_place_and_quotes_no_person",),
        "an error about a key quotes it",
    ),
    Mutation(
        VALUES,
        "        if kind is list:\n",
        "        if isinstance(value, list | tuple):\n",
        (EXACT_TYPES_TESTS,),
        "a named tuple is stored as a list, and comes back as one",
    ),
    Mutation(
        FIELDS,
        (
            "    if moment.microsecond % 1000:\n"
            '        return moment.isoformat(timespec="microseconds").rstrip("0") + "Z"\n'
        ),
        "",
        (f"{ENCODING_TESTS}::test_the_form_of_a_timestamp",),
        "microseconds of a time are lost on the wire",
    ),
    Mutation(
        FIELDS,
        "            moment -= offset\n",
        "            moment += offset\n",
        (
            f"{ENCODING_TESTS}::test_the_form_of_a_timestamp",
            f"{ENCODING_TESTS}::test_a_timestamp_is_written_as_the_sdk_writes_it",
        ),
        "a time is written with its offset the wrong way round",
    ),
    Mutation(
        BY_NAME,
        "            object.__setattr__(value, name, item)  # also where it is frozen\n",
        "            setattr(value, name, item)\n",
        (
            (
                f"{TYPES_TESTS}::"
                "test_a_field_that_is_no_argument_comes_back_as_it_was_also_where_it_is_frozen"
            ),
        ),
        "a frozen class cannot be read again",
    ),
)
