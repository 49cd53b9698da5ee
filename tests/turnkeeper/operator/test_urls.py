"""A store's URL on the command line: a variable may have it, so that its password is not there."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.turnkeeper.contract.operator_command import operate
from turnkeeper.storage import Change, RecordStorage, store_at

SECRET = "s3cr3t"  # noqa: S105 - of nothing
ADA = "msteams/users/29:ada"


@pytest.fixture(autouse=True)
async def storage(folder: Path) -> AsyncIterator[RecordStorage]:
    """A store."""
    storage = store_at("sqlite:///one.db")
    await storage.open()
    await storage.commit([Change(ADA, '{"v":1,"state":{}}', None, ADA)])
    yield storage
    await storage.close()


async def test_a_variable_may_have_it(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ONE", "sqlite:///one.db")
    (folder / ".env").write_text("OTHER=sqlite:///other.db\n")
    assert ADA in (await operate("list", "--url", "env:ONE")).output
    result = await operate("migrate", "env:ONE", "env:OTHER")
    assert result.code == 0
    assert ADA in (await operate("list", "--url", "env:OTHER")).output


@pytest.mark.parametrize(
    ("arguments", "argument"),
    [
        (["list", "--url", "env:NO_SUCH_VARIABLE"], "--url"),
        (["list", "--url", "env:"], "--url"),
        (["list", "--url", "env:BLANK"], "--url"),
        (["migrate", "env:NO_SUCH_VARIABLE", "sqlite:///new.db"], "SRC_URL"),
        (["migrate", "sqlite:///one.db", "env:NO_SUCH_VARIABLE"], "DST_URL"),
    ],
)
async def test_one_that_is_not_set_is_a_fault(
    arguments: list[str], argument: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BLANK", " ")
    result = await operate(*arguments)
    assert (result.code, result.output) == (2, "")
    assert result.errors.startswith(f"error: {argument}: the variable that env: names is not set")


@pytest.mark.parametrize(
    "url",
    [
        f"postgresql://me:{SECRET}@127.0.0.1:1/bot",
        f"postgresql://127.0.0.1:1/bot?password={SECRET}",
        f"redis://:{SECRET}@127.0.0.1:1/0",
    ],
)
async def test_a_password_on_the_command_line_draws_a_warning(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    warned = await operate("list", "--url", url)
    warning, error = warned.errors.splitlines()
    assert warning.startswith("warning: --url: ")
    assert "give env:NAME" in warning
    assert SECRET not in warned.errors
    both = await operate("migrate", "sqlite:///one.db", url)
    assert both.errors.startswith("warning: DST_URL: ")
    monkeypatch.setenv("STORE", url)
    assert (await operate("list", "--url", "env:STORE")).errors == f"{error}\n"
    monkeypatch.setenv("STORAGE_URL", url)
    assert "warning" not in (await operate("list")).errors


@pytest.mark.parametrize("url", ["redis://127.0.0.1:1/0", "postgresql://me@127.0.0.1:1/bot"])
async def test_a_url_without_one_draws_none(url: str) -> None:
    assert "warning" not in (await operate("list", "--url", url)).errors
