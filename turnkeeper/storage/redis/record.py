"""A record as the bytes that lie in Redis; the layout is described in redis_script.py."""

from __future__ import annotations

from typing import Final

from turnkeeper.errors import StorageError
from turnkeeper.storage.records import Change, Record

GRACE: Final = 3600.0
"""Seconds after its expiry at which the server itself drops a record that no sweep took away.

Until then a sweep finds the record whole, with its owner. After that it is gone even if the bot is
never started again.
"""


KEEP: Final = b"="
"""In place of the value of a record that is kept; no value is like it."""


def encode(text: str) -> bytes:
    """UTF-8, in which bytes sort as code points do.

    :raises StorageError: the text holds a lone surrogate.
    """
    try:
        return text.encode()
    except UnicodeEncodeError:
        raise StorageError(
            "Redis: a key, an owner or a body with a lone surrogate cannot be stored"
        ) from None


def owned(owner: str) -> bytes:
    """The beginning of an owner's entries in the indexes; no owner's begins another's."""
    text = encode(owner)
    return b"%d:%b" % (len(text), text)


def key_of(member: bytes) -> bytes:
    """The key at the end of an entry that begins with an owner."""
    length, _, owner_and_key = member.partition(b":")
    return owner_and_key[int(length) :]


def pack(change: Change, e_tag: str, now: float) -> tuple[bytes, ...]:
    """The seven arguments of a change for the script ``COMMIT``.

    :param e_tag: the new e_tag of the record.
    :param now: seconds since the epoch.
    """
    expires_at, life, value, due_in = b"", b"", b"", b""
    if change.expires_at is not None:
        expires_at = repr(float(change.expires_at)).encode()
        life = b"%d" % ((max(change.expires_at - now, 0) + GRACE) * 1000)
    if change.keep:
        value = KEEP
    elif change.body is not None:
        owner = encode(change.owner)
        head = b"%b %b %d " % (e_tag.encode(), expires_at or b"-", len(owner))
        value = head + owner + encode(change.body)
    if change.due_in is not None:
        due_in = repr(float(change.due_in)).encode()
    expected = encode(change.e_tag or "")
    return encode(change.key), expected, owned(change.owner), value, expires_at, life, due_in


def unpack(value: bytes, now: float) -> Record | None:
    """The record in a stored value, or None if it is past its time.

    :param now: seconds since the epoch.
    """
    marked, expiry, length, rest = value.split(b" ", 3)
    due_at, _, e_tag = marked.rpartition(b"@")
    expires_at = None if expiry == b"-" else float(expiry)
    if expires_at is not None and expires_at <= now:
        return None
    end = int(length)
    return Record(
        rest[end:].decode(),
        e_tag.decode(),
        rest[:end].decode(),
        expires_at,
        float(due_at) if due_at else None,
    )
