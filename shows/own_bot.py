"""Delete the sample, put a bot of 40 lines in its place: it runs, durable, and so do the commands.

Nothing under ``turnkeeper/`` changes for it.
"""

from __future__ import annotations

import hashlib
import shutil
import sys
from pathlib import Path
from typing import Final

from shows.talk import ShowFailed, play, program, run

ROOT: Final = Path(__file__).resolve().parents[1]

BOT: Final = """\
from dataclasses import dataclass

from botbuilder.dialogs import DialogSet, DialogTurnStatus, WaterfallDialog
from botbuilder.dialogs.prompts import NumberPrompt, PromptOptions
from botbuilder.schema import Activity

from turnkeeper import Host, Types


@dataclass
class Order:
    pizzas: object = 0


async def ask(step):
    question = Activity(type="message", text="How many pizzas?")
    return await step.prompt("number", PromptOptions(prompt=question))


async def keep(step):
    order = await orders.get(step.context, Order)
    order.pizzas += step.result
    await step.context.send_activity(f"{order.pizzas} pizzas so far.")
    return await step.end_dialog()


async def bot(context):
    dialog = await dialogs.create_context(context)
    if (await dialog.continue_dialog()).status == DialogTurnStatus.Empty:
        await dialog.begin_dialog("order")


host = Host.from_env(types=Types(Order))
orders = host.user_state.create_property("Order")
dialogs = DialogSet(host.conversation_state.create_property("DialogState"))
dialogs.add(WaterfallDialog("order", [ask, keep]))
dialogs.add(NumberPrompt("number"))
app = host.app(bot)
if __name__ == "__main__":
    host.run(bot)
"""


def _digest(folder: Path) -> str:
    files = sorted(folder.rglob("*.py"))
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()


def show(folder: Path) -> None:
    """Show it in an empty folder. :raises ShowFailed: it is not so."""
    shutil.copytree(
        ROOT / "turnkeeper", folder / "turnkeeper", ignore=shutil.ignore_patterns("__pycache__")
    )
    (folder / "app.py").write_text(BOT, encoding="utf-8")
    before = _digest(folder / "turnkeeper")
    with program(sys.executable, folder) as bot:
        bot.expect("hi", "How many pizzas?")
        bot.kill()
    print("  (kill -9, started again)")
    with program(sys.executable, folder) as bot:
        bot.expect("2", "2 pizzas so far.")
        bot.expect("hi", "How many pizzas?")
        bot.expect("3", "5 pizzas so far.")
    command = [sys.executable, "-m", "turnkeeper", "--app", "app:host"]
    for arguments, expected in (
        (["list"], "test/users/ada"),
        (["show", "test/users/ada"], '"pizzas"'),
        (["export", "--user", "test/ada"], '"pizzas"'),
        (["check"], ""),
        (["migrate", "sqlite:///data/bot.db", "sqlite:///data/copy.db"], "copied"),
        (["erase", "--user", "test/ada", "--yes"], ""),
    ):
        if expected not in run([*command, *arguments], folder):
            raise ShowFailed(f"{arguments}: nothing of {expected!r}")
        print(f"  $ python -m turnkeeper --app app:host {' '.join(arguments)}: done")
    if "users/ada" in run([*command, "list"], folder):
        raise ShowFailed("erased, and still listed")
    if _digest(folder / "turnkeeper") != before:
        raise ShowFailed("turnkeeper/ has changed")
    print("  files changed under turnkeeper/: 0")


if __name__ == "__main__":
    sys.exit(play(f"a bot of {len(BOT.splitlines())} lines, in place of the sample", show))
