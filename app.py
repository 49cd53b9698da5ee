"""The composition root: puts the bot together and serves it."""

from __future__ import annotations

import argparse
import asyncio
import gc
import os
import socket
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import suppress
from functools import cache
from typing import Any

from aiohttp import web

from bots.dialog_bot import DialogBot
from bots.person_data import exporting, forgetting
from bots.turn_error import turn_error_handler
from config import Settings
from dialogs.catalogue import LOCALES, languages
from dialogs.main_dialog import MainDialog
from dialogs.messages import is_spoken
from errors import BotError, SettingsError, StorageError
from hosting import logs, routes
from hosting.adapter import CloudAdapter
from hosting.authentication import Authenticator
from hosting.connector import Connector
from hosting.metrics import Metrics
from hosting.proxy import outward_proxy
from hosting.requests import MAX_BODY
from hosting.server import serve_until_stopped
from hosting.service_url import ServiceUrls
from hosting.sweeper import sweep_for_ever
from hosting.token import token_source
from hosting.workers import Workers
from state.storage import open_storage
from state.turn_state import ConversationState, TurnState, UserState


def create_app(settings: Settings) -> web.Application:
    """The whole bot as an aiohttp application; nothing is connected until it starts.

    :raises errors.SettingsError: no store speaks the storage URL or its driver is missing, or
        nobody speaks the default locale; with credentials also: the proxy cannot be used.
    """
    if not is_spoken(settings.default_locale):
        spoken = ", ".join(sorted(languages(LOCALES)))
        raise SettingsError(f"DEFAULT_LOCALE: must be one of {spoken}, with or without a region")
    if not settings.local_mode:
        outward_proxy()
    storage = open_storage(settings.storage_url)
    conversation_state = ConversationState(storage, settings.conversation_ttl)
    user_state = UserState(storage, settings.profile_ttl)
    metrics = Metrics()
    authenticator = Authenticator(settings)
    token = token_source(settings)
    connector = Connector(token, per_host=settings.max_turns, watch=metrics)
    states = TurnState(conversation_state, user_state)
    forget = forgetting(states)
    adapter = CloudAdapter(
        states,
        authenticator,
        ServiceUrls(settings.service_hosts, local=settings.local_mode),
        connector,
        conversation_ttl=settings.conversation_ttl,
        metrics=metrics,
    )
    adapter.on_turn_error = turn_error_handler(
        conversation_state, default_locale=settings.default_locale
    )
    dialog = MainDialog(
        user_state.create_property("UserProfile"),
        welcome_back_after=settings.welcome_back_after,
        default_locale=settings.default_locale,
        forget=forget,
        export=exporting(storage),
    )
    bot = DialogBot(
        conversation_state,
        user_state,
        dialog,
        default_locale=settings.default_locale,
        question_timeout=settings.question_timeout,
        forget=forget,
        forget_on_uninstall=settings.forget_on_uninstall,
    )

    async def run_parts(_: web.Application) -> AsyncIterator[None]:
        await storage.open()
        authenticator.start()
        chores = [
            asyncio.create_task(sweep_for_ever(storage)),
            asyncio.create_task(metrics.watch_loop()),
        ]
        yield
        for chore in chores:
            chore.cancel()
            with suppress(asyncio.CancelledError):
                await chore
        await adapter.close()
        await connector.close()
        await token.close()
        await authenticator.close()
        await storage.close()

    app = web.Application(
        middlewares=[routes.answer_errors],
        client_max_size=MAX_BODY + 1,
        # A compressed body is refused; it must not be unpacked first, before anybody has asked.
        handler_args={"auto_decompress": False},
    )
    app[routes.ADAPTER] = adapter
    app[routes.BOT] = bot
    app[routes.STORAGE] = storage
    app[routes.METRICS] = metrics
    app[routes.MAX_TURNS] = settings.max_turns
    # A server that imports APP may listen elsewhere than HOST says.
    app[routes.LOOPBACK_ONLY] = (
        settings.local_mode and not settings.dangerously_listen_without_credentials
    )
    app[routes.KEYS_READY] = lambda: authenticator.ready
    routes.add_routes(app)
    app.cleanup_ctx.append(run_parts)
    return app


@cache
def _app_for_gunicorn() -> web.Application:
    settings = Settings.from_env()
    logs.set_up(settings.log_level, settings.log_format)
    return create_app(settings)


def __getattr__(name: str) -> Any:
    # APP is made when a server asks for it: importing this module reads no settings.
    if name == "APP":
        return _app_for_gunicorn()
    raise AttributeError(name)


def serve(
    settings: Settings, listener: socket.socket, worker: int = 0, lifeline: int | None = None
) -> None:
    """Serve until SIGTERM or Ctrl-C, then finish the turns under way.

    :param listener: where to accept connections.
    :param worker: the number of this process; the first one says where it listens.
    :param lifeline: see :func:`hosting.server.serve_until_stopped`.
    :raises errors.BotError: the bot cannot start.
    """

    def announce() -> None:
        if worker:
            return
        host, port = listener.getsockname()[:2]
        url = f"http://{f'[{host}]' if ':' in host else host}:{port}/api/messages"
        lines = [f"Listening on {url}", f"Remembering in {settings.storage_name}"]
        if settings.local_mode:
            lines += [
                "No MicrosoftAppId is set: only programs on this machine can talk to the bot.",
                "Talk to it with the Bot Framework Emulator, or with",
                f"  npx @microsoft/m365agentsplayground -e {url} -c emulator",
            ]
        print("\n".join(lines), flush=True)

    asyncio.run(serve_until_stopped(create_app(settings), listener, announce, lifeline))


def _allow_connections() -> None:
    """Raise the limit of open files as far as it goes: each turn takes two connections."""
    if sys.platform != "win32":
        import resource  # noqa: PLC0415 - Windows has none

        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        with suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, 65_536)), hard))


def _run(settings: Settings) -> int:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        listener = socket.create_server((settings.host, settings.port), family=family, backlog=128)
    except OSError as error:
        where = f"{settings.host}:{settings.port}"
        return _fail(f"HOST, PORT: cannot listen on {where}: {error.strerror or error}")
    _allow_connections()
    # What lives as long as the process need not be looked at by each garbage collection.
    gc.collect()
    gc.freeze()
    # A turn leaves next to nothing to be collected, so it is looked for less often than Python
    # does by default. Measured: with these the longest collection of a busy bot took 5 ms.
    gc.set_threshold(4_000, 4, 20)
    with listener:
        if settings.workers > 1:
            return Workers(
                settings.workers,
                lambda worker, lifeline: _guard(serve, settings, listener, worker, lifeline),
            ).run()
        serve(settings, listener)
    return 0


def _guard(function: Callable[..., Any], *arguments: Any) -> int:
    """Call a function and turn what it raises into one line each and an exit code."""
    try:
        return function(*arguments) or 0
    except SettingsError as error:
        return _fail(*error.faults, code=2)
    except StorageError as error:
        return _fail(f"STORAGE_URL: {error}")
    except BotError as error:
        return _fail(str(error))


def _fail(*faults: str, code: int = 1) -> int:
    for fault in faults:
        print(f"error: {fault}", file=sys.stderr)
    return code


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the bot. Exit code 2 for wrong settings, 1 where it cannot start otherwise."""
    parser = argparse.ArgumentParser(
        prog="app.py", description="Run the bot. Its settings are environment variables or .env."
    )
    parser.add_argument("--workers", metavar="N", help="processes, in place of WEB_CONCURRENCY")
    options = parser.parse_args(arguments)
    if options.workers is not None:
        os.environ["WEB_CONCURRENCY"] = options.workers

    def start() -> int:
        settings = Settings.from_env()
        logs.set_up(settings.log_level, settings.log_format)
        return _run(settings)

    return _guard(start)


if __name__ == "__main__":
    sys.exit(main())
