"""The ledger knows the activities that took effect, and what is still owed."""

import pytest

from turnkeeper.errors import UnreadableRecord
from turnkeeper.ledger.ledger import ANSWERS, LONGEST_ANSWER, SEEN, SENT_IDS, Ledger, digest
from turnkeeper.storage import Record


def reread(ledger: Ledger) -> Ledger:
    return Ledger.read("k", Record(ledger.body(), "1"))


def enter(ledger: Ledger, activity_id: str, *texts: str, answer: bool = False) -> None:
    ledger.enter(
        digest(activity_id),
        effects=[{"do": "send", "id": f"{activity_id}-{text}", "text": text} for text in texts],
        answer={"status": 200, "body": activity_id} if answer else None,
        holder="me",
        until=1.0,
    )


def test_an_absent_record_is_an_empty_ledger() -> None:
    assert Ledger.read("k", None) == Ledger()


def test_a_ledger_comes_back_as_it_was() -> None:
    ledger = Ledger()
    enter(ledger, "1", "a", "b", answer=True)
    ledger.sent("1-a", "channel-a")
    assert reread(ledger) == ledger
    assert reread(Ledger()) == Ledger()


def test_it_knows_the_last_activities() -> None:
    ledger = Ledger()
    for number in range(SEEN + 1):
        enter(ledger, str(number))
    assert not ledger.knows(digest("0"))
    assert all(ledger.knows(digest(str(number))) for number in range(1, SEEN + 1))


def test_what_is_owed_is_settled_effect_by_effect() -> None:
    ledger = Ledger()
    enter(ledger, "1", "a", "b")
    ledger.sent("1-a", "channel-a")
    ledger.settle()
    assert ledger.owed is not None
    assert ledger.owed.sent == 1
    ledger.sent("1-b", None)
    ledger.settle()
    assert ledger.owed is None
    assert ledger.channel_id("1-a") == "channel-a"
    assert ledger.channel_id("1-b") == "1-b"


def test_answers_and_ids_are_kept_for_a_while() -> None:
    ledger = Ledger()
    for number in range(SENT_IDS + 5):
        enter(ledger, str(number), "a", answer=True)
        ledger.sent(f"{number}-a", f"channel-{number}")
    last = SENT_IDS + 4
    assert ledger.answer(digest(str(last))) == {"status": 200, "body": str(last)}
    assert ledger.answer(digest(str(last - ANSWERS))) is None
    assert ledger.channel_id("5-a") == "channel-5"
    assert ledger.channel_id("4-a") == "4-a"


def test_an_answer_without_end_is_not_kept() -> None:
    ledger = Ledger()
    for name, length in (("short", LONGEST_ANSWER // 2), ("long", LONGEST_ANSWER)):
        answer = {"status": 200, "body": "x" * length}
        ledger.enter(name, effects=[], answer=answer, holder="p", until=1.0)
    assert ledger.knows("long")
    assert list(ledger.answers) == ["short"]


@pytest.mark.parametrize(
    "body",
    [
        "",
        "[]",
        '{"v": 2, "state": {"turns": {"seen": "", "holder": ""}}}',
        '{"v": 1, "state": {}}',
        '{"v": 1, "state": {"turns": {"seen": "", "holder": "", "owed": {"cls": "x"}}}}',
    ],
)
def test_an_unreadable_ledger_is_refused(body: str) -> None:
    with pytest.raises(UnreadableRecord):
        Ledger.read("k", Record(body, "1"))
