"""Variables that are nearly one of ours, and variables of ours that others have set.

Who misspells a variable sees no fault, since there may be any number of others. What is said here
is a guess, so it is a warning, and it never holds a value.
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import fields
from difflib import get_close_matches
from typing import Any, Final

# Of names without underscores: one letter too many or too few in one of 4, any letter in one of 8,
# two in one of 16.
_ALIKE: Final = 0.87
# What is set on many machines, and a letter away from what bots call their settings.
_COMMON: Final = frozenset({"APP_UID", "HOSTNAME", "HOSTTYPE", "NAME", "USER", "USERS", "MAIL"})
# https://kubernetes.io/docs/concepts/services-networking/service/#environment-variables
_OF_SERVICE: Final = re.compile(r"(tcp|udp|sctp)://[^/@]+:[0-9]+", re.IGNORECASE)
# What compilers of conda are for: cpu-vendor-system.
_OF_COMPILER: Final = re.compile(r"\w+-(conda|apple|w64|pc|unknown)(-[\w.]+){1,2}", re.ASCII)


def names_of(cls: Any) -> list[str]:
    """Return the names of the variables that the fields of a dataclass are read from."""
    return [name for one in fields(cls) if one.init for name in names_of_field(one)]


def names_of_field(field: Any) -> Sequence[str]:
    """Return the names of the variables that a field is read from, the first one first."""
    names: Sequence[str] = field.metadata.get("variables", (field.name.upper(),))
    return names


def set_by(name: str, text: str) -> str:
    """Return who has set a variable of the environment, if that is no operator; else "".

    Kubernetes and Docker set NAME_PORT for each service called NAME, and conda sets HOST.
    """
    if name.endswith("PORT") and _OF_SERVICE.fullmatch(text):
        return "Kubernetes, for a service of that name"
    if name == "HOST" and _OF_COMPILER.fullmatch(text):
        return "conda, for its compilers"
    return ""


def remarks(variables: Mapping[str, str], ours: Collection[str]) -> Iterator[str]:
    """Yield what an operator is to be warned of, a line each.

    :param variables: those of the environment and of ``.env``.
    :param ours: the names that the bot reads.
    """
    for name in ours:
        if by := set_by(name, os.environ.get(name, "").strip()):
            yield f"{name} is that of {by}; it is passed over: set {name} in .env, or unset it"
    for name, meant in _nearly(variables, ours):
        yield f"{name} is none of the bot's variables; if {meant} is meant, rename it"


def _nearly(variables: Mapping[str, str], ours: Collection[str]) -> Iterator[tuple[str, str]]:
    """Yield the variables that are nearly one of ours, each with the one that may be meant."""
    by_letters = {_letters(name): name for name in ours}
    for name in sorted(variables.keys() - set(ours) - _COMMON):
        text = variables[name].strip()
        if text and not set_by(name, text):
            for found in get_close_matches(_letters(name), by_letters, n=1, cutoff=_ALIKE):
                yield name, by_letters[found]


def _letters(name: str) -> str:
    return name.upper().replace("_", "")
