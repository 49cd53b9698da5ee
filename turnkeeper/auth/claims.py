"""What a genuine token must say to go with a request: for this bot, channel and service URL.

https://learn.microsoft.com/azure/bot-service/rest-api/bot-framework-rest-connector-authentication
"""

from __future__ import annotations

from typing import Any, Final

from botbuilder.schema import Activity
from botframework.connector.auth import AuthenticationConstants, JwtTokenValidation

from turnkeeper.auth.service_url import names_loopback, normal_form
from turnkeeper.auth.signing_keys import Key
from turnkeeper.settings import Settings

EMULATOR: Final = "emulator"
_ANONYMOUS: Final = AuthenticationConstants.ANONYMOUS_SKILL_APP_ID


class Forbidden(Exception):
    """A genuine token that does not go with the request."""


class Claims:
    """Holds the claims of genuine tokens against requests.

    The directory (Entra) issues tokens to apps and to people, and vouches for no service URL; see
    :mod:`turnkeeper.auth.service_url`. One to the bot's own app is the Emulator's, which has the
    bot's secret: it counts where replies may go to this machine. One to another app is a bot's
    that calls this one as a skill.

    :param settings: the bot's app id, its callers, and whether the Emulator may come.
    :param issuer: of the channels' tokens; all others are the directory's.
    """

    def __init__(self, settings: Settings, issuer: str) -> None:
        self._app_id = settings.app_id
        self._callers = frozenset(caller.lower() for caller in settings.allowed_callers)
        self._emulator = any(map(names_loopback, settings.service_hosts))
        self._issuer = issuer

    def check(self, claims: dict[str, Any], key: Key | None, activity: Activity) -> None:
        """Hold a token against the activity of its request.

        :param key: the one that has signed the token; None where it was withdrawn since.
        :raises Forbidden: they do not go together.
        """
        if key is None:
            raise Forbidden("the key was withdrawn")
        if claims.get(AuthenticationConstants.AUDIENCE_CLAIM) != self._app_id:
            # Nor are the bot's own tokens for its replies, which every connector sees, the
            # Emulator's, as the SDK takes them to be.
            raise Forbidden("the token is for another bot")
        # The directory's keys list no endorsements, the channel's must.
        from_channel = claims["iss"] == self._issuer
        if (from_channel or key.endorsements) and activity.channel_id not in key.endorsements:
            raise Forbidden("the key is not endorsed for the channel")
        if from_channel:
            named = claims.get(AuthenticationConstants.SERVICE_URL_CLAIM)
            if not isinstance(named, str) or not _is_same(named, activity.service_url):
                raise Forbidden("the token is for another service URL")
        else:
            self._check_caller(claims, activity)

    def _check_caller(self, claims: dict[str, Any], activity: Activity) -> None:
        if not (self._emulator or self._callers):
            raise Forbidden(
                "it is a token of the directory: for the Emulator set SERVICE_URL_HOSTS=localhost, "
                "for bots that call this one as a skill ALLOWED_CALLERS"
            )
        # https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference
        if "scp" in claims or claims.get("idtyp", "app") != "app":
            raise Forbidden("the token is a person's and not an app's")
        if AuthenticationConstants.VERSION_CLAIM not in claims:
            raise Forbidden("the token does not say which claim names its app")
        if claims.get(AuthenticationConstants.APP_ID_CLAIM) == _ANONYMOUS:
            raise Forbidden("it is a skill's that does not say whose it is")
        caller = JwtTokenValidation.get_app_id_from_claims(claims)
        if caller != self._app_id:
            if not caller or caller.lower() not in self._callers:
                raise Forbidden("another app calls this bot as a skill")
        elif not self._emulator:
            raise Forbidden("the Emulator is taken where SERVICE_URL_HOSTS has localhost alone")
        elif activity.channel_id != EMULATOR:
            raise Forbidden("the Emulator speaks for another channel")


def _is_same(named: str, sent: str) -> bool:
    """Whether two service URLs differ in nothing but their spelling."""
    return named == sent or (
        normal_form(named) is not None and normal_form(named) == normal_form(sent)
    )
