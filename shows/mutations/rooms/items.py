"""Mutations of what a turn does through ``host.storage``."""

from __future__ import annotations

from typing import Final

from shows.mutations.mutation import Mutation

SERVICES: Final = "turnkeeper/state/services.py"
TYPED_STORAGE: Final = "turnkeeper/state/typed_storage.py"
TRANSACTION: Final = "turnkeeper/storage/transaction.py"
PRIVATE: Final = "turnkeeper/state/private.py"
TURN_TESTS: Final = "tests/turnkeeper/state/test_storage_in_turns.py"
PRIVATE_TESTS: Final = "tests/turnkeeper/state/test_private_state.py"

MUTATIONS: Final = (
    Mutation(
        SERVICES,
        "    return _TURN.set(ReferenceType(context))\n",
        "    return _TURN.set(None)\n",
        (TURN_TESTS,),
        "what a bot writes through host.storage is not part of its turn",
    ),
    Mutation(
        SERVICES,
        "    _TURN.reset(begun)\n",
        "",
        (TURN_TESTS,),
        "a turn within a turn leaves its writer outside of both",
    ),
    Mutation(
        TYPED_STORAGE,
        'return address.owner if state or not transaction.record(key) else ""',
        'return ""',
        (TURN_TESTS,),
        "what a bot writes through host.storage is nobody's, and outlives an erasure",
    ),
    Mutation(
        TRANSACTION,
        "        self.items.setdefault(key, [])\n",
        "",
        (TURN_TESTS,),
        "a state undoes what was written to its record through host.storage",
    ),
)
