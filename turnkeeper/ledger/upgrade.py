"""What versions before 0.5 owe becomes a record of its own, to be sent as any other."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import suppress
from typing import Final

from turnkeeper.address import Address, is_ledger, owed_key
from turnkeeper.errors import UnreadableRecord, WriteConflict
from turnkeeper.ledger.earlier import EarlierDebt
from turnkeeper.ledger.ledger import Ledger, digest
from turnkeeper.ledger.owed import Owed
from turnkeeper.storage import Change, Record, RecordStorage

_PAGE: Final = 200
_log = logging.getLogger(__name__)


async def upgrade(storage: RecordStorage) -> int:
    """Move what ledgers of 0.2 to 0.4 owe; return how many did. It may be done again.

    No process of an earlier version may run beside.

    :param storage: the store as a whole, with the parts of all bots.
    :raises StorageUnavailable: the store does not answer.
    """
    moved, after = 0, ""
    while page := await storage.scan(after=after, limit=_PAGE):
        after = page[-1][0]
        for key, record in page:
            name, inner = _parts(key)
            if (
                not is_ledger(inner)
                or inner.split("/")[1] != "ledgers"
                or '"owed"' not in record.body
            ):
                continue
            with suppress(WriteConflict, UnreadableRecord):
                ledger = Ledger.read(key, record)
                if debt := ledger.earlier:
                    changes = taken_over(inner, record, ledger, debt, storage.now())
                    await storage.commit([one._replace(key=name + one.key) for one in changes])
                    moved += 1
    if moved:
        _log.info("what %d conversations owed is taken over from an earlier version", moved)
    return moved


def taken_over(  # noqa: PLR0913, PLR0917 - what it is of, and where it goes
    key: str,
    record: Record | None,
    ledger: Ledger,
    debt: EarlierDebt | None,
    now: float,
    *,
    service_url: str = "",
    owner: str = "",
) -> Iterator[Change]:
    """Yield the changes by which a debt becomes a record of its own.

    :param key: of the ledger that gets it.
    :param record: the same; None where there is none yet.
    :param ledger: what is in it.
    :param service_url: where the channel listens, where the activities do not say.
    :param owner: of a ledger that is new.
    """
    owner = record.owner if record else owner
    ledger.earlier = None
    if debt and (effects := debt.left):
        who = digest(owner) if owner else ""
        number = ledger.queue.enter(debt.turn, who, len(effects), now)
        owed = Owed(debt.turn, debt.service_url() or service_url, effects)
        yield Change(owed_key(key, number), owed.body(), None, owner)
    yield Change(
        key,
        ledger.body(),
        record.e_tag if record else None,
        owner,
        record.expires_at if record else None,
        ledger.queue.due_in(now),
    )


def taken_over_from_0_1(  # noqa: PLR0913, PLR0917 - two ledgers, and whose they are
    address: Address,
    record: Record | None,
    old: Record,
    now: float,
    service_url: str,
    recipient: str,
) -> list[Change]:
    """Return the changes by which a conversation goes on with the ledger that 0.1 kept of it.

    The rest of the old ledger stays until it expires, for other bots on the store.

    :param record: of this version's ledger; None where there is none yet.
    :param old: of the old one.
    :param recipient: the id by which the channel knows the bot.
    :returns: nothing where nothing is to be taken over.
    """
    if record is not None and '"owed"' not in old.body:  # nearly always: it need not be read
        return []
    key, old_key = address.ledger_key, address.old_ledger_key
    from_old = Ledger.read(old_key, old)
    debt = from_old.earlier
    if debt and debt.is_anothers(address.bot, recipient):
        debt = None
    if record is not None and debt is None:
        return []
    ledger = Ledger.read(key, record) if record else from_old.without_earlier()
    changes = list(
        taken_over(key, record, ledger, debt, now, service_url=service_url, owner=old.owner)
    )
    if debt:
        rest = Ledger.read(old_key, old).without_earlier().body()
        changes.append(Change(old_key, rest, old.e_tag, old.owner, old.expires_at))
    return changes


def _parts(key: str) -> tuple[str, str]:
    """Return the prefix of a bot's part of the store, and the key as that bot sees it."""
    if not key.startswith("~"):
        return "", key
    name, slash, inner = key.partition("/")
    return name + slash, inner
