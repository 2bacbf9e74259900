"""What the command line says of a run that goes wrong."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any

import typer

from lepton_studio.cli_output import say

if TYPE_CHECKING:
    from lepton_studio.engine.runs import Run


def hint_rows(run: Run) -> list[dict[str, Any]]:
    """The hints of a run for JSON: what, why, remedy, and what to give to ``--set``; empty while all is well."""
    from lepton_studio.engine.hint import evidence_of, hints_for
    from lepton_studio.engine.remedies import as_settings

    evidence = evidence_of(run)
    return [
        {
            "rule": hint.rule,
            "what": str(hint.what),
            "why": str(hint.why),
            "remedy": str(hint.remedy),
            "settings": list(as_settings(evidence.experiment, hint.experiment)) if hint.experiment is not None else [],
        }
        for hint in hints_for(evidence)
    ]


def show_hints(run: Run) -> None:
    """Writes the hints of a run as part of a result; nothing while all is well."""
    for line in _lines(run):
        typer.echo(line)


def say_hints(run: Run) -> None:
    """Tells the hints of a run beside its result, as a training that ends does."""
    for line in _lines(run):
        say(line)


def _lines(run: Run) -> list[str]:
    lines = []
    for row in hint_rows(run):
        lines.append(f"Hint: {row['what']} {row['remedy']}.".replace("\u202f", " "))
        if row["settings"]:
            options = " ".join(f"--set {shlex.quote(setting)}" for setting in row["settings"])
            lines.append(f"      With 'lepton-studio train': {options}")
    return lines
