"""The settings of the bot: read once at start from the environment and a ``.env`` file.

The names are those that bot developers know from the Azure portal and the SDK's samples.
Every fault is reported in one go, by the variable's name and never with its value, since a
value in the wrong place may be a secret. To add a setting, add a field to ``Settings``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Final, Self

from turnkeeper.errors import SettingsError
from turnkeeper.variables import (
    LAST_PORT,
    days,
    file_path,
    host_name,
    host_names,
    is_loopback,
    locale,
    minutes,
    one_of,
    read_variables,
    web_address,
    whole,
    word,
    yes_or_no,
)

GOVERNMENT_CLOUD: Final = "https://botframework.azure.us"
CONSENT: Final = "yes-anyone-can-talk-to-this-bot"
_UGLY: Final = "DANGEROUSLY_LISTEN_WITHOUT_CREDENTIALS"


def _consent(text: str) -> bool:
    if text != CONSENT:
        raise ValueError(f"must say {CONSENT!r} or not be set")
    return True


_app_type = one_of("MultiTenant", "SingleTenant", "UserAssignedMSI")
_log_level = one_of("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")


def _setting(
    default: Any, parse: Callable[[str], Any], *variables: str, secret: bool = False
) -> Any:
    """A field of Settings: its default, how it is read, its variable and other names of that."""
    metadata = {"parse": parse, "variables": variables}
    return field(default=default, repr=not secret, metadata=metadata)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Every setting, checked. Durations are in seconds; a text that is not set is "".

    :raises SettingsError: the settings contradict each other, or would let anybody on the
        network speak to the bot as anybody; also when made directly and not by :meth:`from_env`.
    """

    # Who the bot is. The second names are those of the SDK's samples.
    app_id: str = _setting("", word, "MicrosoftAppId", "APP_ID")
    app_password: str = _setting("", str, "MicrosoftAppPassword", "APP_PASSWORD", secret=True)
    app_type: str = _setting("MultiTenant", _app_type, "MicrosoftAppType", "APP_TYPE")
    tenant_id: str = _setting("", word, "MicrosoftAppTenantId", "APP_TENANTID")
    certificate_path: str = _setting("", file_path, "MicrosoftAppCertificatePath")
    certificate_thumbprint: str = _setting("", word, "MicrosoftAppCertificateThumbprint")
    channel_service: str = _setting("", one_of(GOVERNMENT_CLOUD), "ChannelService")

    # Whom it speaks to.
    service_hosts: tuple[str, ...] = _setting((), host_names, "SERVICE_URL_HOSTS")
    open_id_metadata_url: str = _setting("", web_address, "OPENID_METADATA_URL")
    login_url: str = _setting("", web_address, "LOGIN_URL")

    # Where it listens, and how much it takes on.
    host: str = _setting("127.0.0.1", host_name, "HOST")
    port: int = _setting(3978, whole(0, LAST_PORT), "PORT")
    metrics_port: int | None = _setting(None, whole(1, LAST_PORT), "METRICS_PORT")
    dangerously_listen_without_credentials: bool = _setting(False, _consent, _UGLY)
    workers: int = _setting(1, whole(1, 64), "WEB_CONCURRENCY")
    max_turns: int = _setting(512, whole(1, 100_000), "MAX_TURNS")

    # What it remembers, and for how long. None keeps for ever.
    storage_url: str = _setting("sqlite:///data/bot.db", str, "STORAGE_URL", secret=True)
    conversation_ttl: float | None = _setting(30 * 86400.0, days, "CONVERSATION_TTL_DAYS")
    profile_ttl: float | None = _setting(None, days, "PROFILE_TTL_DAYS")
    forget_on_uninstall: bool = _setting(False, yes_or_no, "FORGET_ON_UNINSTALL")

    # How it talks.
    default_locale: str = _setting("en", locale, "DEFAULT_LOCALE")
    welcome_back_after: float = _setting(30 * 60.0, minutes, "WELCOME_BACK_AFTER_MINUTES")
    question_timeout: float = _setting(60 * 60.0, minutes, "QUESTION_TIMEOUT_MINUTES")

    # What it logs.
    log_level: str = _setting("INFO", _log_level, "LOG_LEVEL")
    log_format: str = _setting("plain", one_of("plain", "json"), "LOG_FORMAT")

    def __post_init__(self) -> None:
        if faults := tuple(self._contradictions()):
            raise SettingsError(*faults)

    @property
    def local_mode(self) -> bool:
        """Whether the bot runs without credentials, for the Emulator on the same machine."""
        return not self.app_id

    @property
    def storage_name(self) -> str:
        """The storage URL without user, password and options: fit to be printed."""
        scheme, _, rest = self.storage_url.partition(":")
        place, _, options = rest.partition("?")
        if "@" in options:  # the password itself has a question mark
            return f"{scheme}:"
        return f"{scheme}:{re.sub(r'^//(?!/).*@', '//', place)}"

    @classmethod
    def from_env(
        cls, environ: Mapping[str, str] | None = None, *checks: Callable[[Self], Iterable[str]]
    ) -> Self:
        """Read the settings. A blank variable counts as not set, an unknown one is ignored.

        :param environ: the variables, and nothing else; by default ``os.environ``, and for what
            that does not name, not even as blank, the file ``.env`` in the working directory.
        :param checks: each gives further faults of settings that may contradict each other.
        :raises SettingsError: one line a variable or broken line of the file, all at once.
        """
        variables, faults = read_variables() if environ is None else (environ, [])
        values: dict[str, Any] = {}
        for setting in fields(cls):
            names = setting.metadata["variables"]
            found = {name: text for name in names if (text := variables.get(name, "").strip())}
            if len(set(found.values())) > 1:
                faults.append(f"{', '.join(found)}: must not be set to different values")
            for name, text in list(found.items())[:1]:
                try:
                    values[setting.name] = setting.metadata["parse"](text)
                except ValueError as error:
                    faults.append(f"{name}: {error}")
                    if setting.default == "":
                        values[setting.name] = text  # wrong, but not absent
        # Azure makes no MultiTenant bots any more; those there are name no tenant.
        if "tenant_id" in values:
            values.setdefault("app_type", "SingleTenant")
        if "app_id" in values:
            values.setdefault("host", "0.0.0.0")  # noqa: S104  # only with credentials
        draft = object.__new__(cls)  # not yet free of contradictions
        for setting in fields(cls):
            object.__setattr__(draft, setting.name, values.get(setting.name, setting.default))
        faults += [*draft._contradictions(), *(fault for check in checks for fault in check(draft))]
        if faults:
            raise SettingsError(*faults)
        return cls(**values)

    def _contradictions(self) -> Iterator[str]:
        if not self.app_id:
            if self.app_password or self.certificate_path or self.tenant_id:
                yield "MicrosoftAppId: must be set where the bot's password or tenant is"
            if not (is_loopback(self.host) or self.dangerously_listen_without_credentials):
                yield (
                    "HOST: must be a loopback address, such as 127.0.0.1, without MicrosoftAppId: "
                    f"nobody would be checked. To allow it all the same: {_UGLY}={CONSENT}"
                )
        # Azure itself vouches for a bot with a managed identity.
        elif not (self.app_password or self.certificate_path or self.app_type == "UserAssignedMSI"):
            yield "MicrosoftAppPassword: must be set where MicrosoftAppId is"
        if self.app_id and self.app_type != "MultiTenant" and not self.tenant_id:
            yield f"MicrosoftAppTenantId: must be set for a bot of type {self.app_type}"
        if self.app_password and self.certificate_path:
            yield "MicrosoftAppCertificatePath: must not be set besides MicrosoftAppPassword"
        if self.certificate_thumbprint and not self.certificate_path:
            yield "MicrosoftAppCertificatePath: must be set where the thumbprint is"
        if self.metrics_port and self.metrics_port + self.workers - 1 > LAST_PORT:
            yield f"METRICS_PORT: each worker needs a port, and {LAST_PORT} is the last"
        if self.workers > 1 and self.storage_url.lower().startswith("memory:"):
            yield "WEB_CONCURRENCY: must be 1 where STORAGE_URL is memory:"
