"""The engine's settings: what is read from where, and that every fault is named at the start."""

from __future__ import annotations

import os
from dataclasses import FrozenInstanceError, dataclass, field, fields
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from turnkeeper import Host, Settings
from turnkeeper.errors import Fault, SettingsError
from turnkeeper.outbound.proxy import outward_proxy
from turnkeeper.settings import CONSENT

GOVERNMENT = "https://botframework.azure.us"

CREDENTIALS = {"MicrosoftAppId": "the-bot", "MicrosoftAppPassword": "s3cret"}
EVERYWHERE = "0.0.0.0"  # noqa: S104  # what these tests are about
VARIABLES = [name for setting in fields(Settings) for name in setting.metadata["variables"]]


@pytest.fixture(autouse=True)
def working_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working directory, and none of the bot's variables in the environment."""
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def found_in(environ: dict[str, str]) -> tuple[Fault, ...]:
    """What a host that finds these variables has to say."""
    with patch.dict(os.environ, environ):
        return Host.from_env().faults


def faults(environ: dict[str, str]) -> list[str]:
    """The variable names at the head of each fault."""
    return [fault.variable for fault in found_in(environ)]


class TestDefaults:
    def test_without_any_variable_it_is_a_local_bot_on_loopback(self) -> None:
        settings = Settings.from_env({})
        assert settings == Settings()
        assert settings.local_mode
        assert (settings.host, settings.port) == ("127.0.0.1", 3978)
        assert settings.storage_url == "sqlite:///data/bot.db"

    def test_durations_are_in_seconds(self) -> None:
        settings = Settings.from_env({})
        assert settings.conversation_ttl == 30 * 24 * 60 * 60
        assert settings.profile_ttl is None
        assert settings.reply_ttl == 60 * 60

    def test_it_works_off_what_is_owed_and_may_be_told_not_to(self) -> None:
        assert Settings.from_env({}).dispatch
        assert Settings.from_env({"DISPATCH": "on"}).dispatch
        assert not Settings.from_env({"DISPATCH": "off"}).dispatch

    def test_with_credentials_it_listens_everywhere(self) -> None:
        settings = Settings.from_env(CREDENTIALS)
        assert not settings.local_mode
        assert settings.host == EVERYWHERE

    def test_a_tenant_makes_it_a_single_tenant_bot(self) -> None:
        assert Settings.from_env(CREDENTIALS).app_type == "MultiTenant"
        with_tenant = CREDENTIALS | {"MicrosoftAppTenantId": "contoso"}
        assert Settings.from_env(with_tenant).app_type == "SingleTenant"
        as_before = with_tenant | {"MicrosoftAppType": "MultiTenant"}
        assert Settings.from_env(as_before).app_type == "MultiTenant"

    def test_settings_do_not_change(self) -> None:
        with pytest.raises(FrozenInstanceError):
            Settings().port = 1  # type: ignore[misc]  # that is the point


class TestReading:
    def test_every_variable_reaches_its_field(self, tmp_path: Path) -> None:
        certificate = tmp_path / "bot.pem"
        certificate.touch()
        settings = Settings.from_env(
            {
                "MicrosoftAppId": "the-bot",
                "MicrosoftAppType": "singletenant",
                "MicrosoftAppTenantId": "contoso",
                "MicrosoftAppCertificatePath": str(certificate),
                "MicrosoftAppCertificateThumbprint": "A1B2",
                "ChannelService": GOVERNMENT.upper(),
                "SERVICE_URL_HOSTS": "localhost, *.Example.com,",
                "OPENID_METADATA_URL": "http://[::1]:8000/keys",
                "LOGIN_URL": "https://login.example.com/",
                "HOST": "192.0.2.1",
                "PORT": "80",
                "METRICS_PORT": "9100",
                "MAX_TURNS": "64",
                "DISPATCH": "OFF",
                "REPLY_TTL": "604800",
                "STORAGE_URL": "redis://localhost:6379/0",
                "CONVERSATION_TTL_DAYS": "0",
                "PROFILE_TTL_DAYS": "365",
                "BOT_NAME": "front-desk.2",
                "LOG_LEVEL": "debug",
                "LOG_FORMAT": "JSON",
            }
        )
        assert settings == Settings(
            app_id="the-bot",
            app_type="SingleTenant",
            tenant_id="contoso",
            certificate_path=str(certificate),
            certificate_thumbprint="A1B2",
            channel_service=GOVERNMENT,
            service_hosts=("localhost", "*.example.com"),
            open_id_metadata_url="http://[::1]:8000/keys",
            login_url="https://login.example.com/",
            host="192.0.2.1",
            port=80,
            metrics_port=9100,
            max_turns=64,
            dispatch=False,
            reply_ttl=604_800,
            storage_url="redis://localhost:6379/0",
            conversation_ttl=None,
            profile_ttl=365 * 86400.0,
            bot_name="front-desk.2",
            log_level="DEBUG",
            log_format="json",
        )

    def test_the_names_of_the_sdk_samples_are_read_too(self) -> None:
        settings = Settings.from_env(
            {
                "APP_ID": "the-bot",
                "APP_PASSWORD": "s3cret",
                "APP_TYPE": "SingleTenant",
                "APP_TENANTID": "contoso",
            }
        )
        assert (settings.app_id, settings.app_password) == ("the-bot", "s3cret")
        assert (settings.app_type, settings.tenant_id) == ("SingleTenant", "contoso")

    def test_both_names_may_say_the_same(self) -> None:
        assert Settings.from_env(CREDENTIALS | {"APP_ID": "the-bot"}).app_id == "the-bot"

    def test_white_space_around_a_value_is_no_part_of_it(self) -> None:
        assert Settings.from_env({"PORT": " 80\r\n"}).port == 80

    @pytest.mark.parametrize("name", VARIABLES)
    def test_blank_is_not_set(self, name: str) -> None:
        assert Settings.from_env({name: "  "}) == Settings()

    @pytest.mark.parametrize(
        ("text", "level"),
        [("warn", "WARNING"), ("WARN", "WARNING"), ("Fatal", "CRITICAL"), ("error", "ERROR")],
    )
    def test_levels_go_by_all_of_pythons_names(self, text: str, level: str) -> None:
        assert Settings.from_env({"LOG_LEVEL": text}).log_level == level

    def test_unknown_variables_are_ignored(self) -> None:
        assert Settings.from_env({"PATH": "/bin", "MicrosoftAppColour": "red"}) == Settings()


class TestDotenv:
    def test_the_file_is_read(self, working_directory: Path) -> None:
        (working_directory / ".env").write_text("PORT=80\nLOG_FORMAT='json' # for the collector\n")
        settings = Settings.from_env()
        assert (settings.port, settings.log_format) == (80, "json")

    def test_the_environment_wins(
        self, working_directory: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (working_directory / ".env").write_text("PORT=80\nMicrosoftAppPassword=lonely\n")
        monkeypatch.setenv("PORT", "81")
        monkeypatch.setenv("MicrosoftAppPassword", "")
        settings = Settings.from_env()
        assert (settings.port, settings.app_password) == (81, "")

    def test_a_dollar_sign_means_itself(self, working_directory: Path) -> None:
        (working_directory / ".env").write_text("STORAGE_URL=redis://:a${HOME}b$c@localhost/0\n")
        assert Settings.from_env().storage_url == "redis://:a${HOME}b$c@localhost/0"

    def test_it_is_not_read_where_the_variables_are_given(self, working_directory: Path) -> None:
        (working_directory / ".env").write_text("PORT=80\n")
        assert Settings.from_env({}).port == 3978

    @pytest.mark.parametrize("content", [b"PORT=\xff\xfe", "PORT=80".encode("utf-16-le"), None])
    def test_one_that_cannot_be_read_is_a_fault_beside_the_others(
        self, working_directory: Path, content: bytes | None
    ) -> None:
        if content is None:
            (working_directory / ".env").mkdir()
        else:
            (working_directory / ".env").write_bytes(content)
        assert faults({"LOG_LEVEL": "LOUD"}) == [".env", "LOG_LEVEL"]

    @pytest.mark.parametrize(
        ("content", "line"),
        [
            ("MicrosoftAppId: s3cret", 1),
            ("LOG_LEVEL s3cret", 1),
            ("MAX_TURNS:s3cret", 1),
            ("=s3cret", 1),
            ('# s3cret\nMAX_TURNS="s3cret', 2),
            ("PROFILE_TTL_DAYS='1'\r\n\r\n \r\nMAX_TURNS='s3cret' s3cret\r\nHOST=::1\r\n", 4),
            ("MicrosoftAppPassword='two\nlines'\nLOG_LEVEL s3cret", 3),
            ("\ufeffLOG_LEVEL s3cret", 1),
        ],
    )
    def test_a_broken_line_is_a_fault_beside_the_others_without_its_content(
        self,
        working_directory: Path,
        caplog: pytest.LogCaptureFixture,
        content: str,
        line: int,
    ) -> None:
        (working_directory / ".env").write_bytes(f"{content}\nPORT=s3cret\n".encode())
        found = found_in({})
        assert [fault.variable for fault in found[:2]] == [f".env line {line}", "PORT"]
        assert "s3cret" not in "".join(map(str, found))
        assert not caplog.messages

    def test_each_broken_line_is_named(self, working_directory: Path) -> None:
        (working_directory / ".env").write_text("LOG_LEVEL DEBUG\n\nPORT: 80\nHOST=::1\n")
        assert faults({}) == [".env line 1", ".env line 3"]

    def test_the_variables_beside_a_broken_line_count(self, working_directory: Path) -> None:
        (working_directory / ".env").write_text(
            "MicrosoftAppId=the-bot\nMicrosoftAppPassword=s3cret\nLOG_LEVEL DEBUG\nHOST=192.0.2.1\n"
        )
        assert faults({}) == [".env line 3"]


class TestFaults:
    @pytest.mark.parametrize(
        ("name", "text"),
        [
            ("MicrosoftAppType", "Tenant"),
            ("ChannelService", "https://botframework.example.com"),
            ("SERVICE_URL_HOSTS", "https://connector.example.com/"),
            ("SERVICE_URL_HOSTS", "a.example.com b.example.com"),
            ("SERVICE_URL_HOSTS", "user@a.example.com"),
            ("SERVICE_URL_HOSTS", "127.1, a.example.com, *.azurewebsites.net"),
            ("OPENID_METADATA_URL", "http://keys.example.com/"),
            ("OPENID_METADATA_URL", "keys.example.com"),
            ("LOGIN_URL", "ftp://localhost/"),
            ("LOGIN_URL", "https://"),
            ("LOGIN_URL", "https://."),
            ("LOGIN_URL", "https://login..example.com"),
            ("LOGIN_URL", f"https://{'a' * 64}.example.com"),
            ("LOGIN_URL", "https://login.example.com:65536"),
            ("LOGIN_URL", "https://login.example.com:0/"),
            ("LOGIN_URL", "https://login.example.com/é"),
            ("OPENID_METADATA_URL", "https://.example.com/keys"),
            ("OPENID_METADATA_URL", "https://[1::2::3]/keys"),
            ("OPENID_METADATA_URL", "http://127.0.0.1:99999/keys"),
            ("HOST", "bücher..x"),
            ("HOST", EVERYWHERE),
            ("HOST", "::"),
            ("HOST", "192.0.2.1"),
            ("HOST", "bot.example.com"),
            ("HOST", "localhost.example.com"),
            ("PORT", "http"),
            ("PORT", "-1"),
            ("PORT", "65536"),
            ("PORT", "٨٠"),
            ("PORT", "8_0"),
            ("PORT", "9" * 5000),
            ("DANGEROUSLY_LISTEN_WITHOUT_CREDENTIALS", "yes"),
            ("BOT_NAME", "front desk"),
            ("BOT_NAME", "a/b"),
            ("BOT_NAME", "x" * 41),
            ("METRICS_PORT", "0"),
            ("MAX_TURNS", "0"),
            ("DISPATCH", "no"),
            ("DISPATCH", "1"),
            ("REPLY_TTL", "59"),
            ("REPLY_TTL", "604801"),
            ("REPLY_TTL", "1h"),
            ("CONVERSATION_TTL_DAYS", "-1"),
            ("PROFILE_TTL_DAYS", "for ever"),
            ("STORAGE_URL", "data/bot.db"),
            ("STORAGE_URL", "sqlite://data/bot.db"),
            ("STORAGE_URL", "sqlite:///bot.db?mode=ro"),
            ("STORAGE_URL", "postgresql://bot:s3/cret@db/bot"),
            ("STORAGE_URL", "postgresql://db/bot?pool_max=inf"),
            ("STORAGE_URL", "postgresql://db/bot?statement_cache_size=inf"),
            ("STORAGE_URL", "redis://localhost?pool_max=inf"),
            ("STORAGE_URL", "redis://localhost?timeout=inf"),
            ("LOG_LEVEL", "LOUD"),
            ("LOG_FORMAT", "xml"),
        ],
    )
    def test_a_value_that_cannot_be_meant(self, name: str, text: str) -> None:
        assert faults({name: text}) == [name]

    @pytest.mark.parametrize("host", ["bücher..x", "bot..example.com", "ü" * 70])
    def test_a_host_that_nobody_can_look_up(self, host: str) -> None:
        assert faults(CREDENTIALS | {"HOST": host}) == ["HOST"]

    @pytest.mark.parametrize(
        "url",
        [
            "https://login.example.com.:65535/a?b=%20#c",
            "https://[2001:db8::1]:8443",
            "http://localhost:1/",
        ],
    )
    def test_a_web_address_that_can_be_meant(self, url: str) -> None:
        environ = {"LOGIN_URL": url, "OPENID_METADATA_URL": url}
        settings = Settings.from_env(environ)
        assert settings.login_url == settings.open_id_metadata_url == url

    @pytest.mark.parametrize(
        ("environ", "named"),
        [
            ({"MicrosoftAppPassword": "s3cret"}, "MicrosoftAppId"),
            ({"MicrosoftAppTenantId": "contoso"}, "MicrosoftAppId"),
            ({"MicrosoftAppId": "the-bot"}, "MicrosoftAppPassword"),
            (CREDENTIALS | {"APP_ID": "another"}, "MicrosoftAppId, APP_ID"),
            (CREDENTIALS | {"MicrosoftAppId": "a b", "APP_ID": "c"}, "MicrosoftAppId, APP_ID"),
            (CREDENTIALS | {"MicrosoftAppType": "SingleTenant"}, "MicrosoftAppTenantId"),
            (
                {"MicrosoftAppId": "the-bot", "MicrosoftAppType": "UserAssignedMSI"},
                "MicrosoftAppTenantId",
            ),
            (
                CREDENTIALS | {"MicrosoftAppCertificateThumbprint": "A1B2"},
                "MicrosoftAppCertificatePath",
            ),
            (
                CREDENTIALS | {"MicrosoftAppCertificatePath": __file__},
                "MicrosoftAppCertificatePath",
            ),
        ],
    )
    def test_settings_that_contradict_each_other(self, environ: dict[str, str], named: str) -> None:
        assert faults(environ) == [named]

    @pytest.mark.parametrize(
        ("environ", "named"),
        [
            (CREDENTIALS | {"MicrosoftAppId": "two words", "HOST": EVERYWHERE}, "MicrosoftAppId"),
            (
                {"MicrosoftAppId": "the-bot", "MicrosoftAppCertificatePath": "no/bot.pem"},
                "MicrosoftAppCertificatePath",
            ),
            (
                CREDENTIALS
                | {"MicrosoftAppType": "SingleTenant", "MicrosoftAppTenantId": "con toso"},
                "MicrosoftAppTenantId",
            ),
        ],
    )
    def test_what_is_set_wrongly_is_not_said_to_be_missing(
        self, environ: dict[str, str], named: str
    ) -> None:
        assert faults(environ) == [named]

    def test_a_variable_with_two_faults_is_named_once(self) -> None:
        certificate = {"MicrosoftAppCertificatePath": "no/bot.pem"}
        assert faults(CREDENTIALS | certificate) == ["MicrosoftAppCertificatePath"]

    def test_a_certificate_that_cannot_be_used(self) -> None:
        named = ["MicrosoftAppCertificatePath", "MicrosoftAppCertificateThumbprint"]
        certificate = {named[0]: __file__, named[1]: "xyz"}
        assert faults(certificate | {"MicrosoftAppId": "the-bot"}) == named
        assert faults(certificate) == ["MicrosoftAppId", *named]

    def test_a_certificate_takes_the_place_of_a_password(self) -> None:
        environ = {"MicrosoftAppId": "the-bot", "MicrosoftAppCertificatePath": __file__}
        assert Settings.from_env(environ).certificate_path == __file__

    def test_a_managed_identity_needs_no_password(self) -> None:
        settings = Settings.from_env(
            {
                "MicrosoftAppId": "the-bot",
                "MicrosoftAppType": "UserAssignedMSI",
                "MicrosoftAppTenantId": "contoso",
            }
        )
        assert settings.app_type == "UserAssignedMSI"

    def test_all_are_reported_together(self) -> None:
        wrong = {
            "APP_PASSWORD": "s3cret",
            "HOST": EVERYWHERE,
            "PORT": "http",
            "LOG_LEVEL": "LOUD",
        }
        assert sorted(faults(wrong)) == ["HOST", "LOG_LEVEL", "MicrosoftAppId", "PORT"]
        with pytest.raises(SettingsError) as caught:
            Settings.from_env(wrong)
        assert caught.value.faults == found_in(wrong)

    def test_what_the_parts_of_the_bot_say_is_reported_with_them(self) -> None:
        outward_proxy.cache_clear()
        wrong = {
            "PORT": "http",
            "STORAGE_URL": "s3cret",
            "SERVICE_URL_HOSTS": "127.1",
            "MicrosoftAppCertificatePath": __file__,
            "HTTPS_PROXY": "s3cret://proxy.example",
        }
        assert sorted(faults(wrong | {"MicrosoftAppId": "the-bot"})) == sorted(wrong)
        outward_proxy.cache_clear()

    async def test_a_host_with_faults_does_not_start(self) -> None:
        with patch.dict(os.environ, {"STORAGE_URL": "s3cret", "PORT": "http"}):
            host = Host.from_env()
        with pytest.raises(SettingsError) as caught:
            await host.__aenter__()
        assert caught.value.faults == host.faults
        assert len(host.faults) == 2

    # Any bytes but NUL, as an environment may hold.
    @given(
        st.sampled_from(VARIABLES),
        st.binary().map(lambda text: os.fsdecode(text.replace(b"\0", b""))),
    )
    def test_no_text_does_anything_but_work_or_be_a_fault(self, name: str, text: str) -> None:
        assert len(found_in({name: text})) <= 2


class TestMadeInCode:
    """What no variable could have said is refused there too."""

    @pytest.mark.parametrize(
        ("values", "variable"),
        [
            ({"max_turns": -1}, "MAX_TURNS"),
            ({"max_turns": 0}, "MAX_TURNS"),
            ({"reply_ttl": 0}, "REPLY_TTL"),
            ({"port": 65536}, "PORT"),
            ({"metrics_port": 0}, "METRICS_PORT"),
            ({"conversation_ttl": -5}, "CONVERSATION_TTL_DAYS"),
            ({"conversation_ttl": -5.0}, "CONVERSATION_TTL_DAYS"),
            ({"conversation_ttl": 0.0}, "CONVERSATION_TTL_DAYS"),
            ({"conversation_ttl": 0}, "CONVERSATION_TTL_DAYS"),
            ({"profile_ttl": float("nan")}, "PROFILE_TTL_DAYS"),
            ({"bot_name": "a/b"}, "BOT_NAME"),
            ({"app_id": "two words", "app_password": "s3cret"}, "MicrosoftAppId"),
            ({"log_level": "x"}, "LOG_LEVEL"),
            ({"log_format": "xml"}, "LOG_FORMAT"),
        ],
    )
    def test_a_value_that_cannot_be_meant(self, values: dict[str, Any], variable: str) -> None:
        with pytest.raises(SettingsError) as caught:
            Settings(**values)
        assert [fault.variable for fault in caught.value.faults] == [variable]

    def test_all_are_reported_together(self) -> None:
        with pytest.raises(SettingsError) as caught:
            Settings(max_turns=-1, log_level="x", host=EVERYWHERE)
        named = [fault.variable for fault in caught.value.faults]
        assert sorted(named) == ["HOST", "LOG_LEVEL", "MAX_TURNS"]

    @pytest.mark.parametrize(
        "values",
        [
            {"conversation_ttl": None, "profile_ttl": 0.5},
            {"conversation_ttl": 10.0**9},
            {"conversation_ttl": 30 * 86400},
            {"port": 0, "max_turns": 1, "metrics_port": None},
        ],
    )
    def test_what_can_be_meant_is_taken(self, values: dict[str, Any]) -> None:
        settings = Settings(**values)
        assert {name: getattr(settings, name) for name in values} == values


@dataclass
class Shop:
    """Settings of a bot's own."""

    prices: int = 5
    taxed: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        if self.prices < 0:
            raise ValueError("nothing costs less than nothing")
        self.taxed = self.prices + 1


class TestABotsOwn:
    def host(self, monkeypatch: pytest.MonkeyPatch, **variables: str) -> Host:
        """A host in whose environment these variables are."""
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        return Host.from_env()

    def test_each_has_a_default(self) -> None:
        @dataclass
        class Bare:
            prices: int

        with pytest.raises(TypeError, match=r"^Bare\.prices must have a default"):
            Host(Settings()).own_settings(Bare)

    def test_what_is_computed_is_no_variable(self, monkeypatch: pytest.MonkeyPatch) -> None:
        host = self.host(monkeypatch, PRICES="7", TAXED="1000")
        shop = host.own_settings(Shop)
        assert (shop.prices, shop.taxed) == (7, 8)
        assert host.faults == tuple[Fault, ...]()

    def test_what_it_refuses_itself_is_a_fault_of_its_name(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        host = self.host(monkeypatch, PRICES="-1", LOG_LEVEL="LOUD")
        assert host.own_settings(Shop) == Shop(), "the bot's code can go on until the start"
        told = {fault.variable: str(fault) for fault in host.faults}
        assert set(told) == {"LOG_LEVEL", "Shop"}
        assert "nothing costs less than nothing" in told["Shop"]


class TestListeningWithoutCredentials:
    @pytest.mark.parametrize("host", ["127.0.0.1", "127.1.2.3", "::1", "localhost"])
    def test_loopback_is_allowed(self, host: str) -> None:
        assert Settings.from_env({"HOST": host}).host == host

    def test_elsewhere_it_takes_the_ugly_variable(self) -> None:
        open_to_all = {"HOST": EVERYWHERE, "DANGEROUSLY_LISTEN_WITHOUT_CREDENTIALS": CONSENT}
        settings = Settings.from_env(open_to_all)
        assert (settings.host, settings.local_mode) == (EVERYWHERE, True)

    def test_settings_made_in_code_are_no_way_round_it(self) -> None:
        with pytest.raises(SettingsError, match="^HOST: "):
            Settings(host=EVERYWHERE)


class TestSecrets:
    def test_repr_shows_none(self) -> None:
        settings = Settings.from_env(
            CREDENTIALS | {"STORAGE_URL": "postgresql://bot:s3cret@localhost/bot"}
        )
        assert "s3cret" not in repr(settings)
        assert "the-bot" in repr(settings)

    @pytest.mark.parametrize(
        ("name", "text"),
        [
            *((name, "s3cret !") for name in VARIABLES),
            ("STORAGE_URL", "s3cret"),
            ("STORAGE_URL", "s3cret://x"),
            ("STORAGE_URL", "sqlite://u:s3cret@x"),
            ("STORAGE_URL", "sqlite:///bot.db?s3cret=s3cret"),
            ("STORAGE_URL", "sqlite:///bot.db?timeout=s3cret"),
            ("STORAGE_URL", "redis://localhost/s3cret"),
            ("STORAGE_URL", "postgresql://u:s3cret/x@localhost"),
            ("SERVICE_URL_HOSTS", "a.example.com, s3cret."),
            ("SERVICE_URL_HOSTS", "*.s3cret"),
            ("MicrosoftAppCertificateThumbprint", "s3cret"),
        ],
    )
    def test_faults_show_no_value(self, name: str, text: str) -> None:
        environ = {"MicrosoftAppCertificatePath": __file__, "MAX_TURNS": "nil", name: text}
        told = "\n".join(map(str, found_in(environ)))
        assert name in told or text == "s3cret !"
        assert "s3cret" not in told

    @pytest.mark.parametrize(
        ("url", "name"),
        [
            ("sqlite:///data/bot.db?synchronous=full", "sqlite:///data/bot.db"),
            ("sqlite:////var/lib/bot@home.db", "sqlite:////var/lib/bot@home.db"),
            ("postgresql://bot:p@ss@db:5432/bot?sslmode=require", "postgresql://db:5432/bot"),
            ("postgresql://db/bot?user=bot&password=s3cret", "postgresql://db/bot"),
            ("postgresql://bot:s3?cret@db/bot", "postgresql:"),
            ("postgresql://bot:s3/cret@db/bot", "postgresql://db/bot"),
            ("redis://:s3cret@localhost:6379/0", "redis://localhost:6379/0"),
            ("memory:", "memory:"),
        ],
    )
    def test_the_storage_is_named_without_them(self, url: str, name: str) -> None:
        assert Settings(storage_url=url).storage_name == name
