"""The composition root: puts the bot together and serves it."""

from __future__ import annotations

import argparse
import asyncio
import os
import socket
import sys
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import ExitStack, suppress
from typing import Any

from aiohttp import web

from bots.dialog_bot import DialogBot
from bots.person_data import exporting, forgetting
from bots.turn_error import turn_error_handler
from dialogs.catalogue import LOCALES, languages
from dialogs.main_dialog import MainDialog
from dialogs.messages import is_spoken
from turnkeeper.adapters.cloud import CloudAdapter
from turnkeeper.auth.authentication import Authenticator
from turnkeeper.auth.service_url import ServiceUrls
from turnkeeper.background.sweeper import sweep_for_ever
from turnkeeper.connector.client import Connector
from turnkeeper.errors import BotError, SettingsError, StorageError
from turnkeeper.inbound import routes
from turnkeeper.inbound.activity import MAX_BODY
from turnkeeper.login.credentials import check_certificate
from turnkeeper.login.token import token_source
from turnkeeper.observing import logs
from turnkeeper.observing.metrics import Metrics
from turnkeeper.outbound.proxy import outward_proxy
from turnkeeper.serving.gunicorn import app_for_gunicorn
from turnkeeper.serving.server import listen, prepare_process, serve_until_stopped
from turnkeeper.serving.workers import Workers
from turnkeeper.settings import Settings
from turnkeeper.state.scope import ConversationState, TurnState, UserState
from turnkeeper.storage import open_storage


def faults_in(settings: Settings) -> Iterator[str]:
    """Yield what the parts of the bot say against the settings; nothing is connected."""
    if not is_spoken(settings.default_locale):
        yield f"DEFAULT_LOCALE: the language must be one of {', '.join(sorted(languages(LOCALES)))}"
    parts: tuple[Callable[[], object], ...] = (
        lambda: open_storage(settings.storage_url),
        lambda: ServiceUrls(settings.service_hosts),
        lambda: check_certificate(settings.certificate_path, settings.certificate_thumbprint),
        lambda: settings.local_mode or outward_proxy(),
    )
    for part in parts:
        try:
            part()
        except SettingsError as error:
            yield from error.faults


def create_app(settings: Settings) -> web.Application:
    """The whole bot as an aiohttp application; nothing is connected until it starts.

    :raises SettingsError: see :func:`faults_in`.
    """
    if faults := tuple(faults_in(settings)):
        raise SettingsError(*faults)
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


def _set_up() -> Settings:
    settings = Settings.from_env(None, faults_in)
    logs.set_up(settings.log_level, settings.log_format)
    return settings


def __getattr__(name: str) -> Any:
    # APP is made when a server asks for it: importing this module reads no settings.
    if name == "APP":
        return app_for_gunicorn(_set_up, create_app)
    raise AttributeError(name)


def serve(
    settings: Settings,
    listeners: Sequence[socket.socket],
    worker: int = 1,
    lifeline: int | None = None,
    up: Callable[[], None] = lambda: None,
) -> None:
    """Serve until SIGTERM or Ctrl-C, then finish the turns under way.

    :param listeners: where to accept connections: first for the bot, then, if METRICS_PORT is
        set, for the figures of each worker.
    :param worker: the number of this process; the first one says where it listens.
    :param lifeline: see :func:`turnkeeper.serving.server.serve_until_stopped`.
    :param up: called when requests are taken.
    :raises BotError: the bot cannot start.
    """
    app = create_app(settings)
    sites = [(app, listeners[0])]
    if settings.metrics_port:
        sites.append((routes.metrics_app(app[routes.METRICS]), listeners[worker]))

    def announce() -> None:
        up()
        if worker > 1:
            return
        host, port = listeners[0].getsockname()[:2]
        url = f"http://{f'[{host}]' if ':' in host else host}:{port}/api/messages"
        lines = [f"Listening on {url}", f"Remembering in {settings.storage_name}"]
        if settings.local_mode:
            lines += [
                "No MicrosoftAppId is set: only programs on this machine can talk to the bot.",
                "Talk to it with the Bot Framework Emulator, or with",
                f"  npx @microsoft/m365agentsplayground -e {url} -c emulator",
            ]
        print("\n".join(lines), flush=True)

    asyncio.run(serve_until_stopped(sites, announce, lifeline))


def _run(settings: Settings) -> int:
    with ExitStack() as opened:
        listeners = [opened.enter_context(listen(settings.host, settings.port, "HOST, PORT"))]
        if settings.metrics_port:
            # Of all workers, and here: one that is started again finds its port as it was.
            for port in range(settings.metrics_port, settings.metrics_port + settings.workers):
                listeners.append(opened.enter_context(listen(settings.host, port, "METRICS_PORT")))
        prepare_process()
        if settings.workers > 1:
            return Workers(
                settings.workers, lambda *worker: _guard(serve, settings, listeners, *worker)
            ).run()
        serve(settings, listeners)
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
    return _guard(lambda: _run(_set_up()))


if __name__ == "__main__":
    sys.exit(main())
