"""One attempt: what becomes of it, and what a second request within it can cure."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import AsyncIterator
from email.utils import formatdate

import pytest

from tests.turnkeeper.connector.ground import (
    Clock,
    Counts,
    Wire,
    authenticated,
    http,
    message,
    wire,
)
from turnkeeper.connector.client import Connector
from turnkeeper.connector.outcome import Failed, Refused, Taken
from turnkeeper.errors import DeliveryRefused
from turnkeeper.login.token import NoToken
from turnkeeper.testing import Answer, Cloud, Drop


@pytest.fixture
def counts() -> Counts:
    return Counts()


@pytest.fixture
async def connector(counts: Counts) -> AsyncIterator[Connector]:
    client = Connector(NoToken(), observer=counts)
    yield client
    await client.close()


@pytest.fixture
async def channel() -> AsyncIterator[Wire]:
    async with wire() as made:
        yield made


async def test_what_the_channel_takes_has_its_id(
    cloud: Cloud, connector: Connector, counts: Counts
) -> None:
    url, body = cloud.service_url, message("c", replyToId="in|1")
    assert await connector.attempt_send(url, "c", body, reply_to_id="in|1") == Taken("000001")
    assert await connector.attempt_update(url, "c", "7", message("c")) == Taken("7")
    assert await connector.attempt_delete(url, "c", "7") == Taken(None)
    seen = [(one.method, one.raw_path, one.body) for one in cloud.connector.requests]
    root = "/connector/v3/conversations/c/activities"
    assert seen == [
        ("POST", f"{root}/in%7C1", body),
        ("PUT", f"{root}/7", message("c")),
        ("DELETE", f"{root}/7", b""),
    ]
    assert (counts.attempts, counts.retries) == ({"ok": 3}, {})


@pytest.mark.parametrize(("conversation_id", "activity_id"), [("", "1"), ("c", "")])
async def test_an_empty_id_is_refused_without_a_request(
    cloud: Cloud, connector: Connector, conversation_id: str, activity_id: str
) -> None:
    url = cloud.service_url
    refused = [
        await connector.attempt_delete(url, conversation_id, activity_id),
        await connector.attempt_update(url, conversation_id, activity_id, b"{}"),
    ]
    assert refused == [Refused(400)] * 2
    assert await connector.attempt_send(url, "", b"{}") == Refused(400)
    assert await connector.send_at_best(url, "", b"{}") is None
    assert cloud.connector.requests == []


@pytest.mark.parametrize("status", [408, 412, 423, 425, 429, 500, 503, 507, 520, 599])
async def test_what_may_work_later_has_failed_and_is_not_tried_again(
    cloud: Cloud, connector: Connector, counts: Counts, status: int
) -> None:
    cloud.faults.next(Answer(status))
    outcome = await connector.attempt_send(cloud.service_url, "c", message("c"))
    assert outcome == Failed(str(status), status)
    assert len(cloud.connector.requests) == 1
    assert (counts.attempts, counts.retries) == ({"failed": 1}, {})


@pytest.mark.parametrize("status", [502, 504])
async def test_what_a_gateway_has_no_answer_to_may_have_arrived(
    cloud: Cloud, connector: Connector, status: int
) -> None:
    cloud.faults.next(Answer(status))
    outcome = await connector.attempt_send(cloud.service_url, "c", message("c"))
    assert outcome == Failed(str(status), status, lost=True)


@pytest.mark.parametrize(
    ("status", "wish", "seconds"),
    [(429, "7", 7.0), (503, "0", 0.0), (502, "date", 29.0), (429, "soon", None)],
)
async def test_retry_after_is_told_in_both_forms(
    connector: Connector, channel: Wire, status: int, wish: str, seconds: float | None
) -> None:
    header = formatdate(time.time() + 30, usegmt=True) if wish == "date" else wish
    channel.answers(http(status, b"", f"Retry-After: {header}"))
    outcome = await connector.attempt_send(channel.url, "c", b"{}")
    assert isinstance(outcome, Failed)
    assert outcome.status == status
    # A date is in whole seconds, and time passes.
    assert outcome.retry_after == (seconds and pytest.approx(seconds, abs=2))


@pytest.mark.parametrize(
    "status", [400, 401, 403, 404, 405, 409, 413, 424, 501, 505, 301, 302, 307, 308]
)
async def test_a_refusal_is_for_good_and_logged_once(
    cloud: Cloud,
    connector: Connector,
    counts: Counts,
    caplog: pytest.LogCaptureFixture,
    status: int,
) -> None:
    elsewhere = {"Location": f"{cloud.service_url}/v3/conversations/other/activities"}
    cloud.faults.next(Answer(status, elsewhere))
    with caplog.at_level(logging.INFO):
        outcome = await connector.attempt_send(cloud.service_url, "c\n|x", message("c\n|x"))
    assert outcome == Refused(status)
    assert len(cloud.connector.requests) == 1
    assert (counts.attempts, counts.retries) == ({"refused": 1}, {})
    [record] = [record for record in caplog.records if record.name.startswith("turnkeeper")]
    assert record.levelno == logging.WARNING
    assert "'c\\n|x'" in record.getMessage()
    assert "hello" not in record.getMessage()


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b'{"error": {"code": "BotNotInConversationRoster", "message": "no"}}', None),
        (b'{"error": {"code": "a b"}}', ""),
        (b'{"error": {"code": "' + b"a" * 65 + b'"}}', ""),
        (b'{"error": {"code": "a\\nb"}}', ""),
        (b'{"error": {"code": 7}}', ""),
        (b'{"error": "Forbidden"}', ""),
        (b"[]", ""),
        (b"not json", ""),
        (b'{"error": {"code": "Long"}}' + b" " * 10**6, ""),
    ],
)
async def test_a_refusal_has_the_channels_word_for_it_if_it_is_a_word(
    cloud: Cloud, connector: Connector, body: bytes, code: str | None
) -> None:
    cloud.faults.next(Answer(403, body=body))
    expected = json.loads(body)["error"]["code"] if code is None else code
    outcome = await connector.attempt_send(cloud.service_url, "c", message("c"))
    assert outcome == Refused(403, expected)


async def test_an_answer_that_breaks_off_is_what_its_status_says(
    connector: Connector, channel: Wire
) -> None:
    for status, expected in (
        (201, Taken(None)),
        (403, Refused(403)),
        (429, Failed("429", 429, 3.0)),
    ):
        half = http(status, b"{}", "Retry-After: 3").replace(b"Length: 2", b"Length: 100")
        channel.answers(half)
        attempt = asyncio.create_task(connector.attempt_send(channel.url, "c", b"{}"))
        await channel.wait_for_answer()
        channel.hang_up()
        assert await attempt == expected


async def test_an_idle_connection_that_was_closed_costs_no_attempt(
    connector: Connector, channel: Wire, counts: Counts
) -> None:
    assert await connector.attempt_send(channel.url, "c", b"{}") == Taken("7")
    channel.answers(b"")
    assert await connector.attempt_send(channel.url, "c", b"{}") == Taken("7")
    assert counts.attempts == {"ok": 2, "failed": 1}
    assert counts.retries == {"disconnected": 1}


async def test_connections_that_break_again_fail(
    cloud: Cloud, connector: Connector, counts: Counts
) -> None:
    cloud.faults.next(*[Answer(drop=Drop.AFTER)] * 2)
    outcome = await connector.attempt_send(cloud.service_url, "c", message("c"))
    assert isinstance(outcome, Failed)
    assert outcome.reason.startswith("disconnected: ")
    assert outcome == Failed(outcome.reason, lost=True)
    assert counts.attempts == {"failed": 2}
    assert counts.retries == {"disconnected": 1}


async def test_what_was_lost_stays_lost_whatever_the_second_request_is_answered(
    connector: Connector, channel: Wire
) -> None:
    channel.answers(b"", http(503))
    outcome = await connector.attempt_send(channel.url, "c", b"{}")
    assert outcome == Failed("503", 503, lost=True)


async def test_a_request_that_hangs_is_ended_and_may_have_arrived(counts: Counts) -> None:
    async with Cloud() as cloud:
        client = Connector(NoToken(), attempt_timeout=0.1, observer=counts)
        never = asyncio.Event()
        cloud.faults.always(Answer(after=never))
        outcome = await client.attempt_send(cloud.service_url, "c", message("c"))
        assert outcome == Failed("timeout: TimeoutError", lost=True)
        assert len(cloud.connector.requests) == 1
        never.set()
        await client.close()
    assert (counts.attempts, counts.retries) == ({"failed": 1}, {})


async def test_a_channel_that_is_away_has_got_nothing(connector: Connector) -> None:
    async with wire() as gone:
        url = gone.url
    outcome = await connector.attempt_send(url, "c", b"{}")
    assert outcome == Failed("connection: ClientConnectorError")


async def test_what_is_closed_attempts_nothing(
    cloud: Cloud, connector: Connector, counts: Counts
) -> None:
    await connector.close()
    outcome = await connector.attempt_send(cloud.service_url, "c", message("c"))
    assert outcome == Failed("the bot is shutting down")
    assert (cloud.connector.requests, counts.attempts) == ([], {})


async def test_a_stale_token_is_renewed_within_the_attempt(counts: Counts) -> None:
    async with authenticated(counts) as (cloud, client):
        url = cloud.service_url
        assert await client.attempt_send(url, "c", message("c")) == Taken("000001")
        cloud.login.revoke()
        assert await client.attempt_send(url, "c", message("c")) == Taken("000002")
        assert cloud.login.token_requests == 2
    assert counts.retries == {"401": 1}


async def test_a_token_that_is_fresh_and_refused_is_of_the_bot(
    counts: Counts, caplog: pytest.LogCaptureFixture
) -> None:
    clock = Clock()
    async with authenticated(counts, clock) as (cloud, client):
        cloud.faults.always(Answer(401))
        for _ in range(3):
            outcome = await client.attempt_send(cloud.service_url, "c", message("c"))
            assert isinstance(outcome, Failed)
            assert "app id" in outcome.reason
            assert outcome == Failed(outcome.reason, 401, of_the_bot=True)
        assert len(cloud.connector.requests) == 6
        assert len(errors(caplog)) == 1
        clock.now += 60
        await client.attempt_send(cloud.service_url, "c", message("c"))
        [_, line] = errors(caplog)
    assert "'c'" in line
    assert "app id" in line


async def test_without_a_token_the_login_service_is_to_blame(
    counts: Counts, caplog: pytest.LogCaptureFixture
) -> None:
    async with authenticated(counts) as (cloud, client):
        cloud.login.faults.always(Answer(500))
        for _ in range(3):
            outcome = await client.attempt_send(cloud.service_url, "c", message("c"))
            assert isinstance(outcome, Failed)
            assert "login service" in outcome.reason
            assert outcome == Failed(outcome.reason, of_the_bot=True)
        assert cloud.connector.requests == []
    assert len(errors(caplog)) == 1
    assert counts.attempts == {"failed": 3}


async def test_a_login_service_that_hangs_is_waited_for_as_long_as_for_a_request() -> None:
    async with authenticated(attempt_timeout=0.05) as (cloud, client):
        never = asyncio.Event()
        cloud.login.faults.always(Answer(after=never))
        async with asyncio.timeout(4):  # the login service's own limit is 5 s
            outcome = await client.attempt_send(cloud.service_url, "c", message("c"))
        never.set()
    assert isinstance(outcome, Failed)
    assert outcome.of_the_bot


async def test_a_failed_attempt_is_logged_for_those_who_look_for_it_alone(
    cloud: Cloud, connector: Connector, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "turnkeeper")
    cloud.faults.next(Answer(503))
    await connector.attempt_send(cloud.service_url, "c", message("c"))
    [record] = [record for record in caplog.records if record.name.startswith("turnkeeper")]
    assert (record.levelno, record.getMessage()) == (logging.DEBUG, "conversation 'c': POST: 503")


@pytest.mark.parametrize(
    ("answer", "wish"),
    [
        (Answer(429, {"Retry-After": "3"}), 3.0),
        (Answer(503, {"Retry-After": "0"}), 0.0),
        (Answer(429), None),
        (Answer(403, {"Retry-After": "3"}), None),
        (Answer(200, {"Retry-After": "3"}), None),
        (Answer(drop=Drop.BEFORE), None),
    ],
)
async def test_what_may_be_lost_tells_how_long_the_channel_is_to_be_left_alone(
    cloud: Cloud, connector: Connector, answer: Answer, wish: float | None
) -> None:
    cloud.faults.next(answer)
    body = message("c", type="typing")
    assert await connector.send_at_best(cloud.service_url, "c", body) == wish


async def test_a_conversation_that_is_refused_has_the_channels_word_for_it(
    cloud: Cloud, connector: Connector
) -> None:
    with pytest.raises(DeliveryRefused) as refusal:
        await connector.create_conversation(cloud.service_url, b"{}")
    assert (refusal.value.status, refusal.value.code) == (400, "BadSyntax")


def errors(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What the log calls errors."""
    return [record.getMessage() for record in caplog.records if record.levelname == "ERROR"]
