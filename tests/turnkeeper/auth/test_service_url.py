"""The allow-list of service URLs: what passes, in which form, and what never does."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from turnkeeper.auth.service_url import CHANNEL_DOMAINS, CHANNEL_HOSTS, ServiceUrls
from turnkeeper.errors import RequestRefused, SettingsError

CLOUD = ServiceUrls()
LOCAL = ServiceUrls(local=True)
OPEN = ServiceUrls(["172.17.0.1", "host.docker.internal", "*.play.example.org"], local=True)
EXTRA = ServiceUrls(["connector.example.com", "*.bots.example.org", "10.1.2.3", "localhost", "::1"])

PASSES = [
    (CLOUD, "https://smba.trafficmanager.net/emea/", "https://smba.trafficmanager.net/emea"),
    (CLOUD, "https://smba.trafficmanager.net", "https://smba.trafficmanager.net"),
    (CLOUD, "https://smba.trafficmanager.net:443/de//", "https://smba.trafficmanager.net/de"),
    (CLOUD, "HTTPS://SMBA.TrafficManager.NET/Emea", "https://smba.trafficmanager.net/Emea"),
    (CLOUD, "https://webchat.botframework.com/", "https://webchat.botframework.com"),
    (CLOUD, "https://europe.directline.botframework.com", None),
    (CLOUD, "https://botframework.com", None),
    (CLOUD, "https://directline.botframework.azure.us", None),
    (CLOUD, "https://smba.infra.gcc.teams.microsoft.com/gcc", None),
    (CLOUD, "https://smba.infra.gov.teams.microsoft.us/gcch", None),
    (CLOUD, "https://smba.infra.dod.teams.microsoft.us/dod", None),
    (CLOUD, "https://smba.trafficmanager.net/a%20b/(c);d=1,2@e:f", None),
    (LOCAL, "http://localhost:58491", None),
    (LOCAL, "http://localhost:58021/_connector", None),
    (LOCAL, "https://localhost/", "https://localhost"),
    (LOCAL, "http://127.0.0.1:80", "http://127.0.0.1"),
    (LOCAL, "http://127.8.9.10:1", None),
    (LOCAL, "http://[::1]:3000/x", None),
    (LOCAL, "http://[0:0:0:0:0:0:0:1]/x", "http://[::1]/x"),
    (OPEN, "http://localhost:58491", None),
    (OPEN, "http://172.17.0.1:9000", None),
    (OPEN, "http://host.docker.internal:9000/_connector", None),
    (OPEN, "https://host.docker.internal", None),
    (OPEN, "http://x.play.example.org:9000", None),
    (EXTRA, "https://connector.example.com:8443/v", None),
    (EXTRA, "https://a.b.bots.example.org", None),
    (EXTRA, "https://10.1.2.3", None),
    (EXTRA, "http://localhost:58491", None),
    (EXTRA, "https://localhost:58491", None),
    (EXTRA, "http://[::1]:58491", None),
    (EXTRA, "https://smba.trafficmanager.net/emea", None),
]

REFUSED_ANYWHERE = [
    None,
    "",
    "https://",
    "https:///emea",
    "smba.trafficmanager.net/emea",
    "//smba.trafficmanager.net",
    "ftp://smba.trafficmanager.net",
    "wss://smba.trafficmanager.net",
    "file:///etc/passwd",
    "javascript:alert(1)",
    "https:smba.trafficmanager.net",
    "https://smba.trafficmanager.net" + "/a" * 1000,
    # strangers
    "https://evil.example/",
    "https://trafficmanager.net/",
    "https://evil.trafficmanager.net/",
    "https://smba.trafficmanager.net.evil.example/",
    "https://xsmba.trafficmanager.net/",
    "https://x.smba.trafficmanager.net/",
    "https://evilbotframework.com/",
    "https://botframework.com.evil.example/",
    "https://botframework.azure.us.evil.example/",
    "https://evil.teams.microsoft.com.evil.example",
    "http://localhost.evil.com/",
    "http://127.0.0.1.evil.com/",
    "https://localhost.botframework.com.evil.com",
    # inside the network
    "http://169.254.169.254/metadata/identity/oauth2/token",
    "https://169.254.169.254",
    "http://10.0.0.1",
    "http://0.0.0.0:3978",
    "http://[::]",
    "http://[::ffff:127.0.0.1]",
    "http://[::ffff:169.254.169.254]",
    "http://metadata.google.internal",
    # spellings of loopback that only some parsers know
    "http://127.1",
    "http://2130706433",
    "http://0x7f.1",
    "http://0x7f000001",
    "http://0177.0.0.1",
    "http://127.0.0.01",
    "http://127.0.0.1.",
    "http://localhost.",
    "http://[::1%25eth0]",
    "http://[::1%eth0]",
    "http://[127.0.0.1]",
    "http://::1/",
    # two hosts in one URL
    "https://smba.trafficmanager.net@evil.example/",
    "https://smba.trafficmanager.net:443@evil.example/",
    "https://user:pass@smba.trafficmanager.net/",
    "https://@smba.trafficmanager.net/",
    "http://localhost@evil.example",
    "https://evil.example\\@smba.trafficmanager.net",
    "https://smba.trafficmanager.net\\.evil.example",
    "https:\\\\smba.trafficmanager.net",
    "https://evil.example#@smba.trafficmanager.net",
    "https://evil.example?@smba.trafficmanager.net",
    "https://evil.example;@smba.trafficmanager.net",
    # hosts in disguise
    "https://smba.trafficmanager.net.",
    "https://smba..trafficmanager.net",
    "https://.botframework.com",
    "https://-.botframework.com",
    "https://a_b.botframework.com",
    "https://smba%2etrafficmanager.net",
    "https://evil.example%2f.botframework.com",
    "https://evil.example%00.botframework.com",
    "https://smb\u0430.trafficmanager.net",  # a Cyrillic letter
    "https://smba\u3002trafficmanager\u3002net",  # a full stop to IDNA
    "https://x.botframewor\u212a.com",  # the Kelvin sign, whose lower case is a k
    "https://\uff53mba.trafficmanager.net",  # a full-width letter
    "https://\u017fmba.trafficmanager.net",  # lower() and casefold() differ on it
    "https://" + "a" * 64 + ".botframework.com",
    "https://" + "a." * 130 + "botframework.com",
    # ports
    "https://smba.trafficmanager.net:8443/",
    "https://smba.trafficmanager.net:80/",
    "https://smba.trafficmanager.net:/",
    "https://smba.trafficmanager.net:0/",
    "https://smba.trafficmanager.net:-1/",
    "https://smba.trafficmanager.net:99999/",
    "https://smba.trafficmanager.net:4\uff143/",  # a digit to int()
    "http://localhost:65536",
    "http://localhost:0",
    "http://localhost:abc",
    "http://localhost:3978:3978",
    # plain http
    "http://smba.trafficmanager.net/",
    "http://webchat.botframework.com/",
    # query, fragment, white space, control characters, dots
    "https://smba.trafficmanager.net/?a=b",
    "https://smba.trafficmanager.net/#x",
    "https://smba.trafficmanager.net/emea?",
    " https://smba.trafficmanager.net/",
    "https://smba.trafficmanager.net/ ",
    "https://smba.trafficmanager.net/a b",
    "https://smba.trafficmanager.net\n",
    "https://smba.trafficmanager.net/\r\nHost: evil.example",
    "https://smba.traffic\tmanager.net/",
    "https://smba.trafficmanager.net/\x00",
    "https://smba.trafficmanager.net/\ud800",
    "https://smba.trafficmanager.net/\u00e9",
    "https://smba.trafficmanager.net/%zz",
    "https://smba.trafficmanager.net/%2",
    "https://smba.trafficmanager.net/..",
    "https://smba.trafficmanager.net/a/../b",
    "https://smba.trafficmanager.net/./a",
    "https://smba.trafficmanager.net/a/%2e%2E/b",
    "http://localhost/a\\b",
    "http://localhost/../x",
]


@pytest.mark.parametrize(("urls", "url", "normal"), PASSES)
def test_a_channel_passes_and_keeps_its_path(
    urls: ServiceUrls, url: str, normal: str | None
) -> None:
    assert urls.check(url) == (normal or url)
    assert urls.check(urls.check(url)) == urls.check(url)


@pytest.mark.parametrize("urls", [CLOUD, LOCAL, EXTRA], ids=["cloud", "local", "extra"])
@pytest.mark.parametrize("url", REFUSED_ANYWHERE)
def test_a_hostile_url_is_refused_in_every_mode(urls: ServiceUrls, url: str | None) -> None:
    with pytest.raises(RequestRefused) as refused:
        urls.check(url)
    assert (refused.value.status, refused.value.code) == (403, "service_url_refused")
    # The second time it is not let through by the cache.
    with pytest.raises(RequestRefused):
        urls.check(url)


@pytest.mark.parametrize("value", [7, b"https://botframework.com", ["https://botframework.com"]])
def test_what_is_no_text_is_refused(value: object) -> None:
    with pytest.raises(RequestRefused):
        CLOUD.check(value)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "url", ["http://localhost:58491", "https://localhost", "http://127.0.0.1", "http://[::1]"]
)
def test_with_credentials_loopback_is_no_channel(url: str) -> None:
    with pytest.raises(RequestRefused):
        CLOUD.check(url)


@pytest.mark.parametrize(
    "url", ["https://smba.trafficmanager.net", "https://webchat.botframework.com"]
)
def test_in_local_mode_nothing_but_loopback_and_further_hosts_is_a_channel(url: str) -> None:
    for urls in (LOCAL, OPEN):
        with pytest.raises(RequestRefused):
            urls.check(url)


@pytest.mark.parametrize(
    "url",
    [
        "http://172.17.0.2:9000",
        "http://evil.host.docker.internal",
        "http://docker.internal",
        "http://x.play.example.org.evil.example",
        "http://169.254.169.254",
    ],
)
def test_in_local_mode_further_hosts_let_no_others_pass(url: str) -> None:
    for urls in (LOCAL, OPEN):
        with pytest.raises(RequestRefused):
            urls.check(url)


@pytest.mark.parametrize(
    "url",
    [
        "http://connector.example.com",
        "http://a.bots.example.org",
        "http://10.1.2.3",
        "https://x.connector.example.com",
        "https://bots.example.org",
        "https://evilbots.example.org",
        "https://example.com",
        "https://10.1.2.4",
        "http://127.0.0.1",
    ],
)
def test_an_extra_host_allows_https_to_itself_alone(url: str) -> None:
    with pytest.raises(RequestRefused):
        EXTRA.check(url)


@pytest.mark.parametrize(
    "entry",
    [
        "",
        "*",
        "*.",
        "*.com",
        "*.*.example.com",
        "a.*.example.com",
        "https://example.com",
        "example.com/path",
        "example.com:443",
        "exa mple.com",
        "127.1",
        "*.127.0.0.1",
        "*.trafficmanager.net",
        "*.azurewebsites.net",
        "*.TrafficManager.net",
    ],
)
def test_an_extra_host_that_is_none_stops_the_bot(entry: str) -> None:
    with pytest.raises(SettingsError, match="SERVICE_URL_HOSTS"):
        ServiceUrls([entry])


# Pieces that hostile URLs are made of, so that hypothesis comes near the edges.
pieces = st.sampled_from(
    ["https://", "http://", "smba.trafficmanager.net", "botframework.com", ".", "@", ":", "/"]
    + ["\\", "#", "?", "%2e", "%2F", "evil.example", "localhost", "127.0.0.1", "[::1]", "443"]
    + ["*.", "..", " ", "\t", "\n", "\u3002", "xn--", "a", "-"]
)
texts = st.one_of(st.text(), st.lists(pieces | st.characters(), max_size=8).map("".join))


@given(texts | texts.map(lambda rest: "https://" + rest))
def test_whatever_passes_leads_to_a_listed_host(url: str) -> None:
    try:
        normal = CLOUD.check(url)
    except RequestRefused:
        return
    host = urlsplit(normal).hostname
    assert host is not None
    assert host in CHANNEL_HOSTS or host.endswith(CHANNEL_DOMAINS)
    # Another parser reads the URL in the same way.
    again = urlsplit(url)
    assert again.hostname == host
    assert (again.scheme, again.port in (None, 443)) == ("https", True)
    assert (again.username, again.query, again.fragment) == (None, "", "")


@given(texts | texts.map(lambda rest: "http://" + rest))
def test_whatever_passes_in_local_mode_stays_on_the_machine(url: str) -> None:
    try:
        normal = LOCAL.check(url)
    except RequestRefused:
        return
    for read in (normal, url):
        host = urlsplit(read).hostname or ""
        assert host in ("localhost", "::1") or host.startswith("127.")
