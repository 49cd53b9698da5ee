"""The version of the engine, as in CHANGELOG.md."""

from __future__ import annotations

from typing import Final

VERSION: Final = "0.7.0"
