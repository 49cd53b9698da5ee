"""Whose organisations the bot serves in Teams.

An app of Teams can be installed in any organisation's tenant, and a bot of one organisation is not
there for the others: who writes from elsewhere is refused before any turn, and what is owed to them
is not sent.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, Self

from turnkeeper.errors import RequestRefused
from turnkeeper.settings import Settings
from turnkeeper.variables import is_guid

TEAMS: Final = "msteams"


class Tenants:
    """The tenants from which the bot takes activities of Teams.

    :param allowed: their ids; without any, all are.
    """

    def __init__(self, allowed: Iterable[str] = ()) -> None:
        self._allowed = frozenset(tenant.lower() for tenant in allowed)

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """Return those that settings name: by default the bot's own, where it is SingleTenant."""
        if settings.allowed_tenants:
            return cls() if settings.allowed_tenants == ("*",) else cls(settings.allowed_tenants)
        own = settings.app_type == "SingleTenant" and is_guid(settings.tenant_id)
        return cls([settings.tenant_id] if own else [])

    def check(self, channel: str, tenant: str) -> None:
        """Hold an activity against the list.

        :param channel: the activity's; all but Teams pass.
        :param tenant: as the activity tells it; "" where it tells none: none of a list.
        :raises RequestRefused: 403, it comes from another tenant.
        """
        if self._allowed and channel == TEAMS and tenant.lower() not in self._allowed:
            raise RequestRefused(
                403, "tenant_not_allowed", "The bot does not serve the activity's tenant."
            )

    def check_again(self, tenant: str) -> None:
        """Hold what is owed against the list, which may have become shorter.

        :param tenant: as it was stored; "" where none was: such a reply passes.
        :raises RequestRefused: 403, it would go to another tenant.
        """
        if tenant:
            self.check(TEAMS, tenant)
