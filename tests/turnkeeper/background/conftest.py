"""Fixtures: time passes at once."""

from __future__ import annotations

from tests.turnkeeper.virtual_time import event_loop_policy

__all__ = ["event_loop_policy"]
