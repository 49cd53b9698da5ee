"""The clouds of Azure: where a bot logs in there, and who issues the tokens of its callers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Cloud:
    """The addresses of a cloud.

    :param login_root: of the login service.
    :param tenant: where bots that name none log in.
    :param resource: what the bot's token is for.
    :param issuer: of the tokens that channels send.
    :param channel_keys: the OpenID metadata of their keys.
    :param directory_keys: the same of the directory (Entra).
    :param directory_issuers: of the directory's tokens, with ``{}`` for a tenant; none where the
        SDK knows them.
    :param oauth_url: of the service that signs people in.
    """

    login_root: str
    tenant: str
    resource: str
    issuer: str
    channel_keys: str
    directory_keys: str
    oauth_url: str
    directory_issuers: tuple[str, ...] = ()


PUBLIC: Final = Cloud(
    "https://login.microsoftonline.com",
    "botframework.com",
    "https://api.botframework.com",
    "https://api.botframework.com",
    "https://login.botframework.com/v1/.well-known/openidconfiguration",
    "https://login.microsoftonline.com/common/v2.0/.well-known/openid-configuration",
    "https://api.botframework.com",
)

# https://learn.microsoft.com/azure/bot-service/how-to-deploy-gov-cloud-high
US_GOVERNMENT: Final = Cloud(
    "https://login.microsoftonline.us",
    "MicrosoftServices.onmicrosoft.us",
    "https://api.botframework.us",
    "https://api.botframework.us",
    "https://login.botframework.azure.us/v1/.well-known/openidconfiguration",
    "https://login.microsoftonline.us/cab8a31a-1906-4287-a0d8-4eef66b95f6e/v2.0/.well-known/openid-configuration",
    "https://api.botframework.azure.us",
)

# https://learn.microsoft.com/azure/bot-service/how-to-deploy-china-cloud
CHINA: Final = Cloud(
    "https://login.partner.microsoftonline.cn",
    "microsoftservices.partner.onmschina.cn",
    "https://api.botframework.azure.cn",
    "https://api.botframework.azure.cn",
    "https://login.botframework.azure.cn/v1/.well-known/openidconfiguration",
    "https://login.partner.microsoftonline.cn/a55a4d5b-9241-49b1-b4ff-befa8db00269/v2.0/.well-known/openid-configuration",
    "https://token.botframework.azure.cn",
    ("https://login.partner.microsoftonline.cn/{}/v2.0", "https://sts.chinacloudapi.cn/{}/"),
)

CLOUDS: Final = {
    "": PUBLIC,
    "https://botframework.azure.us": US_GOVERNMENT,
    "https://botframework.azure.cn": CHINA,
}
"""By what ``ChannelService`` names."""
