"""What the engine's tests store."""

from __future__ import annotations

from dataclasses import dataclass

from turnkeeper import Types


@dataclass(slots=True)
class Known:
    """A person.

    :param name: theirs.
    :param seen_at: seconds since the epoch, or None.
    :param met_in: the id of a conversation, or "".
    """

    name: str = ""
    seen_at: float | None = None
    met_in: str = ""

    def conversations(self) -> list[str]:
        """The conversations that this names."""
        return [self.met_in] if self.met_in else []


@dataclass(slots=True)
class Talk:
    """A person's place in a conversation.

    :param welcomed: whether it has had its welcome.
    :param person: whom the bot talks with, or "".
    """

    welcomed: bool = False
    person: str = ""


TYPES = Types(Known, Talk)
