"""Connecting to Redis: a cluster or one server, what it may lose, and its errors in our words."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator
from typing import Any, Final

from turnkeeper.errors import SettingsError, StorageUnavailable
from turnkeeper.storage.redis import script as redis_script

try:
    from redis import asyncio as driver
    from redis import exceptions
    from redis.asyncio.retry import Retry
    from redis.backoff import NoBackoff
except ImportError:
    INSTALLED = False
else:
    INSTALLED = True

log = logging.getLogger(__name__)

_LASTING: Final = ("DB index", "CERTIFICATE_VERIFY_FAILED")
"""In an error at opening: what no waiting will mend."""


async def connect(url: str, address: str, format_key: bytes) -> Any:
    """A client of the server or cluster a URL names, checked to be fit for the storage.

    :param url: ``redis://`` or ``rediss://``, with the driver's own options.
    :param address: of the server, for error texts.
    :param format_key: where the version of the layout lies.
    :raises SettingsError: the records there are of another layout.
    """
    client = _client(driver.Redis, url)
    try:
        await _warn_of_loss(client, address)
        if await _is_cluster(client):
            await client.aclose()
            client = _client(driver.RedisCluster, url)
        await client.set(format_key, redis_script.FORMAT, nx=True)
        version = (await client.get(format_key)).decode()
        if version != redis_script.FORMAT:
            raise SettingsError.of(
                "STORAGE_URL",
                f"the records at {address} are of format {version}, and this "
                f"version of the bot knows {redis_script.FORMAT}",
            )
    except BaseException:
        await client.aclose()
        raise
    return client


def _client(kind: Any, url: str) -> Any:
    return kind.from_url(
        url,
        # The older protocol: with the newer, the driver does not notice a connection that the
        # server closed while it lay idle.
        protocol=2,
        # A command is never sent twice: a commit whose answer is lost may have taken effect.
        retry=Retry(NoBackoff(), 0),
        # Every call has one time limit as a whole.
        socket_timeout=None,
        socket_connect_timeout=None,
    )


async def _is_cluster(client: Any) -> bool:
    try:
        return bool((await client.info("cluster")).get("cluster_enabled"))
    except exceptions.ResponseError:
        return False  # not permitted here


async def _warn_of_loss(client: Any, address: str) -> None:
    """Say once that the server may lose records, where it is permitted to ask."""
    try:
        answer = await client.config_get("appendonly", "save", "maxmemory", "maxmemory-policy")
    except exceptions.ResponseError:
        return  # managed services do not permit it
    losses = []
    if answer.get("appendonly") == "no" and answer.get("save") == "":
        losses.append("keeps nothing on disk (appendonly no, no save): a restart loses all")
    policy = answer.get("maxmemory-policy", "noeviction")
    if answer.get("maxmemory", "0") != "0" and policy != "noeviction":
        losses.append(f"may drop records when memory is short (maxmemory-policy {policy})")
    if losses:
        log.warning("Redis at %s %s", address, "; and ".join(losses))


@contextlib.contextmanager
def translated_errors(address: str, timeout: float, *, opening: bool = False) -> Iterator[None]:
    """Turn the driver's errors into ours, in words that hold no password.

    :param timeout: the limit in seconds that a ``TimeoutError`` inside was for.
    :param opening: whether an error that no waiting will mend is one of the settings.
    """
    where = f"Redis at {address}"
    try:
        yield
    except TimeoutError:
        raise StorageUnavailable(f"{where}: no answer within {timeout:g} s") from None
    except exceptions.RedisClusterException as error:
        # Its text may quote a whole command.
        raise StorageUnavailable(f"{where}: {type(error).__name__}") from None
    except (exceptions.RedisError, OSError, TypeError, ValueError) as error:
        text = str(error) or type(error).__name__
        lasting = isinstance(
            error,
            exceptions.AuthenticationError
            | exceptions.AuthenticationWrongNumberOfArgsError
            | exceptions.AuthorizationError
            | exceptions.NoPermissionError
            | TypeError
            | ValueError,
        )
        if opening and (lasting or any(part in text for part in _LASTING)):
            raise SettingsError.of("STORAGE_URL", f"{where}: {text}") from None
        raise StorageUnavailable(f"{where}: {text}") from None
