"""``python -m tests.cloud``: talk to a running bot through the fake cloud, from a terminal.

Every line typed is a message to the bot; what the bot posts is printed.
"""

from __future__ import annotations

import argparse
import asyncio

from tests.cloud.cloud import FakeCloud
from tests.cloud.person import Turn


async def talk(options: argparse.Namespace) -> None:
    """Run the cloud until the input ends."""
    async with FakeCloud(options.app_id, options.app_password, port=options.port) as cloud:
        print(f"service URL           {cloud.service_url}")
        print(f"LOGIN_URL             {cloud.url}")
        print(f"OPENID_METADATA_URL   {cloud.open_id_metadata_url}")
        if options.app_id:
            print("SERVICE_URL_HOSTS     127.0.0.1")
        person = cloud.person(options.channel, scope=options.scope, bot_url=options.bot)
        print(f"\nYou are in conversation {person.place.id}. Say something; Ctrl-D ends.")
        _show(await person.joins())
        while (text := await asyncio.to_thread(_read)) is not None:
            _show(await person.says(text))


def _read() -> str | None:
    try:
        return input("> ")
    except EOFError:
        return None


def _show(turn: Turn) -> None:
    for reply in turn.replies:
        print(f"< {reply.get('text') or '[' + reply['type'] + ']'}")
    if turn.status not in (200, 201, 202):
        print(f"! the bot answered {turn.status}")


def main() -> None:
    """Read the command line and start."""
    parser = argparse.ArgumentParser(prog="python -m tests.cloud", description=__doc__)
    parser.add_argument("--bot", default="http://127.0.0.1:3978/api/messages")
    parser.add_argument("--port", type=int, default=0, help="of the cloud; 0 takes a free one")
    parser.add_argument("--channel", default="emulator")
    parser.add_argument("--scope", default="personal", choices=["personal", "groupChat", "channel"])
    parser.add_argument("--app-id", default="", help="ask for tokens issued to this app")
    parser.add_argument("--app-password", default="")
    asyncio.run(talk(parser.parse_args()))


if __name__ == "__main__":
    main()
