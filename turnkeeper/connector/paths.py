"""The paths of the Bot Connector REST API."""

from __future__ import annotations

import logging
import re
from functools import lru_cache
from urllib.parse import quote

from yarl import URL

from turnkeeper.errors import DeliveryRefused

log = logging.getLogger(__name__)

_PLAIN_ID = re.compile(r"[A-Za-z0-9_-]+")


def activities(conversation_id: str, reply_to_id: str | None = None) -> tuple[str, ...]:
    """Return the path of a conversation's activities, or of the replies to one of them."""
    path = (conversation_id, "activities")
    return (*path, reply_to_id) if reply_to_id else path


def url_of(service_url: str, *path: str) -> URL:
    """Return the URL of a path below the conversations, which may hold any id.

    :param path: its segments, raw.
    :raises DeliveryRefused: one is empty, which would mean another resource.
    """
    if not all(path):
        refusal = f"a call about {path[1]} was not made: bot code gave an empty id"
        log.warning("conversation %r: %s", path[0], refusal)
        raise DeliveryRefused(400, refusal)
    service = _service(service_url)
    full_path = "/".join([f"{service.raw_path}v3/conversations", *map(_segment, path)])
    # encoded=True: yarl would undo some of the encoding and resolve dots.
    return service.with_path(full_path, encoded=True)


@lru_cache(maxsize=256)
def _service(service_url: str) -> URL:
    return URL(f"{service_url}/", encoded=True)


def _segment(text: str) -> str:
    return text if _PLAIN_ID.fullmatch(text) else _quoted(text)


@lru_cache(maxsize=4096)
def _quoted(text: str) -> str:
    """An id as one segment of a path, whatever is in it.

    Dots are no reserved characters, yet ``.`` and ``..`` alone mean another path (RFC 3986,
    section 5.2.4). Lone surrogates, which JSON can hold, are encoded rather than refused.
    """
    if text in (".", ".."):
        return text.replace(".", "%2E")
    return quote(text, safe="", errors="surrogatepass")
