"""The lines that change alike in many samples."""

from __future__ import annotations

from typing import Final

from shows.samples.sample import Patch

ADAPTER: Final = "CloudAdapter, ConfigurationBotFrameworkAuthentication"
"""What each sample imports of its hosting."""
HOSTING: Final = f"from botbuilder.integration.aiohttp import {ADAPTER}"


def on_engine(types: str = "", *states: str, where: str = "") -> tuple[Patch, ...]:
    """Return what changes in the app.py of a sample.

    :param types: the classes that it keeps in state, with commas.
    :param states: the state classes that it has; none if it keeps nothing.
    :param where: the module of the types.
    """
    names = [*ADAPTER.split(", "), *states]
    if states:
        names += ["Types", "open_storage"] if types else ["open_storage"]
    imports = f"from turnkeeper import {', '.join(sorted(names, key=str.swapcase))}"
    changed = [Patch("app.py", HOSTING, imports)]
    changed += [Patch("app.py", f"    {name},", None) for name in states]
    if states:
        view = f"open_storage(types=Types({types}))" if types else "open_storage()"
        changed.append(Patch("app.py", "    MemoryStorage,", None))
        changed.append(Patch("app.py", "MEMORY = MemoryStorage()", f"MEMORY = {view}"))
    if where:
        config = "from config import DefaultConfig"
        changed.append(Patch("app.py", config, f"{config}\nfrom {where} import {types}"))
    route = 'APP.router.add_post("/api/messages", messages)'
    return (*changed, Patch("app.py", route, f"{route}\nADAPTER.attach(APP, BOT)"))
