"""A bot's program and a conversation with it over HTTP, with the standard library alone."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

LONGEST_START: Final = 60.0
"""Seconds that a bot may take to listen."""


class ShowFailed(Exception):
    """What is to be shown is not so."""


@dataclass
class Program:
    """A running bot.

    :param process: its process.
    :param url: of its ``/api/messages``.
    """

    process: subprocess.Popen[str]
    url: str
    _ids: int = field(default=0)

    def say(self, text: str, *, person: str = "ada") -> list[str]:
        """Say something to the bot, and return the texts that it answers."""
        self._ids += 1
        activity = {
            "type": "message",
            "id": f"{self.process.pid}-{self._ids}",
            "text": text,
            "channelId": "test",
            "serviceUrl": "http://localhost",
            "deliveryMode": "expectReplies",
            "conversation": {"id": f"with {person}"},
            "from": {"id": person},
            "recipient": {"id": "bot"},
        }
        request = urllib.request.Request(  # noqa: S310 - this machine's
            self.url, json.dumps(activity).encode(), {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=20) as response:  # noqa: S310
            answer: dict[str, Any] = json.load(response)
        return [one.get("text", "") for one in answer["activities"] if one["type"] == "message"]

    def expect(self, text: str, *answers: str) -> None:
        """Say something and see that the bot answers so. :raises ShowFailed: it does not."""
        found = self.say(text)
        print(f"  > {text}\n  < {' / '.join(found)}")
        if found != list(answers):
            raise ShowFailed(f"{text!r}: expected {list(answers)}")

    def kill(self) -> None:
        """kill -9."""
        self.process.kill()
        self.process.wait()


@contextmanager
def program(python: Path | str, folder: Path) -> Iterator[Program]:
    """Run ``app.py`` of a folder until the block ends. :raises ShowFailed: it does not start."""
    process = subprocess.Popen(  # noqa: S603 - our own program
        [str(python), "app.py"],
        cwd=folder,
        env={**_environment(), "PORT": "0"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        yield Program(process, _listening(process))
    finally:
        if process.poll() is None:
            process.terminate()
        process.wait(30)


def run(command: Sequence[Path | str], folder: Path) -> str:
    """Run a command and return what it prints. :raises ShowFailed: its exit code is not 0."""
    done = subprocess.run(  # noqa: S603 - our own programs
        list(map(str, command)),
        cwd=folder,
        env=_environment(),
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    if done.returncode:
        raise ShowFailed(f"{command}: exit code {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def _environment() -> dict[str, str]:
    """The environment without settings of a bot."""
    kept = ("PATH", "HOME", "LANG", "TMPDIR", "SSL_CERT_FILE")
    piped = {name: value for name, value in os.environ.items() if name.startswith("PIP_")}
    return {**piped, **{name: os.environ[name] for name in kept if name in os.environ}}


def _listening(process: subprocess.Popen[str]) -> str:
    lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()

    def read() -> None:
        for line in process.stdout or ():
            lines.put(line.rstrip())
        lines.put(None)

    threading.Thread(target=read, daemon=True).start()
    said = []
    while (line := lines.get(timeout=LONGEST_START)) is not None:
        said.append(line)
        if line.startswith("Listening on "):
            return line.removeprefix("Listening on ")
    raise ShowFailed("\n".join(["the bot did not start", *said]))


def play(title: str, show: Callable[[Path], None]) -> int:
    """Run a show in an empty folder. Return the exit code: 1 if it is not so.

    :param show: raises :class:`ShowFailed`.
    """
    began = time.monotonic()
    print(title)
    with tempfile.TemporaryDirectory(prefix="show-") as folder:
        try:
            show(Path(folder))
        except ShowFailed as error:
            print(f"error: {error}", file=sys.stderr)
            return 1
    print(f"shown in {time.monotonic() - began:.0f} s")
    return 0
