"""Which calls go through the proxy of the environment."""

from collections.abc import Iterator

import pytest
from yarl import URL

from turnkeeper.errors import SettingsError
from turnkeeper.outbound.proxy import goes_directly, outward_proxy, proxy_for


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """An environment without proxies; it is read anew in each test."""
    for name in ("http_proxy", "https_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    yield monkeypatch
    outward_proxy.cache_clear()
    goes_directly.cache_clear()


def way_of(url: str) -> str | None:
    """The proxy for a URL."""
    found = proxy_for(URL(url))
    return None if found is None else str(found)


def test_without_a_proxy_all_calls_go_directly() -> None:
    assert way_of("https://smba.trafficmanager.net/teams") is None


@pytest.mark.parametrize("name", ["HTTPS_PROXY", "https_proxy"])
@pytest.mark.parametrize("address", ["http://proxy.example:3128", "proxy.example:3128"])
def test_https_goes_through_it(environment: pytest.MonkeyPatch, name: str, address: str) -> None:
    environment.setenv(name, address)
    assert way_of("https://smba.trafficmanager.net/teams") == "http://proxy.example:3128"


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:3979/v3",
        "https://127.0.0.1:3979/v3",
        "https://localhost/v3",
        "https://[::1]/v3",
        "http://169.254.169.254/metadata/identity/oauth2/token",
        "http://169.254.131.2:8081/msi/token",
        "https://login.inside.example/",
        "https://inside.example/",
    ],
)
def test_what_stays_in_the_house_does_not(environment: pytest.MonkeyPatch, url: str) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY"):
        environment.setenv(name, "http://proxy.example:3128")
    environment.setenv("NO_PROXY", "other.example, inside.example")
    assert way_of(url) is None


def test_a_star_switches_it_off(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("HTTPS_PROXY", "http://proxy.example:3128")
    environment.setenv("NO_PROXY", "*")
    assert way_of("https://smba.trafficmanager.net/teams") is None


@pytest.mark.parametrize(
    "address",
    [
        "https://s3cret@proxy.example",
        "socks5://s3cret@proxy",
        "http://",
        "s3cret:port",
        "http://s3cret..example:3128",
    ],
)
def test_one_that_cannot_be_used_is_a_fault(environment: pytest.MonkeyPatch, address: str) -> None:
    environment.setenv("HTTPS_PROXY", address)
    with pytest.raises(SettingsError, match="^HTTPS_PROXY: ") as caught:
        outward_proxy()
    assert "s3cret" not in str(caught.value)
