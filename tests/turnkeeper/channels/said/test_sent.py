"""What people and channels really send, and what of it the person said."""

from __future__ import annotations

from typing import Any

import pytest

from tests.turnkeeper.channels.said.sent import BOT, html, mention, sent
from turnkeeper.channels import text_for_bot

R_AND_D = {"id": "28:bot", "name": "R&D Bot"}
QUOTED = {"type": "quotedReply", "quotedReply": {"messageId": "17"}}


@pytest.mark.parametrize("rest", ["Ada", "cancel", "forget me", "花子", "Ada & Bob"])
@pytest.mark.parametrize(
    "text",
    [
        '<quoted messageId="17"/> {}',
        '<quoted messageId="17"/>{}',
        '{} <quoted messageId="17"/>',
        '<quoted messageId="17" />\n<quoted messageId="18"/>\n{}',
        "<quoted messageId='17'></quoted> {}",
        '<at>Test Bot</at> <quoted messageId="17"/> {}',
        '<quoted messageId="17"/> <at>Test Bot</at> {}',
    ],
)
@pytest.mark.parametrize("entities", [[QUOTED], None, [QUOTED, mention()]])
def test_marks_of_quoted_replies_go(text: str, rest: str, entities: Any) -> None:
    activity = sent(text.format(rest.replace("&", "&amp;")), entities=entities)
    assert text_for_bot(activity) == rest


def test_a_mark_between_words_leaves_one_blank() -> None:
    text = '<quoted messageId="1"/> first reply <quoted messageId="2"/> second reply'
    assert text_for_bot(sent(text)) == "first reply second reply"


@pytest.mark.parametrize("channel", ["webchat", "slack", "emulator"])
def test_a_mark_is_a_persons_words_where_people_can_write_it(channel: str) -> None:
    text = '<quoted messageId="17"/> Ada'
    assert text_for_bot(sent(text, channel)) == text


@pytest.mark.parametrize("entities", [[mention()], [mention(None)], [mention("")], None])
@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Ada <at>Test Bot</at>", "Ada"),
        ("help <at>Test Bot</at>", "help"),
        ("yes <at>Test Bot</at>", "yes"),
        ("Ada<at>Test Bot</at>", "Ada"),
        ("Ada <at>Test Bot</at> Lovelace", "Ada Lovelace"),
        ("Ada\u00a0<at>Test Bot</at>&nbsp;Lovelace", "Ada Lovelace"),
        ("<at>Test Bot</at> Ada <at>Test Bot</at>", "Ada"),
        ("hi <at>Test Bot</at>, help", "hi, help"),
        ("hi <at>Test Bot</at>\nhelp", "hi\nhelp"),
        ("<at>test bot</at> Ada", "Ada"),
        ('<at id="0">Test&nbsp;Bot</at> Ada', "Ada"),
        ("<at>Test Bot</at> &lt;at&gt;Test Bot&lt;/at&gt;", "<at>Test Bot</at>"),
        ("<at>Test Bot</at> Test Bottoms", "Test Bottoms"),
        ("<at>Bob</at> and <at>Test Bot</at>", "<at>Bob</at> and"),
    ],
)
def test_a_mention_may_stand_anywhere(text: str, said: str, entities: Any) -> None:
    assert text_for_bot(sent(text, entities=entities)) == said


@pytest.mark.parametrize("channel", ["msteams", "webchat", "emulator"])
@pytest.mark.parametrize(
    "text",
    [
        "<at>R&amp;D Bot</at> Ada",
        "Ada <at>R&amp;D Bot</at>",
        "<at>R&D Bot</at> Ada",
        "@R&D Bot Ada",
    ],
)
@pytest.mark.parametrize(
    "entity",
    [
        mention(None, **R_AND_D),
        mention("", **R_AND_D),
        mention("<at>R&D Bot</at>", **R_AND_D),
        mention("<at>R&amp;D Bot</at>", **R_AND_D),
        mention(None, id="28:bot"),
        mention(None, name="R&D Bot"),
        mention("@R&amp;D Bot", **R_AND_D),
    ],
)
def test_a_bots_name_may_be_escaped(text: str, entity: object, channel: str) -> None:
    activity = sent(text, channel, recipient=R_AND_D, entities=[entity])
    assert text_for_bot(activity) == "Ada"


TELEGRAM = {"id": "mytestbot", "name": "mytestbot"}


@pytest.mark.parametrize("spelling", ["mytestbot", "@mytestbot", "MyTestBot", "", None])
@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("@mytestbot Ada", "Ada"),
        ("Ada @mytestbot", "Ada"),
        ("@MyTestBot: Ada", ": Ada"),
        ("你好@mytestbot 小明", "你好 小明"),
        ("@mytestbot小明", "小明"),
        ("@mytestbot mytestbot2", "mytestbot2"),
        ("@mytestbot ask ada@mytestbot.org", "ask ada@mytestbot.org"),
        ("@mytestbot-two Ada", "@mytestbot-two Ada"),
        ("@mytestbot2 Ada", "@mytestbot2 Ada"),
    ],
)
def test_a_mention_may_have_no_tag(text: str, said: str, spelling: str | None) -> None:
    entities = [mention(spelling, **TELEGRAM)]
    activity = sent(text, "telegram", recipient=TELEGRAM, entities=entities)
    assert text_for_bot(activity) == said


def test_a_command_may_be_mentioned_besides() -> None:
    both = sent("/help@TestBot names, @TestBot", "telegram", entities=[mention("@TestBot")])
    assert text_for_bot(both) == "/help names,"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("/start", "/start"),
        ("/start abc", "/start abc"),
        ("/help@TestBot", "/help"),
        ("/cancel@testbot", "/cancel"),
        ("/start@TestBot abc", "/start abc"),
        ("/help@TestBot2", "/help@TestBot2"),
        ("/help@OtherBot", "/help@OtherBot"),
        ("/help@28", "/help@28"),
        ("see /help@TestBot", "see /help@TestBot"),
    ],
)
def test_a_command_may_say_whose_it_is(text: str, said: str) -> None:
    assert text_for_bot(sent(text, "telegram")) == said
    by_id = {"id": "TestBot", "name": "Some name"}
    assert text_for_bot(sent(text, "telegram", recipient=by_id)) == said
    assert text_for_bot(sent(text, "webchat")) == text


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Ada&nbsp;", "Ada"),
        ("&nbsp;Ada&#160;", "Ada"),
        ("help&nbsp;", "help"),
        ("Ada\u00a0Lovelace\u00a0", "Ada Lovelace"),
        ("O&#39;Brien", "O'Brien"),
        ("O&apos;Brien &#x26; S&ouml;hne", "O'Brien & Söhne"),
        ("&lt;b&gt; &amp;amp; &quot;", '<b> &amp; "'),
        ("R&D, AT&T; ?a=1&copy=2 &nosuch; &notit; &", "R&D, AT&T; ?a=1&copy=2 &nosuch; &notit; &"),
        (" Ada ", " Ada "),
    ],
)
def test_escapes_are_decoded_once_where_they_are_written(text: str, said: str) -> None:
    assert text_for_bot(sent(text)) == said
    assert text_for_bot(sent(text, "MSTeams")) == said
    assert text_for_bot(sent(text, "skypeforbusiness")) == said
    assert text_for_bot(sent(text, "webchat", textFormat="xml")) == said
    assert text_for_bot(sent(text, "webchat")) == text


def test_slack_escapes_three_characters() -> None:
    text = "a &lt; b &amp;amp; c &gt; d &#39; &nbsp;\u00a0"
    assert text_for_bot(sent(text, "slack")) == "a < b &amp; c > d &#39; &nbsp;\u00a0"


@pytest.mark.parametrize("channel", ["msteams", "emulator", "email", "webchat"])
@pytest.mark.parametrize("text", [None, "", "  "])
@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("<p>Ada</p>", "Ada"),
        ("<div><div>Ada&nbsp;</div>\r\n</div>", "Ada"),
        ("<div>Ada<br>Lovelace</div><ul><li>x</li></ul>", "Ada\nLovelace\nx"),
        ("<p>O&#39;Brien &lt;3 &amp;amp;</p>", "O'Brien <3 &amp;"),
        ('<p><at id="0">Test Bot</at> Ada</p>', "Ada"),
        ('<p>Ada <span itemtype="http://schema.skype.com/Mention">Test Bot</span></p>', "Ada"),
        ('<p><at id="0">Bob</at> Ada</p>', "<at>Bob</at> Ada"),
        ("<p><at>Ada</p>", "Ada"),
        ("<style>p {}</style><!-- <b> --><p title='a>b'>A<b>d</b>a</p><script>x</script>", "Ada"),
        ('<blockquote itemtype="http://schema.skype.com/Reply">Old</blockquote><p>Ada</p>', "Ada"),
        ('<p>Ada <img itemtype="http://schema.skype.com/Emoji" alt="🙂"></p>', "Ada 🙂"),
        ("<p>a < b</p>", "a < b"),
        ("<p><img src='x'></p>", ""),
    ],
)
def test_a_page_alone_is_read_as_text(
    content: str, said: str, text: str | None, channel: str
) -> None:
    assert text_for_bot(sent(text, channel, attachments=html(content))) == said


def test_a_page_beside_a_text_is_not_read() -> None:
    assert text_for_bot(sent("Ada", attachments=html("<p>Bob</p>"))) == "Ada"
    assert text_for_bot(sent("<at>Test Bot</at>", attachments=html("<p>Bob</p>"))) == ""


@pytest.mark.parametrize(
    "start",
    ["<!--", "</a", "<a ", "<a b='", "<", "&", "<script>", "<a b c ", "<at>", "<br>", "<p> "],
)
def test_a_page_that_never_ends_is_read_in_time(start: str) -> None:
    content = start * (250_000 // len(start))
    assert isinstance(text_for_bot(sent(None, attachments=html(content))), str)


@pytest.mark.parametrize(
    "start", ["<at>", "<at ", "<quoted ", "&nbsp;", "<at>Test Bot</at>&nbsp; "]
)
def test_a_text_that_never_ends_is_read_in_time(start: str) -> None:
    text = start * (250_000 // len(start))
    assert isinstance(text_for_bot(sent(text, entities=[mention()])), str)


def test_a_mention_may_be_a_mark_of_slack() -> None:
    entities = [mention("<@U17>")]
    assert text_for_bot(sent("<@U17> Ada &amp; <@U18>", "slack", entities=entities)) == (
        "Ada & <@U18>"
    )


def test_a_mention_counts_by_name_only_where_it_has_no_id() -> None:
    stranger = mention("<at>Test Bot</at>", id="29:other", name=BOT["name"])
    text = "<at>Test Bot</at> hi"
    assert text_for_bot(sent(text, "webchat", entities=[stranger])) == text
    assert text_for_bot(sent(text, "webchat", entities=[mention(name="Test Bot")])) == "hi"
    assert text_for_bot(sent(text, "webchat")) == text
