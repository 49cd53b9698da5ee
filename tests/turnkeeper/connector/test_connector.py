"""The connector client against the cloud, over real HTTP.

Time is the test's own (:class:`Clock`): a wait makes it pass at once.
"""

from __future__ import annotations

import asyncio
import gzip
import json
import logging
from collections.abc import AsyncIterator
from email.utils import formatdate

import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from tests.turnkeeper.connector.ground import Clock, Counts, authenticated, message, serving
from turnkeeper.connector.client import Connector
from turnkeeper.errors import DeliveryFailed, DeliveryRefused
from turnkeeper.login.token import NoToken
from turnkeeper.outbound.backoff import Backoff, retry_after
from turnkeeper.testing import Answer, Cloud, Drop

STRANGE_IDS = [
    "plain",
    "9a7ad850-e7cd-11f1|livechat",
    "19:abc@thread.tacv2;messageid=1795500046872",
    "a/b",
    "..",
    ".",
    "../../v3/conversations/other/activities",
    "a%2Fb",
    "50%",
    "a b+c?d=e#f&g",
    "a\\b",
    "Grüße/こんにちは",
    "\n\r\t\x00",
]


@pytest.fixture
async def cloud() -> AsyncIterator[Cloud]:
    async with Cloud() as running:
        yield running


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def counts() -> Counts:
    return Counts()


@pytest.fixture
async def connector(clock: Clock, counts: Counts) -> AsyncIterator[Connector]:
    client = Connector(
        NoToken(),
        observer=counts,
        clock=clock,
        sleep=clock.sleep,
        # The longest wait each time, so that a wait can be foretold.
        backoff=Backoff(base=0.5, cap=4.0, random=lambda: 1.0),
    )
    yield client
    await client.close()


async def test_a_message_arrives_as_it_was_and_its_id_comes_back(
    cloud: Cloud, connector: Connector, counts: Counts
) -> None:
    body = message("c")
    assert await connector.send(cloud.service_url, "c", body) == "000001"
    assert cloud.sent("c") == [{**json.loads(body), "id": "000001"}]
    request = cloud.connector.requests[0]
    assert request.body == body
    assert (request.method, request.raw_path) == (
        "POST",
        "/connector/v3/conversations/c/activities",
    )
    assert request.headers["content-type"] == "application/json; charset=utf-8"
    assert "authorization" not in request.headers
    assert (counts.attempts, counts.retries) == ({"ok": 1}, {})


async def test_a_reply_names_the_activity_that_it_answers(
    cloud: Cloud, connector: Connector
) -> None:
    body = message("c", replyToId="in|1")
    await connector.send(cloud.service_url, "c", body, reply_to_id="in|1")
    assert cloud.connector.requests[0].raw_path.endswith("/c/activities/in%7C1")
    await connector.send(cloud.service_url, "c", message("c"), reply_to_id="")
    assert cloud.connector.requests[1].raw_path.endswith("/c/activities")


async def test_what_was_sent_is_updated_and_deleted(cloud: Cloud, connector: Connector) -> None:
    url = cloud.service_url
    assert await connector.update(url, "c", "7", message("c", text="new")) == "7"
    assert cloud.connector.transcript("c").updated[0]["text"] == "new"
    await connector.delete(url, "c", "7")
    assert cloud.connector.transcript("c").deleted == ["7"]


@pytest.mark.parametrize("strange", STRANGE_IDS)
async def test_any_id_reaches_its_own_conversation(
    cloud: Cloud, connector: Connector, strange: str
) -> None:
    await connector.send(cloud.service_url, strange, message(strange))
    await connector.update(cloud.service_url, strange, strange, message(strange))
    assert len(cloud.sent(strange)) == 1
    assert cloud.connector.transcript(strange).updated[0]["id"] == strange
    assert len(cloud.connector.transcripts) == 1
    for request in cloud.connector.requests:
        path = request.raw_path.removeprefix("/connector/v3/conversations/")
        assert path.count("/") <= 2
        assert not {".", ".."} & set(path.split("/"))


async def test_a_lone_surrogate_in_an_id_is_the_channels_to_refuse(
    cloud: Cloud, connector: Connector
) -> None:
    with pytest.raises(DeliveryRefused):
        await connector.send(cloud.service_url, "\ud800", message("\ud800"))
    assert "%ED%A0%80" in cloud.connector.requests[0].raw_path


@pytest.mark.parametrize(("conversation_id", "activity_id"), [("", "1"), ("c", "")])
async def test_an_empty_id_asks_nothing(
    cloud: Cloud, connector: Connector, conversation_id: str, activity_id: str
) -> None:
    with pytest.raises(DeliveryRefused):
        await connector.delete(cloud.service_url, conversation_id, activity_id)
    assert cloud.connector.requests == []


@pytest.mark.parametrize("path", ["", "/emea", "/a%20b/c"])
async def test_the_path_of_the_service_url_is_kept(path: str, connector: Connector) -> None:
    async with Cloud(path=path) as cloud:
        await connector.send(cloud.service_url, "c", message("c"))
        assert cloud.connector.requests[0].raw_path == f"{path}/v3/conversations/c/activities"


async def test_a_conversation_is_begun_and_its_id_comes_back(
    cloud: Cloud, connector: Connector
) -> None:
    group = {"isGroup": True, "bot": {"id": "28:bot"}, "members": [{"id": "a"}, {"id": "b"}]}
    first = {"activity": {"type": "message", "text": "hello"}}
    for parameters, expected in (
        (group, ("conversation-1", None)),
        (group | first, ("conversation-2", "000002")),
    ):
        body = json.dumps(parameters).encode()
        assert await connector.create_conversation(cloud.service_url, body) == expected
    request = cloud.connector.requests[0]
    assert (request.method, request.raw_path) == ("POST", "/connector/v3/conversations")
    assert json.loads(request.body) == group


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b"not json", b'{"id": 7, "activityId": "1"}'])
async def test_a_conversation_without_an_id_is_none(
    cloud: Cloud, connector: Connector, body: bytes
) -> None:
    cloud.faults.next(Answer(201, body=body))
    with pytest.raises(DeliveryFailed, match="names no new conversation"):
        await connector.create_conversation(
            cloud.service_url, b'{"bot": {"id": "28:bot"}, "members": [{"id": "a"}]}'
        )


async def test_what_keeps_a_conversation_from_beginning_is_tried_again_or_final(
    cloud: Cloud, connector: Connector, clock: Clock
) -> None:
    body = b'{"bot": {"id": "28:bot"}, "members": [{"id": "a"}]}'
    cloud.faults.next(Answer(503), Answer(403))
    with pytest.raises(DeliveryRefused):
        await connector.create_conversation(cloud.service_url, body)
    assert clock.waits == [0.5]
    cloud.faults.always(Answer(502))
    with pytest.raises(DeliveryFailed, match="502"):
        await connector.create_conversation(cloud.service_url, body)
    assert cloud.connector.transcripts == {}


@pytest.mark.parametrize(
    "body",
    [b"", b"{}", b"[]", b"not json", b'{"id": 7}', b"[" * 5000, b'{"id":"1"}' + b" " * 10**6],
)
async def test_a_delivery_counts_whatever_the_receipt_says(
    cloud: Cloud, connector: Connector, body: bytes
) -> None:
    cloud.faults.next(Answer(200, body=body))
    assert await connector.send(cloud.service_url, "c", message("c")) is None
    assert len(cloud.sent("c")) == 1
    # Neither did it spoil the way for the next one.
    assert await connector.send(cloud.service_url, "c", message("c")) == "000002"


@pytest.mark.parametrize("status", [408, 412, 423, 425, 429, 500, 502, 503, 504, 507, 520, 599])
async def test_what_may_work_later_is_tried_again(
    cloud: Cloud, connector: Connector, clock: Clock, counts: Counts, status: int
) -> None:
    cloud.faults.next(*[Answer(status)] * 3)
    assert await connector.send(cloud.service_url, "c", message("c")) == "000001"
    assert clock.waits == [0.5, 1.0, 2.0]
    assert counts.attempts == {"failed": 3, "ok": 1}
    assert counts.retries == {str(status): 3}


async def test_an_outage_is_given_up_at_the_deadline_and_not_before(
    cloud: Cloud, connector: Connector, clock: Clock
) -> None:
    cloud.faults.always(Answer(503))
    with pytest.raises(DeliveryFailed, match="503") as failure:
        await connector.send(cloud.service_url, "c", message("c"))
    assert failure.value.status == 503
    # 0.5 + 1 + 2 + 4; another 4 s would end after the 10 s of the budget.
    assert clock.waits == [0.5, 1.0, 2.0, 4.0]
    cloud.faults.recover()
    assert await connector.send(cloud.service_url, "c", message("c")) == "000001"


async def test_a_deadline_that_is_over_asks_nothing(
    cloud: Cloud, connector: Connector, clock: Clock
) -> None:
    with pytest.raises(DeliveryFailed):
        await connector.send(cloud.service_url, "c", message("c"), deadline=clock() - 1)
    assert cloud.connector.requests == []


async def test_a_token_that_comes_after_the_deadline_is_not_used(
    cloud: Cloud, clock: Clock
) -> None:
    class Slow(NoToken):
        async def get(self, seconds: float | None = None) -> str:
            clock.now += 11
            return "late"

    client = Connector(Slow(), clock=clock)
    with pytest.raises(DeliveryFailed):
        await client.send(cloud.service_url, "c", message("c"))
    await client.close()
    assert cloud.connector.requests == []


async def test_retry_after_is_waited_for(cloud: Cloud, connector: Connector, clock: Clock) -> None:
    cloud.faults.next(Answer(429, {"Retry-After": "3"}))
    await connector.send(cloud.service_url, "c", message("c"))
    [wait] = clock.waits
    assert 3.0 <= wait <= 3.5


@pytest.mark.parametrize("no_wish", ["0", formatdate(0, usegmt=True)])
async def test_retry_after_without_a_wait_does_not_end_the_backoff(
    cloud: Cloud, connector: Connector, clock: Clock, no_wish: str
) -> None:
    cloud.faults.always(Answer(429, {"Retry-After": no_wish}))
    with pytest.raises(DeliveryFailed, match="429"):
        await connector.send(cloud.service_url, "c", message("c"))
    assert clock.waits == [0.5, 1.0, 2.0, 4.0]


async def test_retry_after_beyond_the_deadline_fails_at_once(
    cloud: Cloud, connector: Connector, clock: Clock
) -> None:
    cloud.faults.next(Answer(429, {"Retry-After": "60"}))
    with pytest.raises(DeliveryFailed, match="429"):
        await connector.send(cloud.service_url, "c", message("c"))
    assert clock.waits == []
    assert len(cloud.connector.requests) == 1


@pytest.mark.parametrize(
    "status", [400, 403, 404, 405, 409, 413, 424, 501, 505, 301, 302, 307, 308]
)
async def test_a_refusal_is_final_and_logged_once(
    cloud: Cloud,
    connector: Connector,
    counts: Counts,
    caplog: pytest.LogCaptureFixture,
    status: int,
) -> None:
    elsewhere = {"Location": f"{cloud.service_url}/v3/conversations/other/activities"}
    cloud.faults.next(Answer(status, elsewhere))
    with caplog.at_level(logging.INFO), pytest.raises(DeliveryRefused) as refused:
        await connector.send(cloud.service_url, "c\n|livechat", message("c\n|livechat"))
    assert refused.value.status == status
    assert len(cloud.connector.requests) == 1
    assert counts.attempts == {"refused": 1}
    [record] = [record for record in caplog.records if record.name.startswith("turnkeeper")]
    assert record.levelno == logging.WARNING
    assert "'c\\n|livechat'" in record.getMessage()
    assert "hello" not in record.getMessage()


async def test_a_closed_idle_connection_costs_no_wait(
    cloud: Cloud, connector: Connector, clock: Clock, counts: Counts
) -> None:
    await connector.send(cloud.service_url, "c", message("c"))
    cloud.faults.next(Answer(drop=Drop.BEFORE))
    assert await connector.send(cloud.service_url, "c", message("c")) == "000002"
    assert clock.waits == []
    assert counts.retries == {"disconnected": 1}


async def test_connections_that_break_again_and_again_are_waited_for(
    cloud: Cloud, connector: Connector, clock: Clock
) -> None:
    cloud.faults.next(*[Answer(drop=Drop.BEFORE)] * 3)
    await connector.send(cloud.service_url, "c", message("c"))
    assert clock.waits == [1.0, 2.0]


async def test_a_lost_answer_is_asked_for_again_though_it_may_repeat_the_reply(
    cloud: Cloud, connector: Connector
) -> None:
    cloud.faults.next(Answer(drop=Drop.AFTER))
    assert await connector.send(cloud.service_url, "c", message("c")) == "000002"
    assert len(cloud.sent("c")) == 2


async def test_a_channel_that_is_away_is_waited_for(connector: Connector, clock: Clock) -> None:
    async with Cloud() as cloud:
        gone = cloud.service_url
    with pytest.raises(DeliveryFailed, match="connection: ClientConnectorError"):
        await connector.send(gone, "c", message("c"))
    assert clock.waits == [0.5, 1.0, 2.0, 4.0]


async def test_half_a_receipt_is_a_delivery(connector: Connector, counts: Counts) -> None:
    async def half(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(status=201, headers={"Content-Length": "100"})
        await response.prepare(request)
        await response.write(b'{"id":')
        assert request.transport is not None
        request.transport.close()
        return response

    async with serving(half) as url:
        assert await connector.send(url, "c", message("c")) is None
    assert (counts.attempts, counts.retries) == ({"ok": 1}, {})


async def test_a_compressed_receipt_is_not_unpacked(cloud: Cloud, connector: Connector) -> None:
    bomb = gzip.compress(b'{"id": "1"}' + b" " * 10**6)
    cloud.faults.next(Answer(201, {"Content-Encoding": "gzip"}, bomb))
    assert await connector.send(cloud.service_url, "c", message("c")) is None
    assert len(cloud.sent("c")) == 1


async def test_a_huge_answer_is_not_read_to_its_end(connector: Connector) -> None:
    gone = asyncio.Event()

    async def huge(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(status=201)
        response.enable_chunked_encoding()
        await response.prepare(request)
        try:
            for _ in range(1000):
                await response.write(b"x" * 65536)
            return response
        except ConnectionError:
            gone.set()
            raise

    async with serving(huge) as url:
        assert await connector.send(url, "c", message("c")) is None
        await asyncio.wait_for(gone.wait(), 5)


async def test_a_hanging_request_is_cut_and_tried_again(cloud: Cloud, counts: Counts) -> None:
    client = Connector(NoToken(), attempt_timeout=0.1, observer=counts, sleep=Clock().sleep)
    cloud.faults.next(Answer(after=asyncio.Event()))
    try:
        assert await client.send(cloud.service_url, "c", message("c")) == "000001"
    finally:
        await client.close()
    assert counts.retries == {"timeout": 1}


async def test_the_deadline_cuts_a_hanging_request(cloud: Cloud) -> None:
    client = Connector(NoToken())
    cloud.faults.always(Answer(after=asyncio.Event()))
    deadline = asyncio.get_running_loop().time() + 0.1
    try:
        # Without the deadline the request would hang for the 5 seconds of one attempt.
        async with asyncio.timeout(4):
            with pytest.raises(DeliveryFailed, match="timeout"):
                await client.send(cloud.service_url, "c", message("c"), deadline=deadline)
    finally:
        await client.close()


async def test_hanging_conversations_hold_up_no_other(cloud: Cloud) -> None:
    client = Connector(NoToken(), per_host=130)
    release = asyncio.Event()
    hanging = [f"hanging-{n}" for n in range(120)]
    for name in hanging:
        cloud.faults.always(Answer(after=release), conversation_id=name)
    stuck = [
        asyncio.create_task(client.send(cloud.service_url, name, message(name))) for name in hanging
    ]
    try:
        await cloud.wait_for_requests(len(hanging))
        for n in range(20):
            await client.send(cloud.service_url, f"free-{n}", message(f"free-{n}"))
        assert not any(task.done() for task in stuck)
        release.set()
        assert all(await asyncio.gather(*stuck))
    finally:
        await client.close()


async def test_one_connection_serves_one_message_after_another(
    cloud: Cloud, connector: Connector
) -> None:
    peers = set()

    async def note(request: web.Request) -> web.Response:
        assert request.transport is not None
        assert "Cookie" not in request.headers
        peers.add(request.transport.get_extra_info("peername"))
        return web.json_response({"id": "1"}, headers={"Set-Cookie": "who=me"})

    async with serving(note) as url:
        for _ in range(5):
            await connector.send(url, "c", message("c"))
    assert len(peers) == 1


async def test_what_is_closed_sends_no_more(cloud: Cloud, connector: Connector) -> None:
    await connector.send(cloud.service_url, "c", message("c"))
    await connector.close()
    with pytest.raises(DeliveryFailed, match="shutting down"):
        await connector.send(cloud.service_url, "c", message("c"))
    await connector.close()


async def test_the_token_goes_along_and_is_fetched_once() -> None:
    async with authenticated() as (cloud, client):
        for _ in range(3):
            await client.send(cloud.service_url, "c", message("c"))
        assert len(cloud.sent("c")) == 3
        assert cloud.login.token_requests == 1


async def test_a_refused_token_is_renewed_once_and_at_once() -> None:
    async with authenticated() as (cloud, client):
        await client.send(cloud.service_url, "c", message("c"))
        cloud.login.revoke()
        await client.send(cloud.service_url, "c", message("c"))
        assert len(cloud.sent("c")) == 2
        assert cloud.login.token_requests == 2


async def test_a_channel_that_refuses_fresh_tokens_too_is_not_asked_for_ever(
    counts: Counts,
) -> None:
    async with authenticated(counts) as (cloud, client):
        cloud.faults.always(Answer(401))
        for _ in range(3):
            with pytest.raises(DeliveryFailed, match="401"):
                await client.send(cloud.service_url, "c", message("c"))
        assert len(cloud.connector.requests) == 6
        assert cloud.login.token_requests == 2
    assert counts.attempts == {"failed": 6}


async def test_without_a_token_the_reply_stays_owed(counts: Counts) -> None:
    async with authenticated(counts) as (cloud, client):
        cloud.login.faults.always(Answer(500))
        with pytest.raises(DeliveryFailed, match="login service"):
            await client.send(cloud.service_url, "c", message("c"))
        assert cloud.connector.requests == []
    assert counts.attempts == {"failed": 1}


async def test_a_login_service_that_hangs_does_not_outlast_the_deadline() -> None:
    async with authenticated() as (cloud, client):
        cloud.login.faults.always(Answer(after=asyncio.Event()))
        deadline = asyncio.get_running_loop().time() + 0.05
        with pytest.raises(DeliveryFailed, match="login service"):
            await client.send(cloud.service_url, "c", message("c"), deadline=deadline)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("", None),
        ("0", 0.0),
        (" 7 ", 7.0),
        ("-1", None),
        ("1.5", None),
        ("9" * 400, 86400.0),
        ("1790000000", 86400.0),
        ("00000000030", 30.0),
        ("soon", None),
        ("٣", None),
        (formatdate(1030.0, usegmt=True), 30.0),
        (formatdate(900.0, usegmt=True), 0.0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 86400.0),
        ("Mon, 99 Foo 2026 00:00:00 GMT", None),
    ],
)
def test_retry_after_is_read_in_both_forms(header: str | None, seconds: float | None) -> None:
    assert retry_after(header, now=1000.0) == seconds


@given(
    tries=st.integers(1, 10_000),
    wish=st.none() | st.floats(0, 1e9),
    room=st.floats(-10, 1e6),
    luck=st.floats(0, 1, exclude_max=True),
)
def test_a_wait_honours_the_wish_and_ends_before_the_deadline(
    tries: int, wish: float | None, room: float, luck: float
) -> None:
    backoff = Backoff(base=0.5, cap=4.0, random=lambda: luck)
    wait, unwished = backoff.wait(tries, wish, room), backoff.wait(tries, None, 5.0)
    assert unwished is not None
    if wait is None:
        assert room <= max(4.0, wish or 0.0)
    else:
        assert max(unwished, wish or 0.0) <= wait < room
        assert wait <= max(4.0, 0.0 if wish is None else wish + 0.5)
