"""Whole turns: the three servers in the same rounds, one after the other."""

from __future__ import annotations

import itertools
import statistics
from collections.abc import Callable
from contextlib import AsyncExitStack
from typing import Final

from benchmarks.channel import Channel
from benchmarks.login import SlowLogin
from benchmarks.measure import Case, Figures, measure, medians
from benchmarks.results import Bar, Results, Table
from benchmarks.servers import BARE, OURS, SDK, Server

BOT: Final = "this bot"
PLAIN: Final = "plain SDK bot"
FLOOR: Final = "bare handler"

LOCAL: Final = "Local mode, 32 conversations in flight"
SIGNED_IN: Final = "Authenticated, 32 in flight, login service answers after 20 ms"
SLOW: Final = "Connector answers after 100 ms, 64 in flight"

_PROGRAMS: Final = {BOT: OURS, PLAIN: SDK, FLOOR: BARE}

FEWER_ROUNDS: Final = "fewer of the SDK bot where it waits most of the time"

# The SDK bot has one conversation where the others have five: it takes long enough.
CASES: Final = (
    Case(BOT, LOCAL),
    Case(PLAIN, LOCAL, conversations=1),
    Case(FLOOR, LOCAL),
    Case(BOT, SIGNED_IN, signed_in=True),
    Case(PLAIN, SIGNED_IN, conversations=1, turns=3, signed_in=True, rounds=2),
    Case(BOT, SLOW, conversations=2, in_flight=64, delay=0.1),
    Case(PLAIN, SLOW, conversations=1, turns=5, in_flight=64, delay=0.1, rounds=1),
    Case(FLOOR, SLOW, conversations=2, in_flight=64, delay=0.1),
)

_Rounds = dict[Case, list[Figures]]


async def run(rounds: int, tell: Callable[[str], None], cases: tuple[Case, ...] = CASES) -> Results:
    """Measure all cases.

    :param rounds: in each, every case is measured once.
    :param tell: is told how far it is.
    :raises benchmarks.servers.BenchmarkFailed: a server did not do its work.
    """
    measured: _Rounds = {case: [] for case in cases}
    async with AsyncExitStack() as stack:
        login = await stack.enter_async_context(SlowLogin())
        channel = await stack.enter_async_context(Channel(login.is_good))
        servers: dict[tuple[str, bool], Server] = {}
        for case in cases:
            kind = case.server, case.signed_in
            if kind not in servers:
                variables = login.variables() if case.signed_in else {}
                servers[kind] = Server(_PROGRAMS[case.server], variables)
                await stack.enter_async_context(servers[kind])
                tell(f"warming up: {case.server}{', authenticated' if case.signed_in else ''}")
                warm_up = Case(*kind[:1], "", 1, 5, 8, signed_in=case.signed_in)
                checked = case.server != FLOOR
                await measure(warm_up, servers[kind], channel, login, checked=checked)
        for number in range(rounds):
            for case in _turned(cases, number):
                if case.rounds and number >= case.rounds:
                    continue
                server = servers[case.server, case.signed_in]
                checked = case.server != FLOOR
                figures = await measure(case, server, channel, login, checked=checked)
                measured[case].append(figures)
                tell(
                    f"round {number + 1} of {rounds}: {case.setting}: {case.server}: "
                    f"{figures.cpu_ms:.2f} ms CPU a turn, {figures.per_second:.0f} turns/s"
                )
    return Results(_tables(measured), _bars(measured))


def _turned(cases: tuple[Case, ...], number: int) -> list[Case]:
    """The cases of a round. Those of a setting stand together, each round another one first."""
    settings = [list(group) for _, group in itertools.groupby(cases, lambda case: case.setting)]
    return [
        group[(number + place) % len(group)] for group in settings for place in range(len(group))
    ]


def _tables(measured: _Rounds) -> list[Table]:
    tables: dict[str, Table] = {}
    for case, rounds in measured.items():
        table = tables.setdefault(
            case.setting,
            Table(case.setting, ("", "CPU per turn", "turns/s", "p50", "p99")),
        )
        figures = medians(rounds)
        table.rows.append(
            (
                case.server,
                f"{figures.cpu_ms:.2f} ms",
                f"{figures.per_second:,.0f}",
                f"{figures.p50_ms:,.0f} ms",
                f"{figures.p99_ms:,.0f} ms",
            )
        )
        table.figures[case.server] = figures
    return list(tables.values())


def _bars(measured: _Rounds) -> list[Bar]:
    by_name = {(case.server, case.setting): rounds for case, rounds in measured.items()}

    def ratio(
        over: tuple[str, str], under: tuple[str, str], get: Callable[[Figures], float]
    ) -> float:
        """The median of the ratios in the rounds, each of two figures taken close together."""
        pairs = zip(by_name[over], by_name[under], strict=False)
        return statistics.median(get(a) / get(b) for a, b in pairs)

    def cpu(figures: Figures) -> float:
        return figures.cpu_ms

    def speed(figures: Figures) -> float:
        return figures.per_second

    busiest = max(f.load for rounds in measured.values() for f in rounds)
    return [
        Bar("CPU per turn, times less than the SDK bot's",
            ratio((PLAIN, LOCAL), (BOT, LOCAL), cpu), at_least=9),
        Bar("CPU per turn, times the bare handler's",
            ratio((BOT, LOCAL), (FLOOR, LOCAL), cpu), at_most=2.5),
        Bar("p99 at 32 in flight, times the bare handler's",
            ratio((BOT, LOCAL), (FLOOR, LOCAL), lambda f: f.p99_ms), at_most=3),
        Bar("Authenticated: requests for tokens and keys in steady state",
            medians(by_name[BOT, SIGNED_IN]).login_requests, at_most=0),
        Bar("Authenticated: CPU per turn, times that in local mode",
            ratio((BOT, SIGNED_IN), (BOT, LOCAL), cpu), at_most=1.3),
        Bar("Authenticated: turns/s, times the SDK bot's",
            ratio((BOT, SIGNED_IN), (PLAIN, SIGNED_IN), speed), at_least=15),
        Bar("Connector after 100 ms: turns/s, times the bare handler's",
            ratio((BOT, SLOW), (FLOOR, SLOW), speed), at_least=0.95),
        Bar("How busy the load itself was at most, 0 to 1", busiest, at_most=0.8),
    ]  # fmt: skip
