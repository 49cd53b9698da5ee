"""Which messages a bot on Host hears, over restarts and two processes, on every store."""

from __future__ import annotations

from typing import Any

import pytest
from botbuilder.core import TurnContext

from turnkeeper import CloudAdapter, Host, Settings
from turnkeeper.errors import WriteConflict
from turnkeeper.testing import Clock, Cloud

AWAY = "I am out of the office until Monday."


async def echo(context: TurnContext) -> None:
    if context.activity.type == "message":
        await context.send_activity(f"{context.activity.text}!")


def host(**values: Any) -> Host:
    return Host(Settings(**values))


async def test_in_a_group_it_is_silent_until_it_is_mentioned_or_replied_to() -> None:
    async with Cloud(host(), echo) as cloud:
        ada = cloud.person("Ada", channel="slack", scope="groupChat")
        bob = cloud.person("Bob", conversation=ada.conversation)
        for text in ("lunch at 12?", "sure", "great"):
            assert await bob.says(text, mention=False) == []
        assert await ada.says("hi") == ["hi!"]
        assert await bob.says("and me?", mention=False, replyToId=ada.last[0]["id"]) == ["and me?!"]
        await cloud.restart()
        assert await bob.says("still", mention=False, replyToId=ada.last[0]["id"]) == ["still!"]
        assert await bob.says("great", mention=False) == []


async def test_a_bot_that_listens_hears_all() -> None:
    async with Cloud(host(group_messages="all"), echo) as cloud:
        ada = cloud.person("Ada", channel="slack", scope="groupChat")
        assert await ada.says("lunch?", mention=False) == ["lunch?!"]


async def test_what_is_not_for_it_leaves_no_trace() -> None:
    async with Cloud(bot := host(), echo) as cloud:
        ada = cloud.person("Ada", channel="slack", scope="groupChat")
        assert await ada.says("lunch?", mention=False) == []
        assert not await bot.storage.records.fetch([f"slack/ledgers/{ada.conversation.id}/"])


@pytest.mark.parametrize("channel", ["email", "sms"])
async def test_what_answers_by_itself_is_answered_five_times(
    storage_url: str, channel: str
) -> None:
    async with Cloud(host(), echo, storage=storage_url) as cloud:
        ada = cloud.person("Ada", channel=channel)
        answers = 0
        for number in range(14):
            if number == 3:
                await cloud.restart()
            answers += len(await ada.says(AWAY))
        assert answers == 5
        assert await ada.says("I am back") == ["I am back!"]
        assert await ada.says(AWAY) == [f"{AWAY}!"]


async def test_a_person_with_as_many_messages_is_always_answered() -> None:
    async with Cloud(host(), echo) as cloud:
        ada = cloud.person("Ada", channel="sms")
        for number in range(14):
            assert await ada.says(text := f"what about {'x' * number}, your order?") == [f"{text}!"]
        for _ in range(14):
            assert await ada.says("1") == ["1!"]


async def test_a_row_lasts_an_hour_and_only_what_is_said_ends_it() -> None:
    async def answer(context: TurnContext) -> None:
        await context.send_activity(f"{context.activity.text}!")

    async with Cloud(host(), answer, clock=Clock()) as cloud:
        ada = cloud.person("Ada", channel="email")
        for _ in range(5):
            assert await ada.says(AWAY)
            await ada.sends(ada.activity("event", name="seen"))
        assert await ada.says(AWAY) == []
        cloud.clock.move(hours=1)
        assert await ada.says(AWAY) == [f"{AWAY}!"]


async def test_what_asks_for_its_answer_gets_one() -> None:
    async with Cloud(host(), echo) as cloud:
        robot = cloud.person("R2", channel="webchat")
        role: dict[str, Any] = {"from": {"id": "R2", "role": "bot"}}
        for _ in range(7):
            told = robot.message("beep", deliveryMode="expectReplies", **role)
            assert (await robot.sends(told)).status == 200


async def test_an_edit_of_what_it_heard_is_heard_without_a_mention() -> None:
    async def repeat(context: TurnContext) -> None:
        await context.send_activity(f"{context.activity.type}: {context.activity.text}")

    async with Cloud(host(), repeat) as cloud:
        ada = cloud.person("Ada", channel="slack", scope="groupChat")
        told = ada.message("Adda")
        await ada.sends(told)
        edit = ada.activity("messageUpdate", id=told["id"], text="Ada")
        assert (await ada.sends(edit)).texts == ["messageUpdate: Ada"]
        other = ada.activity("messageUpdate", id="of another", text="Ada")
        assert (await ada.sends(other)).texts == []


async def test_what_it_hears_is_told_by_what_was_sent_also_where_it_runs_again() -> None:
    runs: list[str] = []

    async def conflicting(context: TurnContext) -> None:
        runs.append(context.activity.text)
        context.activity.text = "changed"
        if len(runs) == 1:
            raise WriteConflict("x")
        await context.send_activity("heard")

    async with Cloud(host(), conflicting) as cloud:
        ada = cloud.person("Ada", channel="line", scope="groupChat")
        text = "@Test Bot hi"
        assert await ada.says(text, mention=False, entities=[]) == ["heard"]
        assert len(runs) == 2
        assert runs[0] == runs[1]


async def test_two_bots_end_and_a_person_among_them_is_answered() -> None:
    async with Cloud(host(), echo) as cloud:
        ada = cloud.person("Ada", channel="slack", scope="groupChat")
        robot = cloud.person("R2", conversation=ada.conversation)
        role: dict[str, Any] = {"from": {"id": "R2", "name": "R2", "role": "bot"}}
        answers = [len(await robot.says(f"beep {number}", **role)) for number in range(14)]
        assert sum(answers) == 5
        assert await ada.says("hush") == ["hush!"]
        assert await robot.says("beep", **role) == ["beep!"]


async def test_its_own_echo_is_not_answered() -> None:
    async with Cloud(host(), echo) as cloud:
        ada = cloud.person("Ada", channel="facebook")
        assert await ada.says("hi", channelData={"message": {"is_echo": True}}) == []
        own: dict[str, Any] = {"from": {"id": "28:bot"}}
        assert await ada.says("hi", **own) == []


async def test_a_stock_bot_hears_as_in_the_sdk_unless_it_asks() -> None:
    async with Cloud(CloudAdapter(), echo) as cloud:
        ada = cloud.person("Ada", channel="msteams", scope="groupChat")
        assert await ada.says("lunch?", mention=False) == ["lunch?!"]
        assert await ada.says("hi") == ["<at>Test Bot</at> hi!"]
    asked = CloudAdapter(unwrap=True, only_addressed=True, brake=True)
    async with Cloud(asked, echo) as cloud:
        ada = cloud.person("Ada", channel="msteams", scope="groupChat")
        assert await ada.says("lunch?", mention=False) == []
        assert await ada.says("hi") == ["hi!"]
