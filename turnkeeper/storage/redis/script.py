"""How records lie in Redis, and the scripts that change them.

Under the prefix ``bot``, where the braces put all of it into one slot of a cluster:

=================== =========== ==================================================================
``{bot}:record:K``  string      ``E_TAG EXPIRES_AT LENGTH OWNER+BODY``: the expiry in seconds or
                                "-", the owner's length in bytes, the owner, the body
``{bot}:keys``      sorted set  ``K`` of every record, for scans in order; every score is 0
``{bot}:owners``    sorted set  ``LENGTH:OWNER+K`` of every record with an owner; every score is 0
``{bot}:due``       sorted set  ``LENGTH:OWNER+K`` of every record that expires; the score is when
``{bot}:format``    string      version of this layout
``{bot}:ping``      string      empty; written to see whether the server takes writes
=================== =========== ==================================================================

The server runs a script as a whole with nothing in between, but undoes nothing when one fails
half-way. So each compares everything before it writes anything, and the server refuses a script
for want of memory only at its first write. https://valkey.io/topics/eval-intro/

A record also expires by itself, some time later than it says (``GRACE`` in redis_record.py).
"""

from __future__ import annotations

import hashlib
from functools import cache
from typing import Final

FORMAT: Final = "1"
"""Version of the layout. A store of another version is refused."""

_HEAD: Final = """
-- The e_tag, the expiry in seconds (nil: never) and LENGTH:OWNER of a record; nil if absent.
local function head(record)
  local start = redis.call('GETRANGE', record, 0, 255)
  local e_tag, expires_at, length, at = string.match(start, '^(%S+) (%S+) (%d+) ()')
  if not e_tag then return nil end
  length = tonumber(length)
  local owner = string.sub(start, at, at + length - 1)
  if #owner < length then owner = redis.call('GETRANGE', record, at - 1, at + length - 2) end
  return e_tag, tonumber(expires_at), length .. ':' .. owner
end
"""

COMMIT: Final = f"""
-- KEYS: keys, owners, due, then each record.
-- ARGV: now, then of each record: its key, the e_tag expected ('': absent, '*': any),
-- LENGTH:OWNER, the new value ('': delete), its expiry in seconds ('': never), its time to live
-- in milliseconds.
-- Returns 0, or the number of the first record in conflict, and then nothing is written.
{_HEAD}
local keys, owners, due, now = KEYS[1], KEYS[2], KEYS[3], tonumber(ARGV[1])
local before = {{}}
for i = 1, #KEYS - 3 do
  local at = 6 * i - 4
  local e_tag, expires_at, owned = head(KEYS[i + 3])
  if e_tag then before[i] = owned .. ARGV[at] end
  if not e_tag or (expires_at and expires_at <= now) then e_tag = '' end
  if ARGV[at + 1] ~= '*' and ARGV[at + 1] ~= e_tag then return i end
end
for i = 1, #KEYS - 3 do
  local key, _, owned, value, expires_at, life = unpack(ARGV, 6 * i - 4, 6 * i + 1)
  local record, member = KEYS[i + 3], owned .. key
  if before[i] and (value == '' or before[i] ~= member) then
    redis.call('ZREM', owners, before[i])
    redis.call('ZREM', due, before[i])
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
return 0
"""

SWEEP: Final = f"""
-- KEYS: keys, owners, due, then each record that is due.
-- ARGV: now, then of each record: its key, its member of due.
-- Returns how many records it removed.
{_HEAD}
local keys, owners, due, now = KEYS[1], KEYS[2], KEYS[3], tonumber(ARGV[1])
local removed = 0
for i = 1, #KEYS - 3 do
  local record, key, member = KEYS[i + 3], ARGV[2 * i], ARGV[2 * i + 1]
  local score = redis.call('ZSCORE', due, member)
  if score and tonumber(score) <= now then
    local e_tag, expires_at = head(record)
    if not e_tag or (expires_at and expires_at <= now) then
      redis.call('DEL', record)
      redis.call('ZREM', keys, key)
      removed = removed + 1
    end
    redis.call('ZREM', owners, member)
    redis.call('ZREM', due, member)
  end
end
return removed
"""


@cache
def digest(script: str) -> str:
    """The name under which a server keeps a script it has run once."""
    return hashlib.sha1(script.encode(), usedforsecurity=False).hexdigest()
