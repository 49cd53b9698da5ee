"""The ledger knows the activities that took effect, and what is still owed."""

import json

import pytest

from turnkeeper.errors import UnreadableRecord
from turnkeeper.ledger.effects import Delay, Delete, Effect, Send, Update
from turnkeeper.ledger.ledger import ANSWERS, LONGEST_ANSWER, SEEN, SENT_IDS, Ledger, digest
from turnkeeper.storage import Record


def reread(ledger: Ledger) -> Ledger:
    return Ledger.read("k", Record(ledger.body(), "1"))


def send(reply_id: str, text: str, sender: str = "28:bot") -> Send:
    body = json.dumps({"type": "message", "text": text, "from": {"id": sender}})
    return Send(reply_id, "c", "1", body)


def enter(ledger: Ledger, activity_id: str, *texts: str, answer: bool = False) -> None:
    ledger.enter(
        digest(activity_id),
        effects=[send(f"{activity_id}-{text}", text) for text in texts],
        answer={"status": 200, "body": activity_id} if answer else None,
        holder="me",
        until=1.0,
    )


def owing(effect: str) -> str:
    owed = f'{{"turn":"t","effects":[{effect}],"sent":0,"holder":"h","until":1}}'
    return f'{{"v":1,"state":{{"turns":{{"seen":"","holder":"","owed":{owed}}}}}}}'


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


def test_every_effect_comes_back_as_it_was() -> None:
    effects: list[Effect] = [
        send("reply-1", "hi"),
        Update("reply-1", "c", '{"type":"message","text":"ho"}'),
        Delete("reply-1", "c"),
        Delay(1.5),
    ]
    ledger = Ledger()
    ledger.enter("t", effects=effects, answer=None, holder="me", until=1.0)
    owed = reread(ledger).owed
    assert owed is not None
    assert owed.effects == effects


def test_what_another_version_keeps_is_kept() -> None:
    turns = {
        "seen": " 00",
        "holder": "h",
        "news": [1],
        "owed": {
            "turn": "00",
            "effects": [{"do": "delete", "activity": "a", "conversation": "c"}],
            "sent": 0,
            "holder": "h",
            "until": 1.0,
            "colour": "red",
        },
    }
    ledger = Ledger.read("k", Record(json.dumps({"v": 1, "state": {"turns": turns}}), "1"))
    assert json.loads(ledger.body())["state"]["turns"] == turns


def test_an_activity_of_the_first_days_is_an_object() -> None:
    effect = '{"do": "send", "id": "1", "conversation": "c", "reply_to": "", "body": {"a": 1}}'
    owed = Ledger.read("k", Record(owing(effect), "1")).owed
    assert owed is not None
    assert owed.effects == [Send("1", "c", "", '{"a":1}')]


@pytest.mark.parametrize(
    ("sender", "bot", "another"),
    [("28:one", "28:one", False), ("28:one", "28:two", True), ("28:one", "", False)],
)
def test_whose_debt_it_is_tell_the_replies(sender: str, bot: str, another: bool) -> None:
    ledger = Ledger()
    assert not ledger.owed_by_another(bot)
    ledger.enter("t", effects=[send("1", "hi", sender)], answer=None, holder="me", until=1.0)
    assert ledger.owed_by_another(bot) is another
    assert not ledger.without_debt().owed_by_another(bot)
    assert ledger.without_debt().knows("t")


@pytest.mark.parametrize(
    "body",
    [
        "",
        "[]",
        '{"v": 2, "state": {"turns": {"seen": "", "holder": ""}}}',
        '{"v": 1, "state": {}}',
        '{"v": 1, "state": {"turns": {"seen": "", "holder": "", "owed": {"cls": "x"}}}}',
        owing('{"do": "sing", "id": "1"}'),
        owing('{"do": "send", "id": "1"}'),
        owing('{"do": ["send"]}'),
        owing("5"),
    ],
)
def test_an_unreadable_ledger_is_refused(body: str) -> None:
    with pytest.raises(UnreadableRecord):
        Ledger.read("k", Record(body, "1"))
