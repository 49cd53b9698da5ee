"""The sample's own settings: what is read, and that what is wrong is told with all the rest."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import FrozenInstanceError, fields
from pathlib import Path
from unittest import mock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config import Config
from turnkeeper import Host, Settings
from turnkeeper.errors import SettingsError

ROOT = Path(__file__).parents[1]
VARIABLES = [setting.name.upper() for setting in fields(Config)]


@pytest.fixture(scope="module", autouse=True)
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """An empty working directory."""
    with contextlib.chdir(tmp_path_factory.mktemp("empty")):
        yield Path.cwd()


def read(variables: dict[str, str]) -> tuple[Config, list[str]]:
    """What is read of an environment, and the variable of each fault."""
    with mock.patch.dict(os.environ, variables, clear=True):
        host = Host.from_env()
        return host.own_settings(Config), [fault.variable for fault in host.faults]


def faults(variables: dict[str, str]) -> list[str]:
    """The variable of each fault; what is wrong must have its default."""
    config, found = read(variables)
    assert not found or config == Config()
    return found


def test_what_is_not_set_has_its_default() -> None:
    config, found = read({})
    assert (config, found) == (Config(), [])
    assert (config.default_locale, config.forget_on_uninstall) == ("en", False)
    assert (config.welcome_back_after_minutes, config.question_timeout_minutes) == (30, 60)


def test_every_variable_reaches_its_field() -> None:
    config, found = read(
        {
            "DEFAULT_LOCALE": "fr-CA",
            "WELCOME_BACK_AFTER_MINUTES": "0.5",
            "QUESTION_TIMEOUT_MINUTES": "90",
            "FORGET_ON_UNINSTALL": "Yes",
        }
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
    assert read({name: "  "}) == (Config(), [])


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


@given(st.sampled_from(VARIABLES), st.text(st.characters(codec="utf-8", exclude_characters="\0")))
def test_no_text_does_anything_but_work_or_be_a_fault(name: str, text: str) -> None:
    assert faults({name: text}) in ([], [name])


@pytest.mark.parametrize("name", VARIABLES)
def test_faults_show_no_value(name: str) -> None:
    with mock.patch.dict(os.environ, {name: "s3cret !"}, clear=True):
        host = Host.from_env()
        host.own_settings(Config)
    [fault] = host.faults
    assert fault.variable == name
    assert "s3cret" not in str(fault)


def test_a_host_reads_them_where_its_own_come_from(folder: Path) -> None:
    file = folder / ".env"
    file.write_text("DEFAULT_LOCALE=fr\nFORGET_ON_UNINSTALL=yes\n")
    try:
        assert read({"DEFAULT_LOCALE": "de"}) == (
            Config(default_locale="de", forget_on_uninstall=True),
            [],
        )
        with mock.patch.dict(os.environ, {"DEFAULT_LOCALE": "de"}, clear=True):
            made = Host(Settings(storage_url="memory:"))
            assert made.own_settings(Config).default_locale == "de"
    finally:
        file.unlink()


WRONG = {
    "PORT": "http",
    "STORAGE_URL": "s3cret",
    "DEFAULT_LOCALE": "tlh",
    "QUESTION_TIMEOUT_MINUTES": "s3cret",
}


def test_what_is_wrong_with_them_is_told_with_what_is_wrong_with_the_hosts() -> None:
    assert sorted(faults(WRONG)) == sorted(WRONG)


def test_the_program_ends_with_a_line_for_each_fault() -> None:
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    ended = subprocess.run(  # noqa: S603 - our own code
        [sys.executable, str(ROOT / "app.py")],
        capture_output=True,
        text=True,
        env={**kept, **WRONG},
        check=False,
    )
    assert (ended.returncode, ended.stdout) == (2, "")
    lines = ended.stderr.splitlines()
    assert sorted(line.split(": ")[1] for line in lines) == sorted(WRONG)
    assert all(line.startswith("error: ") for line in lines)
    assert "s3cret" not in ended.stderr
