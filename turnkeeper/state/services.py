"""What a turn has for the states among its services: its address and its transaction.

While the bot runs, code that holds no context finds them too, such as a storage that the SDK's own
states write through: by a context variable, which tasks of the turn inherit.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextvars import ContextVar, Token
from typing import Any, Final, NamedTuple
from weakref import ReferenceType

from botbuilder.core import TurnContext
from botbuilder.core.bot_state import CachedBotState
from botbuilder.schema import Activity

from turnkeeper.address import Address
from turnkeeper.channels.addressing import address_anew, address_of
from turnkeeper.errors import SettingsError, TurnEnded
from turnkeeper.keys import named_in
from turnkeeper.state.accessor import CachedState
from turnkeeper.storage import RecordStorage
from turnkeeper.storage.connection import url_of
from turnkeeper.storage.transaction import Transaction

_SLOT: Final = "turnkeeper.state"

Begun = Token[ReferenceType[TurnContext] | None]
"""What :func:`begin_turn` gives, for :func:`end_turn`."""

# Weak, since whatever is begun in a turn, such as a timer, keeps the variables that it found.
_TURN: ContextVar[ReferenceType[TurnContext] | None] = ContextVar("turnkeeper.turn", default=None)


class Services(NamedTuple):
    """What a turn has for the states.

    :param activity: the one that the address is made of.
    :param address: the turn's.
    :param transaction: the turn's; None where no host began one.
    """

    activity: Activity
    address: Address
    transaction: Transaction | None


class UnderWay(NamedTuple):
    """The turn that some code runs in.

    :param context: the turn's.
    :param address: the turn's.
    :param transaction: the turn's.
    """

    context: TurnContext
    address: Address
    transaction: Transaction

    def check(self) -> None:
        """Be sure that the turn has not ended meanwhile.

        :raises TurnEnded: it has.
        """
        if not isinstance(self.context.turn_state.get(_SLOT), Services):
            raise TurnEnded


def begin_turn(context: TurnContext, address: Address, transaction: Transaction) -> Begun:
    """Make an address and a transaction those of a turn; its end commits the transaction."""
    context.turn_state[_SLOT] = Services(context.activity, address, transaction)
    return _TURN.set(ReferenceType(context))


def end_turn(context: TurnContext, begun: Begun) -> None:
    """End a turn: nothing can be read or saved in it any more.

    The task is in the turn around it again, if there is one.
    """
    _TURN.reset(begun)
    context.turn_state.clear()
    context.turn_state[_SLOT] = TurnEnded


def in_turn() -> bool:
    """Return whether the caller runs in a turn that is under way."""
    return _context_under_way() is not None


def _context_under_way() -> TurnContext | None:
    turn = _TURN.get()
    context = turn() if turn else None
    if context is None or not isinstance(context.turn_state.get(_SLOT), Services):
        return None
    return context


def turn_under_way(records: RecordStorage, keys: Iterable[str]) -> UnderWay | None:
    """Return the turn that the caller runs in; None outside of any, also after its end.

    :param records: only a turn whose commit is written there is one.
    :param keys: of what is asked for there.
    :raises SettingsError: the turn's commit is written elsewhere, and a key is one of a state.
    """
    context = _context_under_way()
    if context is None:
        return None
    services = _services(context)
    transaction, channel = services.transaction, f"{services.address.channel}/"
    if transaction is None:
        return None
    if transaction.storage is not records:
        if any(key.startswith(channel) and any(named_in(key)) for key in keys):
            raise _two_stores(transaction.storage, records)
        return None  # what a bot keeps beside its states may be anywhere
    return UnderWay(context, services.address, transaction)


def _two_stores(turns: RecordStorage, states: RecordStorage) -> SettingsError:
    return SettingsError.of(
        "STORAGE_URL",
        f"the turn is committed to {url_of(turns)}, and a state is on {url_of(states)}; have both "
        "on one store: host.storage, or one URL for open_storage() and the adapter",
    )


def address_in(context: TurnContext) -> Address:
    """Return the address of a turn, made from its activity where no host made one."""
    return _services(context).address


def transaction_in(context: TurnContext, records: RecordStorage) -> tuple[Transaction, Address]:
    """Return the transaction of a turn, and its address.

    Where no adapter of ours began one, it is one that commits at each save.

    :raises TurnEnded: the turn has ended.
    :raises SettingsError: the turn's is on another store: the two could not be committed together.
    """
    services = _services(context)
    transaction = services.transaction
    if transaction is None:
        transaction = Transaction(records)
        context.turn_state[_SLOT] = services._replace(transaction=transaction)
    elif transaction.storage is not records:
        raise _two_stores(transaction.storage, records)
    return transaction, services.address


def kept_services(context: TurnContext) -> dict[str, Any]:
    """Return the services of a turn that has failed, without its states and what it would store."""
    gone = (CachedState, CachedBotState, Services, Transaction)
    return {
        name: value for name, value in context.turn_state.items() if not isinstance(value, gone)
    }


def forget_states(context: TurnContext) -> None:
    """Have all states read anew, also those of the SDK, without what the turn changed in them."""
    services = context.turn_state
    for name, value in list(services.items()):
        if isinstance(value, CachedState | CachedBotState):
            del services[name]


def _services(context: TurnContext) -> Services:
    services: Services | type[TurnEnded] | None = context.turn_state.get(_SLOT)
    activity = context.activity
    if isinstance(services, Services):
        if services.activity is activity:
            return services
        # Bot code has given the context another one, which may be another person's.
        address = address_anew(activity, services.address)
        services = services._replace(activity=activity, address=address)
    elif services is TurnEnded:
        raise TurnEnded
    else:
        services = Services(activity, address_of(activity), None)
    context.turn_state[_SLOT] = services
    return services
