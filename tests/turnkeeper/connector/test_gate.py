"""A closed gate: no whole request leaves, not even on a connection that stands."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from tests.turnkeeper.connector.ground import CREATED, Counts, Wire, authenticated, http, wire
from turnkeeper.connector.call import Gate
from turnkeeper.connector.client import Connector
from turnkeeper.connector.outcome import Failed, Held, Outcome, Taken
from turnkeeper.login.token import NoToken
from turnkeeper.testing import Answer

Attempt = Callable[[Connector, str, Gate], Awaitable[Outcome]]
METHODS: list[Attempt] = [
    lambda client, url, gate: client.attempt_send(url, "c", b'{"a":1}', gate=gate),
    lambda client, url, gate: client.attempt_update(url, "c", "7", b'{"a":1}', gate=gate),
    lambda client, url, gate: client.attempt_delete(url, "c", "7", gate=gate),
]
every_method = pytest.mark.parametrize("attempt", METHODS, ids=["send", "update", "delete"])


class Door:
    """A gate that says yes as often as it is told, and then no."""

    def __init__(self, yes: int = 0) -> None:
        self.yes = yes
        self.asked = 0

    def __call__(self) -> bool:
        self.asked += 1
        return self.asked <= self.yes


@pytest.fixture
async def channel() -> AsyncIterator[Wire]:
    async with wire() as made:
        yield made


@pytest.fixture
def counts() -> Counts:
    return Counts()


@pytest.fixture
async def connector(counts: Counts) -> AsyncIterator[Connector]:
    client = Connector(NoToken(), observer=counts)
    yield client
    await client.close()


@every_method
async def test_behind_a_closed_gate_the_server_sees_no_request(
    connector: Connector, channel: Wire, counts: Counts, attempt: Attempt
) -> None:
    assert await attempt(connector, channel.url, Door()) == Held()
    # It is the connection's end that is waited for, not a while: nothing comes any more.
    await connector.close()
    await channel.wait_for_connections(len(channel.received), ended=True)
    assert b"".join(channel.received) == b""
    assert (counts.attempts, counts.retries) == ({}, {})


@pytest.mark.parametrize("attempt", METHODS[:2], ids=["send", "update"])
async def test_the_gate_is_asked_when_the_connection_stands(
    connector: Connector, channel: Wire, attempt: Attempt
) -> None:
    assert await attempt(connector, channel.url, Door()) == Held()
    await channel.wait_for_connections(1, ended=True)  # closed with the gate, not by close()
    assert channel.received == [b""]


async def test_a_delete_whose_gate_closes_at_the_last_moment_does_not_leave(
    connector: Connector, channel: Wire
) -> None:
    door = Door(yes=1)
    assert await connector.attempt_delete(channel.url, "c", "7", gate=door) == Held()
    await channel.wait_for_connections(1, ended=True)
    assert (channel.received, door.asked) == ([b""], 2)


@every_method
async def test_on_a_kept_connection_nothing_leaves_either_and_it_is_not_kept_on(
    connector: Connector, channel: Wire, attempt: Attempt
) -> None:
    assert await connector.attempt_send(channel.url, "c", b"{}") == Taken("7")
    [before] = channel.received
    # A delete asks once before it takes a connection up.
    door = Door(yes=1) if attempt is METHODS[2] else Door()
    assert await attempt(connector, channel.url, door) == Held()
    await channel.wait_for_connections(1, ended=True)
    assert channel.received == [before]
    assert await connector.attempt_send(channel.url, "c", b"{}") == Taken("7")
    assert len(channel.received) == 2


@every_method
async def test_an_open_gate_lets_it_through(
    connector: Connector, channel: Wire, attempt: Attempt
) -> None:
    assert await attempt(connector, channel.url, lambda: True) == Taken("7")
    [request] = channel.received
    head, _, body = request.partition(b"\r\n\r\n")
    assert f"content-length: {len(body)}\r\n".encode() in head.lower() + b"\r\n"
    assert (b"content-type" in head.lower()) == bool(body)


async def test_a_second_request_of_an_attempt_asks_the_gate_again() -> None:
    async with authenticated() as (cloud, client):
        cloud.faults.next(Answer(401))
        door = Door(yes=1)
        outcome = await client.attempt_send(cloud.service_url, "c", b"{}", gate=door)
        # The channel did not take the first one, so that nothing is lost.
        assert outcome == Held()
        assert (door.asked, len(cloud.connector.requests)) == (2, 1)


async def test_a_gate_that_closes_after_a_lost_request_says_that_it_is_lost(
    connector: Connector, channel: Wire
) -> None:
    channel.answers(b"")
    outcome = await connector.attempt_send(channel.url, "c", b"{}", gate=Door(yes=1))
    assert outcome == Held(lost=True)


async def test_where_no_connection_is_to_be_had_the_gate_is_not_asked(
    connector: Connector,
) -> None:
    async with wire() as gone:
        url = gone.url
    door = Door()
    outcome = await connector.attempt_send(url, "c", b"{}", gate=door)
    assert isinstance(outcome, Failed)
    assert (outcome.lost, door.asked) == (False, 0)


async def test_a_gate_has_nothing_to_say_about_other_requests(
    connector: Connector, channel: Wire
) -> None:
    channel.answers(http(503), CREATED)
    door = Door(yes=2)
    first = await connector.attempt_send(channel.url, "c", b"{}", gate=door)
    assert first == Failed("503", 503)
    assert door.asked == 1  # what is not cured at once is asked for by the caller
    assert await connector.attempt_send(channel.url, "c", b"{}") == Taken("7")
