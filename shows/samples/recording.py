"""What came of a script: each answer, and each request that the bot made of the channel."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from turnkeeper.testing.outside.connector import Received
from turnkeeper.testing.people.answer import Answered

TIMES: Final = ("timestamp", "localTimestamp")
"""The fields that tell a time of the bot's clock."""
IDS: Final = ("id", "replyToId", "activityId")
"""The fields that may hold an id that the channel gave."""


@dataclass
class Exchange:
    """One turn.

    :param said: what was sent.
    :param answer: the HTTP answer: status, and where it has a body its type and content.
    :param requests: of the bot at the channel, in order: method, conversation, path, body.
    """

    said: str
    answer: dict[str, Any]
    requests: list[dict[str, Any]] = field(default_factory=list)

    def __str__(self) -> str:
        """As a transcript has it: what was said, the status, and the texts of what came."""
        told = [one["body"] or {} for one in self.requests]
        texts = [f"    < {_line(one)}" for one in told]
        return "\n".join([f"  > {self.said}   ({self.answer['status']})", *texts])

    @property
    def activities(self) -> int:
        """How many activities the bot sent."""
        told = self.answer.get("body")
        buffered = told.get("activities", []) if isinstance(told, dict) else []
        return len(self.requests) + len(buffered)


class Recorder:
    """Writes down turns, with ids and times as any run has them.

    :param service_url: of the channel.
    """

    def __init__(self, service_url: str) -> None:
        self._service_url = service_url
        self._ids: dict[str, str] = {}

    def name(self, activity_id: str, called: str) -> None:
        """Have an id that the channel gave be called otherwise."""
        self._ids[activity_id] = called

    def knows(self, activity_id: str) -> bool:
        """Whether an id is called otherwise."""
        return activity_id in self._ids

    def answer(self, answered: Answered) -> dict[str, Any]:
        """Return an HTTP answer as it is compared."""
        told: dict[str, Any] = {"status": answered.status}
        if answered.body:
            told["type"] = answered.headers.get("Content-Type", "")
            told["body"] = self._plain("", answered.content())
        return told

    def request(self, received: Received) -> dict[str, Any]:
        """Return a request as it is compared."""
        return {
            "method": received.method,
            "conversation": received.conversation_id,
            "path": [self._ids.get(part, part) for part in received.rest],
            "body": self._plain("", json.loads(received.body)) if received.body else None,
        }

    def _plain(self, name: str, value: Any) -> Any:
        if isinstance(value, Mapping):
            return {key: self._plain(key, inner) for key, inner in value.items()}
        if isinstance(value, list):
            return [self._plain(name, inner) for inner in value]
        if not isinstance(value, str):
            return value
        if name in TIMES and _is_time(value):
            return "(a time)"
        if name in IDS:
            return self._ids.get(value, value)
        return value.replace(self._service_url, "(the channel)")


def _line(activity: Mapping[str, Any]) -> str:
    """An activity in a line."""
    files = [one.get("contentType") for one in activity.get("attachments") or ()]
    shown = activity.get("text") or activity.get("name") or activity.get("type")
    return f"{shown!r} {files or ''}"


def _is_time(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True
