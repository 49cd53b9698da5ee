"""Variables that are misspelt, or that others have set: the log warns of them at the start."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.turnkeeper.e2e.process import BotProcess, Gunicorn, run_to_its_end
from turnkeeper import Host, Settings
from turnkeeper.look_alikes import names_of, remarks
from turnkeeper.variables import read_variables

OURS = names_of(Settings)
LONG = [name for name in OURS if len(name.replace("_", "")) >= 8]


@dataclass
class Shop:
    """A bot's own settings."""

    shop_name: str = ""
    redis_port: int = 0


# Name, and a value where that matters: of Linux and its shells, systemd, Docker, Kubernetes, Azure,
# conda, Python, CI, clouds, proxies, and what else logs.
NAMES = """
PATH HOME USER LOGNAME SHELL PWD OLDPWD HOSTNAME HOSTTYPE OSTYPE MACHTYPE TERM LANG LANGUAGE LC_ALL
TZ EDITOR MAIL DISPLAY TMPDIR SHLVL NAME PS1 LS_COLORS XDG_RUNTIME_DIR DBUS_SESSION_BUS_ADDRESS
SSH_AUTH_SOCK SSH_CONNECTION WSL_DISTRO_NAME WSLENV INVOCATION_ID JOURNAL_STREAM NOTIFY_SOCKET
MAINPID LISTEN_FDS LISTEN_PID WATCHDOG_USEC STATE_DIRECTORY LOGS_DIRECTORY RUNTIME_DIRECTORY
CREDENTIALS_DIRECTORY DOCKER_HOST DOCKER_CONFIG COMPOSE_PROJECT_NAME VIRTUAL_HOST VIRTUAL_PORT
KUBERNETES_SERVICE_HOST KUBERNETES_SERVICE_PORT KUBERNETES_SERVICE_PORT_HTTPS KUBERNETES_PORT
KUBERNETES_PORT_443_TCP KUBERNETES_PORT_443_TCP_ADDR KUBERNETES_PORT_443_TCP_PORT
KUBERNETES_PORT_443_TCP_PROTO BOT_SERVICE_HOST BOT_SERVICE_PORT BOT_PORT BOT_PORT_80_TCP
REDIS_SERVICE_HOST REDIS_HOST REDIS_URL METRICS_SERVICE_HOST METRICS_SERVICE_PORT
METRICS_PORT_9100_TCP METRICS_PORT_9100_TCP_ADDR METRIC_PORT=tcp://10.96.0.7:9100 POD_NAME POD_IP
POD_NAMESPACE NODE_NAME NAMESPACE SERVICE_ACCOUNT WEBSITE_SITE_NAME WEBSITE_HOSTNAME
WEBSITE_INSTANCE_ID WEBSITE_SKU WEBSITES_PORT WEBSITE_AUTH_ENABLED APPSETTING_MicrosoftAppId
APPSETTING_PORT APPSETTING_WEBSITE_SITE_NAME SCM_DO_BUILD_DURING_DEPLOYMENT ORYX_ENV_TYPE APP_UID
IDENTITY_ENDPOINT IDENTITY_HEADER MSI_ENDPOINT MSI_SECRET REGION_NAME CONTAINER_APP_NAME
CONTAINER_APP_HOSTNAME CONTAINER_APP_REVISION AZURE_CLIENT_ID AZURE_TENANT_ID AZURE_CLIENT_SECRET
AZURE_AUTHORITY_HOST AZURE_STORAGE_ACCOUNT APPINSIGHTS_INSTRUMENTATIONKEY
APPLICATIONINSIGHTS_CONNECTION_STRING DIAGNOSTICS_ENDPOINT FUNCTIONS_WORKER_RUNTIME CONDA_PREFIX
CONDA_DEFAULT_ENV CONDA_EXE CONDA_SHLVL CONDA_TOOLCHAIN_HOST CONDA_TOOLCHAIN_BUILD BUILD CC CFLAGS
VIRTUAL_ENV PYTHONPATH PYTHONUNBUFFERED PYTHON_VERSION PIP_CACHE_DIR GPG_KEY WEB_CONCURRENCY
GUNICORN_CMD_ARGS CI GITHUB_ACTIONS GITHUB_TOKEN RUNNER_NAME RUNNER_OS JOB_NAME BUILD_ID BUILD_URL
JENKINS_URL GITLAB_CI CI_JOB_NAME TF_BUILD AGENT_NAME SYSTEM_ACCESSTOKEN AWS_REGION
GOOGLE_CLOUD_PROJECT GAE_SERVICE K_SERVICE K_REVISION DYNO HTTP_PROXY HTTPS_PROXY NO_PROXY
http_proxy SSL_CERT_FILE
OTEL_SERVICE_NAME OTEL_EXPORTER_OTLP_ENDPOINT OTEL_LOG_LEVEL DATABASE_URL POSTGRES_PASSWORD PGHOST
PGPORT PGUSER LOGGING_LEVEL npm_config_loglevel NODE_ENV JAVA_HOME GOPATH ComSpec ProgramFiles
USERPROFILE APPDATA LOCALAPPDATA COMPUTERNAME PATHEXT SESSIONNAME APPDIR APPIMAGE
"""


@pytest.fixture(autouse=True)
def working_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working directory, and none of the bot's variables in the environment."""
    for name in OURS:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def meant(name: str, text: str = "s3cret") -> list[str]:
    """What is said of a variable; it never tells its value."""
    said = list(remarks({name: text}, [*OURS, *names_of(Shop)]))
    assert "s3cret" not in "".join(said)
    return said


@pytest.mark.parametrize(
    ("misspelt", "name"),
    [
        ("MICROSOFTAPPID", "MicrosoftAppId"),
        ("MicrosoftAppID", "MicrosoftAppId"),
        ("MICROSOFT_APP_PASSWORD", "MicrosoftAppPassword"),
        ("MicrosoftAppPasword", "MicrosoftAppPassword"),
        ("MicrosoftAppTennantId", "MicrosoftAppTenantId"),
        ("APPID", "APP_ID"),
        ("PORTT", "PORT"),
        ("port", "PORT"),
        ("HOSTS", "HOST"),
        ("PROFILE_TTL_DAY", "PROFILE_TTL_DAYS"),
        ("CONVERSATION_TTL", "CONVERSATION_TTL_DAYS"),
        ("STORAGE_URI", "STORAGE_URL"),
        ("LOGLEVEL", "LOG_LEVEL"),
        ("LOG_LEVLE", "LOG_LEVEL"),
        ("SERVICE_URL_HOST", "SERVICE_URL_HOSTS"),
        ("METRIC_PORT", "METRICS_PORT"),
        ("SHOPNAME", "SHOP_NAME"),
    ],
)
def test_one_that_is_nearly_ours_is_named_with_the_one_that_is_meant(
    misspelt: str, name: str
) -> None:
    [said] = meant(misspelt)
    assert said.startswith(f"{misspelt} is none of the bot's variables; if {name} is meant")


@given(st.sampled_from(LONG), st.data())
def test_one_letter_too_many_too_few_or_twice_is_found(name: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(1, len(name) - 1))
    for misspelt in (name[:at] + name[at + 1 :], name[:at] + name[at - 1 :], f"{name}X"):
        assert misspelt in OURS or f"if {name} is meant" in "".join(meant(misspelt))


@pytest.mark.parametrize("variable", NAMES.split())
def test_what_is_common_elsewhere_is_not_warned_of(variable: str) -> None:
    name, _, text = variable.partition("=")
    assert meant(name, text or "s3cret") == []


@pytest.mark.parametrize("name", [*OURS, "SHOP_NAME", "REDIS_PORT"])
def test_what_is_ours_is_not_warned_of(name: str) -> None:
    assert meant(name) == []


def test_what_is_blank_is_not_warned_of() -> None:
    assert meant("PORTT", " ") == []


@pytest.mark.parametrize(
    ("name", "text", "whose"),
    [
        ("METRICS_PORT", "tcp://10.96.0.7:9100", "Kubernetes"),
        ("PORT", "tcp://172.17.0.5:5432", "Kubernetes"),
        ("REDIS_PORT", "tcp://10.96.0.7:6379", "Kubernetes"),
        ("PORT", "udp://[fd00::1]:53", "Kubernetes"),
        ("HOST", "x86_64-conda-linux-gnu", "conda"),
        ("HOST", "aarch64-conda-linux-gnu", "conda"),
        ("HOST", "arm64-apple-darwin20.0.0", "conda"),
    ],
)
def test_what_others_have_set_is_passed_over_and_the_log_says_whose_it_is(
    working_directory: Path, monkeypatch: pytest.MonkeyPatch, name: str, text: str, whose: str
) -> None:
    monkeypatch.setenv(name, text)
    host = Host.from_env()
    shop = host.own_settings(Shop)
    assert (host.settings, shop, host.faults) == (Settings(), Shop(), ())
    [said] = remarks(read_variables()[0], [*OURS, *names_of(Shop)])
    assert said.startswith(f"{name} is that of {whose}")
    assert text not in said

    own = "127.0.0.7" if name == "HOST" else "81"
    (working_directory / ".env").write_text(f"{name}={own}\n")
    assert read_variables()[0][name] == own


@pytest.mark.parametrize(
    ("name", "text"), [("PORT", "tcp://"), ("PORT", "tcp:81"), ("HOST", "two words-conda-x")]
)
def test_what_is_merely_wrong_is_a_fault(
    monkeypatch: pytest.MonkeyPatch, name: str, text: str
) -> None:
    monkeypatch.setenv(name, text)
    assert [fault.variable for fault in Host.from_env().faults] == [name]


@pytest.mark.parametrize("server", [BotProcess, Gunicorn])
async def test_the_log_warns_at_the_start(tmp_path: Path, server: type[BotProcess]) -> None:
    (env := tmp_path / ".env").write_text("PROFILE_TTL_DAY=s3cret\n")
    env.chmod(0o600)  # else that is warned of too
    (tmp_path / "app.py").write_text(
        "from dataclasses import dataclass\n"
        "from turnkeeper import Host\n"
        "@dataclass\n"
        "class Shop:\n"
        "    shop_name: str = ''\n"
        "async def bot(context): ...\n"
        "host = Host.from_env()\n"
        "host.own_settings(Shop)\n"
        "app = host.app(bot)\n"
        "if __name__ == '__main__':\n"
        "    host.run(bot)\n"
    )
    variables = {
        "STORAGE_URL": "memory:",
        "LOG_FORMAT": "json",
        "HOME": str(tmp_path),
        "METRICS_PORT": "tcp://10.96.0.7:9100",
        "PORTT": "s3cret",
        "SHOPNAME": "s3cret",
        "KUBERNETES_PORT": "tcp://10.96.0.1:443",
    }
    async with server(variables, program=tmp_path / "app.py") as bot:
        lines = await bot.wait_for_lines('"level": "WARNING"', 4)
        assert await bot.terminate() == 0
    said = "".join(lines)
    for name in ("METRICS_PORT is that", "PROFILE_TTL_DAY is", "PORTT is", "SHOPNAME is"):
        assert said.count(name) == 1
    assert "s3cret" not in "\n".join(bot.printed)
    assert "\n".join(bot.printed).count("WARNING") == 4


async def test_they_are_told_beside_what_keeps_it_from_starting() -> None:
    code, said = await run_to_its_end({"MicrosoftAppPassword": "s3cret", "MICROSOFTAPPID": "b"})
    assert code == 2
    fault, warning = said.splitlines()
    assert fault.startswith("error: MicrosoftAppId: ")
    assert warning.startswith("warning: MICROSOFTAPPID is none of the bot's variables")
