"""The connector of the cloud: where a bot posts its replies.

It speaks the paths of the Bot Connector REST API and checks what the real one checks:
bearer token, content type, JSON, and the fields that an activity must have.
https://learn.microsoft.com/azure/bot-service/rest-api/bot-framework-rest-connector-api-reference
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from aiohttp import web

from turnkeeper.testing.outside.faults import Faults

Activity = dict[str, Any]


def texts_of(activities: list[Activity]) -> list[str]:
    """Return the texts of the messages among activities."""
    return [one.get("text", "") for one in activities if one["type"] == "message"]


@dataclass(frozen=True)
class Received:
    """One request as it came in, accepted or not.

    :param method: the HTTP method.
    :param raw_path: the path as it stood in the request line, percent-encoding untouched.
    :param conversation_id: decoded, "" where the path has none.
    :param rest: what follows the conversation in the path, decoded: ``("activities", "42")``.
    :param headers: with lower-case names.
    :param body: the bytes.
    """

    method: str
    raw_path: str
    conversation_id: str
    rest: tuple[str, ...]
    headers: dict[str, str]
    body: bytes


class Refused(Exception):
    """The request is answered with an error as the real connector words it."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code


@dataclass
class Transcript:
    """What the connector knows of one conversation."""

    sent: list[Activity] = field(default_factory=list)
    updated: list[Activity] = field(default_factory=list)
    deleted: list[str] = field(default_factory=list)
    members: list[dict[str, Any]] = field(default_factory=list)


class Connector:
    """Keeps what bots post, in order.

    :param path: the path of the service URL, such as ``/connector``.
    :param token_is_good: says whether a bearer token is one the login service issued and
        still stands; None to ask for no token (local mode).
    :param clock: tells the seconds since 1970.
    """

    def __init__(
        self,
        path: str,
        token_is_good: Callable[[str], bool] | None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.path = path
        self.faults = Faults(clock)
        self.requests: list[Received] = []
        self.transcripts: dict[str, Transcript] = {}
        self._token_is_good = token_is_good
        self._changed = asyncio.Condition()
        self._count = 0
        self._one_to_one: dict[tuple[str, str], str] = {}

    def transcript(self, conversation_id: str) -> Transcript:
        """What is known of this conversation; made when it is new."""
        return self.transcripts.setdefault(conversation_id, Transcript())

    async def wait_until(self, true: Callable[[], bool], seconds: float) -> None:
        """Wait until ``true()`` holds; it is asked when a request comes and when it is answered.

        :raises TimeoutError: it did not hold in time.
        """
        async with asyncio.timeout(seconds), self._changed:
            await self._changed.wait_for(true)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer one request below the path of the service URL."""
        received = await self._receive(request)
        self.requests.append(received)
        await self._tell()
        try:
            self._check_token(received)
            return await self.faults.play(
                request, lambda: self._usual(received), received.conversation_id
            )
        except Refused as refused:
            error = {"code": refused.code, "message": str(refused)}
            return web.json_response({"error": error}, status=refused.status)
        finally:
            await self._tell()

    async def _tell(self) -> None:
        async with self._changed:
            self._changed.notify_all()

    async def _receive(self, request: web.Request) -> Received:
        # raw_path is the request line itself: the router would decode and normalise it.
        raw_path = request.raw_path.partition("?")[0]
        parts = [unquote(part) for part in raw_path[len(self.path) :].split("/")[1:]]
        if parts[:2] != ["v3", "conversations"]:
            parts = []
        headers = {name.lower(): value for name, value in request.headers.items()}
        body = await request.read()
        conversation_id = (parts[2:] or [""])[0]
        return Received(request.method, raw_path, conversation_id, tuple(parts[3:]), headers, body)

    def _check_token(self, received: Received) -> None:
        if self._token_is_good is None:
            return
        scheme, _, token = received.headers.get("authorization", "").partition(" ")
        if scheme != "Bearer" or not self._token_is_good(token):
            raise Refused(401, "Unauthorized", "Authorization has been denied for this request.")

    async def _usual(  # noqa: PLR0911 - a routing table: one return a path
        self, received: Received
    ) -> web.Response:
        # An activity counts only now: an ordered answer may have come before it.
        match received.method, *received.rest:
            case ("POST", "activities") | ("POST", "activities", _):
                return self._post(received)
            case "PUT", "activities", activity_id:
                return self._put(received, activity_id)
            case "DELETE", "activities", activity_id:
                self.transcript(received.conversation_id).deleted.append(activity_id)
                return web.Response()
            case "GET", "members":
                return web.json_response(self._members(received))
            case "GET", "pagedmembers":
                return web.json_response({"members": self._members(received)})
            case "GET", "members", member_id:
                return self._member(received, member_id)
            case ["POST"] if received.raw_path == f"{self.path}/v3/conversations":
                return self._new_conversation(received)
        raise Refused(404, "NotFound", "There is no such resource.")

    def _post(self, received: Received) -> web.Response:
        activity = _activity(received)
        self._count += 1
        activity_id = f"{self._count:06}"
        self.transcript(received.conversation_id).sent.append(activity | {"id": activity_id})
        status = 202 if activity["type"] == "typing" else 201
        return web.json_response({"id": activity_id}, status=status)

    def _put(self, received: Received, activity_id: str) -> web.Response:
        activity = _activity(received)
        self.transcript(received.conversation_id).updated.append(activity | {"id": activity_id})
        return web.json_response({"id": activity_id})

    def _members(self, received: Received) -> list[dict[str, Any]]:
        return self.transcript(received.conversation_id).members

    def _member(self, received: Received, member_id: str) -> web.Response:
        for member in self._members(received):
            if member.get("id") == member_id:
                return web.json_response(member)
        raise Refused(404, "MemberNotFoundInConversation", "There is no such member.")

    def _new_conversation(self, received: Received) -> web.Response:
        """Begin a conversation: of two, which is always the same one, of a group, or a thread."""
        parameters = _json(received)
        members = parameters.get("members") or []
        bot, first = parameters.get("bot") or {}, parameters.get("activity")
        channel = (parameters.get("channelData") or {}).get("channel")
        if not all(isinstance(member.get("id"), str) for member in members):
            raise Refused(400, "BadSyntax", "Each of the members must have an id.")
        if channel and not (isinstance(first, dict) and first.get("type")):
            raise Refused(400, "BadSyntax", "A thread of a channel begins with an activity.")
        if not channel and not (members and bot.get("id")):
            raise Refused(400, "BadSyntax", "Bot and members are required.")
        self._count += 1
        conversation_id = f"conversation-{self._count}"
        if channel:
            conversation_id = f"{channel['id']};messageid={self._count:06}"
        elif not parameters.get("isGroup"):
            pair = (bot["id"], members[0]["id"])
            conversation_id = self._one_to_one.setdefault(pair, conversation_id)
        conversation = self.transcript(conversation_id)
        conversation.members[:] = members
        answer = {"id": conversation_id}
        if isinstance(first, dict):
            conversation.sent.append(first)
            answer["activityId"] = f"{self._count:06}"
        return web.json_response(answer, status=201)


def _json(received: Received) -> dict[str, Any]:
    content_type = received.headers.get("content-type", "").partition(";")[0].strip()
    if content_type != "application/json":
        raise Refused(415, "UnsupportedMediaType", "The content type must be application/json.")
    try:
        data = json.loads(received.body)
    except ValueError as error:
        raise Refused(400, "BadSyntax", "Bad format of request.") from error
    if not isinstance(data, dict):
        raise Refused(400, "BadSyntax", "Bad format of request.")
    return data


def _activity(received: Received) -> Activity:
    activity = _json(received)
    if not isinstance(activity.get("type"), str) or not activity["type"]:
        raise Refused(400, "BadSyntax", "Activity type is required.")
    for name in ("from", "conversation"):
        account = activity.get(name)
        if not isinstance(account, dict) or not isinstance(account.get("id"), str):
            raise Refused(400, "BadSyntax", f"Activity {name}.id is required.")
    if activity["conversation"]["id"] != received.conversation_id:
        raise Refused(400, "BadSyntax", "The conversation differs from that of the path.")
    if received.method == "POST" and received.rest[1:] not in ((), (activity.get("replyToId"),)):
        raise Refused(400, "BadSyntax", "replyToId differs from that of the path.")
    return activity
