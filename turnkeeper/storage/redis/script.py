"""How records lie in Redis, and the scripts that change them.

Under the prefix ``bot``, where the braces put all of it into one slot of a cluster:

=================== =========== ==================================================================
``{bot}:record:K``  string      ``E_TAG EXPIRES_AT LENGTH OWNER+BODY``: the expiry in seconds or
                                "-", the owner's length in bytes, the owner, the body; where it is
                                due, ``E_TAG`` is ``DUE_AT@E_TAG``, the time in seconds
``{bot}:keys``      sorted set  ``K`` of every record, for scans in order; every score is 0
``{bot}:owners``    sorted set  ``LENGTH:OWNER+K`` of every record with an owner; every score is 0
``{bot}:due``       sorted set  ``LENGTH:OWNER+K`` of every record that expires; the score is when
``{bot}:due_at``    sorted set  ``K`` of every record that is due some time; the score is when
``{bot}:format``    string      version of this layout
``{bot}:ping``      string      empty; written to see whether the server takes writes
=================== =========== ==================================================================

The server runs a script as a whole with nothing in between, but undoes nothing when one fails
half-way. So each compares everything before it writes anything, and the server refuses a script
for want of memory only at its first write. https://valkey.io/topics/eval-intro/

Version 0.3 knows no ``due_at``. It takes ``DUE_AT@E_TAG`` for the e_tag, and what it writes is not
due; it leaves the set alone. So the record says whether it is due and when, and what the set has
beyond that is taken out of it when it is found there (``HEAL``).

A record also expires by itself, some time later than it says (``GRACE`` in redis_record.py).
"""

from __future__ import annotations

import hashlib
from functools import cache
from typing import Final

FORMAT: Final = "1"
"""Version of the layout. A store of another version is refused."""

_HEAD: Final = """
-- The e_tag, the expiry in seconds (nil: never), LENGTH:OWNER and the time at which it is due, as
-- text (nil: never), of a record; nil if absent.
local function head(record)
  local start = redis.call('GETRANGE', record, 0, 255)
  local e_tag, expires_at, length, at = string.match(start, '^(%S+) (%S+) (%d+) ()')
  if not e_tag then return nil end
  length = tonumber(length)
  local owner = string.sub(start, at, at + length - 1)
  if #owner < length then owner = redis.call('GETRANGE', record, at - 1, at + length - 2) end
  local due_at, rest = string.match(e_tag, '^(.-)@(.*)$')
  return rest or e_tag, tonumber(expires_at), length .. ':' .. owner, due_at
end
"""

_TIME: Final = """
-- The time in seconds: what was given, or the server's.
local function time(given)
  if given ~= '' then return tonumber(given) end
  local now = redis.call('TIME')
  return now[1] + now[2] / 1000000
end
"""

COMMIT: Final = f"""
-- KEYS: keys, owners, due, due_at, then each record.
-- ARGV: now, the time that due_in counts from ('': the server's), then of each record: its key, the
-- e_tag expected ('': absent, '*': any), LENGTH:OWNER, the new value ('': delete, '=': keep), its
-- expiry in seconds ('': never), its time to live in milliseconds, due_in in seconds ('': never).
-- Returns 0, or the number of the first record in conflict, and then nothing is written.
{_HEAD}{_TIME}
local keys, owners, due, due_at = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local now, from = tonumber(ARGV[1])
local before, was_due = {{}}, {{}}
for i = 1, #KEYS - 4 do
  local at = 7 * i - 4
  local e_tag, expires_at, owned
  e_tag, expires_at, owned, was_due[i] = head(KEYS[i + 4])
  if e_tag then before[i] = owned .. ARGV[at] end
  if not e_tag or (expires_at and expires_at <= now) then e_tag = '' end
  if ARGV[at + 1] ~= '*' and ARGV[at + 1] ~= e_tag then return i end
end
local function write(i)
  local key, _, owned, value, expires_at, life, due_in = unpack(ARGV, 7 * i - 4, 7 * i + 2)
  local record, member = KEYS[i + 4], owned .. key
  if before[i] and (value == '' or before[i] ~= member) then
    redis.call('ZREM', owners, before[i])
    redis.call('ZREM', due, before[i])
  end
  if value ~= '' and due_in ~= '' then
    from = from or time(ARGV[2])
    local at = string.format('%.17g', from + tonumber(due_in))
    redis.call('ZADD', due_at, at, key)
    value = at .. '@' .. value
  elseif was_due[i] then
    redis.call('ZREM', due_at, key)
  end
  if value == '' then
    redis.call('DEL', record)
    redis.call('ZREM', keys, key)
  else
    if expires_at == '' then
      redis.call('SET', record, value)
      redis.call('ZREM', due, member)
    else
      redis.call('SET', record, value, 'PX', life)
      redis.call('ZADD', due, expires_at, member)
    end
    redis.call('ZADD', keys, 0, key)
    if owned ~= '0:' then redis.call('ZADD', owners, 0, member) end
  end
end
for i = 1, #KEYS - 4 do
  if ARGV[7 * i - 1] ~= '=' then write(i) end
end
return 0
"""

SWEEP: Final = f"""
-- KEYS: keys, owners, due, due_at, then each record that expires.
-- ARGV: now, then of each record: its key, its member of due.
-- Returns how many records it removed.
{_HEAD}
local keys, owners, due, due_at, now = KEYS[1], KEYS[2], KEYS[3], KEYS[4], tonumber(ARGV[1])
local removed = 0
for i = 1, #KEYS - 4 do
  local record, key, member = KEYS[i + 4], ARGV[2 * i], ARGV[2 * i + 1]
  local score = redis.call('ZSCORE', due, member)
  if score and tonumber(score) <= now then
    local e_tag, expires_at = head(record)
    if not e_tag or (expires_at and expires_at <= now) then
      redis.call('DEL', record)
      redis.call('ZREM', keys, key)
      redis.call('ZREM', due_at, key)
      removed = removed + 1
    end
    redis.call('ZREM', owners, member)
    redis.call('ZREM', due, member)
  end
end
return removed
"""

DUE: Final = f"""
-- KEYS: due_at. ARGV: the time ('': the server's), how many to leave out, and how many at most.
-- Returns the time, and each key and its score.
{_TIME}
local now = string.format('%.17g', time(ARGV[1]))
local found = redis.call(
  'ZRANGEBYSCORE', KEYS[1], '-inf', now, 'WITHSCORES', 'LIMIT', ARGV[2], ARGV[3]
)
return {{now, found}}
"""

HEAL: Final = f"""
-- KEYS: due_at, then records. ARGV: of each record its key.
-- Takes out of due_at what is not due by its record. Returns how many that was.
{_HEAD}
local healed = 0
for i = 1, #ARGV do
  local score = redis.call('ZSCORE', KEYS[1], ARGV[i])
  local _, _, _, at = head(KEYS[i + 1])
  if score and (not at or tonumber(at) ~= tonumber(score)) then
    redis.call('ZREM', KEYS[1], ARGV[i])
    healed = healed + 1
  end
end
return healed
"""


@cache
def digest(script: str) -> str:
    """The name under which a server keeps a script it has run once."""
    return hashlib.sha1(script.encode(), usedforsecurity=False).hexdigest()
