"""Whose credentials count: those of CONFIG whole, or those of the environment whole."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from botbuilder.core import BotFrameworkAdapterSettings as SdkSettings
from botframework.connector.auth import AuthenticationConfiguration, SimpleChannelProvider

from tests.turnkeeper.stock.bot import config
from turnkeeper import (
    BotFrameworkAdapter,
    BotFrameworkAdapterSettings,
    CloudAdapter,
    ConfigurationBotFrameworkAuthentication,
    Settings,
)

GOVERNMENT = "https://botframework.azure.us"


def settings_of(**said: Any) -> Settings:
    """The settings behind a CONFIG."""
    authentication = ConfigurationBotFrameworkAuthentication(SimpleNamespace(**said))
    assert not authentication.faults
    return authentication.settings


def faults_of(*arguments: Any, **named: Any) -> list[str]:
    """The variables that are wrong, as an adapter tells them at its start."""
    adapter = CloudAdapter(ConfigurationBotFrameworkAuthentication(*arguments, **named))
    return [fault.variable for fault in adapter.faults]


def test_where_config_names_the_bot_nothing_of_the_environments_credentials_counts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MicrosoftAppId", "environment")
    monkeypatch.setenv("APP_PASSWORD", "environment")
    monkeypatch.setenv("MicrosoftAppTenantId", "environment")
    monkeypatch.setenv("MicrosoftAppCertificatePath", "/nowhere")
    settings = settings_of(APP_ID="config", APP_PASSWORD="config", APP_TYPE="MultiTenant")  # noqa: S106
    assert (settings.app_id, settings.app_password) == ("config", "config")
    assert (settings.tenant_id, settings.certificate_path) == ("", "")


@pytest.mark.parametrize("blank", ["", "  ", None])
def test_where_config_names_none_those_of_the_environment_count(
    blank: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MicrosoftAppId", "environment")
    monkeypatch.setenv("MicrosoftAppPassword", "environment")
    monkeypatch.setenv("MicrosoftAppTenantId", "tenant")
    settings = settings_of(APP_ID=blank, APP_PASSWORD=blank, APP_TYPE="MultiTenant")
    assert (settings.app_id, settings.app_password) == ("environment", "environment")
    assert (settings.app_type, settings.tenant_id) == ("SingleTenant", "tenant")


def test_a_certificate_is_that_of_the_environment_where_both_name_one_bot(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    certificate = tmp_path / "bot.pem"
    certificate.write_text("")
    monkeypatch.setenv("MicrosoftAppId", "app")
    monkeypatch.setenv("MicrosoftAppCertificatePath", str(certificate))
    settings = settings_of(APP_ID="app", APP_PASSWORD="", APP_TYPE="MultiTenant")
    assert (settings.app_id, settings.certificate_path) == ("app", str(certificate))


def test_all_else_is_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAX_TURNS", "7")
    assert settings_of(APP_ID="").max_turns == 7


def test_a_password_without_an_id_is_a_fault() -> None:
    assert faults_of(config("", "secret")) == ["MicrosoftAppId"]


def test_the_governments_cloud() -> None:
    settings = settings_of(APP_ID="app", APP_PASSWORD="secret", CHANNEL_SERVICE=GOVERNMENT)  # noqa: S106
    assert settings.channel_service == GOVERNMENT
    old = BotFrameworkAdapterSettings(
        "app", "secret", channel_provider=SimpleChannelProvider(GOVERNMENT)
    )
    assert old.configuration.settings.channel_service == GOVERNMENT


async def _anybody(_: object) -> None:
    """A claims validator."""


@pytest.mark.parametrize(
    "named",
    [
        {"credentials_factory": object()},
        {"auth_configuration": AuthenticationConfiguration(claims_validator=_anybody)},
        {"auth_configuration": AuthenticationConfiguration(required_endorsements=["x"])},
    ],
)
def test_an_argument_that_says_who_may_call_is_never_passed_over(named: dict[str, Any]) -> None:
    assert faults_of(config(), **named) == list(named)


@pytest.mark.parametrize(
    ("said", "value"),
    [
        ("VALIDATE_AUTHORITY", False),
        ("OAUTH_URL", "https://token.example.com"),
        ("TO_BOT_FROM_CHANNEL_TOKEN_ISSUER", "https://issuer.example.com"),
    ],
)
def test_so_is_what_config_says_and_the_engine_cannot_do(said: str, value: object) -> None:
    assert faults_of(SimpleNamespace(**{said: value})) == [f"CONFIG.{said}"]


def test_arguments_without_a_meaning_of_their_own_are_taken() -> None:
    assert faults_of(config(), auth_configuration=AuthenticationConfiguration()) == []


@pytest.mark.parametrize("argument", ["app_credentials", "credential_provider", "oauth_endpoint"])
def test_the_old_adapter_passes_over_nothing_either(argument: str) -> None:
    adapter = BotFrameworkAdapter(BotFrameworkAdapterSettings("", **{argument: "own"}))
    assert [fault.variable for fault in adapter.faults] == [argument]


def test_the_old_settings_stay_readable() -> None:
    settings = BotFrameworkAdapterSettings("app", "secret", "tenant")
    adapter = BotFrameworkAdapter(settings)
    assert adapter.settings is settings
    assert (settings.app_id, settings.app_password) == ("app", "secret")


def test_no_settings_are_those_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MicrosoftAppId", "environment")
    monkeypatch.setenv("MicrosoftAppPassword", "environment")
    for adapter in (BotFrameworkAdapter(None), CloudAdapter()):
        assert adapter.footing.settings.app_id == "environment"


def test_classes_of_the_sdk_are_refused_with_the_import_in_their_place() -> None:
    with pytest.raises(TypeError, match="import BotFrameworkAdapterSettings from turnkeeper"):
        BotFrameworkAdapter(SdkSettings("", ""))
    with pytest.raises(TypeError, match="import ConfigurationBotFrameworkAuthentication from"):
        CloudAdapter(SdkSettings("", ""))
