"""This bot: an engine, a dialog, a bot. ``python app.py`` runs it."""

import sys

if sys.version_info < (3, 11):  # noqa: UP036 - this file is read by older ones too
    sys.exit("error: this bot needs Python 3.11 or newer")
try:
    from turnkeeper import Host, Types
except ModuleNotFoundError as error:
    sys.exit(f"error: {error.name} is not installed; first: pip install -r requirements.txt")

from bots.dialog_bot import DialogBot
from config import Config
from dialogs.interruptions import Answers
from dialogs.main_dialog import MainDialog
from dialogs.messages import words_of_person
from dialogs.visits import Visits
from state.models import ConversationData, UserProfile

TYPES = Types(UserProfile, ConversationData)


def make_bot(host: Host, config: Config) -> DialogBot:
    """Return the bot on a host."""
    profiles = host.user_state.create_property("UserProfile")
    dialog = MainDialog(
        profiles,
        host.conversation_state.create_property("ConversationData"),
        welcome_back_after=config.welcome_back_after_minutes * 60,
        default_locale=config.default_locale,
        clock=host.clock,
    )
    words_of = words_of_person(profiles, config.default_locale)
    answers = Answers(profiles, words_of, Visits(profiles, host.clock))
    return DialogBot(
        host.conversation_state,
        host.user_state,
        dialog,
        default_locale=config.default_locale,
        interruptions=answers.interruptions(),
        question_timeout=config.question_timeout_minutes * 60,
        forget=host.forget,
        forget_on_uninstall=config.forget_on_uninstall,
    )


host = Host.from_env(types=TYPES)
bot = make_bot(host, host.own_settings(Config))
app = APP = host.app(bot)

if __name__ == "__main__":
    host.run(bot)
