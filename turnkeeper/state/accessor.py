"""One property of a state, as bot code gets and sets it."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any, Protocol

from botbuilder.core import StatePropertyAccessor, TurnContext

from turnkeeper.wire.codec import Codec


@dataclass(slots=True)
class CachedState:
    """One scope's state during a turn.

    :param key: the record's.
    :param state: property names to values.
    :param codec: how values are stored.
    :param base: the body that it was made of, or was when it was saved last; None for no record.
    :param unread: whether the record was not read before the state was cleared.
    :param defaults: encoded default values given out and not set; they are not stored unless
        the bot changed them.
    """

    key: str
    state: dict[str, Any]
    codec: Codec
    base: str | None = None
    unread: bool = False
    defaults: dict[str, str] = field(default_factory=dict)

    def body(self) -> str | None:
        """Return the record's body; None where there is nothing to store."""
        kept = []
        for name, value in self.state.items():
            text = self.codec.encode_value(name, value)
            if text != self.defaults.get(name):
                kept.append((name, text))
        return self.codec.body_of(kept) if kept else None

    def merged(self, newer: str | None) -> str | None:
        """Return the body of the record where others have put one since this was made of it.

        Of each property what is here counts if it was changed here, else what is there.

        :param newer: what is there; None for no record.
        """
        mine, base = self._texts_of(self.body()), self._texts_of(self.base)
        merged = self._texts_of(newer)
        for name in mine.keys() | base.keys():
            if mine.get(name) == base.get(name):
                continue
            if name in mine:
                merged[name] = mine[name]
            else:
                merged.pop(name, None)
        return self.codec.body_of(merged.items()) if merged else None

    def _texts_of(self, body: str | None) -> dict[str, str]:
        state = self.codec.decode_state(body, key=self.key) if body is not None else {}
        return {name: self.codec.encode_value(name, value) for name, value in state.items()}


class Scope(Protocol):
    """The state that a property is part of; see :class:`turnkeeper.state.scope.ScopedState`."""

    def loaded(self, turn_context: TurnContext) -> CachedState | None:
        """Return this turn's state; None where it is not loaded."""

    async def cached(self, turn_context: TurnContext) -> CachedState:
        """Return this turn's state, loaded where it was not."""


class StateProperty(StatePropertyAccessor):  # type: ignore[misc]  # the SDK is untyped
    """One property of a state scope.

    :param scope: the state it is part of.
    :param name: its name in the record.
    """

    def __init__(self, scope: Scope, name: str) -> None:
        self._scope = scope
        self.name = name

    async def get(self, turn_context: TurnContext, default_value_or_factory: Any = None) -> Any:
        """Return the value; a default where there is none.

        :param default_value_or_factory: a value (copied) or a function without arguments. It is
            what later calls in the turn get too, but it is stored only once it was changed.
        """
        cached = self._scope.loaded(turn_context) or await self._scope.cached(turn_context)
        if self.name not in cached.state and default_value_or_factory is not None:
            value = (
                default_value_or_factory()
                if callable(default_value_or_factory)
                else deepcopy(default_value_or_factory)
            )
            cached.state[self.name] = value
            cached.defaults[self.name] = cached.codec.encode_value(self.name, value)
        return cached.state.get(self.name)

    async def set(self, turn_context: TurnContext, value: Any) -> None:
        """Set the value; it is written when the state is saved."""
        cached = self._scope.loaded(turn_context) or await self._scope.cached(turn_context)
        cached.defaults.pop(self.name, None)
        cached.state[self.name] = value

    async def delete(self, turn_context: TurnContext) -> None:
        """Remove the value; an absent one is no error."""
        cached = await self._scope.cached(turn_context)
        cached.defaults.pop(self.name, None)
        cached.state.pop(self.name, None)
