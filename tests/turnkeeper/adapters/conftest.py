"""Fixtures: a world for turns, and a process in it."""

from tests.turnkeeper.turn.conftest import process, world

__all__ = ["process", "world"]
