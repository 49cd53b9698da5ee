"""What ``--app MODULE:NAME`` names: a bot's host, its adapter, or its storage."""

from __future__ import annotations

import os
import sys
import traceback
from contextlib import redirect_stdout
from importlib import import_module

from turnkeeper.adapters.stock import StockAdapter
from turnkeeper.errors import BotError, SettingsError
from turnkeeper.host import Host
from turnkeeper.state.typed_storage import TypedStorage
from turnkeeper.storage import RecordStorage

_ARGUMENT = "--app"
_KINDS = (Host, TypedStorage, StockAdapter, RecordStorage)  # the first ones know most of a bot


def load(reference: str) -> Host | StockAdapter | TypedStorage | RecordStorage:
    """Return what a module of the working directory calls by a name.

    :param reference: ``MODULE:NAME``.
    :raises SettingsError: the module cannot be imported, it has nothing of that name that a store
        could be taken from, or its settings are wrong.
    """
    module, _, name = reference.partition(":")
    if sys.path[:1] != [os.getcwd()]:
        sys.path.insert(0, os.getcwd())
    try:
        with redirect_stdout(sys.stderr):  # what it prints is no result
            found = getattr(import_module(module), name, None)
    except SettingsError:
        raise
    except (Exception, SystemExit) as error:
        raise SettingsError.of(
            _ARGUMENT, f"{module} cannot be imported: {_reason(error)}"
        ) from error
    if isinstance(found, Host | StockAdapter) and found.faults:
        raise SettingsError(*found.faults)
    if isinstance(found, _KINDS):
        return found
    named = vars(sys.modules[module]).items()
    fit = [other for kind in _KINDS for other, value in named if isinstance(value, kind)]
    hint = f" such as {module}:{fit[0]}" if fit else ""
    kind = "is not there" if found is None else f"is of type {type(found).__name__}"
    raise SettingsError.of(
        _ARGUMENT,
        f"must name a turnkeeper Host, an adapter or a storage{hint}; {reference} {kind}",
    )


def _reason(error: BaseException) -> str:
    """Return what an import failed of, without any text that may quote a secret."""
    if isinstance(error, BotError) or (isinstance(error, SystemExit) and type(error.code) is str):
        return str(error)  # meant to be read
    if isinstance(error, ModuleNotFoundError):
        return f"there is no module {error.name}"
    if isinstance(error, SyntaxError):
        return f"{type(error).__name__} in {error.filename}, line {error.lineno}"
    frames = traceback.extract_tb(error.__traceback__)
    here = os.getcwd() + os.sep
    own = [
        one for one in frames if one.filename.startswith(here) and "-packages" not in one.filename
    ]
    last = (own or frames)[-1]
    return f"{type(error).__name__} in {last.filename}, line {last.lineno}"
