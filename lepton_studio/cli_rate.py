"""``lepton-studio find-rate``."""

from __future__ import annotations

import contextlib
import inspect
from collections.abc import Callable
from typing import Any

import typer

from lepton_studio.cli_output import Json, emit, finish, show_table
from lepton_studio.cli_training import planned_experiment, with_training_options
from lepton_studio.engine.errors import LeptonError

# So many rows of the table are enough to see the curve.
ROWS = 16
# Options of ``train`` that mean nothing here.
MEANINGLESS = ("epochs", "learning_rate", "name")


def _with_options(command: Callable[..., None]) -> Callable[..., None]:
    """Lets a command take those options of ``train`` that mean something here."""
    command = with_training_options(command)
    signature = inspect.signature(command)
    kept = [each for name, each in signature.parameters.items() if name not in MEANINGLESS]
    command.__signature__ = signature.replace(parameters=kept)  # type: ignore[attr-defined]
    return command


@_with_options
def find_rate(*, as_json: Json = False, **options: Any) -> None:
    """Try learning rates from far too small to far too large for some batches, and suggest one; nothing is kept."""
    from msgspec import to_builtins

    from lepton_studio.engine.rate_finder import RateSearch
    from lepton_studio.engine.rate_finder import find_rate as search

    experiment, samples = planned_experiment(**options)
    with contextlib.closing(search(experiment, samples)) as trial:  # type: ignore[type-var]
        found = finish(trial, RateSearch)
    optimizer = experiment.hyperparameters.optimizer
    if as_json:
        emit({"optimizer": optimizer.tag(), "reason": found.reason, **to_builtins(found)})
    else:
        points = list(zip(found.rates, found.smooth_losses, strict=True))
        show_table(("learning rate", "loss"), [(f"{rate:.1e}", loss) for rate, loss in points[:: _step(len(points))]])
    if found.suggestion is None:
        raise LeptonError(
            f"No learning rate can be suggested. {found.reason}", "Look at the layers and the data first."
        )
    if not as_json:
        typer.echo(f"Learning rate {found.suggestion:g} for {type(optimizer).title}. {found.reason}")
        typer.echo(
            f"Train with it: give lepton-studio train the same options and --learning-rate {found.suggestion:g}."
        )


def _step(points: int) -> int:
    return max(1, points // ROWS)
