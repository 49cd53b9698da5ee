"""What a letter has besides its words: a salutation, and what stands below."""

from __future__ import annotations

import re
from typing import Final

_LONGEST_LINE: Final = 120

# Each in English, German, French, Spanish, Japanese and Arabic.
_GREETING: Final = (
    r"hi|hello|hey|hi there|dear|greetings|good (?:morning|afternoon|evening|day)"
    r"|hallo|guten (?:tag|morgen|abend)|grüß gott|moin|servus|liebe[rs]?|sehr geehrte[rs]?"
    r"|bonjour|bonsoir|salut|chère?|coucou"
    r"|hola|buenas|buenos días|buen día|buenas (?:tardes|noches)|estimad[oa]s?|querid[oa]s?"
    r"|こんにちは|こんばんは|おはようございます|お世話になっております|拝啓"
    r"|مرحبا|مرحبًا|أهلا|أهلاً|السلام عليكم|صباح الخير|مساء الخير|عزيزي|عزيزتي"
)
_ADDRESSEE: Final = (
    "bot|there|team|all|everyone|everybody|sir|madam|or|and|sir/madam"
    "|zusammen|alle|damen|und|herren|à|tous|madame|monsieur|todos|a|señores|señor|señora"
    "|ボット|皆さん|الجميع|بوت"
)
_SIGN_OFF: Final = re.compile(
    r"(?:(?:kind|best|warm|many)? ?(?:regards|wishes|thanks)|thank you|best|cheers|sincerely"
    r"|yours(?: sincerely| faithfully| truly)?|sincerely yours|all the best|thx"
    r"|mit (?:freundlichen|besten|lieben) grüßen|(?:viele|liebe|beste|freundliche|herzliche) grüße"
    r"|gruß|grüße|mfg|lg|vg|danke|vielen dank"
    r"|(?:bien )?cordialement|bien à (?:vous|toi)|(?:meilleures )?salutations|merci|amitiés"
    r"|(?:un )?saludos?(?: cordiales)?|(?:un )?cordial saludo|atentamente|cordialmente|gracias"
    r"|よろしくお願い(?:いた|致)?します|敬具|以上|ありがとうございます"
    r"|مع (?:أطيب )?(?:ال)?تحيات?ي?|تحياتي|مع الشكر|شكرا|شكرًا|مع خالص التحية)"
    r"\s*(?:[,.!،、。:–-]+.{0,60})?",
    re.IGNORECASE,
)
_ADDED: Final = re.compile(
    r"(?:--+|__+|—)\s*$|>"
    r"|(?:sent (?:from|with|via)|get outlook for|sent by outlook)\b"
    r"|(?:gesendet (?:von|mit)|von meinem .{1,40} gesendet|diese nachricht wurde von)\b"
    r"|(?:envoyé (?:de|depuis|avec|à partir)|téléchargez outlook|obtenez outlook)\b"
    r"|(?:enviado (?:desde|con)|obtener outlook)\b"
    r"|.{0,40}から送信|.{0,40}を入手$"
    r"|(?:أُرسلت|أرسلت|مرسل|مُرسل|تم الإرسال|أُرسل) من",
    re.IGNORECASE,
)


def words_of_letter(text: str, bot: str) -> str:
    """Return the first paragraph of a letter, without its salutation and what signs it.

    :param text: the whole letter.
    :param bot: the bot's name, which a salutation may have.
    """
    lines = [line.strip() for line in text.replace("\r\n", "\n").strip().split("\n")]
    salutation = _salutation(bot)
    begin = 0
    while begin < len(lines) and (not lines[begin] or _is(salutation, lines[begin])):
        begin += 1
    if begin == len(lines) or _signs(lines[begin]):
        begin = 0  # nothing else is said
    words: list[str] = []
    for line in lines[begin:]:
        if not line or (words and _signs(line)) or _is(_ADDED, line):
            break
        words.append(line)
    return "\n".join(words)


def _salutation(bot: str) -> re.Pattern[str]:
    names = "|".join(re.escape(word) for word in bot.split()[:8] if len(word) <= _LONGEST_LINE)
    addressee = f"{_ADDRESSEE}|{names}" if names else _ADDRESSEE
    return re.compile(
        rf"(?:{_GREETING})(?:[ ,、،]+(?:{addressee})){{0,5}}\s*[,.!،、。！:–-]*", re.IGNORECASE
    )


def _signs(line: str) -> bool:
    return _is(_ADDED, line) or (len(line) <= _LONGEST_LINE and bool(_SIGN_OFF.fullmatch(line)))


def _is(pattern: re.Pattern[str], line: str) -> bool:
    if len(line) > _LONGEST_LINE:
        return False
    return bool(pattern.match(line) if pattern is _ADDED else pattern.fullmatch(line))
