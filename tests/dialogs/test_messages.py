"""The words of the bot in a person's language."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialogs.messages import Words, locale_tag, message
from dialogs.welcome import welcome_text
from turnkeeper.channels import UTC_ZONE, Zone, zone_named

MOMENT = datetime(2026, 11, 24, 5, 44, 54, tzinfo=UTC)
GERMAN = """
msgid "ask_name"
msgstr "Wie heißen Sie?"

msgid "thanks"
msgstr "Danke {name}."

#, fuzzy
msgid "start_over"
msgstr "Halt."

msgid "name_missing"
msgstr ""

msgid "sent"
msgstr "{name.__class__} schrieb: {what}"

msgid "received_at"
msgstr "Empfangen"

msgid "received_from"
msgstr "Empfangen: {where"

msgid "of_no_use"
msgstr "Unbenutzt"

#~ msgid "an_attachment"
#~ msgstr "Veraltet."
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of catalogues: the English one, a faulty German one, one that is none."""
    english = Path(__file__).parents[2] / "locales" / "en" / "LC_MESSAGES" / "bot.po"
    for language, text in {
        "en": english.read_text("utf-8"),
        "de": GERMAN,
        "fr": "no catalogue",
    }.items():
        catalogue = tmp_path / language / "LC_MESSAGES" / "bot.po"
        catalogue.parent.mkdir(parents=True)
        catalogue.write_text(text, "utf-8")
    return tmp_path


@pytest.mark.parametrize(
    ("wanted", "default", "question"),
    [
        (["de"], "en", "Wie heißen Sie?"),
        (["de-AT"], "en", "Wie heißen Sie?"),
        (["DE_at"], "en", "Wie heißen Sie?"),
        (["nl", "de"], "en", "Wie heißen Sie?"),
        ([None, ""], "de", "Wie heißen Sie?"),
        (["en-US", "de"], "de", "What is your name?"),
        (["nl"], "en", "What is your name?"),
        (["fr"], "en", "What is your name?"),
        (["../de", "d", "de\n", "de-" + "x" * 90], "nl", "What is your name?"),
        ([], "no locale", "What is your name?"),
    ],
)
def test_the_first_language_the_bot_speaks_is_spoken(
    folder: Path, wanted: list[str | None], default: str, question: str
) -> None:
    assert Words.for_locale(*wanted, default=default, folder=folder)("ask_name") == question


@pytest.mark.parametrize(
    ("name", "values", "text"),
    [
        ("thanks", {"name": "Ada"}, "Danke Ada."),
        ("start_over", {}, "Let us start from the beginning."),
        ("name_missing", {}, "I did not get a name."),
        ("sent", {"name": "Ada", "what": "hi"}, "Ada sent: hi"),
        ("received_at", {"when": "now"}, "Message received at: now"),
        ("received_from", {"where": "here"}, "Message received from: here"),
        ("an_attachment", {}, "an attachment"),
    ],
)
def test_what_a_catalogue_lacks_or_garbles_is_said_in_english(
    folder: Path, name: str, values: dict[str, str], text: str
) -> None:
    assert Words.for_locale("de", folder=folder)(name, **values).startswith(text)


def test_a_bot_without_english_does_not_start(tmp_path: Path) -> None:
    with pytest.raises(OSError, match=r"bot\.po"):
        Words.for_locale("en", folder=tmp_path)


def test_values_are_never_patterns() -> None:
    words = Words.for_locale("en")
    assert words("sent", name="{what}", what="{name.__class__}") == "{what} sent: {name.__class__}"


@pytest.mark.parametrize(
    ("locale", "zone", "text"),
    [
        ("en", "Europe/Paris", "Tuesday, November 24, 2026, 6:44:54 AM (Europe/Paris)"),
        ("en-US", "Asia/Tokyo", "Tuesday, November 24, 2026, 2:44:54 PM (Asia/Tokyo)"),
        ("en-GB", "UTC", "Tuesday, 24 November 2026, 05:44:54 (UTC)"),
        ("en-ZZ", "UTC+09:00", "Tuesday, November 24, 2026, 2:44:54 PM (UTC+09:00)"),
        ("nl", "UTC", "Tuesday, November 24, 2026, 5:44:54 AM (UTC)"),
    ],
)
def test_a_moment_is_told_as_in_the_region(locale: str, zone: str, text: str) -> None:
    where = zone_named(zone)
    assert where is not None
    assert Words.for_locale(locale).moment(MOMENT, where) == text


def test_a_moment_is_told_in_the_language_of_the_words(folder: Path) -> None:
    told = Words.for_locale("de-AT", folder=folder).moment(MOMENT, UTC_ZONE)
    assert told == "Dienstag, 24. November 2026, 05:44:54 (UTC)"


@given(st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1)), st.timezones())  # noqa: DTZ001
def test_any_moment_can_be_told_in_any_zone(moment: datetime, zone: tzinfo) -> None:
    told = Words.for_locale("en").moment(moment.replace(tzinfo=UTC), Zone(zone, "there"))
    assert told.endswith("M (there)")


@given(st.text() | st.none() | st.integers())
def test_any_locale_may_be_asked_for(locale: object) -> None:
    words = Words.for_locale(locale, default="en")  # type: ignore[arg-type]
    assert words("ask_name") == "What is your name?"
    assert locale_tag(locale) in ("", locale)


@pytest.mark.parametrize("locale", ["en-US-POSIX", "en_US_POSIX", "en-us-posix"])
def test_a_region_whose_dates_are_not_there_has_those_of_the_next_larger_one(locale: str) -> None:
    assert (
        Words.for_locale(locale).moment(MOMENT, UTC_ZONE).startswith("Tuesday, November 24, 2026")
    )


def test_a_reply_is_plain_text_with_a_hint() -> None:
    question, statement = message("Why?", question=True), message("So.")
    assert (question.text_format, question.input_hint) == ("plain", "expectingInput")
    assert (statement.text_format, statement.input_hint) == ("plain", "acceptingInput")


def test_the_welcome_says_what_the_bot_does_and_how_to_begin() -> None:
    words = Words.for_locale("en")
    assert "Type anything to begin." in welcome_text(words, several_people=False)
    assert "Mention me in a message to begin." in welcome_text(words, several_people=True)
