"""The settings of an adapter of the SDK's names: a CONFIG's credentials, and the environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Self

from botframework.connector.auth import AuthenticationConfiguration

from turnkeeper.errors import Fault
from turnkeeper.settings import Settings
from turnkeeper.variables import read_variables

CREDENTIALS: Final = {
    "APP_ID": "MicrosoftAppId",
    "APP_PASSWORD": "MicrosoftAppPassword",
    "APP_TYPE": "MicrosoftAppType",
    "APP_TENANTID": "MicrosoftAppTenantId",
}
"""The variables of credentials, by what the SDK's samples call them."""

_ADDRESSES: Final = {
    "CHANNEL_SERVICE": "ChannelService",
    "TO_BOT_FROM_CHANNEL_OPENID_METADATA_URL": "OPENID_METADATA_URL",
}
_CERTIFICATE: Final = ("MicrosoftAppCertificatePath", "MicrosoftAppCertificateThumbprint")
# What the SDK reads from a CONFIG, and the engine has no setting for.
_UNKNOWN: Final = (
    "TO_CHANNEL_FROM_BOT_LOGIN_URL",
    "TO_CHANNEL_FROM_BOT_OAUTH_SCOPE",
    "TO_BOT_FROM_CHANNEL_TOKEN_ISSUER",
    "TO_BOT_FROM_EMULATOR_OPENID_METADATA_URL",
    "OAUTH_URL",
    "CALLER_ID",
)


@dataclass(frozen=True, slots=True)
class Configuration:
    """The settings of an adapter.

    :ivar settings: the engine's.
    :ivar faults: what is wrong with them.
    :ivar names_store: whether they name a store, so that it is not the default.
    """

    settings: Settings
    faults: tuple[Fault, ...]
    names_store: bool

    @classmethod
    def of(cls, own: Mapping[str, str], *faults: Fault) -> Self:
        """Return the settings of the environment and ``.env``, with some of a bot's own.

        Credentials are taken whole from one side: where the bot names its id, those of the
        environment do not count.

        :param own: variables; blank ones count as not given.
        :param faults: found so far.
        """
        variables, more = read_variables()
        given = {name: text.strip() for name, text in own.items() if text.strip()}
        names = (*CREDENTIALS, *CREDENTIALS.values(), *_CERTIFICATE)
        known = [variables.get(name, "").strip() for name in ("MicrosoftAppId", "APP_ID")]
        if given.get("MicrosoftAppId") in known and "MicrosoftAppPassword" not in given:
            del given["MicrosoftAppId"]  # the same bot: its certificate is in the environment
        if "MicrosoftAppId" in given:
            variables = {name: text for name, text in variables.items() if name not in names}
        elif any(known):
            given = {name: text for name, text in given.items() if name not in names}
        merged = {**variables, **given}
        settings, wrong = Settings.read(merged)
        return cls(settings, (*faults, *more, *wrong), bool(merged.get("STORAGE_URL", "").strip()))


class ConfigurationBotFrameworkAuthentication:
    """The credentials of a bot, as the SDK's samples have them in their CONFIG.

    :ivar settings: the engine's: CONFIG's credentials, and all else that the environment says.
    :ivar faults: what is wrong with them; it is told at the start.

    :param configuration: its APP_ID, APP_PASSWORD, APP_TYPE, APP_TENANTID and CHANNEL_SERVICE go
        before those of the environment. A blank APP_ID leaves the environment's credentials.
    :param credentials_factory: must be None: a certificate is named by MicrosoftAppCertificatePath.
    :param auth_configuration: of the SDK; one that says who may call the bot is refused.
    :param http_client_factory: not used.
    :param logger: not used.
    """

    def __init__(
        self,
        configuration: Any,
        *,
        credentials_factory: Any = None,
        auth_configuration: AuthenticationConfiguration = None,
        http_client_factory: Any = None,
        logger: Any = None,
    ) -> None:
        def said(name: str) -> Any:
            return getattr(configuration, name, None)

        faults = [
            Fault(f"CONFIG.{name}", "is not known here; leave it out")
            for name in _UNKNOWN
            if said(name)
        ]
        if said("VALIDATE_AUTHORITY") is False:
            faults.append(Fault("CONFIG.VALIDATE_AUTHORITY", "must not be switched off"))
        faults += refused(auth_configuration, credentials_factory=credentials_factory)
        names = {**CREDENTIALS, **_ADDRESSES}
        own = {full: str(said(name)) for name, full in names.items() if said(name)}
        self.configuration = Configuration.of(own, *faults)

    @property
    def settings(self) -> Settings:
        """The engine's settings."""
        return self.configuration.settings

    @property
    def faults(self) -> tuple[Fault, ...]:
        """What is wrong with them."""
        return self.configuration.faults


def refused(
    auth_configuration: AuthenticationConfiguration | None, **others: object
) -> list[Fault]:
    """Return a fault for each argument that says who may call, or logs in, in a way of its own.

    To pass over one without a word could let in whom the bot wants to keep out.

    :param others: by their names; None where they are not given.
    """
    faults = [
        Fault(name, "is not supported; credentials are settings, such as MicrosoftAppId")
        for name, value in others.items()
        if value is not None
    ]
    one = auth_configuration
    if one and (one.claims_validator or one.required_endorsements or one.valid_token_issuers):
        faults.append(
            Fault("auth_configuration", "is not supported yet; bots that call others are refused")
        )
    return faults
