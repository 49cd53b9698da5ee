"""The virtual environment that the samples run in, below ``build/``."""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path
from typing import Final

from shows.talk import run

ROOT: Final = Path(__file__).resolve().parents[2]
VENV: Final = ROOT / "build" / "samples-venv"

REQUIREMENTS: Final = (
    "botbuilder-integration-aiohttp==4.17.1",  # the SDK's own hosting
    "botbuilder-ai==4.17.1",  # sample 13 imports it, LUIS or not
    "datatypes-date-time==1.0.0a2",  # and this
    "azure-cognitiveservices-language-luis==0.2.0",
)
"""What the samples need besides what the engine does."""


def python() -> Path:
    """Return the Python of the environment, which is made where it is not there.

    :raises ShowFailed: it cannot be made.
    """
    held = [(ROOT / name).read_text() for name in ("requirements.txt", "constraints.txt")]
    wanted = hashlib.sha256("\n".join([*held, *REQUIREMENTS]).encode()).hexdigest()
    made, found = VENV / "made", VENV / "bin" / "python"
    if not made.exists() or made.read_text() != wanted:
        run([sys.executable, "-m", "venv", "--clear", VENV], ROOT)
        requirements = ["-r", "requirements.txt", *REQUIREMENTS]
        run([found, "-m", "pip", "install", "--quiet", *requirements], ROOT)
        made.write_text(wanted)
    return found
