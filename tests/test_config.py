"""The sample's own settings: what is read, and that what is wrong is told with all the rest."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import FrozenInstanceError, fields
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config import Config
from tests.turnkeeper.e2e.process import ROOT
from turnkeeper import Host
from turnkeeper.errors import SettingsError
from turnkeeper.settings import Settings, read_own

VARIABLES = [setting.name.upper() for setting in fields(Config)]


def faults(variables: dict[str, str]) -> list[str]:
    """The variable names of each fault; what is wrong must have its default."""
    config, found = read_own(Config, variables)
    assert not found or config == Config()
    return [fault.variable for fault in found]


def test_what_is_not_set_has_its_default() -> None:
    config, found = read_own(Config, {})
    assert (config, found) == (Config(), [])
    assert (config.default_locale, config.forget_on_uninstall) == ("en", False)
    assert (config.welcome_back_after_minutes, config.question_timeout_minutes) == (30, 60)


def test_every_variable_reaches_its_field() -> None:
    config, found = read_own(
        Config,
        {
            "DEFAULT_LOCALE": "fr-CA",
            "WELCOME_BACK_AFTER_MINUTES": "0.5",
            "QUESTION_TIMEOUT_MINUTES": "90",
            "FORGET_ON_UNINSTALL": "Yes",
        },
    )
    assert found == []
    assert config == Config(
        default_locale="fr-CA",
        welcome_back_after_minutes=0.5,
        question_timeout_minutes=90,
        forget_on_uninstall=True,
    )


def test_they_do_not_change() -> None:
    with pytest.raises(FrozenInstanceError):
        Config().default_locale = "de"  # type: ignore[misc]  # that is the point


@pytest.mark.parametrize("name", VARIABLES)
def test_blank_is_not_set(name: str) -> None:
    assert read_own(Config, {name: "  "}) == (Config(), [])


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("FORGET_ON_UNINSTALL", "perhaps"),
        ("DEFAULT_LOCALE", "English (US)"),
        ("DEFAULT_LOCALE", "tlh"),
        ("WELCOME_BACK_AFTER_MINUTES", "nan"),
        ("WELCOME_BACK_AFTER_MINUTES", "0"),
        ("WELCOME_BACK_AFTER_MINUTES", "-1"),
        ("QUESTION_TIMEOUT_MINUTES", "inf"),
        ("QUESTION_TIMEOUT_MINUTES", "1e99"),
    ],
)
def test_a_value_that_cannot_be_meant(name: str, text: str) -> None:
    assert faults({name: text}) == [name]


def test_all_are_reported_together() -> None:
    wrong = {
        "DEFAULT_LOCALE": "tlh",
        "WELCOME_BACK_AFTER_MINUTES": "0",
        "QUESTION_TIMEOUT_MINUTES": "soon",
        "FORGET_ON_UNINSTALL": "perhaps",
    }
    assert sorted(faults(wrong)) == sorted(wrong)


def test_those_made_in_code_are_checked_too() -> None:
    with pytest.raises(SettingsError, match="^QUESTION_TIMEOUT_MINUTES: "):
        Config(question_timeout_minutes=0)


@given(st.sampled_from(VARIABLES), st.text())
def test_no_text_does_anything_but_work_or_be_a_fault(name: str, text: str) -> None:
    assert faults({name: text}) in ([], [name])


@pytest.mark.parametrize("name", VARIABLES)
def test_faults_show_no_value(name: str) -> None:
    _, [fault] = read_own(Config, {name: "s3cret !"})
    assert fault.variable == name
    assert "s3cret" not in str(fault)


@pytest.fixture
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """An empty working directory, and no variable of the bot's in the environment."""
    engines = [name for setting in fields(Settings) for name in setting.metadata["variables"]]
    for name in (*engines, *VARIABLES):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    return monkeypatch


def test_a_host_reads_them_where_its_own_come_from(environment: pytest.MonkeyPatch) -> None:
    Path(".env").write_text("DEFAULT_LOCALE=fr\nFORGET_ON_UNINSTALL=yes\n")
    environment.setenv("DEFAULT_LOCALE", "de")
    host = Host.from_env()
    assert host.own_settings(Config) == Config(default_locale="de", forget_on_uninstall=True)
    assert host.faults == ()
    made = Host(Settings(storage_url="memory:"))
    assert made.own_settings(Config).default_locale == "de"


WRONG = {
    "PORT": "http",
    "STORAGE_URL": "s3cret",
    "DEFAULT_LOCALE": "tlh",
    "QUESTION_TIMEOUT_MINUTES": "s3cret",
}


def test_what_is_wrong_with_them_is_told_with_what_is_wrong_with_the_hosts(
    environment: pytest.MonkeyPatch,
) -> None:
    for name, text in WRONG.items():
        environment.setenv(name, text)
    host = Host.from_env()
    assert host.own_settings(Config) == Config()
    assert sorted(fault.variable for fault in host.faults) == sorted(WRONG)


def test_the_program_ends_with_a_line_for_each_fault(environment: pytest.MonkeyPatch) -> None:
    ended = subprocess.run(  # noqa: S603 - our own code
        [sys.executable, str(ROOT / "app.py")],
        capture_output=True,
        text=True,
        env={**os.environ, **WRONG},
        check=False,
    )
    assert (ended.returncode, ended.stdout) == (2, "")
    lines = ended.stderr.splitlines()
    assert sorted(line.split(": ")[1] for line in lines) == sorted(WRONG)
    assert all(line.startswith("error: ") for line in lines)
    assert "s3cret" not in ended.stderr
