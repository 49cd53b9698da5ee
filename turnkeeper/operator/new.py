"""A bot of one's own: ``python -m turnkeeper new FOLDER`` writes its first files.

They lie in ``first_bot/``, each under its own name with ``.template`` behind it, so that no tool
takes them for the engine's. In their text ``{{bot}}`` is the folder's name, and ``{{engine}}`` the
requirement that brings this very engine.
"""

from __future__ import annotations

import errno
import shlex
from pathlib import Path
from typing import Final

from turnkeeper.operator.origin import requirement
from turnkeeper.operator.terminal import one_line

_TEMPLATES: Final = Path(__file__).with_name("first_bot")
_ENDING: Final = ".template"


def make(folder: str) -> str:
    """Write a new bot into a folder, and return what to do next: three commands, a line each.

    Nothing that is there is touched.

    :param folder: is made if it is not there.
    :raises OSError: it cannot be made, is a file, or is not empty.
    """
    target = Path(folder)
    if target.exists() and not target.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, "is a file; name a new folder", folder)
    target.mkdir(parents=True, exist_ok=True)
    if any(target.iterdir()):
        raise FileExistsError(
            errno.EEXIST, "is not empty, and nothing was written; name a new folder", folder
        )
    words = {"{{bot}}": one_line(target.resolve().name) or "bot", "{{engine}}": requirement()}
    for template in sorted(_TEMPLATES.rglob(f"*{_ENDING}")):
        text = template.read_text(encoding="utf-8")
        for word, meaning in words.items():
            text = text.replace(word, meaning)
        file = target / template.relative_to(_TEMPLATES).with_suffix("")
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("x", encoding="utf-8", newline="\n") as output:  # never over what is there
            output.write(text)
    return f"cd {shlex.quote(folder)}\npip install -r requirements.txt\npython app.py"
