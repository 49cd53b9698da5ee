"""What the bot stands on: a list of it all (CycloneDX), and whether faults of it are known.

Run it with ``python -m shows.audit``. Both are made of requirements.lock, by cyclonedx-py and
pip-audit in an environment of their own. Faults are asked for at PyPI, so without a network there
is no data, and that is no error: nothing was audited then, which is what it says.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parents[1]
LOCK: Final = ROOT / "requirements.lock"
SBOM: Final = ROOT / "build" / "sbom.json"
TOOLS: Final = ("cyclonedx-bom==7.5.0", "pip-audit==2.10.1")
PATIENCE: Final = 300  # seconds


def tools() -> Path:
    """Return the folder of the programs, which are installed into it."""
    place = ROOT / "build" / "audit"
    run(sys.executable, "-m", "venv", str(place))
    run(str(place / "bin" / "python"), "-m", "pip", "install", "--quiet", *TOOLS)
    return place / "bin"


def run(*command: str) -> None:
    """Run a command to its end."""
    subprocess.run(command, check=True)  # noqa: S603 - our own words


def listed(programs: Path) -> int:
    """Write the list of all packages; return how many there are."""
    SBOM.parent.mkdir(exist_ok=True)
    run(str(programs / "cyclonedx-py"), "requirements", str(LOCK), "--output-file", str(SBOM))
    return len(json.loads(SBOM.read_text("utf-8"))["components"])


def audited(programs: Path) -> list[dict[str, Any]]:
    """Return what is known of each package; none where there is no data."""
    command = [
        *(str(programs / "pip-audit"), "--requirement", str(LOCK)),
        *("--require-hashes", "--disable-pip"),
        *("--format", "json", "--progress-spinner", "off"),
    ]
    try:
        done = subprocess.run(  # noqa: S603 - our own words
            command, capture_output=True, text=True, timeout=PATIENCE, check=False
        )
        packages: list[dict[str, Any]] = json.loads(done.stdout)["dependencies"]
    except (subprocess.TimeoutExpired, ValueError, KeyError):
        return []
    return packages


def main() -> int:
    """List and audit; return the exit code."""
    programs = tools()
    count = listed(programs)
    print(f"{count} packages in {SBOM.relative_to(ROOT)}")
    packages = audited(programs)
    unknown = [one["name"] for one in packages if "skip_reason" in one]
    faults = [(one, fault) for one in packages for fault in one.get("vulns", ())]
    for one, fault in faults:
        cure = ", ".join(fault["fix_versions"]) or "none yet"
        print(f"{one['name']} {one['version']}: {fault['id']}; mended in: {cure}")
    if faults:
        print(f"{len(faults)} known faults")
        return 1
    if len(unknown) == len(packages):
        print("NO DATA: PyPI tells nothing here, so NOTHING WAS AUDITED")
    elif unknown:
        print(f"no known faults; NO DATA for {len(unknown)} of {count}: {', '.join(unknown)}")
    else:
        print("no known faults")
    return 0


if __name__ == "__main__":
    sys.exit(main())
