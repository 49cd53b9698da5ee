"""What a subclass of an adapter does in its own way, and whether it is called."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from turnkeeper.errors import Fault

_NEVER_CALLED: Final = ("run_pipeline", "process_activity_with_identity")


def is_own(adapter: type, method: str) -> bool:
    """Return whether a method of an adapter is the engine's or the SDK's, and not a subclass's."""
    owner = next(cls for cls in adapter.__mro__ if method in vars(cls))
    return owner.__module__.partition(".")[0] in ("turnkeeper", "botbuilder")


def faults_of_overrides(adapter: type) -> Iterator[Fault]:
    """Yield a fault for each method of a subclass that nothing calls here.

    It may keep somebody out: so it is not passed over without a word.
    """
    for method in _NEVER_CALLED:
        if hasattr(adapter, method) and not is_own(adapter, method):
            yield Fault(
                f"{adapter.__name__}.{method}",
                "is not called here; do the same in a middleware: ADAPTER.use(...)",
            )
