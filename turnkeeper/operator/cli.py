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
from typing import Any, NoReturn

from turnkeeper.address import stored_name
from turnkeeper.errors import BotError, SettingsError
from turnkeeper.keys import is_visitor, stored_key
from turnkeeper.operator import commands
from turnkeeper.operator.terminal import one_line

_INTERRUPTED = "interrupted; what was done stays done; run the command again to finish it"


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
        return _fail(2, *map(str, error.faults))
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
    """Return the user-state key of a person given as ``channel/id``, or as that key itself.

    An id that is too long for a key is stored as its hash, and so looked for.

    :raises argparse.ArgumentTypeError: it is neither.
    """
    channel, _, rest = _text(text).partition("/")
    person = rest.removeprefix("users/")
    if not channel or not person:
        raise argparse.ArgumentTypeError(
            "must be CHANNEL/ID as in msteams/29:abc, or the key as list shows it"
        )
    if person.startswith("aad:"):
        return f"{channel}/users/{person.lower()}"
    if person != rest or is_visitor(text):
        return stored_key(text)
    return f"{channel}/users/{stored_name(person)}"


def record_key(text: str) -> str:
    """Return the key of a record given as ``list`` shows it, or with an id too long for a key.

    :raises argparse.ArgumentTypeError: it is no text.
    """
    return stored_key(_text(text))


def reference(text: str) -> str:
    """Return the MODULE:NAME of an application.

    :raises argparse.ArgumentTypeError: it is none.
    """
    module, _, name = text.partition(":")
    if not all(part.isidentifier() for part in (*module.split("."), name)):
        raise argparse.ArgumentTypeError("must be MODULE:NAME as in app:host")
    return text


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        # argparse quotes what it does not understand; that may be a URL with a password.
        super().error(one_line(re.sub(r"://[^\s/]*@", "://***@", message)))


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="python -m turnkeeper",
        description="Begin a bot of your own; look at, hand out, erase, check, copy and move what "
        "a bot remembers, and see to what it owes. The bot may go on running, except for migrate.",
    )
    what_app = (
        "the bot's host, which knows its store and its types, such as app:host; of a bot of the "
        "SDK its open_storage(), such as app:STORAGE"
    )
    app: dict[str, Any] = {"type": reference, "metavar": "MODULE:NAME", "help": what_app}
    parser.add_argument("--app", **app)
    subparsers = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    any_command = _Parser(add_help=False)
    # Without a default of its own: that would replace what stands before the command.
    any_command.add_argument("--app", default=argparse.SUPPRESS, **app)
    one_store = _Parser(add_help=False)
    one_store.add_argument(
        "--url",
        type=_text,
        help="the store, or env:NAME, a variable with its URL; by default that of --app, or "
        "STORAGE_URL from the environment or .env",
    )

    what = "A bot of your own to begin with: its files, in a new folder."
    new = subparsers.add_parser("new", help=what, description=what)
    new.add_argument("folder", metavar="FOLDER", type=_path, help="is made; or an empty one")

    def command(name: str, what: str) -> argparse.ArgumentParser:
        parents = [any_command] if name == "migrate" else [any_command, one_store]
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

    owed = command(
        "owed",
        "What the bot still owes, a line each: key, replies that are open, tries, since when, "
        "until when it waits, and whether a process has it in hand; tabs between them.",
    )
    owed.add_argument("--show", action="store_true", help="as JSON, with the texts")
    which = owed.add_mutually_exclusive_group()
    which.add_argument(
        "--given-up",
        action="store_true",
        help="what is not tried any more: key, since when, until when it is kept",
    )
    which.add_argument("--retry", metavar="KEY", type=_text, help="have it sent after all")
    which.add_argument("--drop", metavar="KEY", type=_text, help="have it never sent")

    rekey = command(
        "rekey",
        "Have people of Teams known by their Entra accounts, as the bot does with each who writes: "
        "all that is held of them by the channel's own id is carried over. A line each: the key "
        "until now, the new key. Interrupted, it resumes where it stopped.",
    )
    rekey.add_argument(
        "file",
        metavar="FILE",
        nargs="?",
        type=_path,
        help="CSV, a person a line: 29:...,OBJECT_ID,TENANT_ID; by default those whose profiles "
        "tell it, which takes --app",
    )
    rekey.add_argument("--dry-run", action="store_true", help="only tell who would be")

    command(
        "check",
        "Read every record, and name those that the bot cannot read. Whether the bot's types can "
        "be read is known with --app only.",
    )

    backup = command(
        "backup",
        "Copy the SQLite file into a new one, whole and checked. The bot may go on running.",
    )
    backup.add_argument("file", metavar="FILE", type=_path, help="where nothing is yet")

    migrate = command(
        "migrate",
        "Copy a store into another; interrupted, it resumes where it stopped. Each is a URL, or "
        "env:NAME, a variable with one.",
    )
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


def _path(text: str) -> str:
    if not text or "\0" in text:
        raise argparse.ArgumentTypeError("must be a path")
    return text


def _whole(text: str) -> int:
    if not (text.isascii() and text.isdecimal()):
        raise argparse.ArgumentTypeError("must be a whole number")
    return int(text)


def _fail(code: int, *lines: str) -> int:
    for line in lines:
        print(f"error: {one_line(line)}", file=sys.stderr)
    return code
