"""What the channel's log says of a run: what was lost, doubled and why, or out of order."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from shows.owed.channel import Channel, Post

UNCOVERED: Final = 0.05
"""Seconds before a kill from which an answer may not be covered by a receipt."""

LONGEST: Final = 1.0
"""The same where the store showed, right after the kill, that it was not."""

_SOON: Final = 1.0  # a dead process's connections end within


@dataclass(frozen=True, slots=True)
class Kill:
    """A kill -9 of a process.

    :param moment: monotonic.
    :param owed: the texts of the turns that the store knew as owed right after it.
    """

    moment: float
    owed: frozenset[str] = frozenset()


@dataclass
class Verdict:
    """What became of what was expected.

    :param expected: how many replies.
    :param lost: those that the channel never took.
    :param by_answer: taken again since the channel itself had kept the answer back.
    :param by_kill: taken again since their process was killed with them in its hands: on the wire,
        or answered just before.
    :param uncovered: seconds before the kill at which the others were answered that had no receipt
        by then, as the store showed.
    :param otherwise: taken again for no such reason.
    :param disorder: conversations whose replies came out of order.
    :param at_once: replies of one turn that one kill doubled, at most.
    """

    expected: int = 0
    lost: list[str] = field(default_factory=list)
    by_answer: int = 0
    by_kill: int = 0
    otherwise: list[str] = field(default_factory=list)
    disorder: list[str] = field(default_factory=list)
    uncovered: list[float] = field(default_factory=list)
    at_once: int = 0


def judge(
    channel: Channel, expected: Mapping[str, Sequence[str]], kills: Sequence[Kill]
) -> Verdict:
    """Return what became of replies.

    :param expected: the replies of each conversation, in order.
    :param kills: of the processes.
    """
    verdict = Verdict()
    of_turn: Counter[tuple[float, str]] = Counter()
    for conversation, texts in expected.items():
        posts: dict[str, list[Post]] = defaultdict(list)
        for post in channel.log.get(conversation, ()):
            if post.taken:
                posts[post.text].append(post)
        verdict.expected += len(texts)
        verdict.lost += [text for text in texts if text not in posts]
        verdict.otherwise += [f"{text}: nobody asked for it" for text in posts.keys() - set(texts)]
        if list(posts) != [text for text in texts if text in posts]:
            verdict.disorder.append(conversation)
        for text, found in posts.items():
            for before, after in zip(found, found[1:], strict=False):
                if before.answer_lost:
                    verdict.by_answer += 1
                elif (kill := _killed(before, kills)) is not None:
                    if (since := kill - before.answered) > UNCOVERED:
                        verdict.uncovered.append(since)
                    else:
                        verdict.by_kill += 1
                    of_turn[kill, text.rpartition("/")[0]] += 1
                else:
                    verdict.otherwise.append(_told(text, before, after, kills))
    verdict.at_once = max(of_turn.values(), default=0)
    return verdict


def _killed(post: Post, kills: Iterable[Kill]) -> float | None:
    """Return when the process was killed that had a post in its hands."""
    for kill in kills:
        of_it = kill.moment < post.line.ended < kill.moment + _SOON
        room = LONGEST if post.text in kill.owed else UNCOVERED
        if of_it and post.answered > kill.moment - room:
            return kill.moment
    return None


def _told(text: str, before: Post, after: Post, kills: Sequence[Kill]) -> str:
    zero = before.begun
    near = min((kill.moment for kill in kills), key=lambda one: abs(one - zero), default=zero)
    return (
        f"{text}: begun at 0 and answered {before.answer.status} at {before.answered - zero:.3f}, "
        f"begun again at {after.begun - zero:.3f}; its connection ended at "
        f"{before.line.ended - zero:.3f}, the nearest kill was at {near - zero:.3f}"
    )
