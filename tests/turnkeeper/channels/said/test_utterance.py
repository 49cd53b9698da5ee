"""What a name or a command is read from."""

from __future__ import annotations

import pytest

from tests.turnkeeper.channels.said.sent import html, mention, sent
from turnkeeper.channels import utterance

SIGNED = [
    "Sent from my iPhone",
    "-- \nAda Lovelace\n+44 20",
    "Best regards,\nAda",
    "Kind regards, Ada",
    "Get Outlook for iOS",
    "Gesendet von meinem iPhone",
    "Von meinem iPhone gesendet",
    "Mit freundlichen Grüßen\nAda",
    "Envoyé de mon iPhone",
    "Cordialement,\nAda",
    "Enviado desde mi iPhone",
    "Un saludo,\nAda",
    "iPhoneから送信",
    "よろしくお願いします。",
    "أُرسلت من الـ iPhone",
    "مع أطيب التحيات،\nآدا",
    "> What is your name?",
]


@pytest.mark.parametrize("channel", ["email", "outlook", "Email"])
@pytest.mark.parametrize("signed", SIGNED)
@pytest.mark.parametrize("words", ["Ada", "cancel", "花子", "My name is Ada"])
def test_of_a_mail_the_first_paragraph_counts(words: str, signed: str, channel: str) -> None:
    for blank in ("\n", "\n\n", "\r\n \r\n"):
        assert utterance(sent(f"{words}{blank}{signed}", channel)) == words


@pytest.mark.parametrize(
    "salutation",
    ["Hi,", "Hello bot,", "Hello Test Bot!", "Guten Tag,", "Sehr geehrte Damen und Herren,"]
    + ["Bonjour à tous,", "Hola", "こんにちは、", "مرحبا،"],
)
def test_a_salutation_is_passed_over(salutation: str) -> None:
    assert utterance(sent(f"{salutation}\n\nAda\n\nBest,\nAda", "email")) == "Ada"
    assert utterance(sent(f"{salutation}\nAda\n", "email")) == "Ada"
    alone = sent(f"{salutation}\n\nSent from my iPhone", "email")
    assert utterance(alone).strip("。.") == salutation


@pytest.mark.parametrize("first", ["Hi I'm Ada", "Hello, I am Ada", "Hi Ada", "Thanks for all"])
def test_words_behind_a_salutation_are_words(first: str) -> None:
    assert utterance(sent(f"{first}\n\nWhat is next?", "email")) == first


@pytest.mark.parametrize("line", ["Hi", "Hello Test Bot", "", "Best", "Sent from", "> x", "a a a"])
def test_a_letter_without_end_is_read_in_time(line: str) -> None:
    text = f"{line}\n" * (250_000 // (len(line) + 1))
    assert isinstance(utterance(sent(text, "email")), str)


def test_other_channels_have_no_letters() -> None:
    text = "Ada\n\nSent from my iPhone"
    assert utterance(sent(text, "webchat")) == text


def test_a_mail_may_be_a_page() -> None:
    page = html("<p>Hello,</p><p>Ada.</p><p>I have more to tell.</p>")
    assert utterance(sent(None, "email", attachments=page)) == "Ada"


@pytest.mark.parametrize("channel", ["webchat", "directlinespeech", "msteams", "email"])
@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Ada.", "Ada"),
        ("Ada Lovelace .", "Ada Lovelace"),
        ("花子。", "花子"),
        ("アダ．", "アダ"),
        ("आदा।", "आदा"),
        ("Yes.", "Yes"),
        ("No.", "No"),
        ("forget me.", "forget me"),
        ("y.", "y"),
        ("Sammy Davis Jr.", "Sammy Davis Jr."),
        ("Jr.", "Jr."),
        ("Ada L.", "Ada L."),
        ("Ph.D.", "Ph.D."),
        ("Ada Lovelace, M.D.", "Ada Lovelace, M.D."),
        ("J. R. R. Tolkien", "J. R. R. Tolkien"),
        ("J. R. R. Tolkien.", "J. R. R. Tolkien"),
        ("Ada, J.R.R.", "Ada, J.R.R."),
        ("U.S.A.", "U.S.A."),
        ("It is 3.14.", "It is 3.14"),
        ("example.org.", "example.org"),
        ("...", "..."),
        ("Ada...", "Ada..."),
        ("Ada….", "Ada…."),
        (".", "."),
        ("Ada!", "Ada!"),
        (" Ada. ", "Ada"),
        ("  ", ""),
    ],
)
def test_the_full_stop_of_dictation_goes(text: str, words: str, channel: str) -> None:
    assert utterance(sent(text, channel)) == words


@pytest.mark.parametrize("text", ["@Test Bot, help", "@Test Bot: help.", "help @Test Bot."])
def test_what_an_address_leaves_behind_goes(text: str) -> None:
    assert utterance(sent(text, "slack", entities=[mention("@Test Bot")])) == "help"


def test_a_smile_is_no_address() -> None:
    assert utterance(sent(":-)", "webchat")) == ":-)"
