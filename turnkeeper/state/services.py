"""What a turn has for the states among its services: its address and its transaction."""

from __future__ import annotations

from typing import Final, NamedTuple

from botbuilder.core import TurnContext
from botbuilder.schema import Activity

from turnkeeper.address import Address
from turnkeeper.channels.addressing import address_of
from turnkeeper.errors import TurnEnded
from turnkeeper.storage import RecordStorage
from turnkeeper.storage.transaction import Transaction

_SLOT: Final = "turnkeeper.state"


class Services(NamedTuple):
    """What a turn has for the states.

    :param activity: the one that the address is made of.
    :param address: the turn's.
    :param transaction: the turn's; None where no host began one.
    """

    activity: Activity
    address: Address
    transaction: Transaction | None


def begin_turn(context: TurnContext, address: Address, transaction: Transaction) -> None:
    """Make an address and a transaction those of a turn; its end commits the transaction."""
    context.turn_state[_SLOT] = Services(context.activity, address, transaction)


def end_turn(context: TurnContext) -> None:
    """End a turn: nothing can be read or saved in it any more."""
    context.turn_state.clear()
    context.turn_state[_SLOT] = TurnEnded


def address_in(context: TurnContext) -> Address:
    """Return the address of a turn, made from its activity where no host made one."""
    return _services(context).address


def transaction_in(context: TurnContext, records: RecordStorage) -> tuple[Transaction, Address]:
    """Return the transaction of a turn, and its address.

    Where no host began a transaction, it is one that commits at each save.

    :raises TurnEnded: the host has ended the turn.
    """
    services = _services(context)
    transaction = services.transaction
    if transaction is None or transaction.storage is not records:
        transaction = Transaction(records)
        context.turn_state[_SLOT] = services._replace(transaction=transaction)
    return transaction, services.address


def _services(context: TurnContext) -> Services:
    services: Services | type[TurnEnded] | None = context.turn_state.get(_SLOT)
    activity = context.activity
    if isinstance(services, Services):
        if services.activity is activity:
            return services
        # Bot code has given the context another one, which may be another person's.
        address = address_of(activity, services.address.bot)
        services = services._replace(activity=activity, address=address)
    elif services is TurnEnded:
        raise TurnEnded
    else:
        services = Services(activity, address_of(activity), None)
    context.turn_state[_SLOT] = services
    return services
