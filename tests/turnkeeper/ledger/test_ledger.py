"""The ledger knows the activities that took effect, and what is still owed."""

import json
from collections.abc import Mapping

import pytest

from turnkeeper.errors import UnreadableRecord
from turnkeeper.ledger.earlier import EarlierDebt
from turnkeeper.ledger.effects import Delay, Delete, Effect, Send, Update
from turnkeeper.ledger.facts import Fact, Failed, Place, Refused, Sent, Wait
from turnkeeper.ledger.ledger import ANSWERS, LONGEST_ANSWER, SEEN, SENT_IDS, Ledger, digest
from turnkeeper.ledger.owed import Owed
from turnkeeper.ledger.queue import Queue
from turnkeeper.storage import Record

NOW = 1_700_000_000.0


def reread(ledger: Ledger) -> Ledger:
    return Ledger.read("k", Record(ledger.body(), "1"))


def send(reply_id: str, text: str, sender: str = "28:bot") -> Send:
    body = json.dumps({"type": "message", "text": text, "from": {"id": sender}})
    return Send(reply_id, "c", "1", body)


def enter(ledger: Ledger, activity_id: str, *texts: str, answer: bool = False) -> None:
    turn = digest(activity_id)
    ledger.enter(turn, {"status": 200, "body": activity_id} if answer else None)
    if texts:
        ledger.queue.enter(turn, "", len(texts), NOW)


def place(ledger: Ledger, index: int = 0) -> Place:
    """An effect of the last turn that owes something."""
    number, one = list(ledger.queue.open.items())[-1]
    return Place(number, one.turn, index)


def note(ledger: Ledger, fact: Fact, now: float = NOW) -> bool:
    return ledger.note(fact, now, 3600.0)


def body_of(turns: Mapping[str, object], version: int = 1) -> str:
    return json.dumps({"v": version, "state": {"turns": turns}})


def owing(effect: str) -> str:
    owed = f'{{"turn":"t","effects":[{effect}],"sent":0,"holder":"h","until":1}}'
    return f'{{"v":1,"state":{{"turns":{{"seen":"","holder":"","owed":{owed}}}}}}}'


def test_an_absent_record_is_an_empty_ledger() -> None:
    assert Ledger.read("k", None) == Ledger()


def test_a_ledger_comes_back_as_it_was() -> None:
    ledger = Ledger()
    enter(ledger, "1", "a", "b", answer=True)
    note(ledger, Sent(place(ledger), "1-a", "channel-a"))
    ledger.queue.take("token")
    assert reread(ledger) == ledger
    assert reread(Ledger()) == Ledger()


def test_it_knows_the_last_activities() -> None:
    ledger = Ledger()
    for number in range(SEEN + 1):
        enter(ledger, str(number))
    assert not ledger.knows(digest("0"))
    assert all(ledger.knows(digest(str(number))) for number in range(1, SEEN + 1))


def test_what_the_channel_called_a_reply_is_known() -> None:
    ledger = Ledger()
    enter(ledger, "1", "a", "b", "c", "d", "e")
    facts: list[Fact] = [
        Sent(place(ledger, 0), "1-a", "channel-a"),
        Sent(place(ledger, 1), "1-b", None),  # it was not told
        Refused(place(ledger, 2), "1-c"),
        Failed(place(ledger, 3), 503, NOW, reply="1-d"),
    ]
    assert not any(note(ledger, fact) for fact in facts)
    names = [ledger.channel_id(f"1-{name}") for name in "abcde"]
    assert names == ["channel-a", "1-b", "", "1-d", "1-e"]
    assert ledger.channel_id("the-channels-own") == "the-channels-own"


def test_that_an_effect_is_given_up_is_told_once() -> None:
    ledger = Ledger()
    enter(ledger, "1", "a")
    fact = Failed(place(ledger), 500, NOW, reply="1-a")
    assert [note(ledger, fact, NOW + 600 * n) for n in range(4)] == [False, False, True, False]
    assert ledger.channel_id("1-a") == ""


def test_a_fact_of_what_is_done_gives_no_name() -> None:
    ledger = Ledger()
    enter(ledger, "1", "a", "b")
    for channel_id in ("channel-a", "of a second copy"):
        note(ledger, Sent(place(ledger), "1-a", channel_id))
    assert ledger.channel_id("1-a") == "channel-a"


def test_answers_and_ids_are_kept_for_a_while() -> None:
    ledger = Ledger()
    for number in range(SENT_IDS + 5):
        enter(ledger, str(number), "a", answer=True)
        note(ledger, Sent(place(ledger), f"{number}-a", f"channel-{number}"))
    last = SENT_IDS + 4
    assert ledger.answer(digest(str(last))) == {"status": 200, "body": str(last)}
    assert ledger.answer(digest(str(last - ANSWERS))) is None
    assert ledger.channel_id("5-a") == "channel-5"
    assert ledger.channel_id("4-a") == "4-a"


def full() -> Ledger:
    """A ledger with all there is."""
    ledger = Ledger()
    enter(ledger, "1", "a", answer=True)
    note(ledger, Sent(place(ledger), "1-a", "channel-a"))
    ledger.queue.enter("t2", "ada", 1, NOW)
    ledger.queue.enter("t3", "bob", 1, NOW)
    ledger.queue.unseen = {"ada": 1, "bob": 1}
    note(ledger, Wait(NOW + 9))
    ledger.queue.take("token")
    ledger.others = {"news": 1}
    return ledger


def test_where_its_person_is_erased_no_turn_runs_again_and_a_wait_lasts() -> None:
    ledger = full()
    assert ledger.erase() == [1, 2, 3]
    assert ledger.knows(digest("1"))
    left = Queue(next=4, not_before=NOW + 9, holder="token", beat=1)
    assert ledger == Ledger(seen=ledger.seen, queue=left)


def test_where_one_of_several_is_erased_the_others_are_owed_theirs() -> None:
    ledger = full()
    assert ledger.erase_member("ada") == [2]
    assert list(ledger.queue.open) == [1, 3]
    assert ledger.queue.unseen == {"bob": 1}
    assert ledger.answers == {}
    assert ledger.channel_id("1-a") == "channel-a"
    assert ledger.others == {"news": 1}


def test_an_answer_without_end_is_not_kept() -> None:
    ledger = Ledger()
    for name, length in (("short", LONGEST_ANSWER // 2), ("long", LONGEST_ANSWER)):
        answer = {"status": 200, "body": "x" * length}
        ledger.enter(name, answer)
    assert ledger.knows("long")
    assert list(ledger.answers) == ["short"]


def test_what_is_owed_comes_back_as_it_was() -> None:
    effects: list[Effect] = [
        send("reply-1", "hi"),
        Update("reply-1", "c", '{"type":"message","text":"ho"}'),
        Delete("reply-1", "c"),
        Delay(1.5),
    ]
    owed = Owed("t", "https://smba.example/", effects, "msteams/users/ada")
    assert Owed.read("k", Record(owed.body(), "1", "msteams/users/ada")) == owed


@pytest.mark.parametrize(
    "body",
    [
        "",
        "[]",
        '{"v": 2, "state": {"owed": {"turn": "t", "service_url": "", "effects": []}}}',
        '{"v": 1, "state": {}}',
        '{"v": 1, "state": {"owed": {"turn": "t", "service_url": "", "effects": [{"do": "x"}]}}}',
    ],
)
def test_what_is_owed_and_cannot_be_read_is_not_made_up(body: str) -> None:
    with pytest.raises(UnreadableRecord, match="^k: "):
        Owed.read("k", Record(body, "1"))


def test_what_another_version_keeps_is_kept() -> None:
    queue = {"next": 3, "beat": 4, "holder": "h"}
    turns = {"seen": " 00", "news": [1], "queue": queue}
    ledger = Ledger.read("k", Record(body_of(turns, 2), "1"))
    assert json.loads(ledger.body()) == {"v": 2, "state": {"turns": turns}}


# Of versions before 0.5.


def earlier(sender: str = "28:bot", **more: object) -> EarlierDebt:
    """What a ledger of such a version owes, of which one is sent."""
    effects = [send(f"reply-{n}", f"{n}", sender).to_json() for n in range(3)]
    turns = {
        "seen": " 00",
        "holder": "a process",
        "owed": {"turn": "00", "effects": effects, "sent": 1, "holder": "h", "until": 1.0, **more},
    }
    debt = Ledger.read("k", Record(body_of(turns), "1")).earlier
    assert debt is not None
    return debt


def test_what_an_earlier_version_owes_is_known_and_stays_until_it_is_moved() -> None:
    debt = earlier(colour="red")
    assert [effect.id for effect in debt.left if isinstance(effect, Send)] == ["reply-1", "reply-2"]
    ledger = Ledger(earlier=debt)
    assert json.loads(ledger.body())["state"]["turns"]["owed"]["colour"] == "red"
    assert reread(ledger).earlier == debt
    assert reread(ledger.without_earlier()).earlier is None


def test_where_the_channel_listened_say_the_activities() -> None:
    assert earlier().service_url() == ""
    bodies = ['{"type":"message"}', '{"serviceUrl":"https://one"}', '{"serviceUrl":"https://two"}']
    effects: list[Effect] = [Delay(1), *(Send("1", "c", "", body) for body in bodies)]
    assert EarlierDebt("t", effects, 0).service_url() == "https://one"


def test_an_activity_of_the_first_days_is_an_object() -> None:
    effect = '{"do": "send", "id": "1", "conversation": "c", "reply_to": "", "body": {"a": 1}}'
    debt = Ledger.read("k", Record(owing(effect), "1")).earlier
    assert debt is not None
    assert debt.effects == [Send("1", "c", "", '{"a":1}')]


@pytest.mark.parametrize(
    ("sender", "bot", "another"),
    [
        ("28:one", ("28:one",), False),
        ("28:one", ("one",), False),
        ("28:one", ("28:two",), True),
        ("28:one", ("two", "28:one"), False),
        ("28:one", ("", ""), False),
    ],
)
def test_whose_debt_it_is_tell_the_replies(
    sender: str, bot: tuple[str, ...], another: bool
) -> None:
    assert earlier(sender).is_anothers(*bot) is another


def test_a_debt_without_replies_may_be_anybodys() -> None:
    assert not EarlierDebt("t", [Delay(1)], 0).is_anothers("28:two")


@pytest.mark.parametrize(
    "body",
    [
        "",
        "[]",
        '{"v": 3, "state": {"turns": {"seen": ""}}}',
        '{"v": 2, "state": {"turns": {"seen": ["00"]}}}',
        '{"v": 2, "state": {"turns": {"seen": "", "queue": {"open": {"1": {}}}}}}',
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
