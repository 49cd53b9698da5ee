"""Who a person is, and what may be carried over to whom."""

from __future__ import annotations

from typing import Final

from shows.mutations.mutation import Mutation

ADDRESS: Final = "turnkeeper/address.py"
ADDRESSING: Final = "turnkeeper/channels/addressing.py"
IDENTITIES: Final = "turnkeeper/state/people/identities.py"
SUCCESSION: Final = "turnkeeper/state/people/succession.py"
TYPED: Final = "turnkeeper/state/typed_storage.py"
REKEYING: Final = "turnkeeper/operator/rekeying.py"
TENANTS: Final = "turnkeeper/auth/tenants.py"
SUCCESSION_TESTS: Final = "tests/turnkeeper/contract/test_succession.py"
VISITOR_TESTS: Final = "tests/turnkeeper/state/test_visitors.py"
REKEYING_TESTS: Final = "tests/turnkeeper/operator/test_rekeying.py"
TENANT_TESTS: Final = "tests/turnkeeper/auth/test_tenants.py"
AGAIN_TESTS: Final = "tests/turnkeeper/turn/test_tenants_again.py"

MUTATIONS: Final = (
    Mutation(
        ADDRESSING,
        '        account_of(sender, tenant) if tenant else "",\n',
        '        "",\n',
        (
            f"{SUCCESSION_TESTS}::test_after_the_bot_moved_to_another_registration_a_person_is_known",
        ),
        "people of Teams are strangers after a move of the bot",
    ),
    Mutation(
        ADDRESSING,
        '    if not (is_guid(tenant) and is_guid(object_id)):\n        return ""\n',
        "",
        (f"{SUCCESSION_TESTS}::test_parts_that_are_no_guids_make_no_account",),
        "whatever an activity calls an account is a key",
    ),
    Mutation(
        ADDRESSING,
        "channel in CHOSEN_ON and not person.startswith(_PROVEN) and channel not in trusted,",
        "False,",
        (
            f"{VISITOR_TESTS}::"
            "test_what_is_held_under_a_chosen_id_is_told_and_changed_in_its_conversation_alone",
        ),
        "an id that a page chose is told what another page's visitor said",
    ),
    Mutation(
        ADDRESSING,
        "channel in CHOSEN_ON and not person.startswith(_PROVEN) and channel not in trusted,",
        "channel in CHOSEN_ON and not person.startswith(_PROVEN),",
        (f"{VISITOR_TESTS}::test_a_setting_trusts_the_ids_of_a_channel",),
        "TRUSTED_IDS means nothing",
    ),
    Mutation(
        ADDRESSING,
        "    return address_of(activity, address.bot, (channel,) if trusted else ())\n",
        "    return address_of(activity, address.bot, (channel,))\n",
        (
            f"{VISITOR_TESTS}::"
            "test_whoever_takes_the_place_of_the_sender_is_trusted_no_more_than_they",
        ),
        "an activity that bot code puts in the turn's place is anybody's",
    ),
    Mutation(
        ADDRESS,
        "        return self.user_key if key in by_id else key\n",
        "        return key\n",
        (
            f"{VISITOR_TESTS}::"
            "test_what_is_held_under_a_chosen_id_is_told_and_changed_in_its_conversation_alone",
        ),
        "the SDK's own user state tells what another page's visitor said",
    ),
    Mutation(
        ADDRESS,
        "        if not self.old_user_key or self.chosen:\n",
        "        if not self.old_user_key:\n",
        (f"{VISITOR_TESTS}::test_what_an_earlier_version_holds_is_told_only_where_it_came_from",),
        "a page's visitor erases what is another's of the same id",
    ),
    Mutation(
        SUCCESSION,
        "        if found is None:\n",
        "        if True:\n",
        (
            f"{SUCCESSION_TESTS}::"
            "test_where_both_are_there_the_new_one_counts_and_the_older_is_kept_and_found",
        ),
        "an older profile is written over a newer one",
    ),
    Mutation(
        SUCCESSION,
        "    if unreadable(codec, old, profile):\n",
        "    if False:\n",
        (f"{SUCCESSION_TESTS}::test_a_profile_that_cannot_be_read_stays_where_it_is",),
        "a profile that cannot be read is carried over",
    ),
    Mutation(
        SUCCESSION,
        "not address.chosen or await _is_alone(transaction.storage, address)",
        "True",
        (f"{VISITOR_TESTS}::test_where_it_may_be_of_two_it_stays_untold",),
        "of two visitors of one id the first who comes gets the other's profile",
    ),
    Mutation(
        SUCCESSION,
        "    if address.chosen:\n        return own\n",
        "",
        (f"{VISITOR_TESTS}::test_where_no_ledger_says_where_it_came_from_it_stays_untold",),
        "a page's visitor is told what another conversation's said to an earlier version",
    ),
    Mutation(
        SUCCESSION,
        "                transaction.revise(key, partial(_with_owner, storage, key, old, new))\n",
        "                pass\n",
        (f"{SUCCESSION_TESTS}::test_so_is_what_is_owed_elsewhere_and_what_was_given_up",),
        "what is owed elsewhere is left behind",
    ),
    Mutation(
        IDENTITIES,
        "    for record in (await storage.fetch(links)).values() if links else ():\n"
        "        keys[record.owner] = None\n",
        "",
        (f"{SUCCESSION_TESTS}::test_the_operator_finds_and_erases_all_by_either_key",),
        "nobody is found by the id that they had before",
    ),
    Mutation(
        IDENTITIES,
        '    return {*keys, *(f"{channel}{_USERS}{person}" for person in people if person)}\n',
        "    return {keys[0]}\n",
        (f"{SUCCESSION_TESTS}::test_so_it_does_where_nothing_had_to_be_carried_over",),
        "a group's ledger knows by an older digest who was erased",
    ),
    Mutation(
        TYPED,
        "            await carry_over(turn.transaction, turn.address, self.codec)\n",
        "            pass\n",
        (f"{VISITOR_TESTS}::test_what_an_earlier_version_holds_is_told_only_where_it_came_from",),
        "the SDK's own user state begins from nothing",
    ),
    Mutation(
        REKEYING,
        "        if dry:\n            return True\n",
        "",
        (f"{REKEYING_TESTS}::test_a_dry_run_only_tells",),
        "a dry run carries people over",
    ),
    Mutation(
        TENANTS,
        "if self._allowed and channel == TEAMS and tenant.lower() not in self._allowed:",
        "if tenant and self._allowed and channel == TEAMS and tenant.lower() not in self._allowed:",
        (f"{TENANT_TESTS}::test_who_tells_no_tenant_is_none_of_the_list",),
        "who tells no tenant is served",
    ),
    Mutation(
        "turnkeeper/delivery/sender.py",
        "            self._service_urls.tenants.check_again(owed.tenant)\n",
        "",
        (f"{AGAIN_TESTS}::test_a_reply_leaves_only_to_a_tenant_that_is_served",),
        "what is owed to a tenant that is served no more is sent",
    ),
)
