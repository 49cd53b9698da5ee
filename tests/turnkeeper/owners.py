"""Under which key a person of a test is held."""

from __future__ import annotations

from botbuilder.schema import Activity

from turnkeeper.channels.addressing import address_of
from turnkeeper.testing import Person


def user_key(person: Person) -> str:
    """Return the key of a person's user state, which owns what is theirs."""
    return address_of(Activity.deserialize(person.message("hi"))).user_key
