"""Where the engine came from, as a requirement that brings the very same."""

from __future__ import annotations

import json
from importlib.metadata import Distribution
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement

from tests.turnkeeper.contract.operator_command import ROOT
from turnkeeper.operator.origin import requirement, requirement_of

COMMIT = "0123456789abcdef0123456789abcdef01234567"
GIT = {"vcs_info": {"vcs": "git", "requested_revision": "main", "commit_id": COMMIT}}
DIGEST = "ab" * 32


def installed(folder: Path, direct_url: str | None) -> Distribution:
    """What pip leaves in site-packages; ``direct_url`` as PEP 610 has it."""
    info = folder / "turnkeeper-0.9.1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: turnkeeper\nVersion: 0.9.1\n")
    if direct_url is not None:
        (info / "direct_url.json").write_text(direct_url)
    return Distribution.at(info)


def test_a_clone_that_is_not_installed_is_named_by_its_folder() -> None:
    assert requirement() == f"turnkeeper @ {ROOT.as_uri()}"


@pytest.mark.parametrize("text", [None, "", "null", "[]", "{}", '{"url": 1}', "no JSON"])
def test_what_came_from_an_index_is_named_by_its_version(tmp_path: Path, text: str | None) -> None:
    assert requirement_of(installed(tmp_path, text)) == "turnkeeper==0.9.1"


@pytest.mark.parametrize(
    ("origin", "url"),
    [
        ({"url": "https://host/x.git", **GIT}, f"git+https://host/x.git@{COMMIT}"),
        ({"url": "https://ada:secret@host:1/x.git", **GIT}, f"git+https://host:1/x.git@{COMMIT}"),
        ({"url": "https://token@host/x.git", **GIT}, f"git+https://host/x.git@{COMMIT}"),
        ({"url": "ssh://git@host/x.git", **GIT}, f"git+ssh://git@host/x.git@{COMMIT}"),
        (
            {"url": "https://${USER}:${TOKEN}@host/x.git", **GIT},
            f"git+https://${{USER}}:${{TOKEN}}@host/x.git@{COMMIT}",
        ),
        (
            {"url": "https://host/x.git", "subdirectory": "engine", **GIT},
            f"git+https://host/x.git@{COMMIT}#subdirectory=engine",
        ),
        (
            {"url": "file:///x.whl", "archive_info": {"hash": f"sha256={DIGEST}"}},
            f"file:///x.whl#sha256={DIGEST}",
        ),
        (
            {"url": "https://a:b@host/x.zip", "archive_info": {"hashes": {"sha256": DIGEST}}},
            f"https://host/x.zip#sha256={DIGEST}",
        ),
        (
            {
                "url": "https://host/x.zip",
                "archive_info": {"hashes": {"sha256": DIGEST}},
                "subdirectory": "engine",
            },
            f"https://host/x.zip#sha256={DIGEST}&subdirectory=engine",
        ),
        ({"url": "file:///x.whl", "archive_info": {}}, "file:///x.whl"),
        ({"url": "file:///folder", "dir_info": {}}, "file:///folder"),
    ],
)
def test_what_came_from_a_url_is_named_by_it_without_secrets(
    tmp_path: Path, origin: dict[str, Any], url: str
) -> None:
    found = requirement_of(installed(tmp_path, json.dumps(origin)))
    assert found == f"turnkeeper @ {url}"
    assert Requirement(found).url == url


@pytest.mark.parametrize(
    ("more", "fragment"), [({}, ""), ({"subdirectory": "engine"}, "&subdirectory=engine")]
)
def test_a_repository_on_this_machine_is_named_so_that_every_pip_takes_it(
    tmp_path: Path, more: dict[str, str], fragment: str
) -> None:
    found = requirement_of(installed(tmp_path, json.dumps({"url": "file:///x%20y", **GIT, **more})))
    assert found == f"git+file:///x%20y@{COMMIT}#egg=turnkeeper{fragment}"
