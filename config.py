"""This bot's own settings, beside the engine's.

The name of a field in capital letters is its variable: ``WELCOME_BACK_AFTER_MINUTES``.
"""

from __future__ import annotations

from dataclasses import dataclass

from dialogs.catalogue import LOCALES, languages
from dialogs.messages import is_spoken, locale_tag
from turnkeeper.errors import Fault, SettingsError


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """How the bot talks, and what it forgets.

    :param default_locale: the language for people whose channel names none.
    :param welcome_back_after_minutes: the silence after which a person is welcomed back.
    :param question_timeout_minutes: how long a question waits for its answer.
    :param forget_on_uninstall: whether to erase a person who removes the app.
    :raises SettingsError: one of them cannot be.
    """

    default_locale: str = "en"
    welcome_back_after_minutes: float = 30
    question_timeout_minutes: float = 60
    forget_on_uninstall: bool = False

    def __post_init__(self) -> None:
        faults = []
        if not locale_tag(self.default_locale):
            faults.append(Fault("DEFAULT_LOCALE", "must be a language, such as en or pt-BR"))
        elif not is_spoken(self.default_locale):
            spoken = ", ".join(sorted(languages(LOCALES)))
            faults.append(Fault("DEFAULT_LOCALE", f"the language must be one of {spoken}"))
        for name in ("welcome_back_after_minutes", "question_timeout_minutes"):
            if getattr(self, name) <= 0:
                faults.append(Fault(name.upper(), "must be a number of minutes above 0"))
        if faults:
            raise SettingsError(*faults)
