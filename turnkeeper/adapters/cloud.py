"""The adapter of today's bots of the SDK, by its name."""

from __future__ import annotations

from typing import Any

from botbuilder.core.invoke_response import InvokeResponse
from botbuilder.schema import Activity

from turnkeeper.adapters.bot_run import Logic
from turnkeeper.adapters.configuration import Configuration, ConfigurationBotFrameworkAuthentication
from turnkeeper.adapters.stock import StockAdapter
from turnkeeper.state.typed_storage import TypedStorage
from turnkeeper.turn.hearing import Hearing


class CloudAdapter(StockAdapter):
    """What ``botbuilder.integration.aiohttp.CloudAdapter`` is, over turns of the engine.

    ::

        ADAPTER = CloudAdapter(ConfigurationBotFrameworkAuthentication(CONFIG))
        ADAPTER.attach(APP, BOT)

    :param bot_framework_authentication: the credentials; by default those of the environment.
    :param storage: where its turns are committed; by default that of the bot's states.
    :param unwrap: whether ``activity.text`` is what the person said, as on Host; see
        :func:`turnkeeper.channels.text_for_bot`.
    :param only_addressed: whether, where several people talk, the bot hears only what mentions it
        or replies to it, as on Host; see :func:`turnkeeper.channels.is_for_bot`.
    :param brake: whether it passes over its own echoes and ends loops with other bots, as on Host.
    :raises TypeError: it is the SDK's class of that name.
    """

    def __init__(
        self,
        bot_framework_authentication: ConfigurationBotFrameworkAuthentication | None = None,
        *,
        storage: TypedStorage | None = None,
        unwrap: bool = False,
        only_addressed: bool = False,
        brake: bool = False,
    ) -> None:
        given = bot_framework_authentication
        if not isinstance(given, ConfigurationBotFrameworkAuthentication | None):
            raise TypeError(
                f"{type(given).__name__}: import ConfigurationBotFrameworkAuthentication from "
                "turnkeeper, as CloudAdapter"
            )
        configuration = given.configuration if given else Configuration.of({})
        super().__init__(configuration, storage, Hearing(unwrap, only_addressed, brake))

    async def process_activity(
        self,
        auth_header_or_authenticate_request_result: str | None,
        activity: Activity,
        logic: Logic,
    ) -> InvokeResponse | None:
        """Take an activity that the bot has read from a request.

        :param auth_header_or_authenticate_request_result: the Authorization header, if any.
        :returns: what the HTTP response must hold, for invokes and ``expectReplies``.
        :raises aiohttp.web.HTTPError: in a handler of aiohttp, where it is refused or fails, with
            the status for the sender.
        :raises BotError: elsewhere.
        """
        return await self._take_read(auth_header_or_authenticate_request_result, activity, logic)

    async def _as_bot_does(
        self, authorization: str | None, activity: Activity, logic: Logic
    ) -> Any:
        """Call ``process_activity`` with its own order of arguments."""
        return await self.process_activity(authorization, activity, logic)
