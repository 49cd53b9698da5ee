"""The ledger tells who committed last: so a process knows whether it has a conversation alone."""

from __future__ import annotations

from tests.turnkeeper.turn.world import World, message
from turnkeeper.ledger.ledger import Ledger

KEY = "msteams/ledgers/c/"


async def ledger_in(world: World) -> Ledger:
    """The conversation's ledger as it is stored."""
    return Ledger.read(KEY, (await world.storage.fetch([KEY])).get(KEY))


async def test_each_process_has_a_name_in_it() -> None:
    world, names = World(), list[str]()
    processes = [world.process(), world.process()]
    for number in range(4):
        await processes[number % 2].take(message(str(number)))
        names.append((await ledger_in(world)).holder)
    for process in processes:
        await process.stop()
    one, two = names[:2]
    assert names == [one, two, one, two]
    assert "" not in (one, two)
    assert one != two


def test_a_turn_that_says_nothing_owes_nothing() -> None:
    ledger = Ledger()
    ledger.enter("t", effects=[], answer=None, holder="h", until=1.0)
    assert ledger.owed is None
    assert ledger.knows("t")
    assert '"owed"' not in ledger.body()
