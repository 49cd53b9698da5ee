"""A subclass of a type that may be stored is another type: it would come back as less."""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest

from turnkeeper.errors import CodecError
from turnkeeper.wire.codec import Codec


class Point(NamedTuple):
    """A tuple with names."""

    x: int
    y: int


class Stack(list[int]):
    """A list with more to it."""


class Table(dict[str, int]):
    """A dict with more to it."""


@pytest.mark.parametrize(
    "value", [Point(1, 2), Stack([1]), Table(a=1)], ids=lambda v: type(v).__name__
)
def test_it_is_not_stored(value: Any) -> None:
    with pytest.raises(CodecError, match=f"{type(value).__name__} is not among the types"):
        Codec().encode_state({"value": value})
