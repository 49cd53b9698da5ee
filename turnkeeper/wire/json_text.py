"""JSON text in and out. A quarter of a turn's time was the standard library's ``json``."""

from __future__ import annotations

import json
from typing import Any

import orjson


def encode(value: Any) -> str:
    """The JSON text of a value made of plain dicts, lists, strings, numbers, booleans and None.

    :raises TypeError: it holds something else.
    """
    try:
        return orjson.dumps(value).decode()
    except TypeError:  # half of a surrogate pair, or a number of more than 64 bits
        return json.dumps(value, separators=(",", ":"))


def decode(text: str | bytes) -> Any:
    """The value of a JSON text that :func:`encode` made.

    :raises ValueError: it is none.
    :raises RecursionError: it nests too deep.
    """
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return json.loads(text)
