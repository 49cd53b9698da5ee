"""``python -m turnkeeper.testing``: talk to a running bot, from a terminal.

Every line typed is a message to the bot; what the bot posts is printed.
"""

from __future__ import annotations

import argparse
import asyncio
import sys

from turnkeeper.testing.cloud import Cloud
from turnkeeper.testing.people.answer import Turn
from turnkeeper.testing.story import shown

BOT_URL = "http://127.0.0.1:3978/api/messages"


async def talk(options: argparse.Namespace) -> None:
    """Run the cloud until the input ends."""
    credentials = {"app_id": options.app_id, "app_password": options.app_password}
    async with Cloud(**credentials, port=options.port) as cloud:
        print(f"service URL           {cloud.service_url}")
        print(f"LOGIN_URL             {cloud.url}")
        print(f"OPENID_METADATA_URL   {cloud.open_id_metadata_url}")
        if options.app_id:
            print("SERVICE_URL_HOSTS     127.0.0.1")
        person = cloud.person(channel=options.channel, scope=options.scope, bot_url=options.bot)
        print(f"\nYou are in conversation {person.conversation.id}. Say something; Ctrl-D ends.")
        _show(await person.sends(person.joining()), options.traces)
        while (text := await asyncio.to_thread(_read)) is not None:
            _show(await person.sends(person.message(text)), options.traces)


def _read() -> str | None:
    try:
        return input("> ")
    except EOFError:
        return None


def _show(turn: Turn, traces: bool) -> None:
    for reply in turn.replies:
        if reply["type"] != "trace" or traces:
            text = shown(reply) or f"[{reply['type']}]"
            print("< " + text.replace("\n", "\n  "))
    if turn.status not in (200, 201, 202):
        print(f"! the bot answered {turn.status}")


def main() -> int:
    """Read the command line and start. Exit code 1 if no bot answers."""
    parser = argparse.ArgumentParser(
        prog="python -m turnkeeper.testing",
        description="Talk to a running bot from the terminal: every line is a message to it.",
    )
    add = parser.add_argument
    add("--bot", default=BOT_URL, help="the bot's endpoint; %(default)s")
    add("--port", type=int, default=0, help="where the bot's replies come in; 0 takes a free one")
    add("--channel", default="emulator", help="the channel to play: %(default)s, msteams, ...")
    scopes = ["personal", "groupChat", "channel"]
    add("--scope", default="personal", choices=scopes, help="the kind of conversation; %(default)s")
    add("--app-id", default="", help="of a bot with credentials: ask it for its token")
    add("--app-password", default="", help="the secret that it has to log in with")
    add("--traces", action="store_true", help="show trace activities, too")
    options = parser.parse_args()
    try:
        asyncio.run(talk(options))
    except ConnectionError:
        hint = "start it with python app.py"
        print(f"error: no bot answers at {options.bot}; {hint}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
