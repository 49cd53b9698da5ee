"""All mutations."""

from __future__ import annotations

from typing import Final

from shows.mutations.mutation import Mutation
from shows.mutations.rooms import (
    auth,
    channels,
    dialogs,
    due,
    erasure,
    items,
    login,
    operating,
    root,
    running,
    settings,
    state,
    storage,
    stores,
    testing,
    wire,
)
from shows.mutations.turns import (
    activities,
    adapters,
    connector,
    delivery,
    inbound,
    ledger,
    outbound,
    receipts,
    speaking,
    stock,
    turn,
    typing_shown,
    waiting,
)

MUTATIONS: Final[tuple[Mutation, ...]] = (
    *turn.MUTATIONS,
    *waiting.MUTATIONS,
    *speaking.MUTATIONS,
    *adapters.MUTATIONS,
    *stock.MUTATIONS,
    *delivery.MUTATIONS,
    *typing_shown.MUTATIONS,
    *receipts.MUTATIONS,
    *connector.MUTATIONS,
    *outbound.MUTATIONS,
    *ledger.MUTATIONS,
    *auth.MUTATIONS,
    *login.MUTATIONS,
    *state.MUTATIONS,
    *erasure.MUTATIONS,
    *items.MUTATIONS,
    *storage.MUTATIONS,
    *stores.MUTATIONS,
    *due.MUTATIONS,
    *inbound.MUTATIONS,
    *activities.MUTATIONS,
    *wire.MUTATIONS,
    *channels.MUTATIONS,
    *dialogs.MUTATIONS,
    *operating.MUTATIONS,
    *running.MUTATIONS,
    *root.MUTATIONS,
    *settings.MUTATIONS,
    *testing.MUTATIONS,
)
