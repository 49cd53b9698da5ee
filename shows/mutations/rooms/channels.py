"""What each channel means."""

from __future__ import annotations

from typing import Final

from shows.mutations.mutation import Mutation

MENTIONS: Final = "turnkeeper/channels/said/mentions.py"
CUTTING: Final = "turnkeeper/channels/said/cutting.py"
ESCAPES: Final = "turnkeeper/channels/said/escapes.py"
HTML_TEXT: Final = "turnkeeper/channels/said/html_text.py"
SAID: Final = "turnkeeper/channels/said/text.py"
LETTERS: Final = "turnkeeper/channels/said/letters.py"
UTTERANCE: Final = "turnkeeper/channels/said/utterance.py"
LIMITS: Final = "turnkeeper/channels/limits.py"
SHORTENING: Final = "turnkeeper/channels/shortening.py"
PLACE: Final = "turnkeeper/channels/place.py"
TIME_ZONE: Final = "turnkeeper/channels/time_zone.py"
DIRECTION: Final = "turnkeeper/channels/direction.py"
MARKDOWN: Final = "turnkeeper/channels/markdown.py"
ADDRESSING: Final = "turnkeeper/channels/addressing.py"
NAMES: Final = "turnkeeper/channels/names.py"
ENTITIES: Final = "turnkeeper/channels/entities.py"
PAYLOAD: Final = "turnkeeper/channels/said/payload.py"
MENTIONS_TESTS: Final = "tests/turnkeeper/channels/said/test_mentions.py"
SENT_TESTS: Final = "tests/turnkeeper/channels/said/test_sent.py"
UNWRAPPING_TESTS: Final = "tests/turnkeeper/channels/said/test_unwrapping.py"
UTTERANCE_TESTS: Final = "tests/turnkeeper/channels/said/test_utterance.py"
TO_THE_LETTER_TESTS: Final = "tests/turnkeeper/channels/test_to_the_letter.py"
LIMITS_TESTS: Final = "tests/turnkeeper/channels/test_limits.py"
DIRECTION_TESTS: Final = "tests/turnkeeper/channels/test_direction.py"
MARKDOWN_TESTS: Final = "tests/turnkeeper/channels/test_markdown.py"
SHORTENING_TESTS: Final = "tests/turnkeeper/channels/test_shortening.py"
SCOPES_TESTS: Final = "tests/turnkeeper/channels/test_scopes.py"
TIME_ZONE_TESTS: Final = "tests/turnkeeper/channels/test_time_zone.py"
PAYLOAD_TESTS: Final = "tests/turnkeeper/channels/said/test_payload.py"
TURN_STATE_TESTS: Final = "tests/turnkeeper/state/test_turn_state.py"

MUTATIONS: Final = (
    Mutation(
        MENTIONS,
        'return who == text_in(bot, "id")',
        "return True",
        (f"{MENTIONS_TESTS}::test_only_the_bots_own_mention_is_removed",),
        "a mention of somebody else is taken for the bot's",
    ),
    Mutation(
        MENTIONS,
        "(_AFTER_LATIN if name[-1].isascii() else _AFTER)",
        '""',
        (f"{MENTIONS_TESTS}::test_a_mention_without_a_closing_tag_ends_with_the_word",),
        "@Ann is taken out of @Annabel",
    ),
    Mutation(
        MENTIONS,
        "[: mentions.own]",
        "",
        (f"{MENTIONS_TESTS}::test_a_name_without_a_mark_is_the_persons_too",),
        "a person who is called like the bot loses the name",
    ),
    Mutation(
        MENTIONS,
        "return owners[min(time, len(owners) - 1)]",
        "return any(owners)",
        (f"{MENTIONS_TESTS}::test_people_that_are_called_like_the_bot_stay",),
        "a colleague who is called like the bot is taken out",
    ),
    Mutation(
        CUTTING,
        'breaks = breaks or "\\n" in text[left:start] or "\\n" in text[end:at]',
        "breaks = False",
        (f"{SENT_TESTS}::test_a_mention_may_stand_anywhere",),
        "two lines become one where a mention stood between them",
    ),
    Mutation(
        ESCAPES,
        'return unescape(whole) if whole[1] == "#" else html5.get(whole[1:], whole)',
        "return unescape(unescape(whole))",
        (f"{SENT_TESTS}::test_escapes_are_decoded_once_where_they_are_written",),
        "a part of an unknown escape is decoded",
    ),
    Mutation(
        HTML_TEXT,
        'or (name == "blockquote" and _REPLY in type_of)',
        "",
        (f"{SENT_TESTS}::test_a_page_alone_is_read_as_text",),
        "what a reply quotes is taken for the answer",
    ),
    Mutation(
        SAID,
        "return [command.span(1)] if addressee in known else []",
        "return [command.span(1)]",
        (f"{SENT_TESTS}::test_a_command_may_say_whose_it_is",),
        "a command to another bot is taken for this one's",
    ),
    Mutation(
        SAID,
        "return text if vars(activity).get(_MARK) == text else _unwrapped(text, activity)",
        "return _unwrapped(text, activity)",
        (f"{UNWRAPPING_TESTS}::test_escapes_are_not_decoded_twice",),
        "what was unwrapped is decoded again",
    ),
    Mutation(
        SAID,
        "        drop_tags(activity)\n",
        "        pass\n",
        (f"{UNWRAPPING_TESTS}::test_the_sdk_may_take_the_mention_out_afterwards",),
        "the SDK takes Ann out of Annabel",
    ),
    Mutation(
        LETTERS,
        "(words and _signs(line))",
        "False",
        (f"{UTTERANCE_TESTS}::test_of_a_mail_the_first_paragraph_counts",),
        "a signature is part of the name",
    ),
    Mutation(
        UTTERANCE,
        'return text if text[-1] == "." and is_abbreviation else said',
        "return said",
        (f"{UTTERANCE_TESTS}::test_the_full_stop_of_dictation_goes",),
        "Jr. loses its dot",
    ),
    Mutation(
        LIMITS,
        (
            "if 2 * len(reply.text) > limits.longest_text and units(reply.text) > "
            "limits.longest_text:"
        ),
        "if len(reply.text) > limits.longest_text:",
        (f"{TO_THE_LETTER_TESTS}::test_an_emoji_counts_as_the_two_units_that_it_takes",),
        "a text of emoji is longer than its channel takes",
    ),
    Mutation(
        LIMITS,
        "escape(_NOT_XML.sub(' ', text))",
        "text",
        (f"{LIMITS_TESTS}::test_a_channel_that_speaks_is_told_what_to_say",),
        "a text is read as markup when it is spoken",
    ),
    Mutation(
        LIMITS,
        "table = _IN_GROUPS if several_people_in(activity) else _TABLE",
        "table = _TABLE",
        (f"{LIMITS_TESTS}::test_where_several_people_talk_nothing_is_suggested",),
        "in a group buttons are suggested that answer for others",
    ),
    Mutation(
        TIME_ZONE,
        "if offset is None or local.replace(fold=1 - local.fold).utcoffset() == offset:",
        "if True:",
        (f"{TIME_ZONE_TESTS}::test_an_hour_that_comes_twice_shows_its_offset",),
        "two times of the hour that comes twice are told alike",
    ),
    Mutation(
        DIRECTION,
        "elif not depth and kind in _STRONG:",
        "elif kind in _STRONG:",
        (f"{DIRECTION_TESTS}::test_a_line_runs_as_its_first_strong_character_outside_of_isolates",),
        "a name turns the line that it is in",
    ),
    Mutation(
        DIRECTION,
        'return f"{_RIGHT_TO_LEFT_MARK}{_RIGHT_TO_LEFT}{line}{_END}"',
        'return f"{_RIGHT_TO_LEFT}{line}{_END}"',
        (f"{DIRECTION_TESTS}::test_each_line_that_runs_from_right_to_left_is_isolated_and_marked",),
        "a channel that looks at the first character takes a line for one from the left",
    ),
    Mutation(
        LIMITS,
        "while marked is not text and units(marked) > longest:",
        "while False:",
        (f"{DIRECTION_TESTS}::test_what_is_marked_still_fits",),
        "a text is longer than its channel takes by its marks",
    ),
    Mutation(
        LIMITS,
        "if limits.markdown and not reply.suggested_actions:",
        "if limits.markdown:",
        (f"{MARKDOWN_TESTS}::test_a_text_with_buttons_it_shows_plain",),
        "the Playground shows backslashes above buttons",
    ),
    Mutation(
        MARKDOWN,
        'return "  \\n".join(',
        'return "\\n".join(',
        (f"{MARKDOWN_TESTS}::test_there_lines_break_and_nothing_is_markup",),
        "in the Playground lines run together",
    ),
    Mutation(
        MARKDOWN,
        'return urlsplit(url).path.rstrip("/") == _PLAYGROUND_PATH',
        "return True",
        (f"{MARKDOWN_TESTS}::test_nothing_else_is_taken_for_it",),
        "a channel is taken for the Playground",
    ),
    Mutation(
        SHORTENING,
        '_CLUSTER = regex.compile(r"\\X")',
        '_CLUSTER = regex.compile(r".", regex.DOTALL)',
        (f"{SHORTENING_TESTS}::test_a_text_is_cut_between_what_people_see_as_characters",),
        "a family of emoji is cut in two",
    ),
    Mutation(
        PLACE,
        "return Scope.GROUP_CHAT if is_group is True else Scope.PERSONAL",
        "return Scope.PERSONAL",
        (f"{SCOPES_TESTS}::test_scope_is_the_conversations_type_or_whether_it_is_a_group",),
        "a group that only says isGroup is taken for one person",
    ),
    Mutation(
        TIME_ZONE,
        "    if rest or abs(offset) > _FARTHEST_OFFSET:\n",
        "    if rest:\n",
        (f"{TIME_ZONE_TESTS}::test_an_activity_may_tell_no_zone",),
        "an absurd offset is taken for a time zone",
    ),
    Mutation(
        ADDRESSING,
        "        activity.type in _SHARED,\n",
        "        False,\n",
        (f"{TURN_STATE_TESTS}::test_joins_concern_the_group_as_a_whole",),
        "a join is stored as the place of who joins",
    ),
    Mutation(
        LIMITS,
        "    if limits.speaks and not reply.speak:\n",
        "    if limits.speaks:\n",
        (f"{TO_THE_LETTER_TESTS}::test_what_a_bot_wants_spoken_is_spoken",),
        "what a bot wants spoken is replaced",
    ),
    Mutation(
        PLACE,
        '    if data and text_in(data, "team", "id"):\n        return Scope.CHANNEL\n',
        "",
        (f"{SCOPES_TESTS}::test_a_message_to_a_team_is_one_to_a_channel",),
        "a message to a team without a type is taken for one person's",
    ),
    Mutation(
        TIME_ZONE,
        "if not _EARLIEST <= stamp.timestamp() <= now:",
        "if not _EARLIEST <= stamp.timestamp():",
        (f"{TIME_ZONE_TESTS}::test_a_missing_or_absurd_timestamp_or_one_ahead_of_now_means_now",),
        "a message may come from the year 3000",
    ),
    Mutation(
        SHORTENING,
        "        if used >= limit:\n",
        "        if used > limit:\n",
        (f"{LIMITS_TESTS}::test_a_message_is_as_long_as_the_channel_takes",),
        "a shortened text is one longer than it may be",
    ),
    Mutation(
        MENTIONS,
        "    return -len(spelling), spelling\n",
        "    return len(spelling), spelling\n",
        (f"{TO_THE_LETTER_TESTS}::test_the_longest_of_a_bots_names_is_taken_out",),
        "of two spellings of a mention the shorter one is taken out",
    ),
    Mutation(
        NAMES,
        "_NAMES.get(channel_id.casefold())",
        "_NAMES.get(channel_id)",
        (f"{TO_THE_LETTER_TESTS}::test_a_channel_has_its_name_in_any_case",),
        "a channel in capitals has no name",
    ),
    Mutation(
        ENTITIES,
        "    if isinstance(entities, list):\n        for entity",
        "    if entities:\n        for entity",
        (f"{MENTIONS_TESTS}::test_odd_entities_are_no_mention_and_no_error",),
        "entities of another shape are an error",
    ),
    Mutation(
        PAYLOAD,
        '("message", "quick_reply")',
        '("quick_reply",)',
        (f"{PAYLOAD_TESTS}::test_a_text_that_a_button_sent_is_told_from_one_that_was_written",),
        "a quick reply of Facebook is taken for what a person wrote",
    ),
    Mutation(
        PAYLOAD,
        "value is not None and value is not False",
        "value is not None",
        (f"{PAYLOAD_TESTS}::test_what_a_person_wrote_is_no_payload",),
        "a text that Web Chat says no button sent is taken for a payload",
    ),
    Mutation(
        PAYLOAD,
        "if isinstance(channel, str) else ()",
        "if channel else ()",
        (f"{PAYLOAD_TESTS}::test_any_data_can_be_asked",),
        "a channel of no known shape is an error",
    ),
)
