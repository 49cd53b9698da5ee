"""The mutations of ``make show-mutations`` and ``make show-machine``.

Each can still be planted, and its tests are there.
"""

from __future__ import annotations

from collections import Counter

import pytest

from shows.machine.mistakes import MISTAKES
from shows.mutations.catalogue import MUTATIONS
from shows.mutations.mutation import ROOT, Mutation

FEWEST = 120
# Its tests are run by a class that is derived from them.
CONTRACT = "".join(
    path.read_text("utf-8") for path in (ROOT / "turnkeeper/testing/contract").glob("*.py")
)


def name_of(mutation: Mutation) -> str:
    """What a mutation is called in a report of the tests."""
    return f"{mutation.room}: {mutation.name}"


@pytest.mark.parametrize("mutation", [*MUTATIONS, *MISTAKES], ids=name_of)
def test_it_can_be_planted(mutation: Mutation) -> None:
    text = (ROOT / mutation.file).read_text("utf-8")
    mutated = mutation.mutated(text)  # what is to go is found exactly once
    assert mutated != text
    compile(mutated, mutation.file, "exec")


@pytest.mark.parametrize("mutation", [*MUTATIONS, *MISTAKES], ids=name_of)
def test_the_tests_that_are_to_find_it_are_there(mutation: Mutation) -> None:
    assert mutation.tests
    for test in mutation.tests:
        path, *names = test.partition("[")[0].split("::")
        text = (ROOT / path).read_text("utf-8") + CONTRACT
        for name in names:
            assert f"class {name}" in text or f"def {name}(" in text, test


def test_each_is_told_from_the_others() -> None:
    names = Counter(mutation.name for mutation in MUTATIONS)
    assert [name for name, count in names.items() if count > 1] == []
    places = Counter((mutation.file, mutation.old, mutation.new) for mutation in MUTATIONS)
    assert max(places.values()) == 1


def test_the_mistakes_are_those_of_the_model() -> None:
    assert len({mistake.name for mistake in MISTAKES}) == len(MISTAKES) == 13


def test_they_are_drawn_over_the_whole_engine() -> None:
    assert len(MUTATIONS) >= FEWEST
    engine = ROOT / "turnkeeper"
    rooms = {path.parent.name for path in engine.glob("*/__init__.py")}
    assert {mutation.room for mutation in MUTATIONS} == rooms | {"root"}


def test_a_survivor_is_an_exception_with_a_reason() -> None:
    survivors = [mutation for mutation in MUTATIONS if mutation.survives]
    assert len(survivors) <= len(MUTATIONS) / 20
    assert all(mutation.survives.strip() == mutation.survives for mutation in survivors)
