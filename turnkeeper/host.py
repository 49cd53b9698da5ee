"""The host: puts the engine together and runs a bot on it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, NoReturn, Self

from aiohttp import web
from botbuilder.core import TurnContext

from turnkeeper.adapters.bot_run import Bot, Logic, logic_of
from turnkeeper.adapters.footing import Footing, faults_of_parts
from turnkeeper.errors import Fault, SettingsError
from turnkeeper.fields import OwnSettings, read_own
from turnkeeper.inbound.connection import bound_connections
from turnkeeper.inbound.endpoint import Endpoint
from turnkeeper.inbound.local import LocalMode
from turnkeeper.inbound.routes import Readiness, add_metrics, add_routes, new_application
from turnkeeper.look_alikes import names_of, remarks
from turnkeeper.observing import logs
from turnkeeper.parts import GroupState, Parts
from turnkeeper.serving import gunicorn, program
from turnkeeper.serving.lifecycle import Lifecycle
from turnkeeper.serving.server import answer_impossible_hosts, name_no_versions
from turnkeeper.settings import Settings
from turnkeeper.state.people.forgetting import export_person, forget_person
from turnkeeper.storage import MemoryStorage, RecordStorage
from turnkeeper.storage.place import name_of
from turnkeeper.variables import read_variables
from turnkeeper.wire.types import Types


class Host:
    """Runs a bot: each activity takes effect once, in order, and nothing committed is lost.

    Neither making a host, nor :meth:`app`, nor :meth:`attach` connects, or raises for wrong
    settings, so a bot may make its host where it is imported. They are told at the start.

    :ivar settings: the engine's.
    :ivar conversation_state: of a conversation. Both states save themselves at the turn's end.
    :ivar user_state: of a person.
    :ivar storage: where both are, as the SDK's ``Storage``.
    :ivar adapter: the SDK's CloudAdapter; it has a default ``on_turn_error``.
    :ivar clock: tells the seconds since the epoch; in a test it can be moved.

    :param settings: the engine's settings.
    :param types: what the bot may store beside what is built in.
    :param storage: where records are, in place of ``settings.storage_url``.
    :param clock: seconds since the epoch.
    :param group_state: where several people talk, "person" gives each a conversation state of their
        own; "conversation" is one for all, as in the SDK.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        types: Types | None = None,
        storage: RecordStorage | None = None,
        clock: Callable[[], float] | None = None,
        group_state: GroupState = "person",
    ) -> None:
        self._faults: list[Fault] = []
        self._variables: Mapping[str, str] | None = None
        self._ours: list[str] = []
        self._build(settings, types, storage, clock, group_state)

    @classmethod
    def from_env(
        cls,
        *,
        types: Types | None = None,
        storage: RecordStorage | None = None,
        clock: Callable[[], float] | None = None,
        group_state: GroupState = "person",
    ) -> Self:
        """Return a host whose settings are those of the environment and of the file ``.env``.

        The arguments are those of the class.
        """
        variables, faults = read_variables()
        settings, more = Settings.read(variables)
        host = cls.__new__(cls)
        host._faults = [*faults, *more]
        host._variables = variables
        host._ours = names_of(Settings)
        host._build(settings, types, storage, clock, group_state)
        return host

    def _build(
        self,
        settings: Settings,
        types: Types | None,
        storage: RecordStorage | None,
        clock: Callable[[], float] | None,
        group_state: GroupState,
    ) -> None:
        if storage is not None and not isinstance(storage, RecordStorage):
            raise TypeError(f"storage: must be a RecordStorage, not {type(storage).__name__}")
        self.settings = settings
        self._store = type(storage).__name__ if storage else name_of(settings.storage_url)
        self._faults += faults_of_parts(settings, storage)
        if self._faults:  # nothing is ever opened then, but bot code needs something to hold on to
            settings, storage = Settings(), MemoryStorage()
        parts = self._parts = Parts(Footing.of(settings, storage, clock), types, group_state)
        self.clock, self.storage = parts.clock, parts.storage
        self.conversation_state = parts.conversation_state
        self.user_state = parts.user_state
        self.adapter = parts.adapter
        self._lifecycle = Lifecycle(parts.open, lambda: self.faults, self._remarks)

    def own_settings(self, cls: type[OwnSettings]) -> OwnSettings:
        """Return a bot's own settings, read from where the host's come from.

        What is wrong with them is told at the start, with what is wrong with the host's; until then
        they are the defaults.

        :param cls: a dataclass whose fields all have defaults. A field's name in capital letters is
            its variable; its type, one of str, bool, int and float, says how it is read. Its
            ``__post_init__`` may raise :class:`turnkeeper.errors.SettingsError` or ValueError.
        :raises TypeError: a field has no default, or is of another type.
        """
        if self._variables is None:
            self._variables, _ = read_variables()
        settings, faults = read_own(cls, self._variables)
        self._faults += faults
        self._ours += names_of(cls)
        return settings

    @property
    def faults(self) -> tuple[Fault, ...]:
        """What is wrong with the settings; a host with faults does not start."""
        return SettingsError(*self._faults).faults

    def app(self, bot: Bot | Logic) -> web.Application:
        """Return an aiohttp application with all routes, for any server of such.

        :param bot: has a method ``on_turn``, or is an async function of the turn's context.
        """
        settings = self.settings
        # With a port of their own the figures are not shown to those who reach the bot's.
        app = new_application(self._parts.metrics) if settings.metrics_port else self._metrics_app()
        app.cleanup_ctx.append(  # comes first: what opens is to find the log
            gunicorn.in_worker(
                lambda: logs.set_up(settings.log_level, settings.log_format),
                self._metrics_app,
                settings.host,
                settings.metrics_port,
            )
        )
        self.attach(app, bot)
        return app

    def attach(
        self, app: web.Application, bot: Bot | Logic, *, path: str = "/api/messages"
    ) -> None:
        """Have an application that exists serve a bot: at a path, ``/healthz`` and ``/readyz``.

        The host opens and closes with the application.

        :param app: it should be made with ``handler_args={"auto_decompress": False}``: else it
            unpacks what the bot refuses.
        :param bot: as for :meth:`app`.
        :param path: where channels deliver.
        """
        gunicorn.check_worker()
        settings = self.settings
        local = settings.local_mode and not settings.dangerously_listen_without_credentials
        endpoint = Endpoint(
            self.adapter,
            self._parts.metrics,
            bot_id=settings.app_id,
            trusted=settings.trusted_ids,
            # A server that imports the application may listen elsewhere than HOST says.
            local=LocalMode() if local else None,
        )
        parts = self._parts
        ready = Readiness(
            self.storage.records,
            lambda: parts.footing.authenticator.ready,
            lambda: parts.footing.token.fails,
        )
        add_routes(app, path, partial(endpoint.handle, logic=logic_of(bot)), ready)
        answer_impossible_hosts(app)
        bound_connections(app)
        name_no_versions()
        self._lifecycle.attend(app)

    def run(self, bot: Bot | Logic, arguments: Sequence[str] | None = None) -> NoReturn:
        """Run a bot as a program, until SIGTERM or Ctrl-C.

        :param bot: as for :meth:`app`.
        :param arguments: of the command line; by default those of the process.
        :raises SystemExit: always, with the exit code: 0 after a signal, 2 for wrong settings or
            arguments, 1 where it cannot start otherwise.
        """
        app, figures = partial(self.app, bot), self._metrics_app
        program.run(self.settings, self.faults, self._remarks, self._store, app, figures, arguments)

    async def forget(self, context: TurnContext) -> None:
        """Erase the person of a turn: all records of theirs in the channel.

        It takes effect with the turn's commit. The rest of the turn begins with empty state; its
        replies are addressed by the person's id alone, without the name the channel has.
        """
        await forget_person(context, self.storage)

    async def export(self, context: TurnContext) -> dict[str, Any]:
        """Return everything stored about the person of a turn, as plain JSON.

        It is what was stored before the turn, without the replies that are kept or still owed.
        """
        return await export_person(context, self.storage)

    async def __aenter__(self) -> Self:
        """Open the host for a script: what the script sends is delivered.

        :raises SettingsError: the settings are wrong.
        :raises BotError: the store is away.
        """
        await self._lifecycle.enter()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close the host, unless an application still uses it."""
        await self._lifecycle.leave()

    def _remarks(self) -> Iterator[str]:
        return remarks(self._variables or {}, self._ours)

    def _metrics_app(self) -> web.Application:
        app = new_application(self._parts.metrics)
        add_metrics(app, self._parts.metrics)
        return app
