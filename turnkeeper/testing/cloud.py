"""The cloud around a bot: its channel, its login service, and the people who talk with it."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import AsyncExitStack
from datetime import datetime
from typing import Any, Final, Self

import aiohttp
from aiohttp import web

from turnkeeper.adapters.bot_run import Bot, Logic
from turnkeeper.adapters.stock import StockAdapter
from turnkeeper.channels.addressing import address_of
from turnkeeper.host import Host
from turnkeeper.state.scope import ScopedState
from turnkeeper.storage import RecordStorage
from turnkeeper.testing.clock import Clock
from turnkeeper.testing.ground import standing
from turnkeeper.testing.outside.connector import Activity
from turnkeeper.testing.outside.faults import Faults
from turnkeeper.testing.outside.services import Services, listen
from turnkeeper.testing.people.answer import Answered
from turnkeeper.testing.people.conversation import Conversation
from turnkeeper.testing.people.person import Person
from turnkeeper.wire.activity import decode_activity

GRACE: Final = 15.0
"""Seconds that the bot's turns under way have when it is stopped."""


class Cloud(Services):
    """Everything around a bot, over real HTTP, while the block runs::

        async with Cloud(host, bot) as cloud:
            ada = cloud.person("Ada", channel="msteams")
            assert await ada.says("hi") == ["What is your name?"]

    A host stands on other ground within the block: in local mode, or with the credentials given
    here; on another store; on a clock that can be moved. What bot code holds on to stays what it
    is, such as the properties of its states. A wait that the channel asks for takes no real time:
    the clock moves on.

    :param host: the bot's; of a bot of the SDK its adapter, such as a CloudAdapter. None for bots
        that run elsewhere, as processes of their own.
    :param bot: has a method ``on_turn``, or is an async function of the turn's context.
    :param storage: the bot's store: its URL, or itself, not open yet. ``memory:`` is a new one.
    :param clock: the clock of host, people and channel. Not of a store that is given itself.
    :param app_id: the bot's app id. With one, bots are asked for the token that was issued to them,
        and get a channel token with each activity; "" is local mode, where nobody asks.
    :param app_password: the bot's secret.
    :param certificate: the public key (PEM) of the bot's certificate, if it has one.
    :param port: where to listen; 0 takes a free one.
    :param path: the path of the service URL, which bots must keep.
    :param token_lifetime: of the bot's access tokens, in seconds. Tokens go by real time.
    """

    def __init__(  # noqa: PLR0913 - each is a setting of its own
        self,
        host: Host | StockAdapter | None = None,
        bot: Bot | Logic | None = None,
        *,
        storage: str | RecordStorage = "memory:",
        clock: Clock | None = None,
        app_id: str = "",
        app_password: str = "",
        certificate: bytes | None = None,
        port: int = 0,
        path: str = "/connector",
        token_lifetime: float = 3600.0,
    ) -> None:
        if (host is None) is not (bot is None) or not isinstance(host, Host | StockAdapter | None):
            raise TypeError("a cloud is for a host or adapter and its bot: give both or none")
        if not isinstance(clock, Clock | None):
            raise TypeError(f"clock: a Clock of turnkeeper.testing, not {type(clock).__name__}")
        if not isinstance(storage, str | RecordStorage):
            raise TypeError(f"storage: a URL or a RecordStorage, not {type(storage).__name__}")
        if host is not None and certificate is not None:
            raise TypeError("certificate: for bots that run elsewhere; here give app_password")
        self.clock = clock or Clock()
        super().__init__(
            app_id,
            app_password,
            certificate=certificate,
            port=port,
            path=path,
            token_lifetime=token_lifetime,
            clock=self.clock,
        )
        self.host = host
        self.bot_url = ""
        self._bot = bot
        self._storage = storage
        self._running = AsyncExitStack()
        self._session: aiohttp.ClientSession | None = None

    @property
    def faults(self) -> Faults:
        """How the channel answers the bot next."""
        return self.connector.faults

    def person(  # noqa: PLR0913 - each is a fact of its own
        self,
        name: str = "",
        *,
        channel: str = "",
        scope: str = "",
        conversation: Conversation | str | None = None,
        locale: str | None = None,
        time_zone: str | None = None,
        id: str | None = None,
        bot_url: str = "",
        now: Callable[[], datetime] | None = None,
    ) -> Person:
        """Return a person.

        :param name: what the channel calls them, and the id by which it knows them; without one
            it is a stranger, whom it calls User.
        :param channel: its id, such as ``msteams``; ``emulator`` by default.
        :param scope: of the conversation: ``groupChat`` or ``channel``; ``personal`` by default.
        :param conversation: that of others, ``ada.conversation``, which knows its channel and
            scope; or the id of one. A new one by default.
        :param locale: of the person's client, such as ``de-DE``; ``en-US`` by default.
        :param time_zone: IANA name that the client reports; ``UTC`` by default.
        :param id: in place of the name.
        :param bot_url: where the bot listens, by default this cloud's; to talk to a process.
        :param now: the client's clock, by default this cloud's.
        """
        if not isinstance(conversation, Conversation):
            conversation = Conversation(
                channel or "emulator", scope or "personal", conversation or ""
            )
        elif channel or scope:
            raise TypeError("a conversation knows its channel and scope: give neither")
        return Person(
            self,
            conversation,
            name=name or "User",
            id=id or name or None,
            locale=locale,
            time_zone=time_zone,
            bot_url=bot_url,
            now=now or self.clock.now,
        )

    async def restart(self, bot: Bot | Logic | None = None) -> None:
        """Stop the host and start it again on the same store, as a deploy does.

        Objects of the bot live on, unlike after a real restart: see
        :class:`turnkeeper.testing.World` for processes.

        :param bot: takes the place of the bot.
        :raises RuntimeError: the cloud is not open, or has no host.
        """
        if not self.bot_url:
            raise RuntimeError("there is nothing to restart: open the cloud, with a host")
        await self._running.aclose()
        self._bot = bot or self._bot
        await self._serve()

    def mint(self, **changes: Any) -> str:
        """Return a channel token for the bot.

        :param changes: see :meth:`turnkeeper.testing.outside.identity.Identity.mint`.
        """
        return self.identity.mint(self.app_id, self.service_url, **changes)

    async def post_to_bot(
        self, bot_url: str, activity: Activity | bytes, headers: dict[str, str] | None = None
    ) -> Answered:
        """Post an activity, or any bytes, to a bot, as the channel does.

        :param headers: to change the usual ones; "" drops one.
        """
        usual = {"Content-Type": "application/json; charset=utf-8"}
        if self.app_id:
            usual["Authorization"] = f"Bearer {self.mint()}"
        chosen = {name: value for name, value in (usual | (headers or {})).items() if value}
        body = activity if isinstance(activity, bytes) else json.dumps(activity).encode()
        if self._session is None:
            raise RuntimeError("the cloud is not open: use it in an async with block")
        if not (bot_url or self.bot_url):
            raise RuntimeError("the bot runs elsewhere: give the person its bot_url")
        async with self._session.post(
            bot_url or self.bot_url, data=body, headers=chosen, skip_auto_headers=("Content-Type",)
        ) as response:
            return Answered(response.status, dict(response.headers), await response.read())

    async def state_of(self, activity: Activity, name: str) -> Any:
        """Return a property of the bot's state of an activity's sender; None where there is none.

        :raises AssertionError: both states have it, or the bot runs elsewhere.
        """
        host = self.host
        if host is None or self._session is None:
            raise AssertionError("its state is not at hand: the bot runs elsewhere, or not at all")
        if isinstance(host, Host):
            states: list[ScopedState] = [host.user_state, host.conversation_state]
        else:
            states = [one for one in ScopedState.made() if one.storage.records is host.records]
        settings = host.footing.settings if isinstance(host, StockAdapter) else host.settings
        address = address_of(decode_activity(activity), self.app_id, settings.trusted_ids)
        values: dict[str, Any] = {}
        for key, state in ((state.storage_key(address), state) for state in states):
            found = (await state.storage.read([key])).get(key) or {} if key else {}
            values |= {key: found[name]} if key and name in found else {}
        if len(values) > 1:
            raise AssertionError(f"{name} is in the state of the user and of the conversation")
        return next(iter(values.values()), None)

    async def __aenter__(self) -> Self:
        """Open the cloud, and start the bot where it has a host.

        :raises SettingsError: the host's settings are wrong.
        :raises BotError: the host is open already, or its store is away.
        """
        if self._session is not None:
            raise RuntimeError("the cloud is open already")
        await super().__aenter__()
        try:
            session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))
            self._session = await self._stack.enter_async_context(session)
            self._stack.callback(self._close)
            if self.host is not None:
                self._stack.enter_context(standing(self.host, self, self._storage, self.clock))
                self._stack.push_async_callback(self._running.aclose)
                await self._serve()
        except BaseException:
            await self._stack.aclose()
            raise
        return self

    def _close(self) -> None:
        self._session, self.bot_url = None, ""

    async def _serve(self) -> None:
        assert self.host is not None  # noqa: S101 - who calls this has one
        assert self._bot is not None  # noqa: S101 - as above
        # First by itself: an application whose host cannot be opened ends the program.
        if isinstance(self.host, StockAdapter):
            await self._running.enter_async_context(self.host.lifecycle.opened())
            app = web.Application()
            self.host.attach(app, self._bot)
        else:
            await self._running.enter_async_context(self.host)
            app = self.host.app(self._bot)
        port = await listen(self._running, app, grace=GRACE)
        self.bot_url = f"http://127.0.0.1:{port}/api/messages"
