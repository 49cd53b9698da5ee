"""Where a text mentions the bot."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import unescape
from typing import Final

from botbuilder.schema import Activity

from turnkeeper.channels.entities import entities_of, text_in
from turnkeeper.channels.said.cutting import Span
from turnkeeper.channels.said.escapes import folded, spelled

_TAG: Final = re.compile(r"<at(?:\s[^<>]{0,300})?>([^<>]{0,300})</at>", re.IGNORECASE)
# What may stand around a mention without a tag: "@Ann" is not in "@Ann-Marie" nor in "jo@Ann".
_BEFORE: Final = r"(?<![A-Za-z0-9_])"
_BEFORE_A_NAME: Final = r"(?<![\w@&#/.-])"
_AFTER: Final = r"(?:(?![\w@]|[.\-\u2010\u2011'\u2019/&](?=\w))|(?=&(?:nbsp|#160);))"
# Chinese and Japanese go on without a blank.
_AFTER_LATIN: Final = rf"(?:{_AFTER}|(?=[\u3040-\u30ff\u3400-\u9fff]))"
# Of the bot in one message. A hostile one could hold a thousand, to be looked for at each place.
_MOST_SPELLINGS: Final = 8
_LONGEST_SPELLING: Final = 200


@dataclass(slots=True)
class _Mentions:
    """The mentions of one activity."""

    own: int = 0
    # For each name the mentions of it in their order: whether they mean the bot.
    tagged: dict[str, list[bool]] = field(default_factory=dict)
    spellings: set[str] = field(default_factory=set)
    names: set[str] = field(default_factory=set)
    others: set[str] = field(default_factory=set)

    def is_own(self, name: str, times: dict[str, int]) -> bool | None:
        """Return whether the next tag of a name means the bot, or None if no entity tells."""
        owners = self.tagged.get(name)
        if not owners:
            return None
        time = times.get(name, 0)
        times[name] = time + 1
        return owners[min(time, len(owners) - 1)]


def own_mentions(activity: Activity) -> Iterator[object]:
    """Yield the entities that mention the bot: by its id, or by its name where no id is told.

    :param activity: any incoming activity.
    """
    if activity.entities:
        for mention in entities_of(activity, "mention"):
            if _means(mention, activity.recipient):
                yield mention


def spans_of_mentions(text: str, activity: Activity, *, tags_are_true: bool) -> list[Span]:
    """Return where a text mentions the bot.

    :param text: the text as the channel sent it.
    :param activity: whose entities tell of mentions.
    :param tags_are_true: whether nobody but the channel can write a tag, so that ``<at>`` with the
        bot's name is a mention without an entity, too.
    """
    mentions = _mentions_of(activity)
    if not (mentions.own or tags_are_true):
        return []
    spans = _tags(text, mentions, folded(text_in(activity.recipient, "name")), tags_are_true)
    return spans or (_spelled_out(text, mentions) if mentions.own else [])


def drop_tags(activity: Activity) -> None:
    """Write the bot's own mentions without a tag in the entities: ``@Ann``.

    :param activity: whose entities are changed.
    """
    for mention in own_mentions(activity):
        tag = _TAG.fullmatch(text_in(mention, "text").strip())
        if not tag:
            continue
        more = getattr(mention, "additional_properties", None)
        held = mention if isinstance(mention, dict) else more
        if not (isinstance(held, dict) and "text" in held):
            held = vars(mention)
        held["text"] = f"@{tag[1]}"


def _means(mention: object, bot: object) -> bool:
    who = text_in(mention, "mentioned", "id")
    if who:
        return who == text_in(bot, "id")
    name = folded(text_in(mention, "mentioned", "name"))
    return bool(name) and name == folded(text_in(bot, "name"))


def _mentions_of(activity: Activity) -> _Mentions:
    found = _Mentions()
    for mention in entities_of(activity, "mention"):
        own = _means(mention, activity.recipient)
        name = text_in(mention, "mentioned", "name")
        if not (own or name or text_in(mention, "mentioned", "id")):
            continue
        spelling = text_in(mention, "text").strip()
        tag = _TAG.fullmatch(spelling)
        inner = tag[1] if tag else spelling
        keys = {folded(inner or name)}
        if own:
            names = {inner if tag else "", name, text_in(activity.recipient, "name")} - {""}
            found.own += 1
            found.names |= names
            if spelling and not tag:
                found.spellings.add(spelling)
            else:
                keys |= {folded(one) for one in names}
        else:
            found.others.add(inner or name)
        for key in keys:
            found.tagged.setdefault(key, []).append(own)
    return found


def _tags(text: str, mentions: _Mentions, bot: str, tags_are_true: bool) -> list[Span]:
    times: dict[str, int] = {}
    spans = []
    for tag in _TAG.finditer(text) if "<" in text else ():
        name = folded(tag[1])
        own = mentions.is_own(name, times)
        if own or (own is None and tags_are_true and name and name == bot):
            spans.append(tag.span())
    return spans


def _spelled_out(text: str, mentions: _Mentions) -> list[Span]:
    """Return where the bot is mentioned without a tag: ``@Ann``, or as its entities spell it."""
    marked = {one for one in mentions.spellings if one[0] in "@<"}
    bare = mentions.spellings - marked
    marked |= {f"@{name.lstrip('@')}" for name in bare or ("" if marked else mentions.names)}
    spans = _found(text, marked, mentions.others, _BEFORE)
    # A name without a mark may be the person's, too: it stands as often as it is mentioned.
    return spans or _found(text, bare, mentions.others, _BEFORE_A_NAME)[: mentions.own]


def _found(text: str, own: set[str], others: set[str], before: str) -> list[Span]:
    mine = _longest(own)
    keys = {folded(one) for one in mine}
    # A longer name of somebody else may begin like the bot's.
    theirs = {f"@{one.lstrip('@')}" for one in others} - own
    longer = _longest({one for one in theirs if folded(one).startswith(tuple(keys))})
    spellings = sorted([*mine, *longer], key=_longest_first)
    if not spellings:
        return []
    either = "|".join(_pattern(one) for one in spellings)
    matches = re.finditer(f"{before}(?:{either})", text, re.IGNORECASE)
    return [match.span() for match in matches if folded(match[0]) in keys]


def _longest(spellings: set[str]) -> list[str]:
    """Return the longest of some spellings that people may have written."""
    sane = [
        one for one in spellings if len(one) <= _LONGEST_SPELLING and any(map(str.isalnum, one))
    ]
    return sorted(sane, key=_longest_first)[:_MOST_SPELLINGS]


def _pattern(spelling: str) -> str:
    name = " ".join(unescape(spelling).split())
    if name[-1] == ">":
        return spelled(name)
    return spelled(name) + (_AFTER_LATIN if name[-1].isascii() else _AFTER)


def _longest_first(spelling: str) -> tuple[int, str]:
    return -len(spelling), spelling
