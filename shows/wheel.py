"""Install the wheel into an empty environment, and a bot of 15 lines in an empty folder answers."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

from shows.talk import play, program, run

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
        if file.suffix in (".py", ".json") or file.name == "py.typed":
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


if __name__ == "__main__":
    sys.exit(play(f"a bot of {len(BOT.splitlines())} lines, on the wheel", show))
