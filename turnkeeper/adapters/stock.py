"""What the adapters of the SDK's names have in common: made at import, attached or not."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AsyncExitStack
from functools import partial
from types import SimpleNamespace
from typing import Any, Final

from aiohttp import web
from botbuilder.core.invoke_response import InvokeResponse
from botbuilder.schema import Activity
from botframework.connector.auth import ClaimsIdentity

from turnkeeper.adapters.attachment import attach_at
from turnkeeper.adapters.bot_run import Bot, Logic, logic_of
from turnkeeper.adapters.configuration import Configuration
from turnkeeper.adapters.footing import Footing, faults_of_parts, faults_of_place
from turnkeeper.adapters.hosted import HostedAdapter
from turnkeeper.adapters.overrides import faults_of_overrides, is_own
from turnkeeper.adapters.readings import Readings
from turnkeeper.address import Address
from turnkeeper.errors import Fault, SettingsError
from turnkeeper.inbound.endpoint import Endpoint
from turnkeeper.inbound.local import LocalMode
from turnkeeper.look_alikes import names_of, remarks
from turnkeeper.observing.metrics import Metrics
from turnkeeper.serving import gunicorn
from turnkeeper.serving.lifecycle import LateOpening, Lifecycle
from turnkeeper.settings import Settings
from turnkeeper.state.scope import ScopedState
from turnkeeper.state.turn_state import UnknownStates
from turnkeeper.state.typed_storage import TypedStorage
from turnkeeper.storage import RecordStorage
from turnkeeper.storage.connection import Connection, connection_to
from turnkeeper.storage.namespace import Namespace
from turnkeeper.turn.hearing import Hearing
from turnkeeper.turn.turns import Taken
from turnkeeper.variables import read_variables

_UNATTACHED: Final = (
    "the adapter is not attached: it opens with this first activity, and not with the application; "
    "what is owed to people waits until then. ADAPTER.attach(APP, BOT) opens it at the start"
)


class StockAdapter(HostedAdapter):
    """An adapter that a bot of the SDK makes at import, before its storage.

    A state is committed with its turn where the bot saves it, as in the SDK. There is no
    ``on_turn_error`` but the bot's own, as there.

    :ivar footing: what it stands on, but for its store.
    :ivar lifecycle: opens and closes it.

    :param configuration: the engine's settings.
    :param storage: where turns are committed; by default at STORAGE_URL, and where that is not set,
        where the state is that the bot has made last.
    :param hearing: which messages the bot hears, and how.
    """

    def __init__(
        self, configuration: Configuration, storage: TypedStorage | None, hearing: Hearing
    ) -> None:
        if not isinstance(storage, TypedStorage | None):
            raise TypeError(f"storage: give open_storage(...), not {type(storage).__name__}")
        self._configuration = configuration
        self._given = storage
        settings = configuration.settings
        self._faults = [
            *configuration.faults,
            *faults_of_overrides(type(self)),
            *faults_of_parts(settings, Connection(settings.storage_url)),
        ]
        if self._faults:  # nothing is ever opened then, but bot code needs something to hold on to
            settings = Settings()
        footing = Footing.of(settings, Connection(settings.storage_url))
        self._metrics = metrics = Metrics()
        super().__init__(
            UnknownStates(TypedStorage(footing.records)),
            footing.authenticator,
            footing.service_urls,
            footing.connector(metrics),
            metrics=metrics,
            max_turns=settings.max_turns,
            conversation_ttl=settings.conversation_ttl,
            reply_ttl=settings.reply_ttl,
            hearing=hearing,
            clock=self.clock,
        )
        self.lifecycle = Lifecycle(
            self._open_parts,
            lambda: self.faults,
            lambda: remarks(read_variables()[0], names_of(Settings)),
        )
        self._late = LateOpening(self.lifecycle, _UNATTACHED)
        self.stand_on_footing(footing)

    def clock(self) -> float:
        """Return the seconds since the epoch."""
        return self.footing.clock()

    def stand_on_footing(self, footing: Footing) -> Footing:
        """Change who may send and where replies may go; return what it was.

        The store stays the one of the bot's states.
        """
        before = getattr(self, "footing", footing)
        self.footing, settings = footing, footing.settings
        self.stand_on(footing.authenticator, footing.service_urls, settings.app_id)
        unchecked = settings.dangerously_listen_without_credentials or not settings.local_mode
        local = None if unchecked else LocalMode()
        trusted = settings.trusted_ids
        self._endpoint = Endpoint(
            self, self._metrics, bot_id=settings.app_id, trusted=trusted, local=local
        )
        self._readings = Readings(self._metrics, local, trusted)
        return before

    @property
    def faults(self) -> tuple[Fault, ...]:
        """What is wrong with the settings; an adapter with faults does not start."""
        connection = self.connection
        place = faults_of_place(self._configuration.settings, connection.url)
        return SettingsError(*self._faults, *connection.faults, *place).faults

    @property
    def connection(self) -> Connection:
        """What its turns are committed on, with the bot's states."""
        storage = self._given
        if storage is None and not self._configuration.names_store:
            storage = next((state.storage for state in reversed(ScopedState.made())), None)
        records = storage and storage.records
        store = records.storage if isinstance(records, Namespace) else records
        if isinstance(store, Connection):
            return store
        return connection_to(self._configuration.settings.storage_url)

    @property
    def records(self) -> RecordStorage:
        """The bot's part of that."""
        return self.connection.named(self.footing.settings.bot_name)

    def attach(
        self, app: web.Application, bot: Bot | Logic, *, path: str = "/api/messages"
    ) -> None:
        """Have an application serve a bot: a POST to a path is an activity for it.

        It is a middleware, the innermost, and no route: a handler that the application has there is
        not reached. The adapter opens and closes with the application. Where the settings are wrong
        or the store is away, the program ends with a line for each fault.

        :param app: the one that is served, with all its middleware. Compressed bodies arrive as
            they are, unless it was made with ``handler_args={"auto_decompress": True}``.
        :param bot: has a method ``on_turn``, or is an async function of the turn's context.
        :param path: where channels deliver, as they see it.
        :raises ValueError: it is no path, or an adapter is attached there.
        """
        gunicorn.check_worker()
        logic = logic_of(bot)

        async def handle(request: web.Request) -> web.StreamResponse:
            if is_own(type(self), "process"):
                return await self._endpoint.handle(request, logic=logic)
            return await self.process(request, SimpleNamespace(on_turn=logic))

        attach_at(path, app, handle)
        self.lifecycle.attend(app)

    async def process(
        self, request: web.Request, bot: Bot, ws_response: object = None
    ) -> web.StreamResponse:
        """Return the answer to a request that holds an activity for a bot, as the SDK's does.

        :param ws_response: must be None: an activity comes by a POST.
        :raises TypeError: one of the arguments is missing, or is another.
        """
        if request is None or bot is None or ws_response is not None:
            raise TypeError("process() takes a request and a bot, and no WebSocket")
        return await self._endpoint.handle(request, logic=logic_of(bot))

    async def take(
        self, authorization: str | None, activity: Activity, address: Address, logic: Logic
    ) -> InvokeResponse | None:
        """Take an activity whose address is known, as a subclass's ``process_activity`` has it."""
        if is_own(type(self), "process_activity"):
            return await super().take(authorization, activity, address, logic)
        response: InvokeResponse | None
        with self._readings.checked(activity, address):
            response = await self._as_bot_does(authorization, activity, logic)
        return response

    async def process_proactive(
        self,
        claims_identity: ClaimsIdentity,
        continuation_activity: Activity,
        audience: str | None,
        logic: Logic,
    ) -> None:
        """Take the turn behind ``continue_conversation``."""
        await self._late.open()
        await super().process_proactive(claims_identity, continuation_activity, audience, logic)

    async def create_conversation(self, *arguments: Any, **named: Any) -> None:
        """Begin a conversation; see :meth:`HostedAdapter.create_conversation`."""
        await self._late.open()
        await super().create_conversation(*arguments, **named)

    async def create_connector_client(
        self, service_url: str, identity: ClaimsIdentity = None, audience: str | None = None
    ) -> Any:
        """Return a client of the SDK for the channel at a service URL.

        :param identity: by default the bot's own.
        :param audience: of its tokens.
        :raises RequestRefused: the URL is not one of a channel.
        """
        service_url = self._service_urls.check(service_url)
        identity = identity or self.create_claims_identity(self._bot_id)
        factory = self.bot_framework_authentication.create_connector_factory(identity)
        return await factory.create(service_url, audience)

    async def _as_bot_does(
        self, authorization: str | None, activity: Activity, logic: Logic
    ) -> Any:
        """Call ``process_activity`` with its own order of arguments."""
        raise NotImplementedError

    async def _take_read(
        self, authorization: str | None, source: Activity | web.Request, logic: Logic
    ) -> InvokeResponse | None:
        """Take what a handler of the bot has read; see :class:`Readings`."""
        take = partial(super().take, authorization)
        return await self._readings.take(source, self._bot_id, logic, take)

    async def _take_turn(self, *arguments: Any, **named: Any) -> Taken:
        await self._late.open()  # only now that it is known who sends
        return await super()._take_turn(*arguments, **named)

    async def _open_parts(self, stack: AsyncExitStack, serves: Callable[[], bool]) -> None:
        footing = self.footing.on(self.records)
        self._states = UnknownStates(TypedStorage(footing.records))
        await footing.open(self, self._metrics, stack, everywhere=serves)
