"""The settings of the engine: read once from the environment and a ``.env`` file.

The names are those that bot developers know from the Azure portal and the SDK's samples. Every
fault is reported in one go, by the variable's name and never with its value, since a value in the
wrong place may be a secret. To add a setting, add a field to ``Settings``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Final, Self

from turnkeeper.clouds import CLOUDS, Cloud
from turnkeeper.errors import Fault, SettingsError
from turnkeeper.fields import read_fields, setting
from turnkeeper.variables import (
    LAST_PORT,
    app_ids,
    bot_name,
    channels_of_pages,
    days,
    file_path,
    host_name,
    host_names,
    is_loopback,
    log_level,
    on_or_off,
    one_of,
    read_variables,
    tenants,
    web_address,
    whole,
    word,
    yes_or_no,
)

CONSENT: Final = "yes-anyone-can-talk-to-this-bot"
_UGLY: Final = "DANGEROUSLY_LISTEN_WITHOUT_CREDENTIALS"


def _consent(text: str) -> bool:
    if text != CONSENT:
        raise ValueError(f"must say {CONSENT!r} or not be set")
    return True


_app_type = one_of("MultiTenant", "SingleTenant", "UserAssignedMSI")


def fit_to_print(url: str) -> str:
    """Return the URL of a store without user, password and options."""
    scheme, _, rest = url.partition(":")
    place, _, options = rest.partition("?")
    if "@" in options:  # the password itself has a question mark
        return f"{scheme}:"
    return f"{scheme}:{re.sub(r'^//(?!/).*@', '//', place)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Every setting of the engine, checked. Durations are in seconds; a text not set is "".

    :raises SettingsError: the settings contradict each other, or would let anybody on the network
        speak to the bot as anybody; also when made directly and not by :meth:`from_env`.
    """

    # Who the bot is. The second names are those of the SDK's samples.
    app_id: str = setting("", word, "MicrosoftAppId", "APP_ID")
    app_password: str = setting("", str, "MicrosoftAppPassword", "APP_PASSWORD", secret=True)
    app_type: str = setting("MultiTenant", _app_type, "MicrosoftAppType", "APP_TYPE")
    tenant_id: str = setting("", word, "MicrosoftAppTenantId", "APP_TENANTID")
    certificate_path: str = setting("", file_path, "MicrosoftAppCertificatePath")
    certificate_thumbprint: str = setting("", word, "MicrosoftAppCertificateThumbprint")
    channel_service: str = setting("", one_of(*filter(None, CLOUDS)), "ChannelService")
    federated_token_file: str = setting("", str, "AZURE_FEDERATED_TOKEN_FILE")
    require_credentials: bool = setting(False, yes_or_no, "REQUIRE_CREDENTIALS")

    # Whom it speaks to.
    service_hosts: tuple[str, ...] = setting((), host_names, "SERVICE_URL_HOSTS")
    allowed_callers: tuple[str, ...] = setting((), app_ids, "ALLOWED_CALLERS")
    allowed_tenants: tuple[str, ...] = setting((), tenants, "ALLOWED_TENANTS")
    trusted_ids: frozenset[str] = setting(frozenset(), channels_of_pages, "TRUSTED_IDS")
    open_id_metadata_url: str = setting("", web_address, "OPENID_METADATA_URL")
    login_url: str = setting("", web_address, "LOGIN_URL")

    # What it hears where several people talk.
    group_messages: str = setting("addressed", one_of("addressed", "all"), "GROUP_MESSAGES")

    # Where it listens, and how much it takes on.
    host: str = setting("127.0.0.1", host_name, "HOST")
    port: int = setting(3978, whole(0, LAST_PORT), "PORT")
    metrics_port: int | None = setting(None, whole(1, LAST_PORT), "METRICS_PORT")
    dangerously_listen_without_credentials: bool = setting(False, _consent, _UGLY)
    max_turns: int = setting(512, whole(1, 100_000), "MAX_TURNS")

    # What becomes of replies that the channel does not take at once.
    dispatch: bool = setting(True, on_or_off, "DISPATCH")
    reply_ttl: int = setting(3600, whole(60, 7 * 86_400), "REPLY_TTL")

    # What it remembers, and for how long. None keeps for ever.
    storage_url: str = setting("sqlite:///data/bot.db", str, "STORAGE_URL", secret=True)
    allow_remote_store: bool = setting(False, yes_or_no, "ALLOW_REMOTE_STORE")
    bot_name: str = setting("", bot_name, "BOT_NAME")
    conversation_ttl: float | None = setting(30 * 86400.0, days, "CONVERSATION_TTL_DAYS")
    profile_ttl: float | None = setting(None, days, "PROFILE_TTL_DAYS")

    # What it logs.
    log_level: str = setting("INFO", log_level, "LOG_LEVEL")
    log_format: str = setting("plain", one_of("plain", "json"), "LOG_FORMAT")

    def __post_init__(self) -> None:
        if faults := (*self._wrong_values(), *self._contradictions()):
            raise SettingsError(*faults)

    @property
    def local_mode(self) -> bool:
        """Whether the bot runs without credentials, for programs on the same machine."""
        return not self.app_id

    @property
    def cloud(self) -> Cloud:
        """The cloud that the bot lives in."""
        return CLOUDS[self.channel_service]

    @property
    def storage_name(self) -> str:
        """The storage URL without user, password and options: fit to be printed."""
        return fit_to_print(self.storage_url)

    @classmethod
    def from_env(cls, mapping: Mapping[str, str] | None = None) -> Self:
        """Read the settings. A blank variable is treated as unset, an unknown one is ignored.

        :param mapping: the variables, and nothing else; by default ``os.environ``, and for what
            that does not name, not even as blank, the file ``.env`` in the working directory.
        :raises SettingsError: one fault a variable or broken line of the file, all at once.
        """
        variables, faults = read_variables() if mapping is None else (mapping, [])
        settings, more = cls.read(variables)
        if faults := [*faults, *more]:
            raise SettingsError(*faults)
        return settings

    @classmethod
    def read(cls, variables: Mapping[str, str]) -> tuple[Self, list[Fault]]:
        """Return the settings and what is wrong with them.

        What is wrong has its default in the settings, which are not fit to be used then.
        """
        values, faults = read_fields(cls, variables)
        # Azure makes no MultiTenant bots any more; those there are name no tenant.
        if "tenant_id" in values:
            values.setdefault("app_type", "SingleTenant")
        if "app_id" in values:
            values.setdefault("host", "0.0.0.0")  # noqa: S104  # only with credentials
        draft = object.__new__(cls)  # not yet free of contradictions
        for one in fields(cls):
            object.__setattr__(draft, one.name, values.get(one.name, one.default))
        return draft, [*faults, *draft._contradictions()]

    def _wrong_values(self) -> Iterator[Fault]:
        """Yield what no variable could have said; for settings that are made in code.

        Files and addresses are looked at by the parts that use them.
        """
        for one in fields(type(self)):
            value, parse = getattr(self, one.name), one.metadata["parse"]
            try:
                if parse is days:
                    if value is not None and not value > 0:
                        raise ValueError("must be above 0, or None to keep for ever")
                elif type(value) is int or (
                    value and type(value) is str and parse not in (file_path, web_address)
                ):
                    parse(str(value))
            except ValueError as error:
                yield Fault(one.metadata["variables"][0], str(error))

    def _contradictions(self) -> Iterator[Fault]:
        if not self.app_id:
            if self.require_credentials:
                yield Fault("MicrosoftAppId", "must be set: REQUIRE_CREDENTIALS says so")
            if self.app_password or self.certificate_path or self.tenant_id:
                yield Fault("MicrosoftAppId", "must be set where the bot's password or tenant is")
            if not (is_loopback(self.host) or self.dangerously_listen_without_credentials):
                yield Fault(
                    "HOST",
                    "must be a loopback address, such as 127.0.0.1, without MicrosoftAppId: "
                    f"nobody would be checked. To allow it all the same: {_UGLY}={CONSENT}",
                )
        # Azure itself vouches for a bot with a managed identity, or in a cluster.
        elif not (
            self.app_password
            or self.certificate_path
            or self.federated_token_file
            or self.app_type == "UserAssignedMSI"
        ):
            yield Fault("MicrosoftAppPassword", "must be set where MicrosoftAppId is")
        if self.app_id and self.app_type != "MultiTenant" and not self.tenant_id:
            yield Fault("MicrosoftAppTenantId", f"must be set for a bot of type {self.app_type}")
        if self.app_password and self.certificate_path:
            yield Fault(
                "MicrosoftAppCertificatePath",
                "set either a password or a certificate, not both",
            )
        if self.certificate_thumbprint and not self.certificate_path:
            yield Fault("MicrosoftAppCertificatePath", "must be set where the thumbprint is")
