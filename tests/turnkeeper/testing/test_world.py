"""Processes die at the point of a turn that is named, and nothing is lost."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from turnkeeper.testing import BotProcess, MortalProcess, Point, World

PROGRAM = """
from turnkeeper import Host

host = Host.from_env()
counts = host.user_state.create_property("count")


async def bot(context):
    print("the bot runs", flush=True)
    count = await counts.get(context, 0) + 1
    await counts.set(context, count)
    await context.send_activity(f"{count}: {context.activity.text}")


if __name__ == "__main__":
    host.run(bot)
"""
RUNS = "the bot runs"
RAN = {Point.BEFORE_READ, Point.AFTER_READ}  # in which it has not run yet
COMMITTED = {Point.AFTER_COMMIT, Point.BEFORE_SEND, Point.AFTER_SEND}


@pytest.fixture
def program(tmp_path: Path) -> Path:
    path = tmp_path / "app.py"
    path.write_text(PROGRAM)
    return path


def runs(process: MortalProcess) -> int:
    """How often the bot ran in a process."""
    return process.printed.count(RUNS)


@pytest.mark.parametrize("point", Point)
async def test_a_process_dies_there_and_the_next_goes_on(program: Path, point: Point) -> None:
    async with World(program) as world:
        first = await world.process()
        ada = world.cloud.person("Ada", bot_url=first.url)
        assert await ada.says("hi") == ["1: hi"]
        await first.dies(point)
        with pytest.raises(ConnectionError):
            await ada.says("you")
        await first.died()
        assert runs(first) == (1 if point in RAN else 2)
        assert world.cloud.texts(ada.conversation.id)[1:] == ["2: you"] * (
            point is Point.AFTER_SEND
        )
        second = await world.process()
        if point not in COMMITTED:
            assert await ada.repeats(second.url) == ["2: you"]
        for _ in range(0 if point not in COMMITTED else 2 if point is Point.AFTER_SEND else 1):
            assert await ada.hears() == ["2: you"]  # nobody has asked
        assert await ada.repeats(second.url) == []
        assert runs(second) == (0 if point in COMMITTED else 1), "what is committed is not run"
        assert await ada.says("x", second.url) == ["3: x"]


async def test_a_reply_that_comes_twice_is_read_twice(program: Path) -> None:
    async with World(program) as world:
        first = await world.process()
        ada = world.cloud.person("Ada", bot_url=first.url)
        await first.dies(Point.AFTER_SEND)
        with pytest.raises(ConnectionError):
            await ada.says("hi")
        assert await ada.hears() == ["1: hi"]
        second = await world.process()
        assert await ada.hears() == ["1: hi"]
        assert await ada.says("you", second.url) == ["2: you"]


async def test_what_is_written_between_turns_is_no_turns_commit(program: Path) -> None:
    async with World(program) as world:
        process = await world.process()
        people = [world.cloud.person(f"{n}", bot_url=process.url) for n in range(6)]
        await asyncio.gather(*(person.says("hi") for person in people))
        await process.dies(Point.AFTER_COMMIT)
        with pytest.raises(ConnectionError):
            await people[0].says("you")
        await process.died()
        assert runs(process) == 7


async def test_a_process_that_ends_otherwise_has_not_died(program: Path) -> None:
    async with World(program) as world:
        process = await world.process()
        await process.terminate()
        with pytest.raises(AssertionError, match="exit code 0"):
            await process.died()
        with pytest.raises(AssertionError, match="it ended"):
            await process.dies(Point.AFTER_SEND)


async def test_a_point_that_is_none_is_refused(program: Path) -> None:
    async with World(program) as world:
        process = await world.process()
        with pytest.raises(ValueError, match="after comit"):
            await process.dies("after comit")  # type: ignore[arg-type]


async def test_the_exchange_of_tokens_and_a_death_go_together(program: Path) -> None:
    (program.parent / ".env").write_text("MicrosoftAppId=another\n")  # and is not read
    words = {"app_id": "the-bot", "app_password": "made-up"}
    async with World(program, **words) as world:  # type: ignore[arg-type]
        first = await world.process()
        ada = world.cloud.person("Ada", bot_url=first.url)
        await first.dies(Point.AFTER_COMMIT)
        with pytest.raises(ConnectionError):
            await ada.says("hi")
        await world.process()
        assert await ada.hears() == ["1: hi"]
        assert world.cloud.login.token_requests > 0


async def test_a_world_is_opened_first(program: Path) -> None:
    with pytest.raises(RuntimeError, match="not open"):
        await World(program).process()


async def test_a_program_that_cannot_start_says_why(program: Path) -> None:
    async with World(program, {"PORT": "many"}) as world:
        with pytest.raises(AssertionError, match="exit code 2.*PORT"):
            await world.process()


async def test_what_a_program_starts_ends_with_it(tmp_path: Path) -> None:
    program = tmp_path / "app.py"
    program.write_text(
        "import subprocess, sys\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
        "print('x' * 100_000)\n"
        "assert not sys.stdin.read()\n"
        "print('Listening on http://127.0.0.1:9/', flush=True)\n"
        "input()\n"
    )
    async with BotProcess(program) as process:
        assert process.url == "http://127.0.0.1:9/"
    assert process.printed[0] == "x" * 100_000
    await process.output_ended()  # nobody is left who could print
