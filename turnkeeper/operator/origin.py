"""Where this engine came from, as a line of a ``requirements.txt`` that brings the very same."""

from __future__ import annotations

import json
import re
import tomllib
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit, urlunsplit

import turnkeeper

_NAME: Final = "turnkeeper"
# What may stand in front of the host, by PEP 610: the user of ssh, and names of variables.
_NO_SECRET: Final = re.compile(r"git|\$\{[\w-]+\}(:\$\{[\w-]+\})?", re.ASCII)


def requirement() -> str:
    """Return the requirement, by PEP 508, of the engine that runs: where it was installed from.

    A clone that was not installed, or only as editable, is named by its folder.
    """
    package = Path(turnkeeper.__file__).resolve().parent
    if _is_source(package.parent):
        return f"{_NAME} @ {package.parent.as_uri()}"
    try:
        installed = distribution(_NAME)
    except PackageNotFoundError:
        installed = None
    if installed and Path(str(installed.locate_file(_NAME))).resolve() == package:
        return requirement_of(installed)
    return f"{_NAME}=={turnkeeper.__version__}"


def requirement_of(installed: Distribution) -> str:
    """Return the requirement that brings what is installed: from its URL, else by its version.

    :param installed: with ``direct_url.json`` (PEP 610) if it did not come from an index.
    """
    try:
        return _of_url(json.loads(installed.read_text("direct_url.json") or "null"))
    except (ValueError, TypeError, KeyError, AttributeError):  # there is none, or it is another's
        return f"{_NAME}=={installed.version}"


def _of_url(origin: dict[str, Any]) -> str:
    """Return the requirement of what was installed from a URL, pinned as far as it is known."""
    url = _without_secrets(origin["url"])
    part = f"subdirectory={origin['subdirectory']}" if origin.get("subdirectory") else ""
    if vcs := origin.get("vcs_info"):
        pinned = f"{vcs['vcs']}+{url}@{vcs['commit_id']}"
        if not urlsplit(url).netloc:  # pip before 24.1 takes no such URL after "@"
            return _with_fragment(pinned, f"egg={_NAME}", part)
        return f"{_NAME} @ {_with_fragment(pinned, part)}"
    archive = origin.get("archive_info") or {}
    hashes = archive.get("hashes") or {}
    digest = f"sha256={hashes['sha256']}" if "sha256" in hashes else archive.get("hash") or ""
    return f"{_NAME} @ {_with_fragment(url, digest, part)}"


def _with_fragment(url: str, *parts: str) -> str:
    fragment = "&".join(filter(None, parts))
    return f"{url}#{fragment}" if fragment else url


def _without_secrets(url: str) -> str:
    parts = urlsplit(url)
    user, _, host = parts.netloc.rpartition("@")
    return urlunsplit(
        parts._replace(netloc=parts.netloc if _NO_SECRET.fullmatch(user) else host, fragment="")
    )


def _is_source(folder: Path) -> bool:
    """Whether the engine is built from this folder."""
    try:
        project = tomllib.loads((folder / "pyproject.toml").read_text("utf-8"))
        return bool(project["project"]["name"] == _NAME)
    except (OSError, ValueError, KeyError, TypeError):
        return False
