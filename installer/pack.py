"""Packs the program for the system it runs on; ``linux.sh``, ``macos.sh`` and ``windows.ps1`` call it.

Makes an environment of its own with the CPU build of torch, packs with PyInstaller, tries what came out of it
(``smoke_test.py``), and writes the path of the packed folder to standard output; everything else goes to standard
error. Needs Python 3.11 or newer and nothing else.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tomllib
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# Linux and Windows find the CPU build here; macOS has only one build, which the usual index has.
CPU_INDEX = "https://download.pytorch.org/whl/cpu"
TORCH = ("torch", "torchvision")


def requirements(project: Path, extras: tuple[str, ...]) -> tuple[list[str], list[str]]:
    """What the program needs, of torch's family and of the others.

    Args:
        project: ``pyproject.toml``.
        extras: names of optional dependencies to add.
    """
    table = tomllib.loads(project.read_text(encoding="utf-8"))["project"]
    lines = [*table["dependencies"], *(line for extra in extras for line in table["optional-dependencies"][extra])]
    torch = [line for line in lines if _name(line) in TORCH]
    return torch, [line for line in lines if line not in torch]


def _name(requirement: str) -> str:
    """The name of a package in front of the versions that are asked for."""
    return re.split(r"[^\w.-]", requirement.strip(), maxsplit=1)[0].lower()


def make_environment(folder: Path, given: argparse.Namespace) -> Path:
    """An environment with all that is to be packed and with PyInstaller; returns its Python."""
    python = folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    torch, others = requirements(ROOT / "pyproject.toml", ("installer", *given.extra))
    torch = [given.torch if given.torch and _name(line) == "torch" else line for line in torch]
    if given.no_torchvision:
        torch = [line for line in torch if _name(line) != "torchvision"]
    if not python.is_file():
        say(f"Making an environment in {folder}")
        venv.create(folder, with_pip=True)
    pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--progress-bar", "off"]
    index = given.index if given.index is not None else "" if given.cuda or sys.platform == "darwin" else CPU_INDEX
    say(f"Installing {' '.join(torch)}")
    run([*pip, *(("--index-url", index) if index else ()), *torch])
    say(f"Installing {' '.join(others)}")
    run([*pip, *others])
    return python


def pack(python: Path, work: Path, given: argparse.Namespace) -> Path:
    """Packs with what the environment of ``python`` has; returns the folder, on macOS the .app."""
    environment = os.environ | {"LEPTON_STUDIO_CUDA": "1" if given.cuda else ""}
    say("Drawing the icons")
    run([str(python), str(ROOT / "installer" / "icon.py"), str(ROOT / "build" / "installer" / "icons")])
    say("Packing; this takes some minutes")
    run(
        [
            str(python), "-m", "PyInstaller", "--noconfirm", "--log-level", "WARN", "--workpath", str(work / "work"),
            "--distpath", str(work / "packed"), str(ROOT / "installer" / "lepton_studio.spec"),
        ],
        environment,
    )  # fmt: skip
    return work / "packed" / ("Lepton Studio.app" if sys.platform == "darwin" else "lepton-studio")


def run(command: list[str], environment: dict[str, str] | None = None) -> None:
    """Runs a command to its end; what it writes goes to standard error. SystemExit if it fails."""
    done = subprocess.run(command, env=environment, stdout=sys.stderr, check=False)
    if done.returncode:
        raise SystemExit(f"This failed with exit status {done.returncode}: {' '.join(command)}")


def say(text: str) -> None:
    """Tells what is being done."""
    print(text, file=sys.stderr, flush=True)


def main() -> None:
    """Makes the environment, packs, tries, and tells where the result lies."""
    parser = argparse.ArgumentParser(description="Packs Lepton Studio for this system.")
    parser.add_argument("--cuda", action="store_true", help="with CUDA: several GB")
    parser.add_argument("--torch", default="", help="which torch, such as 'torch==2.14.1'; by default the newest")
    parser.add_argument("--index", help=f"where torch comes from; empty: the usual index; by default {CPU_INDEX}")
    parser.add_argument("--no-torchvision", action="store_true", help="without: no published networks on Build")
    parser.add_argument("--extra", action="append", default=[], help="an extra of pyproject.toml, such as camera")
    parser.add_argument("--environment", type=Path, help="an environment to make or to use again")
    parser.add_argument("--work", type=Path, default=ROOT / "build" / "installer", help="a folder to work in")
    given = parser.parse_args()
    python = make_environment(given.environment or given.work / "environment", given)
    packed = pack(python, given.work, given)
    say(f"Trying {packed}")
    run([sys.executable, str(ROOT / "installer" / "smoke_test.py"), str(packed)])
    print(packed)


if __name__ == "__main__":
    main()
