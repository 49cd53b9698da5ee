"""A bot that says what it hears. ``python app.py`` runs it."""

from botbuilder.core import TurnContext

from turnkeeper import Host


async def bot(context: TurnContext) -> None:
    """Answer a message with its text."""
    if context.activity.type == "message":
        await context.send_activity(f"You said: {context.activity.text}")


host = Host.from_env()
app = host.app(bot)  # for gunicorn

if __name__ == "__main__":
    host.run(bot)
