"""The samples, each with its patches and its script."""

from __future__ import annotations

from typing import Final

from shows.samples.sample import Sample
from shows.samples.scripts import (
    adaptive_cards,
    cards,
    complex_dialog,
    core_bot,
    custom_dialogs,
    echo,
    multi_turn,
    multilingual,
    prompts,
    state,
    suggested_actions,
    welcome,
)

SAMPLES: Final[tuple[Sample, ...]] = (
    echo.SAMPLE,
    welcome.SAMPLE,
    multi_turn.SAMPLE,
    cards.SAMPLE,
    adaptive_cards.SAMPLE,
    suggested_actions.SAMPLE,
    core_bot.SAMPLE,
    multilingual.SAMPLE,
    custom_dialogs.SAMPLE,
    complex_dialog.SAMPLE,
    prompts.SAMPLE,
    state.SAMPLE,
)
