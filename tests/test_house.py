"""How the bot stands on the engine: it uses what is public."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.turnkeeper.test_house import ROOT, imported, name_of

PUBLIC = {"turnkeeper", "turnkeeper.channels", "turnkeeper.errors"}
BOT = [ROOT / "app.py", ROOT / "config.py"] + sorted(
    path for folder in ("bots", "dialogs", "state") for path in (ROOT / folder).rglob("*.py")
)


@pytest.mark.parametrize("path", BOT, ids=name_of)
def test_the_bot_imports_public_names_only(path: Path) -> None:
    assert {name for name in imported(path) if name.startswith("turnkeeper")} <= PUBLIC
