"""``python -m turnkeeper`` as an operator runs it: in a process of its own or, faster, in this."""

from __future__ import annotations

import asyncio
import io
import os
import sys
from collections.abc import Mapping
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

from turnkeeper.operator.cli import main

ROOT = Path(__file__).resolve().parents[3]


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended."""

    code: int
    output: str
    errors: str


async def start(
    *arguments: str,
    folder: Path = ROOT,
    variables: Mapping[str, str] | None = None,
    stdin: int = asyncio.subprocess.DEVNULL,
    stdout: int = asyncio.subprocess.PIPE,
) -> asyncio.subprocess.Process:
    """Start a command.

    :param arguments: after ``python -m turnkeeper``.
    :param folder: its working directory.
    :param variables: of its environment, besides what Python needs.
    """
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return await asyncio.create_subprocess_exec(
        sys.executable,
        *("-W", "error", "-W", "ignore::SyntaxWarning", "-m", "turnkeeper"),
        *arguments,
        cwd=folder,
        env={**kept, "PYTHONPATH": str(ROOT), **(variables or {})},
        stdin=stdin,
        stdout=stdout,
        stderr=asyncio.subprocess.PIPE,
    )


async def ended(process: asyncio.subprocess.Process) -> Ended:
    """Wait for a command; none may ever end in a traceback."""
    output, errors = await process.communicate()
    assert process.returncode is not None
    assert b"Traceback" not in errors, errors.decode()
    return Ended(process.returncode, (output or b"").decode(), errors.decode())


async def operate(*arguments: str) -> Ended:
    """Run a command to its end in this process."""
    output, errors = (io.TextIOWrapper(io.BytesIO(), "utf-8") for _ in range(2))

    def run() -> int:
        try:
            return main(arguments)
        except SystemExit as end:  # of argparse
            return int(str(end.code))

    with redirect_stdout(output), redirect_stderr(errors):
        code = await asyncio.to_thread(run)
    for stream in (output, errors):
        stream.seek(0)
    return Ended(code, output.read(), errors.read())
