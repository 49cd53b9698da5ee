"""State as typed JSON with an allow-list: stored bytes never decide which class is made.

A record's body is ``{"v": 1, "state": {property: value}}``. Values are as
:mod:`turnkeeper.wire.values` has them. An unknown tag, a newer format or a broken body raises
:class:`turnkeeper.errors.UnreadableRecord`, and nothing is made of it.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Any, Final

from turnkeeper.errors import CodecError, UnreadableRecord
from turnkeeper.wire import json_text
from turnkeeper.wire.types import Types
from turnkeeper.wire.values import key_error

MAX_BODY: Final = 4 * 1024 * 1024
"""The longest body read or written, in characters."""


class Codec:
    """Encodes and decodes the records of one bot.

    :param types: what may be stored beside what is built in.
    """

    def __init__(self, types: Types | None = None) -> None:
        self._types = types or Types()
        self._registry = self._types.registry()

    def encode_state(self, state: dict[str, Any]) -> str:
        """Return the body of a record, JSON, the same for equal states.

        :param state: property names to values.
        :raises CodecError: a value is of a type that may not be stored, not finite, too deep, or
            the whole is longer than :data:`MAX_BODY`.
        """
        return self.body_of((name, self.encode_value(name, value)) for name, value in state.items())

    def encode_value(self, name: str, value: Any) -> str:
        """Return the JSON text of one property's value, the same for equal values.

        :param name: the property's, for the error.
        :raises CodecError: as :meth:`encode_state`.
        """
        try:
            return json_text.encode(self._registry.pack(value, 1))
        except CodecError as error:
            if type(name) is str:  # what else it may be is a person's, and body_of() refuses it
                error.inside(name)
            raise

    def body_of(self, properties: Iterable[tuple[str, str]]) -> str:
        """Return the body of a record made of names and the texts of :meth:`encode_value`.

        :raises CodecError: it is longer than :data:`MAX_BODY`.
        """
        texts = ",".join([f"{_name(name)}:{text}" for name, text in properties])
        body = f'{{"v":{self._types.format},"state":{{{texts}}}}}'
        if len(body) > MAX_BODY:
            raise CodecError(f"the state is {len(body)} characters; at most {MAX_BODY} are kept")
        return body

    def decode_state(self, body: str, *, key: str = "") -> dict[str, Any]:
        """Return the state in a body that :meth:`encode_state` wrote, in this format or an earlier.

        :param key: the record's key, for the error.
        :raises UnreadableRecord: see the module's text; the body is not changed.
        """
        try:
            if len(body) > MAX_BODY:
                raise UnreadableRecord(key, f"longer than {MAX_BODY} characters")
            data = json_text.decode(body)
            version, state = data["v"], data["state"]
            newest = self._types.format
            if type(version) is not int or version > newest:
                raise UnreadableRecord(key, f"format {version!r} is not known; newest is {newest}")
            if version < newest:
                state = self._types.upgraded(state, version)
            unpack = self._registry.unpack
            return {name: unpack(value, 0) for name, value in state.items()}
        except UnreadableRecord as error:
            raise UnreadableRecord(key, error.reason) from None
        except Exception as error:  # whatever a class or an upgrade raises, the record stays
            raise UnreadableRecord(key, f"not readable ({type(error).__name__})") from error


@lru_cache(maxsize=256)
def _name(name: str) -> str:
    if type(name) is not str:
        raise key_error(name)
    return json_text.encode(name)
