"""How a bot answers."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from turnkeeper.testing.outside.connector import Activity, texts_of


class Turn(NamedTuple):
    """What one activity brought.

    :param status: the HTTP status with which the bot answered.
    :param replies: the activities with which it replied. With ``deliveryMode: expectReplies`` they
        are those of the HTTP answer.
    :param body: the HTTP answer's JSON, such as an invoke has, else its text; None where there is
        none.
    """

    status: int
    replies: list[Activity]
    body: Any = None

    @property
    def texts(self) -> list[str]:
        """The texts of the messages among the replies."""
        return texts_of(self.replies)


class Answered(NamedTuple):
    """The bot's HTTP answer as it stands."""

    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        """Return the body as JSON."""
        return json.loads(self.body)

    def content(self) -> Any:
        """Return the body as JSON, else as text; None where there is none."""
        try:
            return self.json() if self.body else None
        except ValueError:
            return self.body.decode(errors="replace")
