"""A bot's program that kills itself, by kill -9, at the point of a turn that it is told.

``python -m turnkeeper.testing.processes app.py``: each line of its input names a point; when a turn
next comes to it, the program dies.
"""

from __future__ import annotations

import runpy
import sys
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path

from turnkeeper.adapters.footing import Footing
from turnkeeper.settings import Settings
from turnkeeper.storage import RecordStorage, store_at
from turnkeeper.testing.processes.mortal import Death, MortalConnector, MortalStorage


def main(program: str, *arguments: str) -> None:
    """Run a program whose hosts are mortal.

    :param program: its file.
    :param arguments: its own.
    """
    death = Death()
    lasting = Footing.of

    def mortal(
        settings: Settings,
        storage: RecordStorage | None = None,
        clock: Callable[[], float] | None = None,
    ) -> Footing:
        store = storage or store_at(settings.storage_url, clock)
        connector = partial(MortalConnector, death)
        return lasting(settings, MortalStorage(store, death), clock, connector)

    Footing.of = mortal  # type: ignore[method-assign, assignment]  # that is the point
    threading.Thread(target=death.listen, daemon=True).start()
    sys.argv = [program, *arguments]
    sys.path[0] = str(Path(program).resolve().parent)
    runpy.run_path(program, run_name="__main__")


if __name__ == "__main__":
    main(*sys.argv[1:])
