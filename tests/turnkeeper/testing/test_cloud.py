"""A cloud around a host: other ground for a while, people who talk, a channel with faults."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from botbuilder.core import ActivityHandler, CardFactory, InvokeResponse, TurnContext
from botbuilder.schema import (
    Activity,
    CardAction,
    HeroCard,
    SuggestedActions,
)

from tests.turnkeeper.tiny.app import TYPES as TINY_TYPES
from tests.turnkeeper.tiny.app import make_bot
from turnkeeper import Host, Settings, UserState
from turnkeeper.errors import BotError, SettingsError
from turnkeeper.testing import Answer, Clock, Cloud, Conversation, Drop, Faults


def echo(own_store: str = "memory:") -> tuple[Host, Any]:
    """A host on a store of its own, and a bot on it that counts what each person says."""
    host = Host(Settings(storage_url=own_store))
    counts = host.user_state.create_property("count")

    async def bot(context: TurnContext) -> None:
        count = await counts.get(context, 0) + 1
        await counts.set(context, count)
        await context.send_activity(f"{count}: {context.activity.text}")

    return host, bot


class TestGround:
    async def test_a_host_stands_on_a_new_store_each_time_and_on_its_own_afterwards(
        self, tmp_path: Path
    ) -> None:
        host, bot = echo(f"sqlite:///{tmp_path}/own/bot.db")
        for _ in range(2):
            async with Cloud(host, bot) as cloud:
                assert await cloud.person("Ada").says("hi") == ["1: hi"]
        assert not (tmp_path / "own").exists()
        async with host:
            assert (tmp_path / "own" / "bot.db").exists()

    async def test_a_store_is_gone_on_with(self, tmp_path: Path) -> None:
        url = f"sqlite:///{tmp_path}/bot.db"
        for count in (1, 2):
            async with Cloud(*echo(), storage=url) as cloud:
                assert await cloud.person("Ada").says("hi") == [f"{count}: hi"]

    async def test_states_of_the_bots_own_come_along(self) -> None:
        host, _ = echo()
        own = UserState(host.storage)
        seen = own.create_property("seen")

        async def bot(context: TurnContext) -> None:
            await context.send_activity(str(await seen.get(context)))
            await seen.set(context, context.activity.text)
            await own.save_changes(context)

        async with Cloud(host, bot) as cloud:
            ada = cloud.person("Ada")
            assert [await ada.says("hi"), await ada.says("you")] == [["None"], ["hi"]]

    async def test_a_restart_keeps_the_store(self) -> None:
        host, bot = echo()
        async with Cloud(host, bot) as cloud:
            ada = cloud.person("Ada")
            await ada.says("hi")
            before = cloud.bot_url
            await cloud.restart()
            assert await ada.says("hi") == ["2: hi"]
            with pytest.raises(ConnectionError):
                await ada.says("hi", before)

            async def other(context: TurnContext) -> None:
                await context.send_activity("other")

            await cloud.restart(other)
            assert await ada.says("hi") == ["other"]

    async def test_the_whole_exchange_of_tokens_can_be_played(self) -> None:
        words = {"app_id": "the-bot", "app_password": "made-up"}
        async with Cloud(*echo(), **words) as cloud:  # type: ignore[arg-type]
            ada = cloud.person("Ada")
            assert await ada.says("hi") == ["1: hi"]
            stranger = await cloud.post_to_bot("", ada.message("hi"), {"Authorization": ""})
            assert stranger.status == 401
        assert cloud.login.token_requests == 1

    async def test_a_host_that_is_open_is_left_alone(self) -> None:
        host, bot = echo()
        async with Cloud(host, bot) as cloud:
            with pytest.raises(BotError, match="open"):
                await Cloud(host, bot).__aenter__()
            assert await cloud.person("Ada").says("hi") == ["1: hi"]

    async def test_a_host_with_wrong_settings_is_refused(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        monkeypatch.chdir(tmp_path)
        monkeypatch.setenv("PORT", "many")
        with pytest.raises(SettingsError, match="PORT"):
            await Cloud(Host.from_env(), echo()[1]).__aenter__()

    def test_what_makes_no_sense_is_refused(self, tmp_path: Path) -> None:
        host, bot = echo()
        with pytest.raises(TypeError, match="both or none"):
            Cloud(host)
        with pytest.raises(TypeError, match="host or adapter and its bot"):
            Cloud(bot, host)  # type: ignore[arg-type]
        with pytest.raises(TypeError, match="clock"):
            Cloud(host, bot, clock=time.time)  # type: ignore[arg-type]
        with pytest.raises(TypeError, match="storage"):
            Cloud(*echo(), storage=tmp_path)  # type: ignore[arg-type]
        with pytest.raises(TypeError, match="certificate"):
            Cloud(*echo(), certificate=b"")

    async def test_a_restart_waits_for_the_turn_under_way(self) -> None:
        reached, go_on = asyncio.Event(), asyncio.Event()

        async def slow(context: TurnContext) -> None:
            reached.set()
            await go_on.wait()
            await context.send_activity("done")

        async with Cloud(Host(Settings()), slow) as cloud:
            ada = cloud.person("Ada")
            said = asyncio.create_task(ada.says("hi"))
            await reached.wait()
            restarted = asyncio.create_task(cloud.restart())
            go_on.set()
            assert await said == ["done"]
            await restarted

    async def test_a_store_that_cannot_be_opened_is_told(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("")
        with pytest.raises(BotError):
            await Cloud(*echo(), storage=f"sqlite:///{tmp_path}/file/bot.db").__aenter__()

    async def test_what_is_not_open_says_so(self) -> None:
        cloud = Cloud(*echo())
        ada = cloud.person("Ada")
        for _ in "before", "after":
            with pytest.raises(RuntimeError, match="not open"):
                await ada.says("hi")
            with pytest.raises(AssertionError, match="not at hand"):
                await ada.state("count")
            async with cloud:
                assert await ada.says("hi") == ["1: hi"] if _ == "before" else ["2: hi"]
                with pytest.raises(RuntimeError, match="open already"):
                    await cloud.__aenter__()
        async with Cloud() as elsewhere:
            with pytest.raises(RuntimeError, match="bot_url"):
                await elsewhere.person("Ada").says("hi")

    async def test_only_what_runs_here_is_restarted(self) -> None:
        async with Cloud() as cloud:
            with pytest.raises(RuntimeError, match="nothing to restart"):
                await cloud.restart()

    async def test_the_hosts_own_store_is_its_own_again_whatever_happens(
        self, tmp_path: Path
    ) -> None:
        host, bot = echo(f"sqlite:///{tmp_path}/bot.db")
        async with Cloud(host, bot):
            await host.__aenter__()  # and is never left
        assert host.settings.storage_url == f"sqlite:///{tmp_path}/bot.db"
        assert type(host.storage.records).__name__ == "SQLiteStorage"


class TestPeople:
    async def test_replies_go_to_who_is_answered(self) -> None:
        async with Cloud(*echo()) as cloud:
            ada = cloud.person("Ada", scope="groupChat")
            bob = cloud.person("Bob", conversation=ada.conversation)
            said = await asyncio.gather(*(p.says(str(n)) for n in range(3) for p in (ada, bob)))
            assert said == [[f"{n + 1}: {n}"] for n in range(3) for _ in "ab"]
            assert sorted(await ada.hears()) == ["1: 0", "2: 1", "3: 2"], "what Bob was told"

    async def test_what_the_bot_says_first_is_heard_and_is_no_reply(self) -> None:
        host, bot = echo()
        async with Cloud(host, bot) as cloud:
            ada = cloud.person("Ada")
            await ada.says("hi")

            async def remind(context: TurnContext) -> None:
                await context.send_activity(Activity(type="typing"))
                await context.send_activity("Do not forget.")

            for _ in range(2):
                await host.adapter.continue_conversation(ada.reference, remind)
                assert await ada.says("hi") in (["2: hi"], ["3: hi"])
                assert await ada.hears() == ["Do not forget."]

    async def test_a_reply_that_comes_late_is_read_with_the_next(self) -> None:
        async with Cloud(*echo()) as cloud:
            ada = cloud.person("Ada")
            cloud.faults.next(Answer(429, retry_after=60))
            await ada.sends(ada.message("hi"))
            cloud.clock.move(seconds=60)
            assert await ada.says("you") == ["1: hi", "2: you"]

    async def test_who_comes_later_has_heard_nothing_of_before(self) -> None:
        async with Cloud(*echo()) as cloud:
            ada = cloud.person("Ada", scope="groupChat")
            await ada.says("hi")
            bob = cloud.person("Bob")
            bob.conversation = ada.conversation
            await ada.says("you")
            assert await bob.hears() == ["2: you"]

    async def test_answers_over_http_take_nothing_away(self) -> None:
        async with Cloud(*echo()) as cloud:
            ada = cloud.person("Ada")
            for number in range(1, 100, 2):
                direct = await ada.says("x", deliveryMode="expectReplies")
                assert [direct, await ada.says("y")] == [[f"{number}: x"], [f"{number + 1}: y"]]

    async def test_an_error_of_the_bot_is_told(self) -> None:
        async def bot(context: TurnContext) -> None:
            raise LookupError

        host = Host(Settings(storage_url="memory:"))

        async def give_up(context: TurnContext, error: Exception) -> None:
            raise error

        host.adapter.on_turn_error = give_up
        async with Cloud(host, bot) as cloud:
            ada = cloud.person("Ada")
            with pytest.raises(AssertionError, match="the bot answered 500"):
                await ada.says("hi")
            assert (await ada.sends(ada.message("hi"))).status == 500

    async def test_what_is_no_bot_is_told_too(self) -> None:
        async with Cloud(*echo()) as cloud:
            ada = cloud.person("Ada", bot_url=cloud.bot_url.replace("/api/", "/nothing/"))
            with pytest.raises(AssertionError, match="the bot answered 404"):
                await ada.says("hi")

    async def test_a_name_is_one_person(self) -> None:
        async with Cloud(*echo()) as cloud:
            await cloud.person("Ada").says("hi")
            assert await cloud.person("Ada").says("hi") == ["2: hi"]
            assert await cloud.person("Bob").says("hi") == ["1: hi"]
            assert await cloud.person().says("hi") == ["1: hi"]
            assert await cloud.person().says("hi") == ["1: hi"]

    async def test_a_delivery_that_is_repeated_runs_nothing(self) -> None:
        async with Cloud(*echo()) as cloud:
            ada = cloud.person("Ada")
            with pytest.raises(AssertionError, match="Ada has sent nothing yet"):
                await ada.repeats()
            await ada.says("hi")
            assert await ada.repeats() == []
            assert await ada.says("hi") == ["2: hi"]

    async def test_what_is_remembered_can_be_asked_for(self) -> None:
        host = Host(Settings(), types=TINY_TYPES)
        async with Cloud(host, make_bot(host)) as cloud:
            ada = cloud.person("Ada", channel="msteams", scope="groupChat")
            assert await ada.state("Known") is None
            await ada.says("hi")
            assert await ada.state("DialogState") is not None
            await ada.says("Ada")
            assert (await ada.state("Known")).name.endswith("Ada")

    async def test_what_is_updated_and_deleted_can_be_seen(self) -> None:
        async def bot(context: TurnContext) -> None:
            first = await context.send_activity("first")
            changed = Activity(type="message", id=first.id, text="changed")
            await context.update_activity(changed)
            await context.delete_activity(first.id)

        async with Cloud(Host(Settings()), bot) as cloud:
            ada = cloud.person("Ada")
            assert await ada.says("hi") == ["first"]
            [shown] = ada.last
            [update] = cloud.updated(ada.conversation.id)
            assert (update["id"], update["text"]) == (shown["id"], "changed")
            assert cloud.deleted(ada.conversation.id) == [shown["id"]]

    async def test_local_time_is_that_of_the_client(self) -> None:
        clock = Clock(datetime(2026, 1, 1, tzinfo=UTC))
        async with Cloud(*echo(), clock=clock) as cloud:
            ada = cloud.person("Ada", time_zone="Asia/Tokyo")
            assert ada.message("hi")["localTimestamp"] == "2026-01-01T09:00:00.000+09:00"

    def test_a_place_knows_its_channel(self) -> None:
        with pytest.raises(TypeError, match="a conversation knows its channel"):
            Cloud().person("Ada", channel="msteams", conversation=Conversation("emulator"))

    async def test_a_process_that_is_not_there_is_a_lost_connection(self) -> None:
        async with Cloud() as cloud:
            with pytest.raises(ConnectionError):
                await cloud.person(bot_url="http://127.0.0.1:9/api/messages").says("hi")


CARD = {
    "type": "AdaptiveCard",
    "body": [
        {"type": "Input.Text", "id": "name"},
        {"type": "Input.Text", "id": "colour", "value": "red"},
        {"type": "ActionSet", "actions": [{"type": "Action.Submit", "title": "Send"}]},
    ],
    "actions": [
        {"type": "Action.Submit", "title": "Order", "data": {"pizzas": 2}},
        {"type": "Action.OpenUrl", "title": "Read", "url": "https://example.com"},
        {
            "type": "Action.Submit",
            "title": "Talk",
            "data": {"msteams": {"type": "imBack", "value": "said in Teams"}},
        },
    ],
}


async def buttons(context: TurnContext) -> None:
    """Show buttons of every kind, and say what came of the one that was pressed."""
    activity = context.activity
    pressed = "a button" if activity.reply_to_id else "none"
    reply = Activity(type="message", text=f"{activity.text} {activity.value} {pressed}")
    reply.suggested_actions = SuggestedActions(
        actions=[CardAction(type="imBack", title="Yes", value="yes, please")]
    )
    hero = HeroCard(
        buttons=[
            CardAction(type="postBack", title="Later", value={"when": "later"}),
            CardAction(type="messageBack", title="No", text="no", value={"answer": False}),
        ]
    )
    reply.attachments = [CardFactory.hero_card(hero), CardFactory.adaptive_card(CARD)]
    await context.send_activity(reply)


@pytest.mark.parametrize(
    ("title", "inputs", "said"),
    [
        ("Yes", {}, "yes, please None a button"),
        ("Later", {}, "None {'when': 'later'} a button"),
        ("No", {}, "no {'answer': False} a button"),
        ("Order", {"name": "Ada"}, "None {'pizzas': 2, 'name': 'Ada', 'colour': 'red'} a button"),
        ("Talk", {}, "said in Teams None a button"),
        ("Send", {"name": "Ada"}, "None {'name': 'Ada', 'colour': 'red'} a button"),
    ],
)
async def test_buttons_are_pressed_by_their_titles(
    title: str, inputs: dict[str, Any], said: str
) -> None:
    async with Cloud(Host(Settings()), buttons) as cloud:
        ada = cloud.person("Ada")
        await ada.says("hi")
        assert await ada.presses(title, **inputs) == [said]


async def test_a_button_that_is_not_there_is_told() -> None:
    async with Cloud(Host(Settings()), buttons) as cloud:
        ada = cloud.person("Ada")
        await ada.says("hi")
        with pytest.raises(AssertionError, match="no button 'Maybe' among .*'Yes'"):
            await ada.presses("Maybe")
        with pytest.raises(AssertionError, match="OpenUrl sends nothing"):
            await ada.presses("Read")
        with pytest.raises(AssertionError, match=r"no input \['size'\], but \['colour', 'name'\]"):
            await ada.presses("Send", size="L")


class CardBot(ActivityHandler):  # type: ignore[misc]  # the SDK is untyped
    """Shows a card with one button, and answers its action as the text said before."""

    def __init__(self) -> None:
        self.said = ""

    async def on_message_activity(self, turn_context: TurnContext) -> None:
        self.said = turn_context.activity.text
        action = {"type": "Action.Execute", "title": "Do", "verb": "do"}
        card = {"type": "AdaptiveCard", "actions": [action]}
        reply = Activity(type="message", attachments=[CardFactory.adaptive_card(card)])
        await turn_context.send_activity(reply)

    async def on_invoke_activity(self, turn_context: TurnContext) -> InvokeResponse:
        action = {"type": "Action.Submit", "title": "Next", "data": {}}
        code, kind, value = {
            "text": (200, "activity.message", turn_context.activity.value["action"]["verb"]),
            "card": (200, "card.adaptive", {"actions": [action]}),
            "error": (400, "error", {"code": "BadRequest", "message": "no"}),
        }[self.said]
        body = {"statusCode": code, "type": f"application/vnd.microsoft.{kind}", "value": value}
        return InvokeResponse(status=200, body=body)


async def test_what_answers_a_card_is_read() -> None:
    async with Cloud(Host(Settings()), CardBot()) as cloud:
        ada = cloud.person("Ada", channel="msteams")
        await ada.says("text")
        assert await ada.presses("Do") == ["do"]
        await ada.says("error")
        with pytest.raises(AssertionError, match="BadRequest"):
            await ada.presses("Do")
        await ada.says("card")
        assert await ada.presses("Do") == []
        assert await ada.presses("Next") == [""]


class TestFaults:
    async def test_a_wait_that_the_channel_asks_for_passes_at_once_and_in_full(self) -> None:
        clock = Clock(datetime(2026, 1, 1, tzinfo=UTC))
        async with Cloud(*echo(), clock=clock) as cloud:
            ada = cloud.person("Ada")
            cloud.faults.next(Answer(429, retry_after=3))
            assert await ada.says("hi") == ["1: hi"]
            assert 3 <= clock() - datetime(2026, 1, 1, tzinfo=UTC).timestamp() < 4
            assert cloud.faults.early == []

    async def test_a_channel_that_is_away_for_good_moves_the_clock_by_a_minute(self) -> None:
        clock = Clock(datetime(2026, 1, 1, tzinfo=UTC))
        async with Cloud(*echo(), clock=clock) as cloud:
            ada = cloud.person("Ada")
            cloud.faults.always(Answer(429, retry_after=3))
            assert await ada.says("hi") == []
            assert clock() - datetime(2026, 1, 1, tzinfo=UTC).timestamp() <= 60
            assert 2 <= len(cloud.connector.requests) <= 20
            cloud.faults.recover()
            assert await ada.hears() == ["1: hi"]

    async def test_a_longer_wait_lasts_until_the_clock_is_moved(self) -> None:
        clock = Clock(datetime(2026, 1, 1, tzinfo=UTC))
        async with Cloud(*echo(), clock=clock) as cloud:
            ada = cloud.person("Ada")
            cloud.faults.next(Answer(429, retry_after=60))
            assert await ada.says("hi") == []
            assert await ada.repeats() == []
            assert len(cloud.connector.requests) == 1
            cloud.clock.move(seconds=61)
            assert await ada.hears() == ["1: hi"]
            assert cloud.faults.early == []

    async def test_who_comes_before_the_time_is_over_is_told_so_again(self) -> None:
        now = [1000.0]
        faults = Faults(lambda: now[0])
        faults.always(Answer(429, retry_after=60))

        async def handle(request: web.Request) -> web.StreamResponse:
            return await faults.play(request, usual, "c")

        async def usual() -> web.Response:
            return web.Response()

        app = web.Application()
        app.router.add_post("/", handle)
        async with TestClient(TestServer(app)) as client:
            for early in (0, 1, 2):
                answer = await client.post("/")
                assert (answer.status, answer.headers["Retry-After"]) == (429, "60")
                assert faults.early == ["c"] * early
            now[0] += 61
            await client.post("/")
            assert len(faults.early) == 2, "the time was over"

    @pytest.mark.parametrize(
        ("fault", "requests", "times"),
        [
            (Answer(503), 2, 1),
            (Answer(drop=Drop.BEFORE), 2, 1),
            (Answer(drop=Drop.AFTER), 2, 2),
            (Answer(delay=0.001), 1, 1),
        ],
        ids=str,
    )
    async def test_the_bot_tries_again(self, fault: Answer, requests: int, times: int) -> None:
        async with Cloud(*echo()) as cloud:
            ada = cloud.person("Ada")
            cloud.faults.next(fault)
            assert await ada.says("hi") == ["1: hi"] * times
            assert len(cloud.connector.requests) == requests

    async def test_a_fault_may_be_for_one_conversation(self) -> None:
        async with Cloud(*echo()) as cloud:
            ada, bob = cloud.person("Ada"), cloud.person("Bob")
            cloud.faults.always(Answer(403), conversation_id=ada.conversation.id)
            assert await ada.says("hi") == []
            assert await bob.says("hi") == ["1: hi"]
            cloud.faults.recover()
            assert await ada.says("hi") == ["2: hi"]


class TestClock:
    async def test_state_expires_by_it(self) -> None:
        settings = Settings(profile_ttl=86400)
        host = Host(settings)
        counts = host.user_state.create_property("count")

        async def bot(context: TurnContext) -> None:
            await counts.set(context, await counts.get(context, 0) + 1)
            await context.send_activity(str(await counts.get(context)))

        async with Cloud(host, bot) as cloud:
            ada = cloud.person("Ada")
            assert [await ada.says("hi"), await ada.says("hi")] == [["1"], ["2"]]
            cloud.clock.move(days=2)
            assert await ada.says("hi") == ["1"]

    def test_a_start_has_a_time_zone(self) -> None:
        with pytest.raises(ValueError, match="time zone"):
            Clock(datetime(2026, 1, 1))  # noqa: DTZ001 - that is the point

    def test_with_a_start_it_stands_still_until_it_is_moved(self) -> None:
        clock = Clock(datetime(2026, 1, 1, tzinfo=UTC))
        before = clock()
        assert clock() == before
        clock.move(minutes=90)
        assert clock() == before + 5400

    async def test_people_and_host_go_by_it(self) -> None:
        clock = Clock(datetime(2026, 1, 1, tzinfo=UTC))
        host = Host(Settings())

        async def bot(context: TurnContext) -> None:
            told = datetime.fromtimestamp(host.clock(), UTC)
            assert context.activity.timestamp == told
            await context.send_activity(told.isoformat())

        async with Cloud(host, bot, clock=clock) as cloud:
            assert await cloud.person("Ada").says("hi") == ["2026-01-01T00:00:00+00:00"]


async def test_a_place_may_be_left_for_another() -> None:
    async with Cloud(*echo()) as cloud:
        ada = cloud.person("Ada", channel="msteams")
        await ada.says("hi")
        ada.conversation = Conversation("msteams")
        assert await ada.says("hi") == ["2: hi"]
