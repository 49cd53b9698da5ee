"""What another process has left: what of it can be read, where it goes, who waits for it."""

from __future__ import annotations

from typing import Final

from shows.mutations.mutation import Mutation

SENDER: Final = "turnkeeper/delivery/sender.py"
SENDERS: Final = "turnkeeper/delivery/senders.py"
OWED: Final = "turnkeeper/ledger/owed.py"
STOCK: Final = "turnkeeper/adapters/stock.py"
UNREADABLE: Final = (
    "tests/turnkeeper/delivery/test_taking_up.py::test_what_cannot_be_read_is_lost_alone"
)
NEWEST: Final = (
    "tests/turnkeeper/delivery/test_taking_up.py"
    "::test_replies_go_where_the_channel_listens_by_the_newest_turn_of_any_process"
)
WAITING: Final = (
    "tests/turnkeeper/delivery/test_waiting_for_it.py"
    "::test_who_is_cancelled_cancels_nobody_else_s_waiting"
)
SETTINGS: Final = (
    "tests/turnkeeper/stock/test_in_a_cloud.py::test_replies_are_given_up_when_its_settings_say"
)

MUTATIONS: Final = (
    Mutation(
        SENDER,
        "                conversation.unreadable.add(n)\n",
        "                conversation.unreadable.add(min(turns))\n",
        (UNREADABLE,),
        "another record is kept in place of the one that cannot be read",
    ),
    Mutation(
        SENDER,
        ".checked(key, turns[n])",
        "",
        (UNREADABLE,),
        "what is not its turn's is sent again and again",
    ),
    Mutation(
        OWED,
        "            if not all(map(_is_whole, effects)):\n",
        "            if not effects:\n",
        (UNREADABLE,),
        "an effect that cannot be carried out stops its conversation for ever",
    ),
    Mutation(
        SENDER,
        "        if not known or number not in conversation.owed:\n",
        "        if number not in conversation.owed:\n",
        (NEWEST,),
        "whoever sends does not hear from other processes that the service URL has changed",
    ),
    Mutation(
        SENDER,
        "        if newest and newest >= conversation.heard:\n",
        "        if newest and not conversation.service_url:\n",
        (NEWEST,),
        "the first service URL of a conversation wins",
    ),
    Mutation(
        SENDERS,
        "await asyncio.shield(debt.settled)",
        "await debt.settled",
        (WAITING,),
        "who gives up waiting for replies ends the waiting of others",
    ),
    Mutation(
        STOCK,
        "            reply_ttl=settings.reply_ttl,\n",
        "",
        (SETTINGS,),
        "REPLY_TTL counts for nothing with an adapter of the SDK's names",
    ),
)
