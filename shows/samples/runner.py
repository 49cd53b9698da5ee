"""Serves a sample as it is: ``python runner.py FOLDER TURN``, in the environment of the samples.

The sample's ``app`` module is imported, and its ``APP`` served on a free port, which is printed.
What comes from elsewhere is the same each time: random numbers begin anew with each request, from
its number (``TURN`` is that of the first), and no translator is asked but the one here. Whoever
started it holds its input open; when that ends, it dies.
"""

from __future__ import annotations

import asyncio
import importlib
import itertools
import json
import os
import random
import signal
import sys
import threading
from types import SimpleNamespace
from typing import Any, Final

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

UNPAID: Final = "unpaid"
"""What the translator refuses to translate."""
UNREACHABLE: Final = ("unreachable", "This bot will introduce")
"""What texts begin with for which the translator cannot be reached."""
WORDS: Final = {"en": "in", "es": "it"}
"""What a translator makes of these two in English, as the sample expects."""


def translated(url: str, *, json: list[dict[str, Any]], **_: Any) -> SimpleNamespace:
    """Answer as the translator does; in place of ``requests.post``."""
    [text], language = [one["text"] or "" for one in json], url.rpartition("=")[2]
    if text.startswith(UNREACHABLE):
        raise ConnectionError("the translator cannot be reached")
    words = WORDS.get(text, f"{text} (in English)") if language == "en" else f"{text} ({language})"
    found = [{"translations": [{"text": words, "to": language}]}]
    return SimpleNamespace(status_code=401 if text == UNPAID else 200, json=lambda: found)


def seeding(turn: int) -> Middleware:
    """Return a middleware that begins random numbers anew with each request.

    :param turn: the number of the first.
    """
    turns = itertools.count(turn)

    @web.middleware
    async def seeded(request: web.Request, handler: Handler) -> web.StreamResponse:
        random.seed(next(turns))
        return await handler(request)

    return seeded


async def serve(app: web.Application) -> None:
    """Serve an application until the process ends."""
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    print(json.dumps({"port": runner.addresses[0][1]}), flush=True)
    await asyncio.Event().wait()


def die_with_input() -> None:
    """Die when whoever started this has ended."""
    while os.read(0, 100):
        pass
    os.kill(os.getpid(), signal.SIGKILL)


def main(folder: str, turn: str) -> None:
    """Serve the sample of a folder."""
    threading.Thread(target=die_with_input, daemon=True).start()
    os.chdir(folder)
    sys.path[0] = folder
    setattr(importlib.import_module("requests"), "post", translated)  # noqa: B010 - it has no types
    app: web.Application = importlib.import_module("app").APP
    app.middlewares.insert(0, seeding(int(turn)))
    asyncio.run(serve(app))


if __name__ == "__main__":
    main(*sys.argv[1:])
