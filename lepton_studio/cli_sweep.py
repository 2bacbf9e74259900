"""``lepton-studio sweep``: one experiment trained many times, with chosen fields at other values each time."""

from __future__ import annotations

import contextlib
from collections.abc import Generator
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from lepton_studio.cli_following import follow_runs
from lepton_studio.cli_output import Json, emit, say, show_table
from lepton_studio.cli_stopping import Interrupted
from lepton_studio.cli_training import planned_experiment, with_training_options
from lepton_studio.engine.errors import LeptonError

if TYPE_CHECKING:
    from lepton_studio.engine.dataset import Samples
    from lepton_studio.engine.events import Event
    from lepton_studio.engine.runs import Run
    from lepton_studio.engine.sweep import Sweep, SweepResult, SweepTrial

SweepName = Annotated[str, typer.Argument(metavar="NAME", help="Name of a sweep, as 'sweep list' shows.")]
FAILED = 2
BAR_WIDTH = 30

sweep = typer.Typer(
    help="Train an experiment again and again, with other values of chosen fields.", no_args_is_help=True
)


@sweep.command()
@with_training_options
def run(
    *,
    over: Annotated[
        list[str],
        typer.Option(
            metavar="FIELD=VALUES",
            help="A field that changes: batch_size=32,64,128, or 'optimizer.learning_rate=1e-4..1e-2 log'; a number"
            " behind a range is how many values a grid takes. Give it again for each further field.",
        ),
    ],
    sampler: Annotated[
        str, typer.Option(help="grid takes each combination, random draws, tpe draws near what was good.")
    ] = "random",
    trials: Annotated[
        int | None, typer.Option(metavar="N", help="How many trainings; a grid has as many as combinations.")
    ] = None,
    prune: Annotated[
        bool, typer.Option("--prune", help="Give up a trial that is worse than the median of the others so far.")
    ] = False,
    objective: Annotated[
        str, typer.Option(help="What to compare: validation_loss, validation_accuracy, train_loss, train_accuracy.")
    ] = "validation_loss",
    name: Annotated[str, typer.Option(help="What to call the sweep.")] = "",
    as_json: Json = False,
    **options: Any,
) -> None:
    """Begin a sweep and work it off; takes what 'train' takes, for what stays the same."""
    from lepton_studio.engine.sweep import Sweep, create_sweep
    from lepton_studio.engine.sweep_fields import axis_from

    _require_known("sampler", sampler, Sweep)
    _require_known("objective", objective, Sweep)
    if sampler == "grid" and trials is not None:
        raise LeptonError("A grid has as many trials as combinations.", "Leave out --trials, or use --sampler random.")
    experiment, samples = planned_experiment(**options)
    planned = Sweep(
        name,
        experiment,
        tuple(axis_from(experiment, text) for text in over),
        cast("Any", sampler),
        20 if trials is None else trials,
        prune,
        cast("Any", objective),
        experiment.seed,
    )
    _work_off(create_sweep(planned), samples, as_json)


@sweep.command()
def resume(name: SweepName, as_json: Json = False) -> None:
    """Go on with a sweep exactly where it stopped or died."""
    from lepton_studio.engine.sweep import find_sweep
    from lepton_studio.engine.sweep_study import sweep_result

    found = find_sweep(name)
    if sweep_result(found).is_complete:
        raise LeptonError(
            f"There is nothing left to do: all trials of '{found.name}' are over.",
            f"See 'lepton-studio sweep show \"{found.name}\"'.",
        )
    _work_off(found, None, as_json)


@sweep.command("list")
def list_(as_json: Json = False) -> None:
    """List all sweeps, newest first."""
    from lepton_studio.engine.sweep import list_sweeps

    rows = [_row(each) for each in list_sweeps()]
    if as_json:
        emit(rows)
    elif not rows:
        say("There is no sweep yet. Begin one with 'lepton-studio sweep run --over FIELD=VALUES'.")
    else:
        columns = ("sweep", "state", "trials", "planned", "best", "objective")
        show_table(columns, [tuple(row[column] for column in columns) for row in rows])


@sweep.command()
def show(name: SweepName, as_json: Json = False) -> None:
    """Show the trials of a sweep, best first, and which field mattered how much."""
    from lepton_studio.engine.sweep import find_sweep
    from lepton_studio.engine.sweep_study import sweep_result

    _show(sweep_result(find_sweep(name)), as_json)


@sweep.command()
def delete(name: SweepName, as_json: Json = False) -> None:
    """Delete a sweep; its runs are kept."""
    from lepton_studio.engine.sweep import delete_sweep, find_sweep

    found = find_sweep(name)
    delete_sweep(found)
    if as_json:
        emit({"deleted": found.name})
    else:
        typer.echo(f"{found.name} is deleted; its runs are kept.")


def _require_known(field: str, given: str, spec: type[Sweep]) -> None:
    from lepton_studio.engine.fields import fields_of

    known = next(one.choices for one in fields_of(spec) if one.name == field)
    if given not in known:
        raise LeptonError(f"There is no {field} '{given}'.", f"Known are: {', '.join(known)}.")


def _work_off(found: Sweep, samples: Samples | None, as_json: bool) -> None:
    """Trains what is left and shows what came of it.

    Raises:
        Interrupted: it was ended; all of it is kept and the message says how to go on.
    """
    from lepton_studio.engine.sweep_study import sweep_result
    from lepton_studio.engine.sweep_work import work_off_sweep

    say(f"{found.name}: {found.planned:,} trials. Go on with it at any time: 'lepton-studio sweep resume'.")
    items = cast("Generator[Run | Event | None]", work_off_sweep(found, samples))
    follow_runs(items, lambda item: _words_of(item, found))
    result = sweep_result(found)
    if not result.is_complete:
        raise Interrupted(f"Interrupted. Everything is kept: go on with 'lepton-studio sweep resume \"{found.name}\"'.")
    _show(result, as_json)
    if all(trial.state == "failed" for trial in result.trials):
        raise typer.Exit(FAILED)


def _words_of(item: Run | Event, found: Sweep) -> str:
    from lepton_studio.engine.sweep_work import TrialFinished

    if not isinstance(item, TrialFinished):
        return ""
    came_to = f"{_objective_words(found)} {item.objective:.4g}" if item.objective is not None else item.error
    return f"Trial {item.number:,} of {item.planned:,} {item.state}: {came_to}"


def _objective_words(found: Sweep) -> str:
    return found.objective.replace("_", " ")


def _row(found: Sweep) -> dict[str, Any]:
    """One line of the list; a record that cannot be read is no reason to leave out the others."""
    from lepton_studio.engine.sweep_study import sweep_result

    row: dict[str, Any] = {
        "sweep": found.name, "state": "damaged", "trials": None, "planned": found.planned, "best": None,
        "objective": found.objective, "created": found.created,
    }  # fmt: skip
    with contextlib.suppress(LeptonError):
        result = sweep_result(found)
        best = result.best
        row |= {
            "state": _state(result), "trials": result.ended, "best": best.objective if best is not None else None,
        }  # fmt: skip
    return row


def _state(result: SweepResult) -> str:
    if result.is_running:
        return "running"
    return "finished" if result.is_complete else "interrupted"


def _show(result: SweepResult, as_json: bool) -> None:
    from lepton_studio.engine.sweep_fields import words_for

    found, best = result.sweep, result.best
    if as_json:
        emit({
            "sweep": found.name, "state": _state(result), "sampler": found.sampler, "objective": found.objective,
            "planned": found.planned, "trials": [_plain(trial) for trial in result.trials],
            "best": _plain(best) if best is not None else None, "importances": result.importances,
        })  # fmt: skip
        return
    names = {axis.path: words_for(found.experiment, axis.path) for axis in found.axes}
    columns = ("trial", *names.values(), _objective_words(found), "epochs", "state", "run")
    rows = [
        (
            trial.number,
            *(trial.values.get(path) for path in names),
            trial.objective,
            trial.epochs,
            _ended(trial),
            trial.run,
        )
        for trial in result.ranked
    ]
    show_table(columns, rows, title=f"{found.name}, the best first")
    if result.importances:
        shares = [
            (names.get(path, path), f"{share:.0%}".replace("%", " %"), "█" * round(BAR_WIDTH * share))
            for path, share in result.importances.items()
        ]
        show_table(("field", "share", "importance"), shares, title="What made trials good")
    typer.echo(f"{result.ended:,} of {found.planned:,} trials are over.")
    if best is not None:
        typer.echo(f"The best is trial {best.number:,}; its run is {best.run}.")


def _ended(trial: SweepTrial) -> str:
    return f"{trial.state}: {trial.error}" if trial.error else trial.state


def _plain(trial: SweepTrial) -> dict[str, Any]:
    from msgspec import to_builtins

    return cast("dict[str, Any]", to_builtins(trial))
