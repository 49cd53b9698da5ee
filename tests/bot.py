"""The bot on a host whose settings a test gives."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from aiohttp import web

from app import TYPES, make_bot
from config import Config
from turnkeeper import Host, Settings

_OWN = {field.name for field in fields(Config)}


def make_host(**values: Any) -> Host:
    """Return a host with this bot's types.

    :param values: fields of the engine's settings.
    """
    return Host(Settings(**values), types=TYPES)


def create_app(**values: Any) -> web.Application:
    """Return the bot as an application.

    :param values: fields of the engine's settings, and of the bot's own.
    """
    host = make_host(**{name: value for name, value in values.items() if name not in _OWN})
    own = {name: value for name, value in values.items() if name in _OWN}
    return host.app(make_bot(host, Config(**own)))
