"""No secret is in what is printed of a credential, or of the request that it makes."""

from __future__ import annotations

import pytest

from turnkeeper.login.credentials import Credential, ManagedIdentity, Secret

URL = "https://login.example.com/tenant/oauth2/v2.0/token"
MACHINE = {"IDENTITY_ENDPOINT": "http://127.0.0.1:1/msi", "IDENTITY_HEADER": "s3cret"}


@pytest.mark.parametrize(
    "credential",
    [
        Secret(URL, "app", "s3cret", "scope"),
        ManagedIdentity("app", "https://api.botframework.com", MACHINE),
    ],
    ids=lambda credential: type(credential).__name__,
)
def test_nothing_that_is_printed_holds_the_secret(credential: Credential) -> None:
    request = credential.request()
    assert "s3cret" in str({**(request.form or {}), **request.headers})  # it is sent
    for shown in (credential, request):
        assert "s3cret" not in repr(shown)
        assert "s3cret" not in f"{shown}"
        assert "app" in repr(credential)
