"""The adapter of older bots of the SDK, by its name."""

from __future__ import annotations

from typing import Any

from aiohttp import web
from botbuilder.core.invoke_response import InvokeResponse
from botbuilder.schema import (
    Activity,
    ConversationParameters,
    ConversationReference,
)
from botframework.connector.auth import AuthenticationConfiguration, ClaimsIdentity

from turnkeeper.adapters.bot_run import Logic
from turnkeeper.adapters.configuration import Configuration, refused
from turnkeeper.adapters.stock import StockAdapter
from turnkeeper.state.typed_storage import TypedStorage
from turnkeeper.turn.hearing import Hearing


class BotFrameworkAdapterSettings:
    """The credentials of a :class:`BotFrameworkAdapter`.

    :ivar configuration: the engine's settings, and what is wrong with them.

    :param app_id: the bot's app id. A blank one leaves the environment's credentials.
    :param app_password: its secret.
    :param channel_auth_tenant: its tenant, where it is not in every one.
    :param oauth_endpoint: must be None.
    :param open_id_metadata: as OPENID_METADATA_URL.
    :param channel_provider: of the SDK; says whether the bot is in the US government's cloud.
    :param auth_configuration: of the SDK; one that says who may call the bot is refused.
    :param app_credentials: must be None: a certificate is named by MicrosoftAppCertificatePath.
    :param credential_provider: must be None.
    """

    def __init__(  # noqa: PLR0913, PLR0917 - the SDK's signature
        self,
        app_id: str,
        app_password: str | None = None,
        channel_auth_tenant: str | None = None,
        oauth_endpoint: str | None = None,
        open_id_metadata: str | None = None,
        channel_provider: Any = None,
        auth_configuration: AuthenticationConfiguration = None,
        app_credentials: Any = None,
        credential_provider: Any = None,
    ) -> None:
        self.app_id = app_id
        self.app_password = app_password
        self.channel_auth_tenant = channel_auth_tenant
        self.open_id_metadata = open_id_metadata
        government = channel_provider is not None and channel_provider.is_government()
        own = {
            "MicrosoftAppId": app_id,
            "MicrosoftAppPassword": app_password,
            "MicrosoftAppTenantId": channel_auth_tenant,
            "OPENID_METADATA_URL": open_id_metadata,
            "ChannelService": "https://botframework.azure.us" if government else None,
        }
        faults = refused(
            auth_configuration,
            oauth_endpoint=oauth_endpoint,
            app_credentials=app_credentials,
            credential_provider=credential_provider,
        )
        given = {name: text for name, text in own.items() if text}
        self.configuration = Configuration.of(given, *faults)


class BotFrameworkAdapter(StockAdapter):
    """What ``botbuilder.core.BotFrameworkAdapter`` is, over turns of the engine.

    :ivar settings: as given.

    :param settings: the credentials; None takes those of the environment.
    :param storage: where its turns are committed; by default that of the bot's states.
    :param unwrap: as of :class:`turnkeeper.CloudAdapter`, as are the next two.
    :param only_addressed: likewise.
    :param brake: likewise.
    :raises TypeError: the settings are of the SDK's class of that name.
    """

    def __init__(
        self,
        settings: BotFrameworkAdapterSettings | None,
        *,
        storage: TypedStorage | None = None,
        unwrap: bool = False,
        only_addressed: bool = False,
        brake: bool = False,
    ) -> None:
        settings = settings or BotFrameworkAdapterSettings("")
        if not isinstance(settings, BotFrameworkAdapterSettings):
            raise TypeError(
                f"{type(settings).__name__}: import BotFrameworkAdapterSettings from turnkeeper"
            )
        hearing = Hearing(unwrap, only_addressed, brake)
        super().__init__(settings.configuration, storage, hearing)
        self.settings = settings

    async def process_activity(  # of the arguments the SDK has two orders
        self, req: Activity | web.Request, auth_header: str | None, logic: Logic
    ) -> InvokeResponse | None:
        """Take an activity, or the request that holds one.

        :param auth_header: the Authorization header, if any.
        :returns: what the HTTP response must hold, for invokes and ``expectReplies``.
        :raises aiohttp.web.HTTPError: in a handler of aiohttp, where it is refused or fails, with
            the status for the sender.
        :raises BotError: elsewhere.
        """
        return await self._take_read(auth_header, req, logic)

    async def _as_bot_does(
        self, authorization: str | None, activity: Activity, logic: Logic
    ) -> Any:
        """Call ``process_activity`` with its own order of arguments."""
        return await self.process_activity(activity, authorization, logic)

    async def continue_conversation(  # noqa: PLR0913, PLR0917 - the SDK's signature
        self,
        reference: ConversationReference,
        callback: Logic,
        bot_id: str | None = None,
        claims_identity: ClaimsIdentity = None,
        audience: str | None = None,
    ) -> None:
        """Take a turn in a conversation that is known, in which the bot speaks first.

        :param reference: of the conversation.
        :param callback: what the bot does in it.
        :param bot_id: by default the bot's own.
        :param claims_identity: in place of one of that id.
        :param audience: of the bot's tokens.
        :raises TypeError: ``reference`` or ``callback`` is missing.
        :raises BotError: see :meth:`turnkeeper.turn.proactive.ProactiveTurns.take`.
        """
        if reference is None or callback is None:
            raise TypeError("continue_conversation() takes a reference and a callback")
        await super().continue_conversation(reference, callback, bot_id, claims_identity, audience)

    async def create_conversation(  # noqa: PLR0913, PLR0917 - the SDK's
        self,
        reference: ConversationReference,
        logic: Logic | None = None,
        conversation_parameters: ConversationParameters | None = None,
        channel_id: str | None = None,
        service_url: str | None = None,
        credentials: object = None,
    ) -> None:
        """Begin a conversation and take a first turn in it.

        :param reference: names what the other arguments leave out: the channel, its service URL,
            the person, the tenant.
        :param logic: what the bot does in it.
        :param credentials: must be None.
        :raises TypeError: something is missing.
        :raises BotError: see :meth:`turnkeeper.turn.proactive.ProactiveTurns.begin`.
        """
        if credentials is not None:
            raise TypeError("credentials: are the adapter's own; leave them out")
        parameters = conversation_parameters or ConversationParameters(
            bot=reference.bot, members=[reference.user], is_group=False
        )
        tenant = reference and reference.conversation and reference.conversation.tenant_id
        if tenant:
            parameters.tenant_id = tenant
            parameters.channel_data = {
                **(parameters.channel_data or {}),
                "tenant": {"tenantId": tenant},
            }
        await super().create_conversation(
            None,
            logic,
            parameters,
            channel_id or (reference and reference.channel_id),
            service_url or (reference and reference.service_url),
        )
