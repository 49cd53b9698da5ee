"""The SQL of the PostgreSQL storage, and why two commits can never both win.

A commit is one statement, so it takes effect as a whole or not at all. Under READ COMMITTED,
PostgreSQL's default, it goes like this:

1. ``stored`` locks the rows of all keys, in the order of the keys, also of those that are kept: of
   two commits that each write what the other keeps, one waits. It waits for a commit under way on
   any of them, and then sees the row that this one left, or none if it was deleted.
   https://www.postgresql.org/docs/current/transaction-iso.html#XACT-READ-COMMITTED
2. ``conflict`` compares the e_tags. If any differs, nothing is written.
3. Rows that step 1 saw are locked, so they cannot change before they are written. A row that
   appeared after the statement began was not seen and not locked: the insert meets it and goes
   the ``on conflict`` way, where its e_tag is not the ``previous`` that step 1 saw. It divides by
   zero there, on purpose: this undoes the whole statement, and writes nothing of the record into
   the server's log. The statement is then run again, sees the row, and knows whether it conflicts.

A key under which nothing is has no row to lock. So a commit that checks that a record is absent may
pass beside one that makes this record at the same moment, also where that one keeps, or checks to
be absent, what the first writes. CockroachDB, where transactions are serializable, refuses one.

Deadlocks and serialization failures undo the whole statement too, and it is run again.
"""

from __future__ import annotations

from typing import Final

FORMAT: Final = 1
"""Version of the tables. A store of a newer version is refused."""

READ_FORMAT: Final = """
    select max(version), to_regclass('bot_records_due_at') is not null and exists (
        select 1 from pg_attribute
        where attrelid = to_regclass('bot_records') and attname = 'due_at' and not attisdropped
    )
    from bot_format
"""
"""The version, and whether the tables have what :data:`DUE_AT` adds."""

CREATE: Final = (
    """
    create table if not exists bot_records (
        key text collate "C" primary key,
        body text not null,
        e_tag text not null,
        previous text,
        owner text not null,
        expires_at double precision
    )
    """,
    """
    create index if not exists bot_records_owner on bot_records (owner, key)
    where owner <> ''
    """,
    """
    create index if not exists bot_records_expires_at on bot_records (expires_at)
    where expires_at is not null
    """,
    "create table if not exists bot_format (version integer primary key)",
    "insert into bot_format (version) values (1) on conflict (version) do nothing",
)
"""Makes the tables as version 0.3 did; the row of FORMAT comes last: with it there, all of it is
there but for :data:`DUE_AT`."""

DUE_AT: Final = (
    "alter table bot_records add column if not exists due_at double precision",
    """create index if not exists bot_records_due_at on bot_records (due_at)
    where due_at is not null""",
)
"""What the tables of 0.3 lack. A process of 0.3 may go on beside: what it writes is due as before,
for it knows of nothing that would change that; whoever looks after it writes it anew."""

LOCK_TIMEOUT: Final = "set local lock_timeout = '2s'"
"""Whoever waits to alter a table has all later statements on it wait too."""

PING: Final = """
    with records as (
        insert into bot_records (key, body, e_tag, owner)
        select '', '', '', '' where false
        on conflict (key) do update set body = excluded.body
    )
    update bot_format set version = version
"""
"""A real write that leaves things as they were: it takes a transaction's number and goes to the
log, so it is refused on a standby, on a full disk, and to who may only read.

It needs SELECT and UPDATE on bot_format, and of bot_records what a commit needs; a role without
them can open the storage, and is never ready."""

FETCH: Final = """
    select key, body, e_tag, owner, expires_at, due_at from bot_records
    where key = any($1::text[]) and (expires_at is null or expires_at > $2::double precision)
"""

# $1 keys in ascending order, $2 bodies (null: delete), $3 e_tags expected (null: absent, '*': any),
# $4 owners, $5 times of expiry, $6 now, $7 in how many seconds due, $8 whether to keep it,
# $9 counted from when (null: the server's time), $10 the new e_tag
_COMPARE: Final = """
    with stored as materialized (
        select key, e_tag, expires_at from bot_records
        where key = any($1::text[])
        order by key
        for update
    ), compared as materialized (
        select wanted.*, stored.e_tag as previous,
            wanted.expected = '*' or wanted.expected is not distinct from
            case when stored.expires_at <= $6::double precision then null else stored.e_tag end
            as same
        from unnest(
            $1::text[], $2::text[], $3::text[], $4::text[], $5::double precision[],
            $7::double precision[], $8::boolean[]
        ) as wanted (key, body, expected, owner, expires_at, due_in, keep)
        left join stored on stored.key = wanted.key
    ), conflict as materialized (
        select key from compared where same is not true
    )
"""

_WRITE: Final = """
    , written as (
        insert into bot_records (key, body, e_tag, previous, owner, expires_at, due_at)
        select key, body, $10::text, previous, owner, expires_at,
            case when due_in is not null then due_in + coalesce(
                $9::double precision, extract(epoch from clock_timestamp())::double precision
            ) end
        from compared
        where body is not null and not keep and not exists (select 1 from conflict)
        order by key
        on conflict (key) do update set
            body = excluded.body,
            e_tag = excluded.e_tag,
            previous = excluded.previous,
            owner = excluded.owner,
            expires_at = excluded.expires_at,
            due_at = excluded.due_at
        where 1 / case when bot_records.e_tag = excluded.previous then 1 else 0 end = 1
        returning 1
    )
"""

_DELETE: Final = """
    , deleted as (
        delete from bot_records
        where key = any(array(select key from compared where body is null and not keep))
            and not exists (select 1 from conflict)
        returning 1
    )
"""

_ANSWER: Final = "select key from conflict order by key limit 1"

COMMIT_KEEPS: Final = _COMPARE + _ANSWER
"""For a commit that keeps all of its records."""

COMMIT_WRITES: Final = _COMPARE + _WRITE + _ANSWER
COMMIT_DELETES: Final = _COMPARE + _DELETE + _ANSWER
COMMIT_MIXED: Final = _COMPARE + _WRITE + _DELETE + _ANSWER
"""Three texts for one purpose, because CockroachDB refuses a statement that changes a table in two
places unless ``sql.multiple_modifications_of_table.enabled`` is set. Only the mixed one does."""

SWEEP: Final = """
    delete from bot_records
    where expires_at <= $1::double precision and key = any(array(
        select key from bot_records where expires_at <= $1::double precision
        order by expires_at limit $2::bigint for update skip locked
    ))
    returning 1
"""

# $1 the time (null: the server's), $2 now of expiries, $3 the prefix, $4 limit
DUE: Final = """
    select moment, key, moment - due_at from (select coalesce(
        $1::double precision, extract(epoch from now())::double precision
    ) as moment) as clock left join lateral (
        select key, due_at from bot_records
        where due_at <= moment
            and (expires_at is null or expires_at > $2::double precision)
            and coalesce(left(key, char_length($3::text)) = $3::text, false)
        order by due_at limit $4::bigint
    ) as found on true
"""
"""What time it is, also where nothing is due: then with a key of null.

The prefix in words that no index over keys serves: only that over ``due_at`` ends where nothing
is due. Of a plain comparison PostgreSQL would guess that one key in 200 passes, and would sort a
backlog each time; of ``coalesce`` it guesses half, and reads the index in its order.
``now()`` is when the statement began."""


def scan_statement(
    prefix: str, owner: str | None, after: str, limit: int, now: float
) -> tuple[str, list[str | float]]:
    """Return the statement and arguments of one page of a scan; they are as ``scan`` has them.

    Keys with a prefix are a range of the primary key: up to, and without, the prefix whose last
    character is one code point further.
    """
    arguments: list[str | float] = [now, limit]
    conditions = ["(expires_at is null or expires_at > $1::double precision)"]

    def require(condition: str, value: str) -> None:
        arguments.append(value)
        conditions.append(condition.format(f"${len(arguments)}::text"))

    if after < prefix:
        require("key >= {}", prefix)
    else:
        require("key > {}", after)
    if stem := prefix.rstrip("\U0010ffff"):
        # The code points between are surrogates, which no stored text holds.
        following = "\ue000" if stem[-1] == "\ud7ff" else chr(ord(stem[-1]) + 1)
        require("key < {}", stem[:-1] + following)
    if owner is not None:
        require("owner = {}", owner)
    if owner:
        conditions.append("owner <> ''")  # so that the planner may use the index over owners
    return (
        "select key, body, e_tag, owner, expires_at, due_at from bot_records "  # noqa: S608  # no input
        f"where {' and '.join(conditions)} order by key limit $2::bigint",
        arguments,
    )
