"""``lepton-studio bench``: the project's own measurements, each in a fresh interpreter."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from lepton_studio import paths
from lepton_studio.cli_output import Json, emit, say, show_table
from lepton_studio.engine.errors import LeptonError


def bench(
    names: Annotated[list[str] | None, typer.Argument(metavar="NAME...", help="Which ones; by default all.")] = None,
    as_json: Json = False,
) -> None:
    """Measure the program on this computer; fails if one of the measurements does."""
    if getattr(sys, "frozen", False):
        raise LeptonError("The packed program cannot measure itself.", "Install Lepton Studio with pip to do that.")
    known = scripts()
    unknown = [name for name in names or () if name not in known]
    if unknown:
        raise LeptonError(f"There is no measurement called '{unknown[0]}'.", f"Known are: {', '.join(known)}.")
    result = {name: measured(name, known[name]) for name in names or known}
    if as_json:
        emit(result)
    else:
        rows = [(name, figure, value) for name, figures in result.items() for figure, value in figures.items()]
        show_table(("measurement", "figure", "value"), rows)
    if any("error" in figures for figures in result.values()):
        raise typer.Exit(1)


def scripts() -> dict[str, Path]:
    """All measurements by their name.

    A name that a package has, too, ends in an underscore: its folder is searched first, and a ``cuda.py`` there would
    be what torch imports.
    """
    found = sorted(paths.benchmarks().glob("*.py"))
    return {path.stem.rstrip("_"): path for path in found if not path.name.startswith("_")}


def measured(name: str, script: Path) -> dict[str, Any]:
    """Runs one script and returns the figures it prints as a JSON object, or ``error`` with the reason."""
    say(f"Measuring {name}")
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, check=False)
    if done.returncode:
        complaint = done.stderr.strip().splitlines()
        return {"error": complaint[-1] if complaint else f"It ended with exit status {done.returncode}."}
    try:
        figures = json.loads(done.stdout)
    except ValueError:
        figures = None
    return figures if isinstance(figures, dict) else {"error": "It printed something else than one JSON object."}
