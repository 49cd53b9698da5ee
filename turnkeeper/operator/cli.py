"""How the commands of ``python -m turnkeeper`` are called, and how they end.

Exit codes: 0 done; 1 not done, or not all is well; 2 wrong arguments or settings. Results go to
standard output, all else to standard error.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections.abc import Sequence
from typing import NoReturn

from turnkeeper.errors import BotError, SettingsError
from turnkeeper.operator import commands
from turnkeeper.operator.terminal import one_line
from turnkeeper.state import keys

_INTERRUPTED = "interrupted; what is done stays done, and the command may be run again"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return the exit code.

    :param arguments: by default those of the process.
    """
    for stream in (sys.stdout, sys.stderr):
        # What the terminal's encoding lacks is shown as an escape.
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    try:
        code = commands.run(_parser().parse_args(arguments))
        sys.stdout.flush()
    except SettingsError as error:
        return _fail(2, *error.faults)
    except BotError as error:
        return _fail(1, str(error))
    except BrokenPipeError:
        # The reader has seen enough. Python would complain once more as it ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as error:
        return _fail(1, f"{error.filename}: {error.strerror}" if error.filename else str(error))
    except KeyboardInterrupt:
        return _fail(1, _INTERRUPTED)
    return code


def user_key(text: str) -> str:
    """The user-state key of a person given as ``channel/id``, or as that key itself.

    An id that is too long for a key is stored as its hash, and so looked for.

    :raises argparse.ArgumentTypeError: it is neither.
    """
    channel, _, rest = _text(text).partition("/")
    person = rest.removeprefix("users/")
    if not channel or not person:
        raise argparse.ArgumentTypeError(
            "must be CHANNEL/ID as in msteams/29:abc, or the key as list shows it"
        )
    if person != rest:
        return keys.stored_key(text)
    return f"{channel}/users/{keys.stored_name(person)}"


def record_key(text: str) -> str:
    """The key of a record given as ``list`` shows it, or with an id too long to be stored so.

    :raises argparse.ArgumentTypeError: it is no text.
    """
    return keys.stored_key(_text(text))


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        # argparse quotes what it does not understand; that may be a URL with a password.
        super().error(one_line(re.sub(r"://[^\s/]*@", "://***@", message)))


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="python -m turnkeeper",
        description="Look at, hand out, erase, check and move what the bot remembers. "
        "The bot may go on running, except for migrate.",
    )
    subparsers = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    one_store = _Parser(add_help=False)
    one_store.add_argument(
        "--url", type=_text, help="the store; by default STORAGE_URL, from the environment or .env"
    )

    def command(name: str, what: str) -> argparse.ArgumentParser:
        parents = [] if name == "migrate" else [one_store]
        return subparsers.add_parser(name, help=what, description=what, parents=parents)

    listing = command("list", "One line a record: key, bytes, owner, expiry; tabs between them.")
    listing.add_argument("--prefix", type=_text, default="", help="only keys that start with it")
    listing.add_argument("--limit", type=_whole, help="at most so many")

    show = command("show", "One record as JSON.")
    show.add_argument("key", metavar="KEY", type=record_key)

    export = command("export", "All that is stored about a person as JSON.")
    export.add_argument("--user", type=user_key, required=True, metavar="CHANNEL/ID")
    export.add_argument("--output", metavar="FILE", help="by default standard output")

    erase = command("erase", "Erase all that is stored about a person, for good.")
    erase.add_argument(
        "--user",
        dest="users",
        type=user_key,
        action="append",
        required=True,
        metavar="CHANNEL/ID",
        help="may be given several times",
    )
    erase.add_argument("--yes", action="store_true", help="do not ask")
    erase.add_argument(
        "--no-compact",
        dest="compact",
        action="store_false",
        help="SQLite: do not rewrite the file, though it may still hold bytes of the erased",
    )

    command("check", "Read every record, and name those that the bot cannot read.")

    migrate = command("migrate", "Copy a store into another; interrupted, it goes on where it was.")
    migrate.add_argument("source", metavar="SRC_URL", type=_text)
    migrate.add_argument("target", metavar="DST_URL", type=_text)
    migrate.add_argument(
        "--overwrite", action="store_true", help="replace records that the target has otherwise"
    )
    return parser


def _text(text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise argparse.ArgumentTypeError("must be text in UTF-8") from None
    return text


def _whole(text: str) -> int:
    if not (text.isascii() and text.isdecimal()):
        raise argparse.ArgumentTypeError("must be a whole number")
    return int(text)


def _fail(code: int, *lines: str) -> int:
    for line in lines:
        print(f"error: {one_line(line)}", file=sys.stderr)
    return code
