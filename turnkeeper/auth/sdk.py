"""The SDK's own authentication, made of the engine's settings."""

from __future__ import annotations

from pathlib import Path

from botframework.connector import auth

from turnkeeper.settings import Settings


def sdk_authentication(
    settings: Settings, channel_url: str, directory_url: str
) -> auth.BotFrameworkAuthentication:
    """Return it.

    :param channel_url: where the channels' signing keys are.
    :param directory_url: where the directory's are.
    """
    cloud = settings.cloud
    login_url = settings.login_url and (
        f"{settings.login_url.rstrip('/')}/{settings.tenant_id or cloud.tenant}"
    )
    return auth.BotFrameworkAuthenticationFactory.create(
        validate_authority=True,
        to_channel_from_bot_login_url=login_url or f"{cloud.login_root}/",
        to_channel_from_bot_oauth_scope=cloud.resource,
        to_bot_from_channel_token_issuer=cloud.issuer,
        oauth_url=cloud.oauth_url,
        to_bot_from_channel_open_id_metadata_url=channel_url,
        to_bot_from_emulator_open_id_metadata_url=directory_url,
        credential_factory=_credentials(settings),
        auth_configuration=auth.AuthenticationConfiguration(),
    )


def _credentials(settings: Settings) -> auth.ServiceClientCredentialsFactory:
    app_id, tenant_id = settings.app_id, settings.tenant_id or None
    if settings.app_type == "UserAssignedMSI":
        return auth.ManagedIdentityServiceClientCredentialsFactory(app_id)
    if settings.certificate_path:
        private_key = Path(settings.certificate_path).read_text(encoding="ascii")
        return auth.CertificateServiceClientCredentialsFactory(
            settings.certificate_thumbprint, private_key, app_id, tenant_id
        )
    return auth.PasswordServiceClientCredentialFactory(app_id, settings.app_password, tenant_id)
