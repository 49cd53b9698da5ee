"""The benchmarks do their work: small numbers, and nothing about how fast anything is."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest

from benchmarks import report, storage, turns
from benchmarks.__main__ import parse
from benchmarks.activities import conversation
from benchmarks.channel import Channel
from benchmarks.chart import chart
from benchmarks.results import Bar, Results
from benchmarks.servers import BARE, OURS, SDK, BenchmarkFailed, Server

CASES = tuple(
    replace(case, conversations=1, turns=4, in_flight=2, delay=case.delay / 10)
    for case in turns.CASES
)


async def test_all_servers_are_measured_in_all_settings() -> None:
    told: list[str] = []
    results = await turns.run(1, told.append, CASES)
    assert [(table.title, list(table.figures)) for table in results.tables] == [
        (turns.LOCAL, [turns.BOT, turns.PLAIN, turns.FLOOR]),
        (turns.SIGNED_IN, [turns.BOT, turns.PLAIN]),
        (turns.SLOW, [turns.BOT, turns.PLAIN, turns.FLOOR]),
    ]
    for table in results.tables:
        for figures in table.figures.values():
            assert figures.cpu_ms > 0
            assert figures.per_second > 0
            assert 0 < figures.p50_ms <= figures.p99_ms
    signed_in = results.tables[1].figures
    assert signed_in[turns.BOT].login_requests == 0  # in steady state
    assert signed_in[turns.PLAIN].login_requests >= 2 * 8  # the SDK logs in at every turn
    assert len(results.bars) == 8
    assert sum(line.startswith("round 1 of 1") for line in told) == len(CASES)
    _can_be_written(results)


async def test_the_storage_is_measured() -> None:
    results = await storage.run(1, lambda _: None, many=200, turns=32)
    assert [row[0] for row in results.tables[0].rows] == ["100 people", "200 people"]
    reads = next(bar for bar in results.bars if bar.name == "Reads per turn")
    assert reads.value == 1
    assert len(results.bars) == 5
    _can_be_written(results)


@pytest.mark.parametrize("program", [OURS, SDK])
async def test_both_bots_hold_the_whole_conversation(program: tuple[str, ...]) -> None:
    async with Channel(lambda _: False) as channel, Server(program) as server:
        load = await channel.talk(server.url, [conversation(5), conversation(5)])
    assert len(load.latencies) == 10


async def test_a_server_that_says_something_else_has_no_figures() -> None:
    async with Channel(lambda _: False) as channel, Server(BARE) as server:
        with pytest.raises(BenchmarkFailed, match="What is your name"):
            await channel.talk(server.url, [conversation(5)])


async def test_a_server_that_shows_no_token_has_no_figures() -> None:
    async with Channel(lambda _: False) as channel, Server(OURS) as server:
        with pytest.raises(BenchmarkFailed, match="answered 403"):
            await channel.talk(server.url, [conversation(5)], token="some")  # noqa: S106


async def test_a_program_that_does_not_start_is_named() -> None:
    with pytest.raises(BenchmarkFailed, match="STORAGE_URL"):
        async with Server(OURS, {"STORAGE_URL": "nonsense"}):
            pass


def test_a_bar_is_held_against_the_figure_and_not_against_its_rounding() -> None:
    assert Bar("", 2.5001, at_most=2.5).row() == ("", "2.5", "at most 2.5", "MISS")
    assert Bar("", 2.5, at_most=2.5).row()[-1] == "PASS"
    assert Bar("", 8.9999, at_least=9).row()[-1] == "MISS"
    assert Bar("", 9, at_least=9).row()[-1] == "PASS"


def _can_be_written(results: Results) -> None:
    text = report.markdown(results, "")
    picture = ElementTree.fromstring(chart(results.tables, ""))  # noqa: S314 - our own
    drawn = "".join(picture.itertext())
    for table in results.tables:
        assert f"**{table.title}**" in text
        for name in table.figures:
            assert f"| {name} |" in text
            assert name in drawn
    for bar in results.bars:
        assert bar.name in text


def test_a_quick_run_is_offered(tmp_path: Path) -> None:
    options = parse(["--quick", "--write", str(tmp_path)])
    assert (options.what, options.rounds, options.people) == ("all", 1, 5_000)
