"""How the bot proves to the login service who it is: by a secret, a cluster, or the machine.

Each credential makes the one HTTP request that asks for an access token.

- Secret, and assertion, OAuth 2.0 client credentials:
  https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow
- A certificate signs its assertion: see :mod:`turnkeeper.login.certificate`.
- Managed identity on App Service, and on virtual machines:
  https://learn.microsoft.com/azure/app-service/overview-managed-identity#rest-endpoint-reference
  https://learn.microsoft.com/entra/identity/managed-identities-azure-resources/how-to-use-vm-token
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from turnkeeper.errors import TokenUnavailable

_ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_IMDS = "http://169.254.169.254/metadata/identity/oauth2/token"


@dataclass(frozen=True)
class TokenRequest:
    """The HTTP request that asks for an access token: a POST if it has a form, else a GET."""

    url: str
    form: Mapping[str, str] | None = field(default=None, repr=False)
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)


class Credential(Protocol):
    """What the bot shows to the login service."""

    def request(self) -> TokenRequest:
        """A fresh request for an access token."""


@dataclass(frozen=True)
class Secret:
    """The bot's password.

    :param token_url: the token endpoint of the tenant.
    :param app_id: the bot's app id.
    :param secret: its password.
    :param scope: what the token is for, such as ``https://api.botframework.com/.default``.
    """

    token_url: str
    app_id: str
    secret: str = field(repr=False)
    scope: str

    def request(self) -> TokenRequest:
        """A POST with the password in the form."""
        form = {
            "grant_type": "client_credentials",
            "client_id": self.app_id,
            "client_secret": self.secret,
            "scope": self.scope,
        }
        return TokenRequest(self.token_url, form)


@dataclass(frozen=True)
class FederatedToken:
    """A token that a cluster writes into a file and renews, as workload identity in AKS does.

    https://learn.microsoft.com/entra/workload-id/workload-identity-federation

    :param token_url: the token endpoint of the tenant.
    :param app_id: the bot's app id.
    :param path: of the file; it is read for every request.
    :param scope: what the token is for.
    """

    token_url: str
    app_id: str
    path: str
    scope: str

    def request(self) -> TokenRequest:
        """A POST with the cluster's token in the form.

        :raises TokenUnavailable: the file cannot be read.
        """
        try:
            assertion = Path(self.path).read_text("ascii").strip()
        except (OSError, ValueError):
            assertion = ""
        if not assertion:
            raise TokenUnavailable("AZURE_FEDERATED_TOKEN_FILE names no file with a token in it")
        return TokenRequest(self.token_url, asserted(self.app_id, assertion, self.scope))


@dataclass(frozen=True)
class ManagedIdentity:
    """A user-assigned managed identity: the machine vouches for the bot.

    :param app_id: the client id of the identity, which is the bot's app id.
    :param resource: what the token is for, such as ``https://api.botframework.com``.
    :param environ: the environment. App Service names its endpoint there
        (``IDENTITY_ENDPOINT``, ``IDENTITY_HEADER``); elsewhere the one of virtual machines is
        asked.
    """

    app_id: str
    resource: str
    environ: Mapping[str, str] = field(repr=False)

    def request(self) -> TokenRequest:
        """A GET to the endpoint of the machine."""
        query = {"resource": self.resource, "client_id": self.app_id}
        endpoint = self.environ.get("IDENTITY_ENDPOINT")
        header = self.environ.get("IDENTITY_HEADER")
        if endpoint and header:
            query["api-version"] = "2019-08-01"
            return TokenRequest(endpoint, query=query, headers={"X-IDENTITY-HEADER": header})
        query["api-version"] = "2018-02-01"
        return TokenRequest(_IMDS, query=query, headers={"Metadata": "true"})


def asserted(app_id: str, assertion: str, scope: str) -> dict[str, str]:
    """Return the form of a request in which a signed assertion stands for the bot."""
    return {
        "grant_type": "client_credentials",
        "client_id": app_id,
        "client_assertion_type": _ASSERTION_TYPE,
        "client_assertion": assertion,
        "scope": scope,
    }
