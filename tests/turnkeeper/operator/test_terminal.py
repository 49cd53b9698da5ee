"""Stored text cannot drive the operator's terminal, and is still there to be read."""

from __future__ import annotations

import json
import subprocess
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from turnkeeper.operator.terminal import Progress, one_line, pretty_json

TEXT = st.text(st.characters(exclude_characters="\0"))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


@given(TEXT)
@example("\x1b[2J\x9b2J\x7f\r\n\t\u2028\u202e\ud83d\U000e0001")
def test_any_text_is_one_printable_line(text: str) -> None:
    assert one_line(text).isprintable()


def test_what_is_printable_stays_as_it_is() -> None:
    assert one_line("msteams/users/29:1-a_b Zoë 日本 🎉") == "msteams/users/29:1-a_b Zoë 日本 🎉"


@pytest.mark.parametrize("text", ["a\\nb", "\x1b]0;x\x07", "\x85\u202e\ue000\U000f0000\\", "\n\n"])
def test_bash_reads_what_was_escaped(text: str) -> None:
    script = f"printf %s $'{one_line(text)}'"
    environment = {"LC_ALL": "C.UTF-8"}
    printed = subprocess.run(  # noqa: S603 - the text above
        ["/bin/bash", "-c", script], env=environment, capture_output=True, check=True
    )
    assert printed.stdout.decode() == text


@given(JSON)
@example({"\x1b\x7f\x85\u202e\U000e0001": "日本\n🎉"})
@example("\ud83d")
def test_any_value_is_printable_json(value: Any) -> None:
    for encoding in ("utf-8", "ascii", "latin-1"):
        text = pretty_json(value, encoding)
        assert json.loads(text) == value
        assert text.replace("\n", "").isprintable()
        text.encode(encoding)


def test_json_is_for_people() -> None:
    assert pretty_json({"name": "Zoë"}) == '{\n  "name": "Zoë"\n}'


def test_how_far_it_is_comes_in_a_line_for_each_tenth(capsys: pytest.CaptureFixture[str]) -> None:
    progress = Progress("copied", 10_000)
    for _ in range(100):
        progress.add(100)
    assert progress.done == 10_000
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 11
    assert lines[0] == "1%  100 of 10,000 copied"
    assert lines[4] == "40%  4,000 of 10,000 copied"
    assert lines[-1] == "100%  10,000 of 10,000 copied"


def test_a_store_that_grows_meanwhile_is_never_more_than_done(
    capsys: pytest.CaptureFixture[str],
) -> None:
    Progress("copied", 0).add(7)
    assert capsys.readouterr().err == "100%  7 of 0 copied\n"
