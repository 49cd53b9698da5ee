"""The bot that is shown: to "3 hello" it says "hello/1", "hello/2" and "hello/3"."""

from __future__ import annotations

from botbuilder.core import TurnContext

from turnkeeper import Host

host = Host.from_env()
said = host.user_state.create_property("Said")


async def bot(context: TurnContext) -> None:
    """Say it so many times, and remember how often that was asked for."""
    if context.activity.type != "message":
        return
    count, _, words = (context.activity.text or "").partition(" ")
    await said.set(context, (await said.get(context, 0)) + 1)
    for number in range(1, int(count) + 1):
        await context.send_activity(f"{words}/{number}")


if __name__ == "__main__":
    host.run(bot)
