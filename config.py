"""The settings of the bot: read once at start from the environment and a ``.env`` file.

The names are those that bot developers know from the Azure portal and the SDK's samples.
Every fault is reported in one go, by the variable's name and never with its value, since a
value in the wrong place may be a secret. To add a setting, add a field to ``Settings``.
"""

from __future__ import annotations

import ipaddress
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Final, Self

from dotenv import dotenv_values

from errors import SettingsError

GOVERNMENT_CLOUD: Final = "https://botframework.azure.us"
CONSENT: Final = "yes-anyone-can-talk-to-this-bot"
_UGLY: Final = "DANGEROUSLY_LISTEN_WITHOUT_CREDENTIALS"
_LAST_PORT: Final = 65535
_WEB_ADDRESS: Final = re.compile(r"(https?)://([a-z0-9.-]+|\[[0-9a-f:.]+\])(:\d+)?(/\S*)?", re.A)


# Each of these turns the text of a variable into a value, or says in a ValueError what it must be.
def _word(text: str) -> str:
    if not text.isascii() or len(text.split()) != 1:
        raise ValueError("must be one word, without white space")
    return text


def _file(text: str) -> str:
    if not os.path.isfile(text):
        raise ValueError("must be the path of a file that is there")
    return text


def _web_address(text: str) -> str:
    match = _WEB_ADDRESS.fullmatch(text)
    if not match or (match[1] == "http" and not _is_loopback(match[2].strip("[]"))):
        raise ValueError("must be an https:// URL (http:// on this machine only)")
    return text


def _hosts(text: str) -> tuple[str, ...]:
    hosts = tuple(host for part in text.lower().split(",") if (host := part.strip()))
    if not all(re.fullmatch(r"(\*\.)?[a-z0-9.-]+|\[?[0-9a-f:.]+\]?", host) for host in hosts):
        raise ValueError("must be host names alone, with commas between them")
    return hosts


def _consent(text: str) -> bool:
    if text != CONSENT:
        raise ValueError(f"must say {CONSENT!r} or not be set")
    return True


def _yes_or_no(text: str) -> bool:
    return _one_of("yes", "no")(text) == "yes"


def _locale(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8})*", text):
        raise ValueError("must be a language, such as en or pt-BR")
    return text


def _one_of(*choices: str) -> Callable[[str], str]:
    by_name = {choice.lower(): choice for choice in choices}

    def parse(text: str) -> str:
        if text.lower() not in by_name:
            raise ValueError(f"must be {' or '.join(choices)}")
        return by_name[text.lower()]

    return parse


def _whole(low: int, high: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        if not re.fullmatch(r"[0-9]{1,9}", text) or not low <= int(text) <= high:
            raise ValueError(f"must be a whole number from {low} to {high}")
        return int(text)

    return parse


def _minutes(text: str) -> float:
    if not re.fullmatch(r"[0-9]{1,6}(\.[0-9]{1,6})?", text) or float(text) == 0:
        raise ValueError("must be a number of minutes above 0")
    return float(text) * 60


def _days(text: str) -> float | None:
    if not re.fullmatch(r"[0-9]{1,5}(\.[0-9]{1,6})?", text):
        raise ValueError("must be a number of days, or 0 to keep for ever")
    return float(text) * 86400 or None


_app_type = _one_of("MultiTenant", "SingleTenant", "UserAssignedMSI")
_log_level = _one_of("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")


def _setting(
    default: Any, parse: Callable[[str], Any], *variables: str, secret: bool = False
) -> Any:
    """A field of Settings: its default, how it is read, its variable and other names of that."""
    metadata = {"parse": parse, "variables": variables}
    return field(default=default, repr=not secret, metadata=metadata)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Every setting, checked. Durations are in seconds; a text that is not set is "".

    :raises errors.SettingsError: the settings contradict each other, or would let anybody on the
        network speak to the bot as anybody; also when made directly and not by :meth:`from_env`.
    """

    # Who the bot is. The second names are those of the SDK's samples.
    app_id: str = _setting("", _word, "MicrosoftAppId", "APP_ID")
    app_password: str = _setting("", str, "MicrosoftAppPassword", "APP_PASSWORD", secret=True)
    app_type: str = _setting("MultiTenant", _app_type, "MicrosoftAppType", "APP_TYPE")
    tenant_id: str = _setting("", _word, "MicrosoftAppTenantId", "APP_TENANTID")
    certificate_path: str = _setting("", _file, "MicrosoftAppCertificatePath")
    certificate_thumbprint: str = _setting("", _word, "MicrosoftAppCertificateThumbprint")
    channel_service: str = _setting("", _one_of(GOVERNMENT_CLOUD), "ChannelService")

    # Whom it speaks to.
    service_hosts: tuple[str, ...] = _setting((), _hosts, "SERVICE_URL_HOSTS")
    open_id_metadata_url: str = _setting("", _web_address, "OPENID_METADATA_URL")
    login_url: str = _setting("", _web_address, "LOGIN_URL")

    # Where it listens, and how much it takes on.
    host: str = _setting("127.0.0.1", str, "HOST")
    port: int = _setting(3978, _whole(0, _LAST_PORT), "PORT")
    metrics_port: int | None = _setting(None, _whole(1, _LAST_PORT), "METRICS_PORT")
    dangerously_listen_without_credentials: bool = _setting(False, _consent, _UGLY)
    workers: int = _setting(1, _whole(1, 64), "WEB_CONCURRENCY")
    max_turns: int = _setting(512, _whole(1, 100_000), "MAX_TURNS")

    # What it remembers, and for how long. None keeps for ever.
    storage_url: str = _setting("sqlite:///data/bot.db", str, "STORAGE_URL", secret=True)
    conversation_ttl: float | None = _setting(30 * 86400.0, _days, "CONVERSATION_TTL_DAYS")
    profile_ttl: float | None = _setting(None, _days, "PROFILE_TTL_DAYS")
    forget_on_uninstall: bool = _setting(False, _yes_or_no, "FORGET_ON_UNINSTALL")

    # How it talks.
    default_locale: str = _setting("en", _locale, "DEFAULT_LOCALE")
    welcome_back_after: float = _setting(30 * 60.0, _minutes, "WELCOME_BACK_AFTER_MINUTES")
    question_timeout: float = _setting(60 * 60.0, _minutes, "QUESTION_TIMEOUT_MINUTES")

    # What it logs.
    log_level: str = _setting("INFO", _log_level, "LOG_LEVEL")
    log_format: str = _setting("plain", _one_of("plain", "json"), "LOG_FORMAT")

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
        :raises errors.SettingsError: one line a variable, all at once.
        """
        variables = {**_dotenv(), **os.environ} if environ is None else environ
        values: dict[str, Any] = {}
        faults: list[str] = []
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
            if not (_is_loopback(self.host) or self.dangerously_listen_without_credentials):
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
        if self.metrics_port and self.metrics_port + self.workers - 1 > _LAST_PORT:
            yield f"METRICS_PORT: each worker needs a port, and {_LAST_PORT} is the last"
        if self.workers > 1 and self.storage_url.lower().startswith("memory:"):
            yield "WEB_CONCURRENCY: must be 1 where STORAGE_URL is memory:"


def _dotenv() -> dict[str, str]:
    """The variables of ``.env``, as they stand: a ``$`` in a password means itself."""
    try:
        return {k: text for k, text in dotenv_values(".env", interpolate=False).items() if text}
    except (OSError, UnicodeDecodeError):
        raise SettingsError(".env: must be a readable text file in UTF-8") from None


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"
