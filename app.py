"""This bot: an engine, a dialog, a bot. ``python app.py`` runs it."""

import sys

if sys.version_info < (3, 11):  # noqa: UP036 - this file is read by older ones too
    sys.exit("error: this bot needs Python 3.11 or newer")
try:
    from turnkeeper import Host, Types
except ModuleNotFoundError as error:
    sys.exit(f"error: {error.name} is not installed; first: pip install -r requirements.txt")

from bots.dialog_bot import DialogBot
from bots.turn_error import turn_error_handler
from config import Config
from dialogs.main_dialog import MainDialog
from state.models import ConversationData, UserProfile

TYPES = Types(UserProfile, ConversationData)


def make_bot(host: Host, config: Config) -> DialogBot:
    """Return the bot on a host."""
    dialog = MainDialog(
        host.user_state.create_property("UserProfile"),
        welcome_back_after=config.welcome_back_after_minutes * 60,
        default_locale=config.default_locale,
        forget=host.forget,
        export=host.export,
        clock=host.clock,
    )
    host.adapter.on_turn_error = turn_error_handler(
        host.conversation_state, default_locale=config.default_locale
    )
    return DialogBot(
        host.conversation_state,
        host.user_state,
        dialog,
        default_locale=config.default_locale,
        question_timeout=config.question_timeout_minutes * 60,
        forget=host.forget,
        forget_on_uninstall=config.forget_on_uninstall,
        clock=host.clock,
    )


host = Host.from_env(types=TYPES)
bot = make_bot(host, host.own_settings(Config))
app = APP = host.app(bot)

if __name__ == "__main__":
    host.run(bot)
