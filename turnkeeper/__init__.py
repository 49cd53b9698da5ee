"""An engine for stateful bots of the Bot Framework: each activity takes effect once, in order.

What is public is here, in :mod:`turnkeeper.errors`, in :mod:`turnkeeper.channels` and in
:mod:`turnkeeper.testing`; all else may change with any version.
"""

from __future__ import annotations

from turnkeeper.adapters.bot_framework import BotFrameworkAdapter, BotFrameworkAdapterSettings
from turnkeeper.adapters.cloud import CloudAdapter
from turnkeeper.adapters.configuration import ConfigurationBotFrameworkAuthentication
from turnkeeper.host import Host
from turnkeeper.observing.version import VERSION as __version__
from turnkeeper.settings import Settings
from turnkeeper.state.private import PrivateConversationState
from turnkeeper.state.scope import ConversationState, UserState
from turnkeeper.state.view import open_storage
from turnkeeper.storage import Change, Record, RecordStorage
from turnkeeper.turn.unseen import unseen
from turnkeeper.wire.types import Types

__all__ = [
    "BotFrameworkAdapter",
    "BotFrameworkAdapterSettings",
    "Change",
    "CloudAdapter",
    "ConfigurationBotFrameworkAuthentication",
    "ConversationState",
    "Host",
    "PrivateConversationState",
    "Record",
    "RecordStorage",
    "Settings",
    "Types",
    "UserState",
    "__version__",
    "open_storage",
    "unseen",
]
