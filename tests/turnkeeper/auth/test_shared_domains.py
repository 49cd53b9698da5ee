"""No wildcard of SERVICE_URL_HOSTS takes a domain in which strangers get names."""

from __future__ import annotations

import pytest

from turnkeeper.auth.service_url import ServiceUrls
from turnkeeper.errors import SettingsError

SHARED = [
    "trafficmanager.net",
    "azurewebsites.net",
    "scm.azurewebsites.net",
    "cloudapp.azure.com",
    "westeurope.cloudapp.azure.com",
    "azurecontainerapps.io",
    "westeurope.azurecontainerapps.io",
    "devtunnels.ms",
    "euw.devtunnels.ms",
    "ngrok-free.app",
    "ngrok.io",
    "github.io",
    "web.app",
    "herokuapp.com",
    "workers.dev",
    "fly.dev",
    "s3.amazonaws.com",
    "co.uk",
    "com.au",
    "kawasaki.jp",
]
ABOVE_SHARED = ["azure.com", "amazonaws.com", "ck"]
OWN = [
    "contoso.com",
    "bots.contoso.co.uk",
    "mybot.azurewebsites.net",
    "mybot.happyriver.westeurope.azurecontainerapps.io",
    "happyriver.westeurope.azurecontainerapps.io",
    "mybot.westeurope.cloudapp.azure.com",
    "x-3978.euw.devtunnels.ms",
    "contoso.github.io",
]


@pytest.mark.parametrize("domain", [*SHARED, *ABOVE_SHARED])
def test_no_wildcard_takes_strangers(domain: str) -> None:
    with pytest.raises(SettingsError, match="SERVICE_URL_HOSTS"):
        ServiceUrls([f"*.{domain}"])


@pytest.mark.parametrize("domain", SHARED[:-4])
def test_the_whole_name_of_a_host_there_may_be_given(domain: str) -> None:
    ServiceUrls([f"mybot.{domain}"]).check(f"https://mybot.{domain}")


@pytest.mark.parametrize("domain", OWN)
def test_below_a_name_of_ones_own_a_wildcard_is_fine(domain: str) -> None:
    assert ServiceUrls([f"*.{domain}"]).check(f"https://a.{domain}") == f"https://a.{domain}"


def test_the_error_says_what_to_do() -> None:
    with pytest.raises(SettingsError) as error:
        ServiceUrls(["connector.contoso.com", "*.azurewebsites.net"])
    [fault] = error.value.faults
    assert "host 2 is a domain in which strangers get names; give the whole name" in str(fault)
