"""What a person has in one conversation, among others or alone."""

from __future__ import annotations

from turnkeeper.address import Address
from turnkeeper.state.scope import ScopedState
from turnkeeper.state.typed_storage import TypedStorage
from turnkeeper.storage import RecordStorage


class PrivateConversationState(ScopedState):
    """A person in one conversation. Where an activity is nobody's, to ask for it raises TypeError.

    Save it, as the SDK's, with ``save_changes``.

    :param storage: where its records are.
    :param namespace: keeps several such states apart.
    :param ttl: seconds an unused record is kept; by default as the storage keeps such records.
    """

    def __init__(
        self,
        storage: TypedStorage | RecordStorage,
        namespace: str = "",
        *,
        ttl: float | None = None,
    ) -> None:
        if "/" in namespace:
            raise ValueError(f"namespace: must be without a slash, not {namespace!r}")
        storage = TypedStorage.of(storage)
        ttl = storage.lifetimes.conversation if ttl is None else ttl
        slot = f"turnkeeper.PrivateConversationState/{namespace}"
        super().__init__(storage, slot, ttl, personal=True)
        self.namespace = namespace

    def storage_key(self, address: Address) -> str | None:
        """Return the key of the record of an address; None where it is nobody's."""
        return address.private_key(self.namespace)
