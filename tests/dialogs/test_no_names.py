"""What people say in place of a name is no name; and what is one stays one."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialogs.catalogue import LOCALES, languages
from dialogs.person_name import Refusal, answered_name, clean_name, new_name_in

SAID_INSTEAD = Path(__file__).parent / "said_instead"
LANGUAGES = sorted(languages(LOCALES))
ANYWHERE = pytest.mark.parametrize("language", [*LANGUAGES, "tlh"])

QUESTIONS = """
what?
what? no
Ada?
Ada？
¿por qué?
なぜ？
لماذا؟
What do you mean
why do you want to know
Why do you want to know?
WHY
what for
who are you
how does this work
Wozu brauchst du das
warum
wer will das wissen
Was soll das
wie meinen Sie das
pourquoi faire
qui êtes-vous
À quoi ça sert
c'est quoi ce truc
qu’est-ce que c’est
para qué lo quieres
por que
¡Quién eres!
cómo funciona esto
どうして必要なの
なぜですか
誰ですか
何のために
لماذا تريد أن تعرف
من أنت
كيف يعمل هذا
"""
ADDRESSES = """
https://example.com
HTTP://ADA.EXAMPLE/a/b?c=d
www.example.com
example.com/ada
example.org
ada.de
see example.com
[Ada](https://example.com)
ada@example.com
Ada, ada.lovelace@mail.example.com
My name is ada@example.com
mailto:ada@example.com
tel:112
"""
NUMBERS = """
01711234567
42
7
1 + 1
٤٢
４２
12.12.1815
+49 (171) 123-45-67
phone 555 0100 9
Ada 0171 1234567
I'm 36
"""
COMMANDS = """
/start
/start abc
/help@TestBot
 /cancel
/Ada
"""
SENTENCES = """
I don't want to tell you
I don’t want to tell you!
i dont want to
I'd rather not say
My name is not important
call me later please
nobody
Nobody.
no one
none of your business
It's none of your business
that's private
leave me alone
tell me a joke
I want to book a flight
book a flight
I am busy right now
I'm just looking around
Das geht dich nichts an
sag ich nicht
Ich will einen Flug buchen
lass mich in Ruhe
Mein Name ist unwichtig
ich bin gerade beschäftigt
ça ne vous regarde pas
je ne veux pas le dire
Laissez-moi tranquille
je voudrais réserver un vol
no te importa
no es asunto tuyo
no quiero decirlo
quiero reservar un vuelo
déjame en paz
教えたくない
関係ないでしょ
飛行機を予約したい
言いたくありません
後で電話してください
هذا ليس من شأنك
لا أريد أن أخبرك
أريد حجز رحلة
لا أحد
اتركني وشأني
"""
UNSHIPPED = """
aiuto
Aiuto!
AIUTO
ajuda
Ajuda.
hulp
Hulp!
hjälp
Hjälp!
HJÄLP
pomoc
Pomoc!
помощь
Помощь!
ПОМОЩЬ
帮助
帮助！
幫助
도움말
도움말!
yardım
YARDIM
Yardım!
ciao
привет
你好
cosa vuoi
non te lo dico
Il mio nome non è importante
por que você quer saber
não quero dizer
waarom wil je dat weten
ik zeg het niet
varför frågar du
dlaczego pytasz
зачем тебе это
не скажу
Мое имя не важно
为什么
你是谁
不告诉你
왜요
말하고 싶지 않아요
neden soruyorsun
söylemem
Sì, mi chiamo Ada
Mi chiamo Ada, piacere di conoscerti
我叫小明，很高兴认识你
Меня зовут Ада, очень приятно
"""
OWN_WORDS = {
    "en": "who how later whatever sure okay",
    "de": "wer was niemand danke später",
    "fr": "qui personne rien jamais merci",
    "es": "nadie luego gracias quién nunca",
    "ja": "何 ない なし",
    "ar": "من متى لاحقا مجهول",
}
# From many countries, in many spellings; of people, families and artists.
NAMES = """
Ada|O'Brien|O’Brien|D'Angelo Russell|N'Golo Kanté|Sammy Davis Jr.|John F. Kennedy, Jr.
Martin Luther King Jr.|Dr. Martin Luther King|Ludwig van Beethoven|María de la Cruz|Wai|Wei|Will
Will Smith|will.i.am|May|May Lee|Mark|Hope|Ban Ki-moon|Kim Do-yun|Anne-Marie|J. R. R. Tolkien
J.R.R. Tolkien|X Æ A-12|山田 太郎|José|محمد|Do Van|Can Yaman|Is Mail|Don T. Jones|I Made Wirawan
I Gusti Ngurah Rai|William Tell|Ask|Are|Egil Are Hansen|You Zhang|Jin You|How Kit Wong|Wen Who
My Nguyen|To Huu|Que Le|Ola Nordmann|Lol Creme|Nada|Sage|Ute Weiß|Peter Noone|Dame Judi Dench
Nguyễn Thị Minh Khai|Võ Nguyên Giáp|Đỗ Văn|Trần|Þórunn Jónsdóttir|Åsa|Björk|Gabriel García Márquez
Pablo Diego José Francisco de Paula|Juan Carlos I|Simón Bolívar|Frida Kahlo|João da Silva
Gisele Bündchen|Zoë Kravitz|Jean-Luc Godard|Simone de Beauvoir|Saint-Exupéry|Amélie Comment
Vincent van Gogh|Michelle Wie|Johan Vos|Søren Kierkegaard|Øystein|Tove Jansson|Wisława Szymborska
Antonín Dvořák|Bartók Béla|Nicolae Ceaușescu|Ελένη|Γιώργος Σεφέρης|Анна Каренина|Лев|Володимир
Mustafa Kemal Atatürk|İsmail|Işıl Yılmaz|Ümit|דוד בן-גוריון|שרה|نجيب محفوظ|أم كلثوم|فيروز|هند|رجاء
علی‌رضا|شیرین عبادی|अदिति|नरेन्द्र|রবীন্দ্রনাথ ঠাকুর|சுப்ரமணியன்|สมชาย|王小明|李白|何塞|歐陽菲菲
김철수|이순신|박지성|さくら|いつき|ほのか|アダ・ラブレス|田中|Ngozi Okonjo-Iweala
Kwame Nkrumah|Chinua Achebe|Nelson Rolihlahla Mandela|Wangari Maathai|Cheikh Anta Diop
Haile Selassie|Siti Nurhaliza|Sukarno|Lee Kuan Yew|Aung San Suu Kyi|Tenzin Gyatso|Mahatma Gandhi
A. P. J. Abdul Kalam|Kaʻahumanu|Te Rangi Hīroa|Beyoncé|Prince|Madonna|Pink|Seven of Nine
Queen Elizabeth II|Alexander the Great|Vi|Al|Bo|O|Name|Test|Guest
"""
INTRODUCTIONS = """
Mi chiamo Ada = Ada
mi chiamo Ada Rossi! = Ada Rossi
Ciao, mi chiamo Ada = Ada
Il mio nome è Ada = Ada
我叫小明 = 小明
你好，我叫小明。 = 小明
我的名字是王小明 = 王小明
叫我小明 = 小明
Me chamo Ada = Ada
Eu me chamo Ada = Ada
Oi, me chamo Ada Silva. = Ada Silva
Meu nome é Ada = Ada
O meu nome é Ada = Ada
meu nome é João = João
Ik heet Ada = Ada
Mijn naam is Ada de Vries = Ada de Vries
Hallo, ik heet Ada = Ada
Ik ben Ada = Ada
Jag heter Ada = Ada
Hej, jag heter Åsa! = Åsa
Mitt namn är Ada = Ada
Jeg heter Ada = Ada
Меня зовут Ада = Ада
Привет, меня зовут Ада! = Ада
меня зовут Анна Каренина = Анна Каренина
Mam na imię Ada = Ada
mam na imie Ada = Ada
Nazywam się Ada Nowak = Ada Nowak
Benim adım Ada = Ada
BENİM ADIM ADA = ADA
Merhaba, benim adım Can = Can
제 이름은 아다입니다 = 아다
제 이름은 김철수예요. = 김철수
안녕하세요, 저는 아다입니다 = 아다
Jmenuji se Ada = Ada
Με λένε Άντα = Άντα
"""
NO_NEW_NAMES = """
call me back
call me back in an hour
call me later please
call me an ambulance
Call me a taxi, please
call me when you are ready
call me as soon as you can
call me what you want
call me maybe
call me at 555 0100 999
call me ada@example.com
call me https://example.com
call me 5
call me Ada?
My name is not important
my name is none of your business
My name is not for you
nenn mich, wenn du bereit bist
nenn mich später bitte
Nennen Sie mich, wie Sie wollen
nenn mich nicht so
Mein Name ist nicht wichtig
Mein Name geht dich nichts an
Ruf mich zurück
Rufen Sie mir einen Krankenwagen
appelle-moi plus tard
Appelez-moi une ambulance
appelle-moi quand tu es prêt
Appelle-moi dès que possible
Mon nom n'est pas important
mon nom est sans importance
Rappelle-moi plus tard
llámame luego
Llámame más tarde, por favor
llámame una ambulancia
llámame cuando estés listo
Llámame a una hora mejor
Mi nombre no es importante
mi nombre es lo de menos
ちょっと呼んで
後でちょっと呼んで
もうちょっと呼んでください
救急車を呼んでください
準備ができたら呼んで
私の名前は重要ではありません
私の名前は重要ではないです
名前は秘密です
نادني لاحقا من فضلك
نادني عندما تكون جاهزا
نادني سيارة إسعاف
نادني فيما بعد
اسمي ليس مهما
اسمي غير مهم
Mi chiamo Grace
"""


def lines(text: str) -> list[str]:
    """The lines of a list above."""
    return [line for line in text.splitlines() if line]


@ANYWHERE
@pytest.mark.parametrize(
    "text",
    [
        said
        for kind in (QUESTIONS, ADDRESSES, NUMBERS, COMMANDS, SENTENCES, UNSHIPPED)
        for said in lines(kind)
    ],
)
def test_what_is_said_in_place_of_a_name_is_refused(text: str, language: str) -> None:
    given = answered_name(text, language)
    assert isinstance(given, Refusal)
    assert given in (Refusal.NOT_A_NAME, Refusal.WITHOUT_LETTERS)


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_said_instead_is_refused_in_its_own_language(language: str) -> None:
    said = (SAID_INSTEAD / f"{language}.txt").read_text("utf-8").splitlines()
    assert len(said) > 30
    assert [text for text in said if isinstance(answered_name(text, language), str)] == []


@pytest.mark.parametrize(
    ("language", "word"),
    [(language, word) for language, words in OWN_WORDS.items() for word in words.split()],
)
def test_a_word_alone_is_refused_in_its_own_language(language: str, word: str) -> None:
    for text in (word, f"{word.upper()}!", f" {word}..."):
        assert answered_name(text, language) is Refusal.NOT_A_NAME
    assert answered_name(word, "tlh") == word, "it may be a name of people who speak another"


@ANYWHERE
@pytest.mark.parametrize("name", "|".join(lines(NAMES)).split("|"))
def test_a_real_name_stays_as_it_is(name: str, language: str) -> None:
    for spelling in (name, name.upper(), name.lower()):
        assert answered_name(spelling, language) == spelling


@pytest.mark.parametrize("name", "|".join(lines(NAMES)).split("|"))
def test_a_real_name_can_be_given_in_a_sentence(name: str) -> None:
    for pattern in ("call me {}", "My name is {}", "nenn mich {}", "{}と呼んで", "اسمي {}"):
        assert new_name_in(pattern.format(name), "en") == name
    for pattern in ("I'm {}", "Je m'appelle {}", "me llamo {}", "{}です", "Mi chiamo {}"):
        assert answered_name(pattern.format(name), "en") == name


@ANYWHERE
@pytest.mark.parametrize(
    ("text", "name"), [tuple(line.split(" = ")) for line in lines(INTRODUCTIONS)]
)
def test_an_introduction_in_a_language_that_is_not_spoken_gives_the_name(
    text: str, name: str, language: str
) -> None:
    assert answered_name(text, language) == name


@ANYWHERE
@pytest.mark.parametrize("text", lines(NO_NEW_NAMES))
def test_such_a_sentence_renames_nobody(text: str, language: str) -> None:
    assert new_name_in(text, language) is None


@pytest.mark.parametrize("pattern", ["{}", "My name is {}", "Hi, I'm {}", "call me {}", "{}です"])
@pytest.mark.parametrize("name", ["Sammy Davis Jr.", "O'Brien", "J. R. R. Tolkien"])
def test_nothing_of_a_name_is_lost(name: str, pattern: str) -> None:
    assert answered_name(pattern.format(name), "en") == name


@given(st.text(max_size=200), st.sampled_from(LANGUAGES), st.sampled_from("?؟？¿"))
def test_a_question_is_never_a_name(text: str, language: str, mark: str) -> None:
    assert isinstance(answered_name(text + mark, language), Refusal)
    assert new_name_in(f"call me {text}{mark}", language) is None


@given(st.text(), st.sampled_from(LANGUAGES))
def test_any_answer_is_a_clean_name_or_has_a_reason(text: str, language: str) -> None:
    name = answered_name(text, language)
    assert isinstance(name, Refusal) or clean_name(name) == name
