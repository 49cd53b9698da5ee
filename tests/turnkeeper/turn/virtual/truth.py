"""What is true, whoever knows it: what was committed, what the channel got; and what must hold.

The properties are those of the model of the protocol, see docs/delivery.md.
"""

from __future__ import annotations

import json
import math
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.turnkeeper.turn.virtual.host import Host, Time
from turnkeeper.address import ledger_of
from turnkeeper.storage import Change, Record

LEASE = 3.0
BOUND = 1.0
"""Seconds by which a process may be late and doubles nothing."""

LATELY = 5.0
"""Seconds before a lease ran out within which its holder must have been in trouble."""

KNOWN = 2.5
"""Seconds after which a process in time has written what it heard, and all others have read it."""

ERASED = 3.0
"""Seconds after an erasure from which nothing of it is begun."""

OFTEN, WITHIN = 40, 30.0
"""So often an effect is tried at most in so many seconds."""


class Broken(AssertionError):
    """What must hold does not."""


@dataclass
class Effect:
    """One thing that a turn owes.

    :ivar posted: how often the channel took it.
    :ivar spare: how often more than once it may.
    :ivar refused: the channel refused it.
    :ivar closed: the ledger owes it no more.
    :ivar erased_at: when its person was erased.
    """

    text: str
    conversation: str
    owner: str
    posted: int = 0
    spare: int = 0
    refused: bool = False
    given_up: bool = False
    closed: bool = False
    erased_at: float = math.inf
    tries: list[float] = field(default_factory=list)

    @property
    def settled(self) -> bool:
        return bool(self.posted or self.refused or self.given_up) or self.erased_at < math.inf


@dataclass
class Post:
    """One request to the channel, in the hands of its process until its receipt is written."""

    host: Host
    conversation: str
    begun_at: float
    effect: Effect | None = None
    arrived: bool = False
    taken: bool = False
    refused: bool = False
    excused: bool = False


@dataclass
class Quiet:
    """A wait that the channel asked for.

    :ivar heard_at: when the process heard of it.
    :ivar written: whether it has written it.
    """

    post: Post
    until: float
    heard_at: float = math.inf
    written: bool = False


class Truth:
    """Sees all that is written and posted.

    :ivar broken: what does not hold, once something does not.
    :ivar effects: all that was ever owed, in order, by conversation.
    :ivar taken: how often each message took effect.
    :ivar judged: those that the bot took as answers.
    """

    def __init__(self, time: Time) -> None:
        self._time = time
        self.broken = ""
        self.effects: dict[str, list[Effect]] = defaultdict(list)
        self.taken: Counter[str] = Counter()
        self.judged: set[str] = set()
        self.operator: Host | None = None
        self._by_text: dict[str, Effect] = {}
        self._numbers: dict[tuple[str, str], list[Effect]] = {}
        self._posts: list[Post] = []
        self._quiet: dict[str, Quiet] = {}
        self._beats: dict[str, float] = {}

    def effect(self, text: str) -> Effect:
        """Return what is owed under a text."""
        return self._by_text[text]

    def breaks(self, what: str) -> None:
        """Take note that something does not hold."""
        self.broken = self.broken or what

    # What the store is asked to write

    def written(self, host: Host, before: dict[str, Record], changes: Sequence[Change]) -> None:
        """See a write that has just taken effect."""
        for key, body, *_ in changes:
            old = before[key].body if key in before else ""
            if key.startswith("given-up/") and body and (effects := _effects(body)):
                self._by_text[effects[0]].given_up = True
            elif key.startswith("owed/") and body:
                self._enter(key, body, changes)
            elif "/users/" in key and body:
                self._take(old, body, before)
        for key, body, *_ in changes:
            if "/ledgers/" in key:
                old = before[key].body if key in before else ""
                self._ledger(host, key, _queue(old), _queue(body or ""))

    def _enter(self, key: str, body: str, changes: Sequence[Change]) -> None:
        named = ledger_of(key)
        assert named is not None
        owner = next(one.owner for one in changes if one.key == key)
        effects = [Effect(text, named[0].split("/")[2], owner) for text in _effects(body)]
        self._numbers[named[0], str(named[1])] = effects
        for effect in effects:
            self._by_text[effect.text] = effect
            self.effects[effect.conversation].append(effect)

    def _take(self, old: str, new: str, before: dict[str, Record]) -> None:
        log, judged = _log(new)
        seen, before_judged = _log(old)
        for text in log[len(seen) if log[: len(seen)] == seen else 0 :]:
            self.taken[text] += 1
        if len(set(log)) < len(log):
            self.breaks("a message is in the state twice")
        for text, person in judged.items():
            if text not in before_judged:
                self.judged.add(text)
                for key, record in before.items():
                    if "/ledgers/" in key and _missed(_queue(record.body), person):
                        self.breaks("an answer to a question that is known not to have arrived")

    def _ledger(self, host: Host, key: str, old: dict[str, Any], new: dict[str, Any]) -> None:
        conversation, now = key.split("/")[2], self._time.now
        held, holds = _holder(old), _holder(new)
        if held[0] and holds[0] != held[0] and holds[0]:
            self._taken_over(conversation, now - self._beats.get(conversation, -math.inf))
        quiet = self._quiet.get(conversation)
        if quiet and quiet.post.host is host and quiet.heard_at <= now:
            quiet.written = quiet.written or new.get("not_before", 0) > old.get("not_before", 0)
        if held != holds:
            self._beats[conversation] = now
        left = new.get("open", {})
        for number, one in old.get("open", {}).items():
            marks = left[number]["marks"] if number in left else [-1] * len(one["marks"])
            erased = number not in left and host is self.operator
            for effect, mark in zip(self._numbers[key, number], marks, strict=True):
                if mark < 0 and not effect.closed:
                    self._close(effect, erased=erased)

    def _close(self, effect: Effect, *, erased: bool) -> None:
        effect.closed = True
        if erased and not effect.settled:
            effect.erased_at = self._time.now
        if not effect.settled:
            self.breaks(f"{effect.text} is lost")
        self._posts = [post for post in self._posts if post.effect is not effect]

    def _taken_over(self, conversation: str, quiet: float) -> None:
        """Excuse what is in the hands of a holder that was late."""
        now = self._time.now
        for post in self._posts:
            late = now - post.begun_at > BOUND and post.host.trouble > now - LATELY
            at_risk = post.taken or not post.arrived
            if post.conversation == conversation and quiet > LEASE - 0.01 and late and at_risk:
                self._excuse(post)

    def _excuse(self, post: Post) -> None:
        if post.effect and not post.excused:
            post.excused = True
            post.effect.spare += 1

    # What the channel is asked to post

    def begun(self, host: Host, conversation: str, text: str) -> Post:
        """See that a process has checked its lease, and posts."""
        effect = self._by_text[text]
        post = Post(host, conversation, self._time.now, effect)
        mine = [p for p in self._posts if p.host is host and p.conversation == conversation]
        if mine:
            self.breaks("an effect is begun before the receipt of the one before")
        if post.begun_at - effect.erased_at > ERASED:
            self.breaks("an effect of an erased person is begun")
        self._posts.append(post)
        return post

    def arrived(self, post: Post, status: int, retry_after: float | None, *, lost: bool) -> None:
        """See a reply reach the channel."""
        now, effect = self._time.now, post.effect
        assert effect is not None
        in_time = now - post.begun_at <= BOUND
        post.arrived = True
        if in_time:
            self._check_quiet(post)
            for earlier in self.effects[post.conversation]:
                if earlier is effect:
                    break
                if not earlier.settled:
                    self.breaks(f"{effect.text} overtakes {earlier.text}")
        if status == 200:
            post.taken = not lost
            effect.posted += 1
            if effect.posted > 1 + effect.spare:
                self.breaks(f"{effect.text} is posted twice without a cause")
            effect.spare += lost
        elif status == 400:
            effect.refused = post.refused = True
        elif retry_after is not None:
            self._asked(post, now + retry_after)
        else:
            effect.tries = [at for at in effect.tries if at > now - WITHIN] + [now]
            if len(effect.tries) > OFTEN:
                self.breaks("an effect is tried too often")

    def heard(self, post: Post) -> None:
        """See a process get an answer."""
        for quiet in self._quiet.values():
            if quiet.post is post:
                quiet.heard_at = self._time.now
        at_once = not post.effect or post.effect.closed  # there is nothing to write of it
        if at_once or not (post.taken or post.refused):
            self._posts = [one for one in self._posts if one is not post]

    def typing(self, host: Host, conversation: str) -> Post:
        """See a process show typing."""
        return Post(host, conversation, self._time.now)

    def typing_arrived(self, post: Post, retry_after: float | None) -> None:
        """See typing reach the channel."""
        now = self._time.now
        if post.host.trouble < now - KNOWN:
            self._check_quiet(post)
        if retry_after is not None:
            self._asked(post, now + retry_after)

    def _asked(self, post: Post, until: float) -> None:
        if not self._is_quiet(post.conversation, until):
            self._quiet[post.conversation] = Quiet(post, until)

    def _is_quiet(self, conversation: str, now: float) -> bool:
        quiet = self._quiet.get(conversation)
        return quiet is not None and quiet.until > now

    def _check_quiet(self, post: Post) -> None:
        """See that nobody posts who can know that the channel has asked to wait."""
        now, quiet = self._time.now, self._quiet.get(post.conversation)
        if not quiet or not self._is_quiet(post.conversation, now):
            return
        teller = quiet.post.host
        # What one process writes the others have read a moment later.
        known = quiet.heard_at if post.host is teller else _known_at(quiet, teller, now)
        if post.begun_at > known:
            self.breaks("a wait that the channel asked for is undercut")

    # What happens to processes and clocks

    def died(self, host: Host) -> None:
        """See a process be killed: what it had in its hands may go out again."""
        for post in self._posts:
            if post.host is host and post.taken:
                self._excuse(post)
        self._posts = [post for post in self._posts if post.host is not host]
        for conversation, quiet in list(self._quiet.items()):
            if quiet.post.host is host and not quiet.written:
                del self._quiet[conversation]

    def clock_stepped(self) -> None:
        """See the store's clock step: waits may be shorter, or longer."""
        self._quiet.clear()


def _known_at(quiet: Quiet, teller: Host, now: float) -> float:
    if quiet.heard_at == math.inf:
        return math.inf
    return max(quiet.heard_at, min(teller.trouble, now)) + KNOWN


def _queue(body: str) -> dict[str, Any]:
    queue: dict[str, Any] = json.loads(body)["state"]["turns"]["queue"] if body else {}
    return queue


def _holder(queue: dict[str, Any]) -> tuple[str, int]:
    return queue.get("holder", ""), queue.get("beat", 0)


def _effects(body: str) -> list[str]:
    effects = json.loads(body)["state"]["owed"]["effects"]
    return [json.loads(effect["body"])["text"] for effect in effects]


def _log(body: str) -> tuple[list[str], dict[str, str]]:
    state = json.loads(body)["state"] if body else {}
    return state.get("log", []), state.get("judged", {})


def _missed(queue: dict[str, Any], who: str) -> bool:
    """Whether something that was said to a person is known not to have arrived."""
    if queue.get("unseen") and (not who or who in queue["unseen"]):
        return True
    turns = [one for one in queue.get("open", {}).values() if not who or one["who"] == who]
    return any(mark not in (0, -1) for one in turns for mark in one["marks"])
