"""With which settings a bot does not start, and what it says of them."""

from __future__ import annotations

from typing import Final

from shows.walls.bots import APP_ID, Program
from tests.turnkeeper.e2e.process import Gunicorn

_SECRET: Final = "s3cret"  # noqa: S105 - of nothing
_NAMED: Final = {"MicrosoftAppId": APP_ID, "MicrosoftAppPassword": _SECRET}
_ELSEWHERE: Final = f"postgresql://bot:{_SECRET}@db.example/bot"

REFUSED: Final[dict[str, tuple[dict[str, str], str]]] = {
    "credentials are required, and missing": ({"REQUIRE_CREDENTIALS": "yes"}, "MicrosoftAppId"),
    "a secret without its app": ({"MicrosoftAppPassword": _SECRET}, "MicrosoftAppId"),
    "anybody may come, unchecked": ({"HOST": "0.0.0.0"}, "HOST"),  # noqa: S104 - refused
    "another machine's store, unchecked": ({"STORAGE_URL": _ELSEWHERE}, "ALLOW_REMOTE_STORE"),
    "a wildcard over strangers": (
        {**_NAMED, "SERVICE_URL_HOSTS": "*.azurewebsites.net"},
        "SERVICE_URL_HOSTS",
    ),
    "a caller that is no app": ({**_NAMED, "ALLOWED_CALLERS": "contoso"}, "ALLOWED_CALLERS"),
    "an address that secrets would go to in clear": (
        {**_NAMED, "LOGIN_URL": "http://login.example.com"},
        "LOGIN_URL",
    ),
}
"""Variables, and a name that the fault has to tell."""


async def wrong_starts(server: type[Program | Gunicorn]) -> list[str]:
    """Return what starts all the same, or does not say why it does not."""
    wrong = []
    for name, (variables, told) in REFUSED.items():
        bot = server({"STORAGE_URL": "memory:", **variables})
        code, said = await bot.ended()
        lines = [line for line in said.splitlines() if line.startswith("error: ")]
        if code != (4 if server is Gunicorn else 2) or told not in "".join(lines):
            wrong.append(f"{name}: exit code {code}")
        if _SECRET in said:
            wrong.append(f"{name}: the secret is shown")
    return wrong
