"""The JSON of a request: what may be in it, and how much.

Every byte of a body may be a stranger's, so it takes a time that grows with the body and no faster.
"""

from __future__ import annotations

import re
from typing import Any, Final

import orjson

from turnkeeper.errors import RequestRefused

MAX_DEPTH: Final = 32  #: levels of objects and lists
MAX_CONTAINERS: Final = 2_000  #: objects and lists in one body; each takes time to decode
MAX_VALUES: Final = 10_000  #: values in one body; each takes time to parse
MENDED: Final = "\ufffd"  #: what stands in a text for half of a surrogate pair

_FOLD: Final = bytes.maketrans(b"{}", b"[]")
_NOISE: Final = bytes(set(range(256)) - set(b'[]{},"'))
# A pair of escaped surrogates, or one that has no other half. The backslashes before it escape one
# another, so that the escaped backslash in front of the word "ud83d" is none of it.
_SURROGATES: Final = re.compile(
    rb"(?<!\\)((?:\\\\)*)(?:(\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})"
    rb"|\\u[dD][89a-fA-F][0-9a-fA-F]{2})"
)


def read_document(body: bytes) -> tuple[Any, bool]:
    """Return the JSON value of a body, and whether halves of surrogate pairs were mended in it.

    Such a half is no character: no store and no channel would take it. JavaScript makes it where it
    cuts a text in the middle of an emoji. Of two members of one name the last counts, as in the
    SDK.

    :raises RequestRefused: 400, it is not JSON, or holds too much.
    """
    _check_structure(body)
    try:
        # It refuses what is not in RFC 8259: NaN, a byte order mark, halves of surrogate pairs.
        return orjson.loads(body), False
    except ValueError:
        pass
    mended = _SURROGATES.sub(lambda found: found[0] if found[2] else found[1] + rb"\ufffd", body)
    try:
        return orjson.loads(mended), True
    except ValueError:
        raise _bad_json("the body must be JSON (RFC 8259)") from None


def _check_structure(body: bytes) -> None:
    """Refuse what is nested too deep or would take long to parse. :raises RequestRefused: 400."""
    brackets = body.count(b"{") + body.count(b"[")
    if brackets <= MAX_DEPTH and body.count(b",") <= MAX_VALUES:
        return
    # What stands outside of the strings, in time that grows with the body and no faster.
    structure = body.replace(b"\\\\", b"").replace(b'\\"', b"").translate(_FOLD, _NOISE)
    structure = b"".join(structure.replace(b'""', b"").split(b'"')[::2])
    if structure.count(b",") > MAX_VALUES:
        raise _bad_json(f"the body may hold {MAX_VALUES} values")
    if structure.count(b"[") > MAX_CONTAINERS:
        raise _bad_json(f"the body may hold {MAX_CONTAINERS} objects and lists")
    structure = structure.replace(b",", b"")
    for _ in range(MAX_DEPTH - 1):
        structure = structure.replace(b"[]", b"")  # takes the innermost level away
    if b"[[" in structure:
        raise _bad_json(f"the body may be nested {MAX_DEPTH} levels deep")


def _bad_json(what: str) -> RequestRefused:
    return RequestRefused(400, "bad_json", f"{what[0].upper()}{what[1:]}.")
