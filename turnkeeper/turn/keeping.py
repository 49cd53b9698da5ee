"""An adapter of the SDK that keeps what a turn says until it is committed."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any

from botbuilder.core import TurnContext
from botbuilder.core.cloud_adapter_base import CloudAdapterBase
from botbuilder.schema import Activity, ConversationReference, ResourceResponse

from turnkeeper.turn.outbox import Outbox


class KeepingAdapter(CloudAdapterBase):  # type: ignore[misc]  # the SDK is untyped
    """Sends, updates and deletes nothing: it is in the outbox of the turn."""

    def send_activities(
        self, context: TurnContext, activities: list[Activity]
    ) -> Coroutine[Any, Any, list[ResourceResponse]]:
        """Keep activities until the turn is committed."""
        Outbox.open_for(context, activities)
        return self._keep(context, activities)

    async def _keep(self, context: TurnContext, said: list[Activity]) -> list[ResourceResponse]:
        outbox = Outbox.open_for(context, said)
        return [ResourceResponse(id=outbox.take(context, activity)) for activity in said]

    async def update_activity(self, context: TurnContext, activity: Activity) -> ResourceResponse:
        """Keep an update until the turn is committed."""
        Outbox.of(context).update(activity)
        return ResourceResponse(id=activity.id)

    async def delete_activity(self, context: TurnContext, reference: ConversationReference) -> None:
        """Keep a deletion until the turn is committed."""
        Outbox.of(context).delete(reference)
