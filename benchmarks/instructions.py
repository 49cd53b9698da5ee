"""``python benchmarks/instructions.py``: the CPU instructions of one greeting, by callgrind.

The bot runs as ``python app.py`` does, in a process of its own under valgrind. One person is
introduced to it over HTTP and greeted until the code is warm and the ledger full-grown; then the
instructions of further greetings are counted, those of the libraries with them, the kernel's not.

The figure does not depend on how fast the machine is, for the clocks of the process stand nearly
still: each look at one moves it a little, and what a timer would do is never due. So work that a
clock drives is not in the figure: the measurement of the loop's lag, sweeping, and whatever the bot
puts off until later. It moves with the versions of Python and of the libraries: compare two
checkouts under one Python, with ``--checkout``.

``--moves`` counts, in a run of its own and without valgrind, how many of the checkout's files run
in one greeting, and how often the run moves from one to another. A move is a call into a file of
the checkout, or a coroutine's going on in one, where the file of the checkout that was called last
is another. What is called in libraries, or returns, is no move.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import os
import runpy
import shutil
import signal
import socket
import socketserver
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any, Final

WARM: Final = 110  # greetings: the ledger remembers 100 activities
CHUNKS: Final = 4
_NOW: Final = 1_800_000_000  # seconds since the epoch, for the bot and in the messages
_NEVER: Final = 1e6  # seconds that every timer is late
_REST: Final = 0.3  # seconds after which the bot has ended what follows an answer
_SLOWEST: Final = 120.0  # seconds until an answer counts as missing
_LISTENING: Final = "Listening on http://"
_COUNTED: Final = "Counted "
_END: Final = b"\r\n\r\n"
_SAYS: Final = (
    '{"type":"message","text":"%s","id":"%d","from":{"id":"29:ada","name":"Ada Lovelace",'
    '"aadObjectId":"00000000-0000-4000-8000-000000000001"},"timestamp":"%sZ",'
    '"localTimestamp":"%s+00:00","localTimezone":"UTC","serviceUrl":"http://127.0.0.1:%05d/amer",'
    '"conversation":{"conversationType":"personal","tenantId":"TENANT","id":"a:1ada"},'
    '"recipient":{"id":"28:bot","name":"Bot"},"textFormat":"plain","locale":"en-US",'
    '"entities":[{"type":"clientInfo","locale":"en-US","country":"US","platform":"Web",'
    '"timezone":"UTC"}],"channelData":{"tenant":{"id":"TENANT"}},"channelId":"msteams"}'
).replace("TENANT", "5c1cb7f1-6a2f-4a5f-9d0c-3c4a7f1d2e90")


class Failed(Exception):
    """There is no figure."""


def serve(checkout: Path) -> None:
    """In the bot's process: run a checkout as ``python app.py`` does, but without the clock."""
    for name, step in (("perf_counter", 1e-6), ("monotonic", 1e-6), ("thread_time", 1e-7)):
        setattr(time, name, itertools.count(1.0, step).__next__)
    time.time = itertools.count(float(_NOW), 2**-10).__next__
    call_at = asyncio.BaseEventLoop.call_at

    def call_never(loop: Any, when: float, *rest: Any, context: Any = None) -> asyncio.TimerHandle:
        return call_at(loop, when + _NEVER, *rest, context=context)

    asyncio.BaseEventLoop.call_at = call_never  # type: ignore[method-assign, assignment]
    signal.signal(signal.SIGUSR1, _counter(checkout))
    sys.path[0], sys.argv = str(checkout), [str(checkout / "app.py")]
    runpy.run_path(sys.argv[0], run_name="__main__")


def _counter(checkout: Path) -> Callable[..., None]:
    """What begins to count files and moves; and stops, and prints them, when called again."""
    ours, files, path = {__file__: False}, set[str](), list[str]()

    def look(frame: FrameType, event: str, _: object) -> None:
        name = frame.f_code.co_filename
        if event == "call" and name not in ours:
            whole = Path(name).resolve()
            ours[name] = whole.is_relative_to(checkout) and "site-packages" not in whole.parts
        if event == "call" and ours[name]:
            files.add(name)
            path.extend([name] if path[-1:] != [name] else [])

    def switch(*_: object) -> None:
        counting = sys.getprofile()
        sys.setprofile(None if counting else look)
        if counting:
            print(f"{_COUNTED}{len(files)} {len(path)}", flush=True)

    return switch


class Connector(socketserver.StreamRequestHandler):
    """Takes the bot's replies: each is answered 201, in one piece."""

    def handle(self) -> None:
        """Answer what comes on one connection until it closes."""
        while self.rfile.readline():
            length = 0
            while (line := self.rfile.readline()).strip():
                if line.lower().startswith(b"content-length:"):
                    length = int(line.partition(b":")[2])
            self.server.replies.append(self.rfile.read(length))  # type: ignore[attr-defined]
            self.wfile.write(
                b"HTTP/1.1 201 Created\r\nContent-Type: application/json\r\n"
                b'Content-Length: 22\r\n\r\n{"id":"1700000000000"}'
            )


class Bot(socketserver.ThreadingTCPServer):
    """A bot that is starting, Ada who talks to it on Teams, and a connector for the replies."""

    daemon_threads = True

    def __init__(self, process: subprocess.Popen[str]) -> None:
        super().__init__(("127.0.0.1", 0), Connector)
        self.process = process
        self.replies: list[bytes] = []
        self._host, _, self._path = self.line(_LISTENING).partition("/")
        host, _, port = self._host.rpartition(":")
        self._socket = socket.create_connection((host, int(port)), timeout=_SLOWEST)
        self._count = 0

    def line(self, begins: str) -> str:
        """Wait for a line of the bot that begins so, and return the rest of it."""
        for line in self.process.stdout or ():
            if line.startswith(begins):
                return line.removeprefix(begins).strip()
        raise Failed("the bot ended")

    def hears(self, text: str, expected: str, times: int = 1) -> None:
        """Say something, wait for each answer, and let the bot come to rest."""
        for _ in range(times):
            self._count += 1
            moment = time.strftime("%Y-%m-%dT%H:%M:%S.000", time.gmtime(_NOW + self._count))
            body = _SAYS % (text, _NOW * 1000 + self._count, moment, moment, self.server_address[1])
            self._socket.sendall(
                f"POST /{self._path} HTTP/1.1\r\nHost: {self._host}\r\nContent-Type: "
                f"application/json\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode()
            )
            answer = b""
            while _END not in answer:
                if not (more := self._socket.recv(65_536)):
                    raise Failed("the bot closed the connection")
                answer += more
            replies, self.replies[:] = list(self.replies), []
            if answer[9:10] != b"2" or [expected.encode() in reply for reply in replies] != [True]:
                raise Failed(f"{text!r} was answered {answer.splitlines()[0]!r} with {replies}")
        time.sleep(_REST)


@contextmanager
def warm_bot(checkout: Path, folder: Path, *under: str) -> Iterator[Bot]:
    """Run a bot, in a folder and under a tool, that knows Ada well; Failed if it does not work."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    own = {"PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": "1", "TMPDIR": str(folder)}
    with (folder / "errors").open("w") as errors:
        process = subprocess.Popen(  # noqa: S603 - the bot
            [*under, sys.executable, __file__, "--serve", "--checkout", str(checkout)],
            env={**kept, **own, "TZ": "UTC", "PORT": "0", "STORAGE_URL": "sqlite:///bot.db"},
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
        try:
            with Bot(process) as bot:
                threading.Thread(target=bot.serve_forever, daemon=True).start()
                bot.hears("hi", "What is your name?")
                bot.hears("Ada", "Thanks Ada.")
                bot.hears("hello", "Ada sent: hello", WARM)
                yield bot
                bot.shutdown()
        except (Failed, OSError) as error:
            raise Failed(f"{error}\n{(folder / 'errors').read_text()}".strip()) from error
        finally:
            process.kill()
            process.wait()


def instructions(checkout: Path, folder: Path, greetings: int) -> list[float]:
    """Instructions per greeting, in each of some chunks of as many greetings in all."""
    chunk, figures = max(1, greetings // CHUNKS), []
    tool = "valgrind --tool=callgrind --instr-atstart=no --log-file=log --callgrind-out-file=out"
    if not shutil.which("valgrind"):
        raise Failed("valgrind is not installed")
    with warm_bot(checkout, folder, *tool.split()) as bot:
        for number in range(1, CHUNKS + 1):
            for order in ("--instr=on", "--instr=off", "--dump"):
                command = ["callgrind_control", order, str(bot.process.pid)]
                where = {**os.environ, "TMPDIR": str(folder)}  # of the pipes to valgrind
                subprocess.run(command, check=True, capture_output=True, env=where)  # noqa: S603
                bot.hears("hello", "Ada sent: hello", chunk if order == "--instr=on" else 0)
            text = (folder / f"out.{number}").read_text(encoding="utf-8")
            figures.append(int(text.rpartition("totals:")[2].split()[0]) / chunk)
    return figures


def moves(checkout: Path, folder: Path) -> list[int]:
    """The files that run in one greeting, and the moves between them."""
    with warm_bot(checkout, folder) as bot:
        bot.process.send_signal(signal.SIGUSR1)
        time.sleep(_REST)
        bot.hears("hello", "Ada sent: hello")
        bot.process.send_signal(signal.SIGUSR1)
        return [int(number) for number in bot.line(_COUNTED).split()]


def main(arguments: list[str] | None = None) -> int:
    """Measure. Exit code 1 if the figure is over ``--most``, 2 if there is none."""
    here = Path(__file__).resolve().parents[1]
    parser = argparse.ArgumentParser(description="Count the CPU instructions of one greeting.")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--checkout", type=Path, default=here, help="the bot's folder; this one")
    parser.add_argument("--greetings", type=int, default=40, help="to count; %(default)s")
    parser.add_argument("--most", type=float, help="exit 1 if a greeting takes more instructions")
    parser.add_argument("--moves", action="store_true", help="count files and moves as well")
    options = parser.parse_args(arguments)
    checkout = options.checkout.resolve()
    if options.serve:
        serve(checkout)
        return 0
    try:
        if options.moves:
            with tempfile.TemporaryDirectory(prefix="moves-") as folder:
                files, count = moves(checkout, Path(folder))
            print(f"{files} files, {count} moves between them in one greeting", flush=True)
        with tempfile.TemporaryDirectory(prefix="instructions-") as folder:
            figures = instructions(checkout, Path(folder), options.greetings)
    except (Failed, OSError, subprocess.SubprocessError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    figure = statistics.median(figures)
    print(f"{figure:,.0f} instructions a greeting ({min(figures):,.0f} to {max(figures):,.0f})")
    return 1 if options.most is not None and figure > options.most else 0


if __name__ == "__main__":
    sys.exit(main())
