"""Install the wheel into an empty environment: a bot of 15 lines answers, and ``new`` writes one.

What ``new`` wrote is installed from its own requirements, passes its tests, and answers.
"""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path
from typing import Final

from shows.talk import ShowFailed, play, program, run

ROOT: Final = Path(__file__).resolve().parents[1]

BOT: Final = """\
from turnkeeper import Host

host = Host.from_env()
counts = host.user_state.create_property("count")


async def bot(context):
    count = await counts.get(context, 0) + 1
    await counts.set(context, count)
    await context.send_activity(f"{count}: {context.activity.text}")


app = host.app(bot)
if __name__ == "__main__":
    host.run(bot)
"""


def show(folder: Path) -> None:
    """Show it in an empty folder. :raises ShowFailed: it is not so."""
    source, home = folder / "source", folder / "bot"
    source.mkdir()
    home.mkdir()
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        (source / name).write_bytes((ROOT / name).read_bytes())
    for file in (ROOT / "turnkeeper").rglob("*"):
        if file.is_file() and file.suffix != ".pyc":
            target = source / file.relative_to(ROOT)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(file.read_bytes())
    run([sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", folder, source], folder)
    [wheel] = folder.glob("turnkeeper-*.whl")
    print(f"  {wheel.name}: {wheel.stat().st_size:,} bytes")
    run([sys.executable, "-m", "venv", folder / "venv"], folder)
    python = folder / "venv" / "bin" / "python"
    run([python, "-m", "pip", "install", "-q", wheel], folder)
    (home / "app.py").write_text(BOT, encoding="utf-8")
    with program(python, home) as bot:
        bot.expect("hello", "1: hello")
        bot.kill()
    print("  (kill -9, started again)")
    with program(python, home) as bot:
        bot.expect("again", "2: again")
    show_new(folder, python, wheel)


def show_new(folder: Path, python: Path, wheel: Path) -> None:
    """Write a new bot, install what it requires, test it, talk to it."""
    print("  $ python -m turnkeeper new mybot")
    run([python, "-m", "turnkeeper", "new", "mybot"], folder)
    own = folder / "mybot"
    engine = (own / "requirements.txt").read_text("utf-8").splitlines()[-1]
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    if engine != f"turnkeeper @ {wheel.as_uri()}#sha256={digest}":
        raise ShowFailed(f"its engine is {engine}")
    run([sys.executable, "-m", "venv", own / ".venv"], folder)
    python = own / ".venv" / "bin" / "python"
    for requirements in ("requirements.txt", "requirements-dev.txt"):
        print(f"  $ pip install -r {requirements}")
        run([python, "-m", "pip", "install", "-q", "-r", requirements], own)
    print("  $ pytest:", run([python, "-m", "pytest", "-q"], own).splitlines()[-1])
    with program(python, own) as bot:
        bot.expect("hi", "What is your name?")
        bot.kill()
    print("  (kill -9, started again)")
    with program(python, own) as bot:
        bot.expect("Ada", "How many cups of coffee do you drink a day, Ada?")
        bot.expect("3", "Ada, cups of coffee a day: 3.")


if __name__ == "__main__":
    sys.exit(play("bots on the wheel", show))
