"""The log's lines are written beside the bot: it never waits for who reads them."""

from __future__ import annotations

import os
import re
import signal
import threading
from collections.abc import Iterator
from contextlib import suppress

import pytest

from turnkeeper.observing.line_writer import LineWriter

Pipe = tuple[int, int]


@pytest.fixture
def pipe() -> Iterator[Pipe]:
    """Its end to read from, and its end to write to."""
    ends = os.pipe()
    yield ends
    for end in ends:
        with suppress(OSError):
            os.close(end)


def tell(count: int) -> str:
    return f"left out: {count}\n"


def read_until(end: int, last: str) -> list[str]:
    """Read lines until there is one that begins so."""
    said = b""
    while not re.search(rf"^{last}.*\n".encode(), said, re.MULTILINE):
        said += os.read(end, 100_000)
    return said.decode().splitlines()


def test_lines_come_out_as_they_went_in(pipe: Pipe) -> None:
    writer = LineWriter(pipe[1], tell)
    for number in range(100):
        writer.write(f"{number}\n")
    writer.drain(60)
    assert os.read(pipe[0], 10_000).decode().split() == [str(number) for number in range(100)]
    assert writer.left_out == 0


def test_nobody_waits_for_who_does_not_read_and_what_is_left_out_is_told_in_its_place(
    pipe: Pipe,
) -> None:
    writer = LineWriter(pipe[1], tell, room=10_000)
    for number in range(1_000):
        writer.write(f"{number:0999}\n")
    writer.drain(0.01)  # it ends, though nothing can be written
    assert writer.left_out >= 900  # a pipe and twice the room hold less than 100
    lines = read_until(pipe[0], "left out")
    told = [line for line in lines if line.startswith("left out: ")]
    assert told == [f"left out: {writer.left_out}"]
    assert lines[-1] == told[0]
    assert [int(line) for line in lines[:-1]] == list(range(1_000 - writer.left_out))

    writer.write("more\n")
    assert read_until(pipe[0], "more") == ["more"]


def test_one_long_line_finds_room(pipe: Pipe) -> None:
    writer = LineWriter(pipe[1], tell, room=10)
    writer.write("a" * 1_000 + "\n")
    assert read_until(pipe[0], "a") == ["a" * 1_000]


def test_what_cannot_be_written_is_counted_and_told_when_it_can_be_again(pipe: Pipe) -> None:
    with open("/dev/full", "wb") as file:  # a disk without room
        writer = LineWriter(file.fileno(), tell)
        for number in (1, 2):
            writer.write("lost\n")
            writer.drain(60)
            assert writer.left_out == number
        os.dup2(pipe[1], file.fileno())  # there is room again
        writer.write("kept\n")
        assert read_until(pipe[0], "kept") == ["left out: 2", "kept"]
        assert writer.left_out == 2
        writer.drain(60)


def test_a_pipe_that_does_not_wait_is_waited_for(pipe: Pipe) -> None:
    os.set_blocking(pipe[1], False)
    writer = LineWriter(pipe[1], tell)
    for number in range(200):
        writer.write(f"{number:0999}\n")
    writer.write("end\n")
    assert len(read_until(pipe[0], "end")) == 201
    assert writer.left_out == 0


def test_a_process_that_is_forked_off_writes_its_own_lines_and_no_others(pipe: Pipe) -> None:
    writer = LineWriter(pipe[1], tell)
    writer.write("parent\n")
    writer.drain(60)
    if (child := os.fork()) == 0:
        writer.write("child\n")
        writer.drain(60)
        os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(child, 0)
    assert os.read(pipe[0], 100).decode().split() == ["parent", "child"]


def test_its_thread_keeps_no_process_alive(pipe: Pipe) -> None:
    before = set(threading.enumerate())
    LineWriter(pipe[1], tell)
    [thread] = set(threading.enumerate()) - before
    assert thread.daemon
