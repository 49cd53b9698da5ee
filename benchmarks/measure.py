"""One measurement: a load on one server, seen from the channel and from the system."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from benchmarks.activities import Line, conversation
from benchmarks.channel import Channel, Load
from benchmarks.login import SlowLogin
from benchmarks.servers import CORES, Server, on_cores

_AFTERMATH: Final = 0.2
"""Seconds after the last answer in which a server's work still counts as the turns'."""


@dataclass(frozen=True, slots=True)
class Case:
    """What is measured.

    :param server: "this bot", "SDK bot" or "bare handler".
    :param setting: what the conversations take place in; the heading of a table.
    :param conversations: how many each speaker has, one after the other.
    :param turns: of a conversation.
    :param in_flight: speakers side by side.
    :param delay: seconds until the connector answers.
    :param signed_in: whether both sides show tokens.
    :param rounds: at most so many, for what takes long; 0 for all.
    """

    server: str
    setting: str
    conversations: int = 5
    turns: int = 10
    in_flight: int = 32
    delay: float = 0.0
    signed_in: bool = False
    rounds: int = 0


@dataclass(frozen=True, slots=True)
class Figures:
    """What came out, of one round or as the medians of several.

    :param cpu_ms: milliseconds of CPU the server used for a turn, in all its threads.
    :param per_second: turns a second.
    :param p50_ms: milliseconds from a message to its answer, half of the turns.
    :param p99_ms: the same, 99 of 100 turns.
    :param login_requests: requests to the login service, for tokens and for keys.
    :param load: how busy the process was that made the load, 0 to 1.
    """

    cpu_ms: float
    per_second: float
    p50_ms: float
    p99_ms: float
    login_requests: float
    load: float


def medians(rounds: Sequence[Figures]) -> Figures:
    """The median of each figure over the rounds."""

    def median(get: Callable[[Figures], float]) -> float:
        return statistics.median(map(get, rounds))

    return Figures(
        cpu_ms=median(lambda f: f.cpu_ms),
        per_second=median(lambda f: f.per_second),
        p50_ms=median(lambda f: f.p50_ms),
        p99_ms=median(lambda f: f.p99_ms),
        login_requests=max(f.login_requests for f in rounds),
        load=median(lambda f: f.load),
    )


async def measure(
    case: Case, server: Server, channel: Channel, login: SlowLogin, *, checked: bool = True
) -> Figures:
    """Measure a case once.

    :param checked: whether the replies must be those of the bot; the bare handler has others.
    :raises benchmarks.servers.BenchmarkFailed: the server did not do its work.
    """
    speakers = [_speaker(case, checked) for _ in range(case.in_flight)]
    return await measure_speakers(speakers, case, server, channel, login)


async def measure_speakers(
    speakers: Sequence[Iterator[Line]],
    case: Case,
    server: Server,
    channel: Channel,
    login: SlowLogin,
) -> Figures:
    """As :func:`measure`, with what is said given."""
    token = login.channel_token(channel.service_url) if case.signed_in else ""
    login_requests, server_cpu = login.requests, server.cpu_seconds
    own_cpu = time.process_time()
    with on_cores(CORES[1:]):
        load = await channel.talk(server.url, speakers, token=token, delay=case.delay)
        own_cpu = time.process_time() - own_cpu
        await asyncio.sleep(_AFTERMATH)
    return _figures(
        load,
        server_cpu=server.cpu_seconds - server_cpu,
        own_cpu=own_cpu,
        login_requests=login.requests - login_requests,
    )


def _speaker(case: Case, checked: bool) -> Iterator[Line]:
    for _ in range(case.conversations):
        for line in conversation(case.turns):
            yield line if checked else replace(line, expected=b"")


def _figures(load: Load, *, server_cpu: float, own_cpu: float, login_requests: int) -> Figures:
    latencies = sorted(load.latencies)
    turns = len(latencies)
    return Figures(
        cpu_ms=server_cpu / turns * 1000,
        per_second=turns / load.seconds,
        p50_ms=latencies[turns // 2] * 1000,
        p99_ms=latencies[turns * 99 // 100] * 1000,
        login_requests=login_requests,
        load=own_cpu / load.seconds,
    )
