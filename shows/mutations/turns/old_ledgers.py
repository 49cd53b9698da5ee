"""What versions before 0.5 owe."""

from __future__ import annotations

from typing import Final

from shows.mutations.mutation import Mutation

LEDGER_TESTS: Final = "tests/turnkeeper/ledger/test_ledger.py"
EARLIER: Final = "turnkeeper/ledger/earlier.py"
UPGRADE_TESTS: Final = "tests/turnkeeper/ledger/test_upgrade.py"
UPGRADE: Final = "turnkeeper/ledger/upgrade.py"
OLD_LEDGERS_TESTS: Final = "tests/turnkeeper/turn/test_old_ledgers.py"

MUTATIONS: Final = (
    Mutation(
        EARLIER,
        'ours = {one.removeprefix("28:") for one in bot if one}',
        "ours = {one for one in bot if one}",
        (f"{LEDGER_TESTS}::test_whose_debt_it_is_tell_the_replies",),
        "a bot and its name at Teams are two",
    ),
    Mutation(
        EARLIER,
        "ours and senders and ours.isdisjoint",
        "ours and ours.isdisjoint",
        (f"{LEDGER_TESTS}::test_a_debt_without_replies_may_be_anybodys",),
        "what names no sender is another bot's to send",
    ),
    Mutation(
        EARLIER,
        "return self.effects[self.sent :]",
        "return self.effects",
        (
            f"{UPGRADE_TESTS}::test_what_is_not_known_to_be_sent_becomes_a_record_and_is_due_at_once",
        ),
        "what an earlier version has sent is sent again",
    ),
    Mutation(
        UPGRADE,
        "[one._replace(key=name + one.key) for one in changes]",
        "changes",
        (f"{UPGRADE_TESTS}::test_all_bots_on_the_store_are_looked_through",),
        "what one bot of a store owes is moved into the part of another",
    ),
    Mutation(
        UPGRADE,
        "            with suppress(WriteConflict, UnreadableRecord):",
        "            with suppress(WriteConflict):",
        (f"{UPGRADE_TESTS}::test_what_is_no_ledger_or_cannot_be_read_stays_as_it_is",),
        "a ledger that cannot be read keeps the bot from starting",
    ),
    Mutation(
        UPGRADE,
        "Owed(debt.turn, debt.service_url() or service_url, effects)",
        "Owed(debt.turn, service_url, effects)",
        (
            f"{UPGRADE_TESTS}::test_what_is_not_known_to_be_sent_becomes_a_record_and_is_due_at_once",
        ),
        "nobody knows where to send what an earlier version owes",
    ),
    Mutation(
        UPGRADE,
        "        changes.append(Change(old_key, rest, old.e_tag, old.owner, old.expires_at))\n",
        "        pass\n",
        (
            f"{OLD_LEDGERS_TESTS}::test_what_seemed_another_bots_is_sent_first_and_once_when_it_proves_to_be_ours",
        ),
        "what version 0.1 owed is sent twice",
    ),
    Mutation(
        UPGRADE,
        ("    if record is not None and debt is None:\n        return []\n"),
        ("    if record is not None:\n        return []\n"),
        (
            f"{OLD_LEDGERS_TESTS}::test_what_seemed_another_bots_is_sent_first_and_once_when_it_proves_to_be_ours",
        ),
        "what version 0.1 owes is not sent once there is a ledger of this version",
    ),
    Mutation(
        UPGRADE,
        ("    if debt and debt.is_anothers(address.bot, recipient):\n        debt = None\n"),
        "",
        (f"{OLD_LEDGERS_TESTS}::test_what_another_bot_owes_is_left_to_it",),
        "what another bot owed in a ledger of version 0.1 is sent by this one",
    ),
)
