"""Where an activity was sent."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from botbuilder.schema import Activity, ConversationAccount
from hypothesis import given
from hypothesis import strategies as st

from turnkeeper.channels.place import Place, Scope, place_of, tenant_of

CAPTURES = Path(__file__).parents[1] / "captures"
TEAM = "19:general@thread.tacv2"


def sent_to(conversation: dict[str, object], channel_data: object = None) -> Activity:
    """Return an activity as the SDK reads it from JSON."""
    return Activity.deserialize({"conversation": conversation, "channelData": channel_data})


@pytest.mark.parametrize(
    ("conversation", "scope"),
    [
        ({"id": "a:1", "conversationType": "personal"}, Scope.PERSONAL),
        ({"id": "19:1@thread.v2", "conversationType": "groupChat"}, Scope.GROUP_CHAT),
        ({"id": "19:1@thread.v2", "conversationType": "groupchat"}, Scope.GROUP_CHAT),
        ({"id": "19:1@thread.tacv2", "conversationType": "channel"}, Scope.CHANNEL),
        ({"id": "C1", "isGroup": True}, Scope.GROUP_CHAT),
        ({"id": "C1", "isGroup": False}, Scope.PERSONAL),
        ({"id": "C1"}, Scope.PERSONAL),
        ({"id": "C1", "conversationType": "something new", "isGroup": True}, Scope.GROUP_CHAT),
    ],
)
def test_scope_is_the_conversations_type_or_whether_it_is_a_group(
    conversation: dict[str, object], scope: Scope
) -> None:
    place = place_of(sent_to(conversation))
    assert place.scope is scope
    assert place.several_people is (scope is not Scope.PERSONAL)


@pytest.mark.parametrize(
    ("capture", "scope"),
    [
        ("emulator-4.15.1-message", Scope.PERSONAL),
        ("playground-msteams-personal-message", Scope.PERSONAL),
        ("playground-msteams-group-message-mention", Scope.GROUP_CHAT),
        ("playground-msteams-channel-message-mention", Scope.CHANNEL),
        ("playground-msteams-channel-installationUpdate-remove", Scope.CHANNEL),
        ("playground-webchat-message", Scope.PERSONAL),
    ],
)
def test_real_clients_tell_the_scope(capture: str, scope: Scope) -> None:
    body = (CAPTURES / f"{capture}.json").read_text("utf-8")
    assert place_of(Activity.deserialize(json.loads(body))).scope is scope


def test_a_message_to_a_team_is_one_to_a_channel() -> None:
    assert place_of(sent_to({"id": "x"}, {"team": {"id": TEAM}})).scope is Scope.CHANNEL


def test_a_thread_is_split_from_its_channel() -> None:
    place = place_of(
        sent_to({"id": "19:c@thread.tacv2;messageid=17", "conversationType": "channel"})
    )
    assert (place.conversation_id, place.thread_id) == ("19:c@thread.tacv2", "17")


def test_channel_and_team_have_the_names_that_the_channel_tells() -> None:
    data = {"team": {"id": TEAM, "name": "Contoso"}, "channel": {"id": "19:x", "name": "Sales"}}
    place = place_of(sent_to({"id": "19:x", "conversationType": "channel"}, data))
    assert (place.channel_name, place.team_name, place.general) == ("Sales", "Contoso", False)


def test_the_first_channel_of_a_team_has_the_teams_id() -> None:
    data = {"team": {"id": TEAM}, "channel": {"id": TEAM}}
    assert place_of(sent_to({"id": TEAM, "conversationType": "channel"}, data)).general


def test_names_are_one_short_line() -> None:
    data = {"channel": {"id": "c", "name": " A\nB\u202e  C" + "x" * 200}}
    place = place_of(sent_to({"id": "c", "conversationType": "channel"}, data))
    assert place.channel_name == "A B C" + "x" * 75


@pytest.mark.parametrize(
    ("conversation", "channel_data"),
    [
        ({"id": "c", "tenantId": "t"}, None),
        ({"id": "c", "tenantID": "t"}, None),
        ({"id": "c"}, {"tenant": {"id": "t"}}),
    ],
)
def test_the_tenant_is_found_where_channels_put_it(
    conversation: dict[str, object], channel_data: object
) -> None:
    assert tenant_of(sent_to(conversation, channel_data)) == "t"


ODD = st.none() | st.booleans() | st.integers() | st.text(max_size=5)
NESTED = st.recursive(
    ODD,
    lambda inner: st.dictionaries(
        st.sampled_from(["team", "channel", "tenant", "id", "name"]), inner
    ),
    max_leaves=6,
)


@given(channel_data=NESTED | st.lists(ODD), kind=ODD, conversation_id=ODD, is_group=ODD)
def test_odd_fields_are_no_error(
    channel_data: object, kind: object, conversation_id: object, is_group: object
) -> None:
    conversation = ConversationAccount(
        id=conversation_id, conversation_type=kind, is_group=is_group
    )
    activity = Activity(conversation=conversation, channel_data=channel_data)
    assert isinstance(place_of(activity), Place)
    assert isinstance(tenant_of(activity), str)
    assert place_of(Activity()) == Place(Scope.PERSONAL)
