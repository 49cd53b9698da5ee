"""The catalogues of what the bot says, one ``.po`` file a language."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from string import Formatter

# Not babel.messages: the pinned Babel 2.9.1 imports ``cgi`` there, which Python 3.13 has no more.
import polib  # type: ignore[import-untyped]

LOCALES = Path(__file__).resolve().parent.parent / "locales"
SOURCE_LANGUAGE = "en"

# Every message by its name, with the placeholders it must have.
MESSAGES: Mapping[str, frozenset[str]] = {
    name: frozenset(placeholders.split())
    for name, placeholders in {
        "welcome_person": "",
        "welcome_group": "",
        "welcome_known": "name",
        "ask_name": "",
        "ask_new_name": "",
        "thanks": "name",
        "renamed": "name",
        "name_kept": "name",
        "name_missing": "",
        "name_without_letters": "",
        "name_too_long": "limit",
        "name_with_controls": "",
        "name_with_markup": "",
        "not_a_name": "",
        "offer_to_stop": "",
        "start_over": "",
        "help": "",
        "help_group": "",
        "about_you": "",
        "about_name": "name",
        "about_language": "language",
        "about_zone": "zone",
        "about_visit": "when where",
        "about_entra": "person tenant",
        "nothing_known": "",
        "only_in_private": "",
        "welcome_back": "name when where",
        "welcome_back_group": "name",
        "sent": "name what",
        "an_attachment": "",
        "a_card": "",
        "an_empty_message": "",
        "received_at": "when",
        "moment_in_zone": "moment zone",
        "received_from": "where",
        "in_group_chat": "channel",
        "in_channel": "channel",
        "in_named_channel": "channel name",
        "in_channel_of_team": "channel name team",
        "general_channel": "",
        "who_am_i_phrases": "",
        "change_name_phrases": "",
        "yes_phrases": "",
        "no_phrases": "",
        "hello_phrases": "",
        "rename_patterns": "name",
        "name_patterns": "name",
        "own_name_patterns": "name",
        "no_names": "",
        "sentences": "",
        "own_sentences": "",
    }.items()
}

_log = logging.getLogger(__name__)


def placeholders_in(text: str) -> frozenset[str]:
    """Return the names in braces of a message's text.

    :raises ValueError: if a brace has no partner, or holds more than a plain name: a catalogue
        can ask for no attribute, index, conversion or format.
    """
    names = set()
    for _, name, form, conversion in Formatter().parse(text):
        if name is None:
            continue
        if not name.isidentifier() or form or conversion:
            raise ValueError(f"{{{name}}} is not a plain name in braces")
        names.add(name)
    return frozenset(names)


def read_catalogue(path: Path) -> dict[str, str]:
    """Return the usable messages of a ``.po`` file by name.

    Left out are entries that are empty, fuzzy or obsolete, that the code does not know, and that
    have other placeholders than the code fills in.

    :raises OSError: if there is no such file, or it is no ``.po`` file.
    :raises ValueError: if it is not UTF-8.
    """
    messages = {}
    for entry in polib.pofile(path.read_text("utf-8")):
        usable = entry.msgstr and not entry.fuzzy and not entry.obsolete
        if usable and entry.msgid in MESSAGES:
            try:
                if placeholders_in(entry.msgstr) == MESSAGES[entry.msgid]:
                    messages[entry.msgid] = entry.msgstr
            except ValueError:
                continue
    return messages


@lru_cache
def languages(folder: Path) -> Mapping[str, Path]:
    """Return the catalogue of each language under a folder.

    :param folder: holds ``<language>/LC_MESSAGES/bot.po``; "pt_BR" and "pt-BR" are the same.
    :returns: the files by language, spelt as in "pt-br".
    """
    return {
        path.parent.parent.name.replace("_", "-").casefold(): path
        for path in sorted(folder.glob("*/LC_MESSAGES/bot.po"))
    }


@lru_cache(maxsize=128)
def catalogue(folder: Path, language: str) -> Mapping[str, str] | None:
    """Return the messages of a language, those it lacks in English; None if it has no file.

    A file that cannot be read counts as none and is logged.

    :param folder: holds the catalogues.
    :param language: one of ``languages(folder)``, or any other name.
    :raises OSError: if the English catalogue is missing, without which the bot cannot speak.
    """
    if language == SOURCE_LANGUAGE:
        return read_catalogue(folder / SOURCE_LANGUAGE / "LC_MESSAGES" / "bot.po")
    path = languages(folder).get(language)
    if path is None:
        return None
    try:
        own = read_catalogue(path)
    except (OSError, ValueError) as error:
        _log.warning("The catalogue of %s is passed over: %s", language, error)
        return None
    return {**(catalogue(folder, SOURCE_LANGUAGE) or {}), **own}


def other_languages(folder: Path) -> Mapping[str, str]:
    """Return what is understood of languages that the bot does not speak.

    :param folder: holds ``other_languages.po``, or no such file.
    """
    path = folder / "other_languages.po"
    return read_catalogue(path) if path.exists() else {}
