"""Requests that a bot must refuse, as one table that any kind of test can run.

A case makes its headers and its body for a :class:`Target`; a bot must answer it with the
case's status and must not run. A case of your own is one line in the list where it belongs::

    body("a number", b"42"),
    shape("a text that is a list", text=["hi"]),
    token("a token of last week", 401, lambda t: t.bearer(exp=t.now - 604_800)),
"""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from turnkeeper.testing.outside.identity import CHANNEL_ISSUER, Identity, SigningKey

JSON = "application/json"
GONE = object()  #: in place of a value: leave the field out


class Request(NamedTuple):
    """What is posted to ``/api/messages``."""

    headers: dict[str, str]
    body: bytes


@dataclass
class Target:
    """The bot under attack and the channel that it trusts.

    Make it before the bot fetches its keys: it publishes one more.

    :param identity: the channel's signing keys; None for a bot without credentials.
    :param app_id: the bot's app id.
    :param service_url: a service URL that the bot accepts.
    """

    identity: Identity | None = None
    app_id: str = ""
    service_url: str = "http://127.0.0.1:9/"
    unendorsed: SigningKey = field(default_factory=lambda: SigningKey("unendorsed", ()))
    stranger: SigningKey = field(default_factory=lambda: SigningKey("stranger"))

    def __post_init__(self) -> None:
        if self.identity is not None:
            self.identity.keys.insert(0, self.unendorsed)

    @property
    def now(self) -> int:
        """Seconds since 1970."""
        return int(time.time())

    @property
    def channel(self) -> Identity:
        """The channel's keys, of a bot with credentials."""
        assert self.identity is not None
        return self.identity

    def activity(self, **changes: Any) -> bytes:
        """A good message, with fields changed or (``GONE``) left out."""
        activity = {
            "type": "message",
            "id": "hostile-1",
            "channelId": "test",
            "serviceUrl": self.service_url,
            "conversation": {"id": "hostile"},
            "from": {"id": "mallory", "name": "Mallory"},
            "recipient": {"id": "bot"},
            "text": "hi",
        } | changes
        return json.dumps({k: v for k, v in activity.items() if v is not GONE}).encode()

    def request(self, body: bytes, content_type: str | None = JSON) -> Request:
        """A request with the token that it needs."""
        headers = {} if self.identity is None else {"Authorization": self.bearer()}
        return Request(headers | ({"Content-Type": content_type} if content_type else {}), body)

    def token(self, **changes: Any) -> str:
        """A channel token; changes are those of :meth:`Identity.mint`."""
        return self.channel.mint(self.app_id, self.service_url, **changes)

    def bearer(self, **changes: Any) -> str:
        """The ``Authorization`` header with such a token."""
        return f"Bearer {self.token(**changes)}"

    def emulator(self, **claims: Any) -> str:
        """The header with a token that the directory issued, as the Emulator gets it."""
        return f"Bearer {self.channel.mint_emulator(self.app_id, **claims)}"

    def forged(self, header: Any = None, claims: Any = None, signature: str | None = None) -> str:
        """The header with a good token of which parts (bytes, or what becomes JSON) changed."""
        head, payload, good_signature = self.token().split(".")
        head = head if header is None else _base64(header)
        payload = payload if claims is None else _base64(claims)
        return f"Bearer {head}.{payload}.{good_signature if signature is None else signature}"

    def signed(self, claims: Any) -> str:
        """The header with any payload (bytes, or what becomes JSON) under a good signature."""
        text = f"{_base64({'alg': 'RS256', 'kid': self.channel.key.kid})}.{_base64(claims)}"
        private = self.channel.key.private
        return f"Bearer {text}.{_base64(private.sign(text.encode(), padding.PKCS1v15(), SHA256))}"


SHA256 = hashes.SHA256()


def _base64(part: Any) -> str:
    data = part if isinstance(part, bytes) else json.dumps(part).encode()
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


@dataclass(frozen=True)
class Case:
    """One bad request.

    :param statuses: the HTTP statuses that are right for it.
    :param make: makes the request.
    :param credentials: whether it makes sense only for a bot that has credentials.
    """

    name: str
    statuses: frozenset[int]
    make: Callable[[Target], Request]
    credentials: bool = False


def body(name: str, content: bytes, status: int = 400) -> Case:
    """Bytes that are no activity."""
    return Case(name, frozenset({status}), lambda target: target.request(content))


def media(content_type: str | None) -> Case:
    """A good activity under a wrong content type."""
    name = f"content type {content_type}"
    return Case(name, frozenset({415}), lambda t: t.request(t.activity(), content_type))


def raw(name: str, piece: bytes) -> Case:
    """A good message that has ``piece`` where its value would be."""

    def make(target: Target) -> Request:
        return target.request(target.activity(value="here").replace(b'"here"', piece))

    return Case(name, frozenset({400}), make)


def shape(name: str, /, **changes: Any) -> Case:
    """JSON that is not an activity: a good message with changes."""
    return Case(name, frozenset({400}), lambda target: target.request(target.activity(**changes)))


def token(
    name: str, status: int, header: Callable[[Target], str | None], /, **changes: Any
) -> Case:
    """An activity, good but for ``changes``, with a header that does not go with it."""

    def make(target: Target) -> Request:
        authorization = header(target)
        headers = {} if authorization is None else {"Authorization": authorization}
        return Request(headers | {"Content-Type": JSON}, target.activity(**changes))

    return Case(name, frozenset({status}), make, credentials=True)


def from_elsewhere(name: str, /, **headers: str) -> Case:
    """A good activity with headers that no program on the bot's machine sends."""

    def make(target: Target) -> Request:
        return Request(headers | {"Content-Type": JSON}, target.activity())

    return Case(name, frozenset({403}), make)


def minted(name: str, status: int, **changes: Any) -> Case:
    """A good activity with a channel token with changes."""
    return token(name, status, lambda target: target.bearer(**changes))


def emulator(name: str, status: int, **claims: Any) -> Case:
    """A good activity with a token as the Emulator's, with claims changed."""
    return token(name, status, lambda target: target.emulator(**claims))


def algorithm(value: Any) -> Case:
    """A good activity with a good token that names another algorithm."""
    return token(
        f"algorithm {value!r}",
        401,
        lambda target: target.forged({"alg": value, "kid": target.channel.key.kid}),
    )


def wrong_types() -> list[Case]:
    """Each field that an answer needs, with values of the JSON types that it is not."""
    samples = {"a number": 5, "a text": "x", "true": True, "a list": [], "an object": {}}
    expected = dict.fromkeys(("type", "id", "channelId", "serviceUrl", "text"), "a text")
    expected |= dict.fromkeys(("conversation", "from"), "an object")
    return [
        shape(f"{name} is {kind}", **{name: value})
        for name, right in expected.items()
        for kind, value in samples.items()
        if kind != right
    ]


BODIES = [
    body("nothing", b""),
    body("white space", b" \r\n\t"),
    body("half of an object", b'{"type": "message"'),
    body("more after the end", b"{}{}"),
    body("a comma too many", b'{"type": "message",}'),
    body("single quotes", b"{'type': 'message'}"),
    body("a comment", b'{"type": "message"} // hi'),
    body("a form", b"type=message&text=hi"),
    body("XML", b"<activity/>"),
    body("zero bytes", b"\0" * 1000),
    body("a byte order mark", b"\xef\xbb\xbf{}"),
    body("UTF-16", '{"type": "message"}'.encode("utf-16")),
    raw("Latin-1", '"é"'.encode("latin-1")),
    raw("overlong UTF-8", b'"\xc0\xaf"'),
    raw("a surrogate in UTF-8", b'"\xed\xa0\x80"'),
    raw("a truncated character", b'"\xf0\x9f"'),
    raw("NaN", b"NaN"),
    raw("Infinity", b"-Infinity"),
    raw("a number beyond all numbers", b"1e999"),
    raw("an endless whole number", b"9" * 5000),
    raw("a control character in a string", b'"\x01"'),
    raw("half of a pair, and a comma too many", b'"\\ud83d",'),
    raw("half of an escape", b'"\\ud83"'),
    raw("an unknown escape", b'"\\x41"'),
    body("an unterminated string", b'{"text": "' + b'\\"' * 100_000),
    raw("lists a hundred deep", b"[" * 100 + b"]" * 100),
    body("lists a hundred thousand deep", b"[" * 100_000 + b"]" * 100_000),
    body("objects that never end", b'{"a":' * 40_000),
    raw("33 levels", b"[" * 32 + b"]" * 32),
    raw("too many lists", b"[" + b"[]," * 2_500 + b"[]]"),
    raw("too many numbers", b"[" + b"1," * 20_000 + b"1]"),
    raw("too many keys", json.dumps({f"key{i}": i for i in range(12_000)}).encode()),
    body("null", b"null"),
    body("true", b"true"),
    body("a number", b"42"),
    body("a text", b'"hi"'),
    body("a list", b"[]"),
    body("a list of activities", b'[{"type": "message"}]'),
    body("an empty object", b"{}"),
    body("too large", b'{"text": "' + b"x" * 2**18 + b'"}', 413),
    body("far too large", b" " * 2**21, 413),
    body("too large and no JSON", b"\xff" * (2**18 + 1), 413),
]
MEDIA = [
    *map(media, (None, "text/plain", "text/json", "application/xml", "application/jsonp", "*/*")),
    *map(media, ("application", "application/json, text/html", ";", "application/json5", "json")),
    *map(media, ("multipart/form-data; boundary=x", "application/x-www-form-urlencoded")),
    *map(media, ("application/json; charset=utf-16", "application/json; charset=latin-1")),
    *map(media, ('application/json; charset="ascii"', "application/json; charset=")),
]
LONG = "x" * 1001
NEEDED_TEXTS = ("type", "id", "channelId", "serviceUrl")
ACCOUNTS = ("conversation", "from", "recipient")
SHAPES = [
    *(shape(f"no {name}", **{name: GONE}) for name in ("type", "channelId", "serviceUrl")),
    *(shape(f"no {name}", **{name: GONE}) for name in ("conversation", "from")),
    *(shape(f"{name} is null", **{name: None}) for name in ("type", "conversation", "from")),
    *(shape(f"{name} is empty", **{name: ""}) for name in ("type", "channelId", "serviceUrl")),
    *wrong_types(),
    shape("a conversation without id", conversation={}),
    shape("a conversation with an empty id", conversation={"id": ""}),
    shape("a conversation id that is a number", conversation={"id": 5}),
    shape("a conversation id that is a list", conversation={"id": ["c"]}),
    shape("a conversation id with a zero", conversation={"id": "a\0b"}),
    shape("a conversation id of two lines", conversation={"id": "a\nb"}),
    shape("a conversation id with an escape sequence", conversation={"id": "\x1b[2J"}),
    shape("a conversation id that is too long", conversation={"id": LONG}),
    shape("a sender without id", **{"from": {"name": "Mallory"}}),
    shape("a sender with an empty id", **{"from": {"id": ""}}),
    shape("a sender id that is true", **{"from": {"id": True}}),
    shape("a sender id of two lines", **{"from": {"id": "a\r\nb"}}),
    shape("a sender id with a line separator", **{"from": {"id": "a\u2028b"}}),
    shape("a sender id that is too long", **{"from": {"id": LONG}}),
    shape("an id that is too long", id=LONG),
    shape("an id with a control character", id="\x85"),
    shape("a recipient id that is a number", recipient={"id": 5}),
    shape("a recipient id with a zero", recipient={"id": "\0"}),
    shape("a type that is too long", type="x" * 101),
    shape("a type of two lines", type="message\nmessage"),
    shape("a service URL that is too long", serviceUrl="https://x/" + "x" * 2048),
    shape("a service URL of two lines", serviceUrl="https://smba.trafficmanager.net/\r\nX: y"),
    *(shape(f"channel {id!r}", channelId=id) for id in ("a b", "a/b", "té", "a\n", "x" * 65)),
    *(shape(f"channel {id!r}", channelId=id) for id in ("../test", "a%00", "<script>")),
    *(shape(f"{name} is too long", **{name: [{}] * 2_001}) for name in ("entities", "attachments")),
    *(shape(f"half a pair in {name}", **{name: "a\ud83d"}) for name in NEEDED_TEXTS),
    *(shape(f"half a pair in {name}", **{name: {"id": "\ude00b"}}) for name in ACCOUNTS),
    shape("an invoke without a sender", type="invoke", **{"from": GONE}),
]

ENDS: tuple[Any, ...] = ("", "tomorrow", "99999999999", True, [99999999999], {}, float("inf"))
ISSUERS: tuple[Any, ...] = (
    *("", "https://example.com", CHANNEL_ISSUER + "/", CHANNEL_ISSUER.upper(), 5, True),
    *([CHANNEL_ISSUER], {"iss": CHANNEL_ISSUER}, "https://api.botframework.us"),
    "https://sts.windows.net/00000000-0000-0000-0000-000000000000/",
)
TOKENS = [
    # no token, or nothing like one
    token("no header", 401, lambda t: None),
    token("an empty header", 401, lambda t: ""),
    token("the scheme alone", 401, lambda t: "Bearer"),
    token("a token that is a word", 401, lambda t: "Bearer garbage"),
    token("a token of two parts", 401, lambda t: "Bearer a.b"),
    token("a token of three words", 401, lambda t: "Bearer a.b.c"),
    token("a token of dots", 401, lambda t: "Bearer ...."),
    token("a token of five parts", 401, lambda t: t.bearer() + ".x.y"),
    token("a token of Latin-1", 401, lambda t: "Bearer é.è.ê"),
    token("a token of percent signs", 401, lambda t: "Bearer %00.%00.%00"),
    token("a token that is too long", 401, lambda t: "Bearer " + "A" * 7000),
    token("a password", 401, lambda t: "Basic dXNlcjpwYXNz"),
    token("another scheme", 401, lambda t: f"Token {t.token()}"),
    token("no scheme", 401, lambda t: t.token()),
    token("two spaces", 401, lambda t: f"Bearer  {t.token()}"),
    token("two tokens", 401, lambda t: f"Bearer {t.token()} {t.token()}"),
    token("a comma behind the token", 401, lambda t: t.bearer() + ","),
    # the header of the token
    minted("algorithm none", 401, algorithm="none"),
    token("algorithm None", 401, lambda t: t.forged({"alg": "None", "kid": t.channel.key.kid})),
    token("no algorithm", 401, lambda t: t.forged({"kid": t.channel.key.kid})),
    token("algorithm none, the signature left", 401, lambda t: t.forged({"alg": "none"})),
    minted("the public key as a secret", 401, algorithm="HS256"),
    *map(algorithm, ("HS512", "RS512", "PS256", "ES256", "EdDSA", "rs256", "dir", "", ["RS256"])),
    minted("no key id", 401, header={"kid": None}),
    minted("an empty key id", 401, header={"kid": ""}),
    minted("an unknown key id", 401, header={"kid": "unknown"}),
    minted("a key id that is a number", 401, header={"kid": 5}),
    minted("a key id that is a list", 401, header={"kid": ["x"]}),
    minted("a key id that is a path", 401, header={"kid": "../../dev/null"}),
    minted("a key id that is SQL", 401, header={"kid": "' OR 1=1 --"}),
    minted("a critical extension", 401, header={"crit": ["x"], "x": 1}),
    token("a header that is no JSON", 401, lambda t: t.forged(b"{")),
    token("a header that is a list", 401, lambda t: t.forged([])),
    token("a header that is null", 401, lambda t: t.forged(b"null")),
    token("a header that is deep", 401, lambda t: t.forged(b"[" * 3000)),
    token("a header that is no UTF-8", 401, lambda t: t.forged(b'{"alg":"\xff"}')),
    # the signature
    token("a stranger's key", 401, lambda t: t.bearer(key=t.stranger)),
    token(
        "a stranger's key under a known id",
        401,
        lambda t: t.bearer(key=t.stranger, header={"kid": t.channel.key.kid}),
    ),
    token(
        "a stranger's key brought along",
        401,
        lambda t: t.bearer(key=t.stranger, header={"jwk": t.stranger.jwk()}),
    ),
    token(
        "a stranger's key on the web",
        401,
        lambda t: t.bearer(key=t.stranger, header={"jku": "https://example.com/keys"}),
    ),
    token("the id of another key", 401, lambda t: t.bearer(header={"kid": t.unendorsed.kid})),
    token("no signature", 401, lambda t: t.forged(signature="")),
    token("a signature of zeros", 401, lambda t: t.forged(signature="A" * 342)),
    token("half a signature", 401, lambda t: t.bearer()[:-100]),
    token("the signature of another token", 401, lambda t: t.forged(claims={"iss": "x"})),
    token(
        "other claims under a good signature",
        401,
        lambda t: t.forged(claims={"iss": CHANNEL_ISSUER, "aud": t.app_id, "exp": t.now + 99}),
    ),
    # the claims: when
    minted("no end", 401, exp=None),
    token("an end that has passed", 401, lambda t: t.bearer(exp=t.now - 301)),
    minted("an end before all time", 401, exp=-1),
    *(minted(f"an end of {value!r}", 401, exp=value) for value in ENDS),
    token("a beginning to come", 401, lambda t: t.bearer(nbf=t.now + 400)),
    minted("a beginning that is a text", 401, nbf="now"),
    token("issued in the future", 401, lambda t: t.bearer(iat=t.now + 400)),
    # the claims: who
    minted("no issuer", 401, iss=None),
    *(minted(f"the issuer {value!r}", 401, iss=value) for value in ISSUERS),
    minted("no audience", 403, aud=None),
    minted("another bot's token", 403, aud="another-bot"),
    token("the audience in a list", 403, lambda t: t.bearer(aud=[t.app_id])),
    minted("an audience that is a number", 403, aud=5),
    minted("an audience that is empty", 403, aud=""),
    token("no claims", 401, lambda t: t.signed({})),
    token("claims that are a list", 401, lambda t: t.signed([])),
    token("claims that are a text", 401, lambda t: t.signed("x")),
    token("claims that are no JSON", 401, lambda t: t.signed(b"{")),
    token("claims that are deep", 401, lambda t: t.signed(b'{"iss":' * 500)),
    # the claims: where to
    minted("no service URL", 403, serviceurl=None),
    minted("another service URL", 403, serviceurl="https://example.com/"),
    token("a service URL in a list", 403, lambda t: t.bearer(serviceurl=[t.service_url])),
    token("a longer service URL", 403, lambda t: t.bearer(serviceurl=t.service_url + "x")),
    token("an activity of elsewhere", 403, lambda t: t.bearer(), serviceUrl="http://127.0.0.1:1/"),
    token("a channel without endorsement", 403, lambda t: t.bearer(), channelId="skype"),
    token("a channel in capitals", 403, lambda t: t.bearer(), channelId="TEST"),
    token("a key without endorsements", 403, lambda t: t.bearer(key=t.unendorsed)),
    # tokens of the directory
    emulator("the Emulator of another bot", 403, appid="x", aud="x"),
    emulator("the Emulator without app", 403, appid=None),
    emulator("the Emulator without version", 403, ver=None),
    emulator("the Emulator in version 3", 403, ver="3.0"),
    emulator("the Emulator in a list of versions", 403, ver=["1.0"]),
    emulator("the Emulator without end", 401, exp=None),
    token("the Emulator of yesterday", 401, lambda t: t.emulator(exp=t.now - 86400)),
    emulator("the Emulator with algorithm none", 401, algorithm="none"),
    token("the Emulator with a stranger's key", 401, lambda t: t.emulator(key=t.stranger)),
    token("the Emulator on an unendorsed channel", 403, lambda t: t.emulator(), channelId="x"),
    emulator("the Emulator in version 2 without app", 403, ver="2.0"),
    emulator("the Emulator in version 2 of another bot", 403, ver="2.0", azp="x"),
    token("an app that is a list", 401, lambda t: t.emulator(appid=[t.app_id])),
    emulator("a bot that calls this one as a skill", 403, appid="caller"),
    emulator("an anonymous skill", 403, appid="AnonymousSkill"),
    emulator("the bot's own token for its replies", 403, aud=CHANNEL_ISSUER),
    emulator("the bot's own token without audience", 403, aud=None),
    token("a person's token", 403, lambda t: t.emulator(scp="x"), channelId="emulator"),
    token("a token of no app", 403, lambda t: t.emulator(idtyp="user"), channelId="emulator"),
    token("the Emulator on Teams", 403, lambda t: t.emulator(), channelId="msteams"),
]

# Of a bot without credentials.
ELSEWHERE = [
    from_elsewhere("a token, though none can be checked", Authorization="Bearer a.b.c"),
    from_elsewhere("an empty token", Authorization=""),
    from_elsewhere("the page of another site", Origin="https://evil.example"),
    from_elsewhere("the page of another port", Origin="http://localhost:5173"),
    from_elsewhere("a page that is a file", Origin="null"),
    from_elsewhere("a proxy", Via="1.1 proxy"),
    from_elsewhere("a tunnel", **{"CF-Ray": "x"}),
    from_elsewhere("a page with another name for this machine", Host="evil.example"),
]

CASES = BODIES + MEDIA + SHAPES + TOKENS
"""All that a bot with credentials refuses; every name is there once."""

LOCAL_CASES = [case for case in CASES if not case.credentials] + ELSEWHERE
"""All that one without them refuses."""
