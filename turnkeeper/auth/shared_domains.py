"""Domains in which strangers get names: no wildcard may take them all for the bot's channels.

They are those of the public suffix list, https://publicsuffix.org, and some that it lacks.
"""

from __future__ import annotations

from importlib.resources import files
from typing import Final

from publicsuffixlist import PublicSuffixList

_LACKING: Final = ("scm.azurewebsites.net",)
_BY_REGION: Final = ("azurecontainerapps.io", "cloudapp.azure.com", "devtunnels.ms")
"""Lacking too. Strangers get names in a region of these, such as ``x.euw.devtunnels.ms``."""


def is_shared(domain: str) -> bool:
    """Return whether strangers get names below a domain, or below one that lies in it.

    :param domain: in lower case.
    """
    if domain in _LACKING or domain.partition(".")[2] in _BY_REGION:
        return True
    if PublicSuffixList().is_public(domain):
        return True
    # Of each rule of the list, whatever stands before its last labels.
    rules = (files("publicsuffixlist") / "public_suffix_list.dat").read_text("utf-8").split()
    known = (*_LACKING, *_BY_REGION, *rules)
    return any(rule == domain or rule.endswith(f".{domain}") for rule in known)
