"""What the log shows of errors: their types and frames at ERROR, what they say at DEBUG."""

import ast
import asyncio
import gc
import io
import json
import logging
from collections.abc import Callable, Iterator

import pytest

from turnkeeper.errors import StorageUnavailable
from turnkeeper.observing.logs import Handler, JSONFormatter, PlainFormatter, TurnIds

SAID = "my PIN is 4711"
log = logging.getLogger("tests.failing")


@pytest.fixture(params=[PlainFormatter, JSONFormatter])
def written(request: pytest.FixtureRequest) -> Iterator[io.StringIO]:
    """What the log holds, at INFO and above until a test sets another level."""
    root, stream = logging.getLogger(), io.StringIO()
    level, handler = root.level, Handler(stream)
    handler.setFormatter(request.param())
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    yield stream
    root.removeHandler(handler)
    root.setLevel(level)


def plainly() -> None:
    int(SAID)


def for_a_cause() -> None:
    try:
        int(SAID)
    except ValueError as error:
        raise RuntimeError(SAID) from error


def while_handling_another() -> None:
    try:
        int(SAID)
    except ValueError:
        raise KeyError(SAID)  # noqa: B904 - as bot code may


def with_a_note() -> None:
    error = ValueError()
    error.add_note(SAID)
    raise error


def in_a_group() -> None:
    raise ExceptionGroup(SAID, [ValueError(SAID), TypeError(SAID)])


def in_what_was_said() -> None:
    ast.literal_eval(SAID)


def in_a_circle() -> None:
    first, second = ValueError(SAID), ValueError(SAID)
    first.__cause__, second.__cause__ = second, first
    raise first


WAYS = [
    plainly,
    for_a_cause,
    while_handling_another,
    with_a_note,
    in_a_group,
    in_what_was_said,
    in_a_circle,
]


def fail(way: Callable[[], None]) -> None:
    try:
        way()
    except Exception:
        log.exception("turn failed")


@pytest.mark.parametrize("way", WAYS)
def test_an_error_is_logged_with_its_place_and_without_what_it_says(
    written: io.StringIO, way: Callable[[], None]
) -> None:
    fail(way)
    said = written.getvalue()
    assert "turn failed" in said
    assert __file__ in said
    assert f"in {way.__name__}" in said
    assert "Error" in said
    assert "PIN" not in said


def test_every_error_of_a_chain_and_of_a_group_is_named(written: io.StringIO) -> None:
    fail(for_a_cause)
    fail(while_handling_another)
    fail(in_a_group)
    said = written.getvalue()
    for name in ("RuntimeError", "KeyError", "ExceptionGroup", "1. ValueError", "2. TypeError"):
        assert name in said
    assert said.index("direct cause") < said.index("RuntimeError")  # the first to fail comes first
    assert "During handling of the above exception" in said


@pytest.mark.parametrize("way", WAYS)
def test_at_debug_a_line_of_its_own_holds_what_it_says(
    written: io.StringIO, way: Callable[[], None]
) -> None:
    logging.getLogger().setLevel(logging.DEBUG)
    fail(way)
    higher, debug = written.getvalue().split("DEBUG")
    assert "PIN" not in higher
    assert "turn failed" in debug
    assert "PIN" in debug


def test_an_error_of_our_own_says_what_to_do_and_its_cause_says_nothing(
    written: io.StringIO,
) -> None:
    try:
        try:
            int(SAID)
        except ValueError as error:
            raise StorageUnavailable("/data/bot.db: the disk is full") from error
    except StorageUnavailable:
        log.exception("turn failed")
    assert "errors.StorageUnavailable: /data/bot.db: the disk is full" in written.getvalue()
    assert "PIN" not in written.getvalue()


def test_an_id_in_an_error_of_our_own_begins_no_line(written: io.StringIO) -> None:
    try:
        raise StorageUnavailable("msteams/users/29:\nERROR forged")
    except StorageUnavailable:
        log.exception("turn failed")
    assert "29: ERROR forged" in written.getvalue()


async def test_a_task_that_nobody_waits_for_fails_without_what_it_says(
    written: io.StringIO,
) -> None:
    async def remind() -> None:
        plainly()

    task = asyncio.create_task(remind())
    await asyncio.wait([task])
    del task
    gc.collect()
    said = written.getvalue()
    assert "Task exception was never retrieved" in said
    assert "in remind" in said
    assert "PIN" not in said


async def test_a_callback_fails_without_what_it_was_called_with(written: io.StringIO) -> None:
    def remind(_: str) -> None:
        plainly()

    asyncio.get_running_loop().call_soon(remind, SAID)
    await asyncio.sleep(0)
    said = written.getvalue()
    assert "remind" in said
    assert "in plainly" in said
    assert "PIN" not in said


async def test_ids_are_added_to_the_block_under_way_and_end_with_it(
    written: io.StringIO,
) -> None:
    async def elsewhere() -> None:
        with TurnIds({"turn": "other"}):
            TurnIds.add(activity="b")
            log.info("beside")

    with TurnIds({"conversation": "c"}):
        TurnIds.add(turn="t")
        await asyncio.create_task(elsewhere())
        log.info("within")
    TurnIds.add(turn="lost")
    log.info("after")
    beside, within, after = written.getvalue().splitlines()
    if beside.startswith("{"):
        assert (json.loads(beside)["turn"], json.loads(beside)["activity"]) == ("other", "b")
        assert (json.loads(within)["conversation"], json.loads(within)["turn"]) == ("c", "t")
        assert "turn" not in json.loads(after)
    else:
        assert beside.endswith("beside [turn=other activity=b]")
        assert within.endswith("within [conversation=c turn=t]")
        assert after.endswith("after")
