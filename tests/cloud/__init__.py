"""A fake cloud: everything outside the bot, played over real HTTP.

Public, for the tests of people who build on this bot. Start with :class:`FakeCloud`.

- ``cloud.person("msteams", bot_url=...)`` makes a :class:`Person` who ``says``, ``joins``,
  ``installs`` and ``submits`` as the real clients do, and gets a :class:`Turn` back.
- ``cloud.sent(conversation_id)`` is what the bot posted, ``await cloud.wait_for(id, n)``
  waits for it.
- ``cloud.script.next(Answer(429, {"Retry-After": "1"}), Answer(drop=Drop.AFTER))`` orders
  how the connector answers next; ``cloud.login.token_script`` and ``cloud.login.key_script``
  do so for the login service.
- ``cloud.mint(exp=None)`` makes channel tokens, good and forged;
  ``cloud.identity.roll()`` changes the signing key.
- ``cloud.login.token_requests``, ``cloud.login.key_requests`` and
  ``cloud.connector.requests`` tell what was asked.

``python -m tests.cloud`` runs it for trials by hand.
"""

from __future__ import annotations

from tests.cloud.cloud import FakeCloud
from tests.cloud.connector import Activity, Received
from tests.cloud.identity import Identity, SigningKey, sign
from tests.cloud.person import BOT, Answered, Person, Turn
from tests.cloud.place import Place
from tests.cloud.script import Answer, Drop, Script

__all__ = [
    "BOT",
    "Activity",
    "Answer",
    "Answered",
    "Drop",
    "FakeCloud",
    "Identity",
    "Person",
    "Place",
    "Received",
    "Script",
    "SigningKey",
    "Turn",
    "sign",
]
