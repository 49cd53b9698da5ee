"""What the log shows of an error: its type and where it was raised, and not what it says.

What an error says may quote what a person wrote, as that of ``int("my PIN is 4711")`` does.
"""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from textwrap import indent
from typing import Final

from turnkeeper.errors import BotError

_CAUSE: Final = "The above exception was the direct cause of the following exception:"
_CONTEXT: Final = "During handling of the above exception, another exception occurred:"


def without_messages(error: BaseException) -> str:
    """An error, and those it came from, as Python prints them but for their messages.

    :param error: one of our own keeps its message; see :class:`turnkeeper.errors.BotError`.
    """
    return _chain(error, set())


def _chain(error: BaseException, seen: set[int]) -> str:
    parts: list[str] = []
    earlier: BaseException | None = error
    while earlier is not None and id(earlier) not in seen:  # errors may hold one another in circles
        seen.add(id(earlier))
        parts.append("\n".join(_lines(earlier, seen)))
        if earlier.__cause__ is not None:
            link, earlier = _CAUSE, earlier.__cause__
        else:
            link = _CONTEXT
            earlier = None if earlier.__suppress_context__ else earlier.__context__
        if earlier is not None and id(earlier) not in seen:
            parts.append(f"\n{link}\n")
    return "\n".join(reversed(parts))


def _lines(error: BaseException, seen: set[int]) -> Iterator[str]:
    if error.__traceback__ is not None:
        yield "Traceback (most recent call last):"
        yield "".join(traceback.extract_tb(error.__traceback__).format()).rstrip("\n")
    name = _name(type(error))
    # On one line: an id in the message must not begin a line of its own.
    yield f"{name}: {' '.join(str(error).splitlines())}" if isinstance(error, BotError) else name
    if isinstance(error, BaseExceptionGroup):
        for number, member in enumerate(error.exceptions, 1):
            yield indent(f"{number}. {_chain(member, seen)}", "  ")


def _name(kind: type) -> str:
    module = kind.__module__
    return kind.__qualname__ if module == "builtins" else f"{module}.{kind.__qualname__}"
