"""How conversations with samples are compared, and how their copies are made."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from shows.samples.comparison import NOTHING, compared
from shows.samples.copies import Changed, copied
from shows.samples.reasons import reason_of
from shows.samples.recording import Exchange, Recorder
from shows.samples.sample import Patch, Sample
from shows.talk import ShowFailed
from turnkeeper.testing import Cloud


def turn(*texts: str, status: int = 201, **fields: Any) -> Exchange:
    """A turn in which the bot said something."""
    return Exchange("hi", {"status": status}, [{"body": {"text": one, **fields}} for one in texts])


def test_what_is_the_same_is_counted() -> None:
    comparison = compared(
        [turn("a", "b", x=[1, {"y": None}])], [turn("a", "b", x=[1, {"y": None}])]
    )
    assert (comparison.fields, comparison.differences) == (7, [])


@pytest.mark.parametrize(
    ("there", "here", "where"),
    [
        (turn("a"), turn("b"), "request 0.body.text"),
        (turn("a"), turn("a", status=200), "answer.status"),
        (turn("a", x=1), turn("a", x=1.0), "request 0.body.x"),
        (turn("a", x=1), turn("a", x=True), "request 0.body.x"),
        (turn("a", x=None), turn("a"), "request 0.body.x"),
        (turn("a", x=[]), turn("a", x={}), "request 0.body.x"),
        (turn("a", x=[1]), turn("a", x=[1, 2]), "request 0.body.x"),
        (turn("a"), turn(), "request 0"),
        (turn("a"), turn("a", "b"), "request 1"),
        (turn("b", "a"), turn("a"), "request 0"),
    ],
)
def test_what_is_not_the_same_is_found(there: Exchange, here: Exchange, where: str) -> None:
    [difference] = compared([there], [here]).differences
    assert (difference.turn, difference.where) == (1, where)


def test_what_one_side_lacks_is_nothing_and_not_null() -> None:
    [difference] = compared([turn("a", x=None)], [turn("a")]).differences
    assert difference.there is None
    assert difference.here is NOTHING


async def test_ids_and_times_are_as_in_any_run() -> None:
    first, second = await recorded(earlier=0), await recorded(earlier=3)
    assert first == second
    body = first["body"]
    assert (body["replyToId"], body["timestamp"]) == ("told-1-0", "(a time)")
    assert body["text"] == "from (the channel)"


async def recorded(*, earlier: int) -> dict[str, Any]:
    """Post a reply to another reply, as a bot does, and write it down.

    :param earlier: how many ids the channel has given before.
    """
    async with Cloud() as cloud:
        place = f"{cloud.service_url}/v3/conversations/c/activities"
        told = {"type": "message", "from": {"id": "bot"}, "conversation": {"id": "c"}}
        for _ in range(earlier + 1):
            answer = await cloud.post_to_bot(place, told)
        recorder = Recorder(cloud.service_url)
        recorder.name(told_id := answer.json()["id"], "told-1-0")
        now = cloud.clock.now().isoformat()
        text = f"from {cloud.service_url}"
        await cloud.post_to_bot(
            place, {**told, "text": text, "timestamp": now, "replyToId": told_id}
        )
        return recorder.request(cloud.connector.requests[-1])


def test_what_was_said_before_an_error_may_be_missing_and_nothing_else() -> None:
    error = "The bot encountered an error or bug."
    there = turn("before", error, "after")
    for here, explained in ((turn(error, "after"), True), (turn("before", error), False)):
        [difference] = compared([there], [here]).differences
        assert bool(reason_of(difference, there, here)) is explained


def test_a_refusal_is_meant_only_where_the_other_side_fails_too() -> None:
    error = {"error": {"code": "bad_json"}}
    here = Exchange("hi", {"status": 400, "type": "application/json", "body": error})
    for status, explained in ((500, True), (201, False)):
        there = Exchange("hi", {"status": status, "type": "text/plain", "body": "a text"})
        found = compared([there], [here]).differences
        assert [bool(reason_of(one, there, here)) for one in found] == [explained] * 3


class TestCopies:
    @pytest.fixture
    def samples(self, tmp_path: Path) -> Path:
        (tmp_path / "samples/one").mkdir(parents=True)
        (tmp_path / "samples/one/app.py").write_text("a = 1\nb = 2\nb = 2\n")
        (tmp_path / "samples/one/other.py").write_text("c = 3\n")
        return tmp_path

    def test_a_line_becomes_another_and_is_counted(self, samples: Path) -> None:
        sample = Sample("samples/one", (Patch("app.py", "a = 1", "a = 0\nd = 4"),), ())
        assert copied(samples, sample, samples / "copy") == Changed(removed=1, added=2, files=1)
        assert (samples / "copy/app.py").read_text() == "a = 0\nd = 4\nb = 2\nb = 2\n"

    @pytest.mark.parametrize("old", ["b = 2", "e = 5"])
    def test_a_line_that_is_not_there_once_is_an_error(self, samples: Path, old: str) -> None:
        sample = Sample("samples/one", (Patch("app.py", old, None),), ())
        with pytest.raises(ShowFailed, match="the line stands there"):
            copied(samples, sample, samples / "copy")

    def test_a_patch_that_changes_nothing_is_an_error(self, samples: Path) -> None:
        sample = Sample("samples/one", (Patch("other.py", "c = 3", "c = 3"),), ())
        with pytest.raises(ShowFailed, match="differ"):
            copied(samples, sample, samples / "copy")
