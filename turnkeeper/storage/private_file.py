"""Files for the owner's eyes only: made so, and named where others may read or write them."""

from __future__ import annotations

import logging
import os
import shlex
import stat
from collections.abc import Iterable

_log = logging.getLogger(__name__)


def create(path: str) -> int:
    """Make a new file that nobody else may read, and return its descriptor, open for writing.

    :raises FileExistsError: something is there, be it a link that leads nowhere.
    :raises OSError: it cannot be made.
    """
    alone = os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0)
    return os.open(path, os.O_WRONLY | alone, 0o600)


def write(path: str, text: str) -> None:
    """Make a new file with a text in UTF-8. What cannot be written whole is not left.

    :raises FileExistsError: see :func:`create`.
    :raises OSError: it cannot be written.
    """
    with open(create(path), "w", encoding="utf-8") as file:
        try:
            file.write(text)
            file.flush()
        except BaseException:
            os.unlink(path)
            raise


def warn_if_open(variable: str, paths: Iterable[str]) -> None:
    """Say in the log what is to be done where others on the machine may read or write files.

    Windows has no such bits.

    :param variable: to what the files belong: a setting, or what the file is called.
    :param paths: of files, which need not be there.
    """
    if os.name != "posix":
        return
    found = [path for path in paths if _mode_of(path) & 0o077]
    if found:
        _log.warning(
            "%s: others on this machine may read or change it; run: chmod 600 %s",
            variable,
            shlex.join(found),
        )


def _mode_of(path: str) -> int:
    try:
        return stat.S_IMODE(os.stat(path).st_mode)
    except OSError:
        return 0
