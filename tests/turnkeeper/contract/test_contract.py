"""The contract as an author of a store meets it: it lets a good store pass, and a bad one fail."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.turnkeeper.contract import broken_stores
from tests.turnkeeper.contract.broken_stores import (
    BeginsAnew,
    ComparesBefore,
    CountsAnew,
    CountsOthersDue,
    DueAsWritten,
    DueEarly,
    DueOnce,
    DueToo,
    DueWhenExpired,
    DueWithoutEnd,
    ExpiresLate,
    FetchesExpired,
    HashesBodies,
    KeepsDue,
    KeepsOrderOfWrites,
    KeepsUnseen,
    NeverDue,
    OverwritesAll,
    OverwritesWhatShouldBeNew,
    PingsIntoRecords,
    ShowsAllOwners,
    SkipsRecords,
    StaysDue,
    SweepsAll,
    TellsTheMachinesTime,
    WritesHalf,
    WritesKept,
)
from tests.turnkeeper.contract.dict_store import DictStore
from turnkeeper.testing import StoreContract

ROOT = Path(__file__).parents[3]
WITH_A_CLOCK = """\
import pytest

from {module} import {name}
from turnkeeper.testing import StoreContract


class Test{name}(StoreContract):
    @pytest.fixture
    async def storage(self, clock):
        yield {name}(clock)
"""
STRICT = """\
import time

import pytest_asyncio

from tests.turnkeeper.contract.dict_store import DictStore
from turnkeeper.testing import StoreContract


class TestWithAClock(StoreContract):
    @pytest_asyncio.fixture
    async def storage(self, clock):
        yield DictStore(clock)


class TestWithoutOne(StoreContract):
    @pytest_asyncio.fixture
    async def storage(self):
        yield DictStore(time.time)
"""
MY_STORE = """\
from turnkeeper.storage.sqlite.storage import SQLiteStorage


class MyStore(SQLiteStorage):
    def __init__(self, path, clock):
        super().__init__(f"sqlite:///{path}", clock=clock)
"""
MODEL = "test_any_order_of_actions_leaves_what_a_dict_would_hold"
# Of each store the test whose name says what is wrong with it.
TOLD_BY = {
    OverwritesAll: "test_a_record_of_the_e_tag_read_is_overwritten_once",
    OverwritesWhatShouldBeNew: "test_e_tag_none_means_it_must_not_exist",
    WritesHalf: "test_one_conflict_leaves_every_record_as_it_was",
    HashesBodies: "test_whatever_a_write_changes_its_e_tag_is_new",
    CountsAnew: "test_an_e_tag_is_not_valid_again_after_delete_and_create",
    KeepsOrderOfWrites: "test_a_scan_is_in_order_of_code_points",
    BeginsAnew: "test_after_is_exclusive_and_need_not_exist",
    SkipsRecords: "test_expired_records_among_the_living_do_not_shorten_a_page",
    ShowsAllOwners: "test_a_scan_by_owner",
    FetchesExpired: "test_an_expired_record_counts_as_absent_to_fetch_and_scan",
    SweepsAll: "test_the_expired_are_swept_in_batches_and_no_other",
    ExpiresLate: "test_a_record_expires_when_its_time_comes",
    PingsIntoRecords: "test_ping_returns_and_leaves_no_record",
    KeepsUnseen: "test_a_kept_record_of_another_e_tag_is_a_conflict",
    WritesKept: "test_a_kept_record_stays_as_it_is",
    ComparesBefore: "test_of_two_that_write_what_the_other_keeps_one_passes",
    TellsTheMachinesTime: "test_now_goes_on_as_the_stores_time_does",
    NeverDue: "test_what_is_due_at_once_is_found_at_once_and_until_it_is_written_again",
    KeepsDue: "test_each_write_tells_anew_when_it_is_due",
    DueOnce: "test_what_is_due_at_once_is_found_at_once_and_until_it_is_written_again",
    DueEarly: "test_a_record_is_due_when_its_time_comes",
    DueAsWritten: "test_the_longest_due_comes_first_with_how_long_it_has_been",
    DueWithoutEnd: "test_at_most_limit_are_found_and_100_unless_told",
    CountsOthersDue: "test_of_a_prefix_what_is_due_is_found_behind_what_others_have",
    DueToo: "test_a_refused_commit_changes_nothing_of_what_is_due",
    StaysDue: "test_what_comes_after_an_expired_record_is_not_due_for_it",
    DueWhenExpired: "test_what_has_expired_is_never_due",
}

Outcomes = Mapping[str, Mapping[str, tuple[str, str]]]
"""By class and test what came of it ("passed", "failure", "error", "skipped") and its text."""


def run(folder: Path, mode: str, programs: Mapping[str, str], *options: str) -> Outcomes:
    """Run pytest as an author does, in a folder with nothing but these test modules."""
    (folder / "pytest.ini").write_text(
        f"[pytest]\nasyncio_mode = {mode}\nasyncio_default_fixture_loop_scope = function\n"
    )
    for name, program in programs.items():
        (folder / f"test_{name}.py").write_text(program)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *options]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    ended = subprocess.run(  # noqa: S603  # our own code
        [*command, "--junitxml=out.xml"],
        check=False,
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert ended.returncode in (0, 1), ended.stdout + ended.stderr
    outcomes: dict[str, dict[str, tuple[str, str]]] = {}
    for case in ElementTree.parse(folder / "out.xml").iter("testcase"):  # noqa: S314
        of_class = outcomes.setdefault(case.attrib["classname"].rpartition(".")[2], {})
        what = next((part for part in case if part.tag != "properties"), None)
        of_class[case.attrib["name"]] = (
            ("passed", "") if what is None else (what.tag, what.get("message", "") + str(what.text))
        )
    return outcomes


def counted(outcomes: Outcomes, name: str) -> Counter[str]:
    """How many tests of a class passed, failed and were skipped."""
    return Counter(outcome for outcome, _ in outcomes[name].values())


def failed(outcomes: Outcomes, store: type[DictStore]) -> set[str]:
    """The tests, without their parameters, that a store failed."""
    return {
        name.partition("[")[0]
        for name, (outcome, _) in outcomes[f"Test{store.__name__}"].items()
        if outcome not in ("passed", "skipped")
    }


def last_derived(store: type[DictStore]) -> Iterator[type[DictStore]]:
    """The stores that are derived from one, but for those that others are derived from."""
    for derived in store.__subclasses__():
        yield from last_derived(derived) if derived.__subclasses__() else (derived,)


@pytest.fixture(scope="module")
def of_broken_stores(tmp_path_factory: pytest.TempPathFactory) -> Outcomes:
    """What comes of all broken stores; the model has a test of its own, for it takes its time."""
    programs = {
        store.__name__.lower(): WITH_A_CLOCK.format(
            module=broken_stores.__name__, name=store.__name__
        )
        for store in TOLD_BY
    }
    folder = tmp_path_factory.mktemp("broken")
    return run(folder, "auto", programs, "-k", f"not {MODEL} and not ten_thousand")


@pytest.mark.parametrize("store", TOLD_BY, ids=lambda store: store.__name__)
def test_what_is_broken_is_told_by_a_tests_name(
    of_broken_stores: Outcomes, store: type[DictStore]
) -> None:
    assert TOLD_BY[store] in failed(of_broken_stores, store)
    # What is not broken passes: it is not the running that fails.
    assert counted(of_broken_stores, f"Test{store.__name__}")["passed"] > 80


def test_every_broken_store_is_tried() -> None:
    assert set(TOLD_BY) == set(last_derived(DictStore))


def test_a_failure_says_what_was_compared(of_broken_stores: Outcomes) -> None:
    outcome = of_broken_stores["TestKeepsOrderOfWrites"]["test_a_scan_is_in_order_of_code_points"]
    assert "At index 0 diff: '\\U0010ffff\\U0010ffff' != ' '" in outcome[1]


def test_the_model_shows_what_was_done_to_a_broken_store(tmp_path: Path) -> None:
    program = WITH_A_CLOCK.format(module=broken_stores.__name__, name="OverwritesAll")
    outcome, text = run(tmp_path, "auto", {"own": program}, "-k", MODEL)["TestOverwritesAll"][MODEL]
    assert outcome == "failure"
    assert "state.commit(drawn=[(" in text


def test_a_store_of_40_lines_passes_in_the_strict_mode_of_asyncio_too(tmp_path: Path) -> None:
    outcomes = run(tmp_path, "strict", {"own": STRICT}, "-W", "error::pytest.PytestWarning")
    with_a_clock, without = outcomes["TestWithAClock"], outcomes["TestWithoutOne"]
    for name in outcomes:
        assert set(counted(outcomes, name)) == {"passed", "skipped"}
    assert {name for name, (outcome, _) in without.items() if outcome == "skipped"} - {
        name for name, (outcome, _) in with_a_clock.items() if outcome == "skipped"
    } == {
        "test_a_record_expires_when_its_time_comes",
        "test_a_record_written_again_in_time_lives_on",
        "test_a_record_is_due_when_its_time_comes",
        "test_what_expires_before_its_time_comes_is_not_due",
        "test_a_kept_record_that_has_expired_is_a_conflict",
        "test_now_goes_on_as_the_stores_time_does",
    }
    reasons = {text for outcome, text in without.values() if outcome == "skipped"}
    assert any("no fixture another" in reason for reason in reasons)
    assert any("takes no clock" in reason for reason in reasons)


def test_the_example_in_the_documentation_has_every_fixture(tmp_path: Path) -> None:
    text = (ROOT / "docs" / "extending.md").read_text(encoding="utf-8")
    [program] = [
        block
        for block in re.findall(r"^```python\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
        if "StoreContract" in block
    ]
    (tmp_path / "my_store.py").write_text(MY_STORE)
    outcomes = run(tmp_path, "auto", {"own": program}, "-k", "storage or close or expires")
    assert set(counted(outcomes, "TestMyStore")) == {"passed"}


def test_no_part_of_the_contract_hides_a_test_of_another() -> None:
    names = Counter(
        name for part in StoreContract.__mro__ for name in vars(part) if name.startswith("test_")
    )
    assert len(names) > 60
    assert not [name for name, times in names.items() if times > 1]
