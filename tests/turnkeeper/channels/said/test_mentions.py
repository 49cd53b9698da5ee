"""What of a message's text is meant for the bot."""

from __future__ import annotations

import pytest
from botbuilder.schema import Activity, ChannelAccount, Entity, Mention
from hypothesis import example, given
from hypothesis import strategies as st

from turnkeeper.channels import text_for_bot

BOT = ChannelAccount(id="28:ann", name="Ann")


def mention_of(who: str, text: object) -> Entity:
    """Return a mention entity as the SDK reads it from JSON."""
    entity = Entity(type="mention")
    entity.additional_properties = {"mentioned": {"id": who, "name": "any"}, "text": text}
    return entity


OWN = mention_of("28:ann", "<at>Ann</at>")
OF_BOB = mention_of("29:bob", "<at>Bob</at>")


@pytest.mark.parametrize(
    ("text", "entities", "rest"),
    [
        ("<at>Ann</at> hi", [OWN], "hi"),
        ("  <at>Ann</at>&nbsp;hi", [OWN], "hi"),
        ("&nbsp;<at>Ann</at>\u00a0 hi", [OWN], "hi"),
        ("<at>Ann</at>hi", [OWN], "hi"),
        ("<at>Ann</at>", [OWN], ""),
        ("<at>Ann</at> <at>Ann</at> hi", [OWN, OWN], "hi"),
        ("<at>Ann</at> Annabel", [OWN], "Annabel"),
        ("<at>Ann</at> my name is Ann", [OWN], "my name is Ann"),
        ("Annabel", [OWN], "Annabel"),
        ("hi <at>Ann</at>", [OWN], "hi"),
        ("<at>Bob</at> and I", [OF_BOB], "<at>Bob</at> and I"),
        ("<at>Ann</at> <at>Bob</at> and I", [OWN, OF_BOB], "<at>Bob</at> and I"),
        ("<at>Bob</at> <at>Ann</at> hi", [OWN, OF_BOB], "<at>Bob</at> hi"),
        ("<at>Ann</at> hi", [], "<at>Ann</at> hi"),
        ("<at>Ann</at> hi", None, "<at>Ann</at> hi"),
        ("  hi ", [OWN], "  hi "),
        (None, [OWN], ""),
        ("", [OWN], ""),
    ],
)
def test_only_the_bots_own_mention_is_removed(
    text: str | None, entities: list[Entity] | None, rest: str
) -> None:
    assert text_for_bot(Activity(text=text, recipient=BOT, entities=entities)) == rest


@pytest.mark.parametrize(
    ("text", "rest"),
    [("@Ann hi", "hi"), ("@Ann, hi", ", hi"), ("@Ann", ""), ("@Annabel", "@Annabel")],
)
@pytest.mark.parametrize("spelling", ["@Ann", " @Ann "])
def test_a_mention_without_a_closing_tag_ends_with_the_word(
    text: str, rest: str, spelling: str
) -> None:
    own = Mention(type="mention", mentioned=BOT, text=spelling)
    assert text_for_bot(Activity(text=text, recipient=BOT, entities=[own])) == rest


def test_a_hyphen_belongs_to_the_name() -> None:
    own = mention_of("28:ann", "Ann")
    activity = Activity(text="Ann-Marie", recipient=BOT, entities=[own])
    assert text_for_bot(activity) == "Ann-Marie"


ODD = st.none() | st.booleans() | st.integers() | st.text(max_size=5)
ODD_ENTITIES = (
    ODD
    | st.lists(ODD, max_size=2)
    | st.lists(
        st.dictionaries(
            st.sampled_from(["type", "mentioned", "text"]),
            st.just("mention") | ODD | st.dictionaries(st.sampled_from(["id", "name"]), ODD),
        ),
        max_size=3,
    )
)


@given(text=st.none() | st.text(), entities=ODD_ENTITIES, recipient=st.just(BOT) | ODD)
def test_odd_entities_are_no_mention_and_no_error(
    text: str | None, entities: object, recipient: object
) -> None:
    activity = Activity(text=text, recipient=recipient, entities=entities)
    assert text_for_bot(activity) == (text or "")


@given(text=st.text(), times=st.integers(1, 3), blank=st.sampled_from(["", " ", "&nbsp;", "\t"]))
@example(text="Annabel", times=1, blank="")
def test_what_follows_the_mention_is_kept_to_the_letter(text: str, times: int, blank: str) -> None:
    activity = Activity(
        text=f"{blank}<at>Ann</at>" * times + "|" + text, recipient=BOT, entities=[OWN]
    )
    assert text_for_bot(activity) == "|" + text


def test_mentions_without_end_are_not_all_looked_for() -> None:
    text = "@A" * 75_000
    hostile = [mention_of("28:ann", f"@A{'@A' * number}@") for number in range(900)]
    # To look for each at each place would take a minute.
    assert text_for_bot(Activity(text=text, recipient=BOT, entities=hostile)) == text


@pytest.mark.parametrize("spelling", ["<at>Ann</at>", "@Ann", "<at>Bob</at>"])
def test_a_thousand_mentions_are_read_like_one(spelling: str) -> None:
    who = "29:bob" if "Bob" in spelling else "28:ann"
    entities = [mention_of(who, spelling)] * 1_000
    text = f"{spelling} " * 1_000
    said = text_for_bot(Activity(text=f"{text}Ada", recipient=BOT, entities=entities))
    assert said == ("Ada" if who == BOT.id else f"{text}Ada")


def test_a_thousand_names_are_not_compared_with_each_other() -> None:
    own = [mention_of("28:ann", f"@Ann{number}") for number in range(1_600)]
    others = [mention_of(f"29:{number}", f"@Ann{number} Lee") for number in range(1_600)]
    activity = Activity(text="@Ann7 hi", recipient=BOT, entities=[*own, *others])
    assert text_for_bot(activity).endswith("hi")


def test_people_that_are_called_like_the_bot_stay() -> None:
    other = mention_of("29:ann", "<at>Ann</at>")
    text = "<at>Ann</at> tell <at>Ann</at>"
    activity = Activity(text=text, channel_id="msteams", recipient=BOT, entities=[OWN, other])
    assert text_for_bot(activity) == "tell <at>Ann</at>"
    activity.entities = [other]
    assert text_for_bot(activity) == text


def test_a_longer_name_of_somebody_else_stays() -> None:
    entities = [mention_of("28:ann", "@Ann"), mention_of("29:lee", "@Ann Lee")]
    activity = Activity(text="@Ann ask @Ann Lee", recipient=BOT, entities=entities)
    assert text_for_bot(activity) == "ask @Ann Lee"


def test_a_name_without_a_mark_is_the_persons_too() -> None:
    own = mention_of("28:ann", "Ann")
    for text in ("@Ann my name is Ann", "Ann my name is Ann"):
        activity = Activity(text=text, recipient=BOT, entities=[own])
        assert text_for_bot(activity) == "my name is Ann"


def test_blanks_without_end_go_with_a_mention() -> None:
    text = "<at>Ann</at>" + " &nbsp;" * 20_000 + "hi"
    assert text_for_bot(Activity(text=text, recipient=BOT, entities=[OWN])) == "hi"
