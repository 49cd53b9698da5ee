"""Which token source, and which credential, a bot's settings ask for."""

from __future__ import annotations

import os
from collections.abc import Mapping

from turnkeeper.errors import SettingsError
from turnkeeper.login.certificate import certificate_from_file
from turnkeeper.login.credentials import FederatedToken, ManagedIdentity, Secret
from turnkeeper.login.token import NoToken, TokenSource
from turnkeeper.settings import Settings
from turnkeeper.variables import web_address


def token_source(
    settings: Settings, environ: Mapping[str, str] = os.environ
) -> TokenSource | NoToken:
    """The token source that the settings ask for: none without an app id.

    :param settings: ``login_url`` replaces the root of the cloud's login service.
    :param environ: where App Service names the endpoint of managed identities, and a cluster where
        its apps log in.
    :raises SettingsError: the certificate or that address cannot be used.
    """
    if not settings.app_id:
        return NoToken()
    cloud = settings.cloud
    proven = settings.app_password or settings.certificate_path
    federated = settings.federated_token_file and not proven
    if settings.app_type == "UserAssignedMSI" and not federated:
        return TokenSource(ManagedIdentity(settings.app_id, cloud.resource, environ))
    tenant = cloud.tenant if settings.app_type == "MultiTenant" else settings.tenant_id
    root = settings.login_url or (federated and _authority(environ)) or cloud.login_root
    url = f"{root.rstrip('/')}/{tenant}/oauth2/v2.0/token"
    scope = f"{cloud.resource}/.default"
    if federated:
        return TokenSource(
            FederatedToken(url, settings.app_id, settings.federated_token_file, scope)
        )
    if settings.certificate_path:
        certificate = certificate_from_file(
            settings.certificate_path, url, settings.app_id, scope, settings.certificate_thumbprint
        )
        return TokenSource(certificate)
    return TokenSource(Secret(url, settings.app_id, settings.app_password, scope))


def check_authority(settings: Settings) -> None:
    """Check where a cluster says that its apps log in, if it vouches for the bot.

    :raises SettingsError: it is no address that secrets may be sent to.
    """
    if settings.federated_token_file:
        _authority(os.environ)


def _authority(environ: Mapping[str, str]) -> str:
    """Return where a cluster says that its apps log in; "" where it does not.

    :raises SettingsError: it is no address that secrets may be sent to.
    """
    host = environ.get("AZURE_AUTHORITY_HOST", "").strip()
    if not host:
        return ""
    try:
        return web_address(host if "://" in host else f"https://{host}")
    except ValueError as error:
        raise SettingsError.of("AZURE_AUTHORITY_HOST", str(error)) from None
