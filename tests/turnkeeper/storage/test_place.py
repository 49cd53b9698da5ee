"""Where a store is, and that a bot without credentials remembers on its own machine."""

from __future__ import annotations

from pathlib import Path

import pytest

from turnkeeper import Host, Settings
from turnkeeper.storage import MemoryStorage
from turnkeeper.storage.place import is_elsewhere, name_of

VARIABLES = ("PGHOST", "PGSERVICE")
CREDENTIALS = {"app_id": "the-bot", "app_password": "made-up"}
ELSEWHERE = "postgresql://bot@db.example/bot"


@pytest.fixture(autouse=True)
def _no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize(
    "url",
    [
        "memory:",
        "sqlite:///data/bot.db",
        "sqlite:////mnt/share@home/bot#1.db",
        "postgresql://localhost/bot",
        "postgresql://bot:p%40ss@127.0.0.1:5432/bot",
        "postgresql://[::1]:5432/bot",
        "postgres://LOCALHOST:1,127.0.0.2:2/bot",
        "postgresql://%2Fvar%2Frun%2Fpostgresql/bot",
        "postgresql:///bot?host=/var/run/postgresql",
        "postgresql:///bot",
        "redis://127.0.0.1:6379/0",
        "redis://:6379/0",
        "redis:///0",
        "valkeys://[::1]",
    ],
)
def test_this_machine_is_known_by_its_very_name(url: str) -> None:
    assert not is_elsewhere(url)


@pytest.mark.parametrize(
    "url",
    [
        ELSEWHERE,
        "postgresql://bot:pass@10.0.0.1/bot",
        "postgresql://localhost:1,db.example:2/bot",
        "postgresql:///bot?host=db.example",
        "postgresql:///bot?host=/tmp,db.example",
        "postgresql:///bot?service=production",
        "postgresql://localhost.example/bot",
        "postgresql://[fe80::1]/bot",
        "postgresql://0.0.0.0/bot",
        "redis://cache:6379/0",
        "redis:///0?host=cache",
        "rediss://:pass@cache.example",
        "valkey://cache",
    ],
)
def test_any_other_name_is_elsewhere(url: str) -> None:
    assert is_elsewhere(url)


@pytest.mark.parametrize(
    ("variable", "value", "elsewhere"),
    [
        ("PGHOST", "db.example", True),
        ("PGHOST", "localhost,db.example:5433", True),
        ("PGHOST", "/var/run/postgresql", False),
        ("PGHOST", "127.0.0.1", False),
        ("PGSERVICE", "production", True),
    ],
)
def test_where_the_url_names_no_host_the_variables_of_postgresql_count(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, *, elsewhere: bool
) -> None:
    monkeypatch.setenv(variable, value)
    assert is_elsewhere("postgresql:///bot") is elsewhere
    assert not is_elsewhere("postgresql://localhost/bot")
    assert not is_elsewhere("redis:///0")


def test_without_credentials_a_store_elsewhere_is_refused_unless_it_is_allowed() -> None:
    [fault] = Host(Settings(storage_url=ELSEWHERE)).faults
    assert fault.variable == "STORAGE_URL"
    assert "MicrosoftAppId" in fault.text
    assert "ALLOW_REMOTE_STORE=yes" in fault.text
    assert "db.example" not in fault.text
    allowed = Settings.from_env({"STORAGE_URL": ELSEWHERE, "ALLOW_REMOTE_STORE": "yes"})
    assert Host(allowed).faults == ()
    assert Host(Settings(storage_url=ELSEWHERE, **CREDENTIALS)).faults == ()  # type: ignore[arg-type]
    assert Host(Settings(storage_url="postgresql://localhost/bot")).faults == ()
    assert Host(Settings(storage_url=ELSEWHERE), storage=MemoryStorage()).faults == ()


def test_a_file_is_named_by_its_absolute_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "ä b").mkdir()
    monkeypatch.chdir(tmp_path / "ä b")
    named = f"sqlite:///{tmp_path}/%C3%A4%20b/data/bot.db"
    assert name_of("sqlite:///data/bot.db?synchronous=full") == named
    assert name_of(named) == named
    assert name_of("sqlite:nothing") == "sqlite:nothing"
    assert name_of("postgresql://bot:pass@db/bot?sslmode=disable") == "postgresql://db/bot"
