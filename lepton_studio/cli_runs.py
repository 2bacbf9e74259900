"""``lepton-studio evaluate`` and ``runs``: what was learned, and the store of it."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lepton_studio.cli_choices import chosen_dataset, chosen_run, samples_of, samples_of_run
from lepton_studio.cli_doubt import check_coverage, doubt_line, doubts
from lepton_studio.cli_hints import hint_rows, show_hints
from lepton_studio.cli_output import Json, emit, finish, percent, say, show_epochs, show_table
from lepton_studio.engine.errors import LeptonError

if TYPE_CHECKING:
    from lepton_studio.engine.runs import Run

RunName = Annotated[str, typer.Argument(metavar="RUN", help="Id, name or path of a run; 'last' or 'bundled'.")]


class ExportedRows(StrEnum):
    """Which rows of a table are wanted."""

    ALL = "all"
    BATCHES = "batches"
    EPOCHS = "epochs"


runs = typer.Typer(help="The store of runs.", no_args_is_help=True)


def evaluate(  # noqa: PLR0917 - options are told by name
    run: RunName,
    dataset: Annotated[str | None, typer.Option(help="Another dataset than that of the run.")] = None,
    split: Annotated[str, typer.Option(help="train, validation or test.")] = "test",
    attack: Annotated[str | None, typer.Option(help="Attack the pictures, too: fgsm or pgd.")] = None,
    radius: Annotated[float, typer.Option(help="How far the attack may move a pixel; 1 is black to white.")] = 0.1,
    steps: Annotated[int, typer.Option(help="How many steps PGD takes.")] = 20,
    coverage: Annotated[
        float | None, typer.Option(help="Answer only this share, 0.5 to 1, of what is known best; say what that costs.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Measure how well a run answers a whole split, how well it does under attack, and how well it knows its doubts."""
    from msgspec import to_builtins

    from lepton_studio.engine.evaluation import Evaluation, check_split
    from lepton_studio.engine.evaluation import evaluate as answers
    from lepton_studio.engine.robustness import Robustness, attack_split, chosen_attack

    # Before a dataset is fetched in vain.
    check_split(split)
    check_coverage(coverage)
    chosen = None if attack is None else chosen_attack(attack, radius, steps)
    found = chosen_run(run)
    samples = samples_of(chosen_dataset(dataset)) if dataset is not None else samples_of_run(found)
    result = finish(answers(found, samples, split), Evaluation)
    told: dict[str, Any] | None = None
    if chosen is not None:
        accuracy = finish(attack_split(found, samples, (chosen,), split), Robustness).accuracy
        told = {"kind": chosen.tag(), "radius": radius, "steps": chosen.steps_taken(), "accuracy": accuracy}
    doubt = None if coverage is None else doubts(found, samples, samples if dataset is None else None, result, coverage)
    if as_json:
        emit({
            "run": found.id, "split": split, "samples": len(result.labels), "accuracy": result.accuracy,
            "class_names": result.class_names, "confusion": result.confusion.tolist(),
            "per_class": to_builtins(result.per_class), "attack": told, **(doubt or {}),
        })  # fmt: skip
        return
    figures = [
        (row.name, percent(row.precision), percent(row.recall), percent(row.f1), row.samples)
        for row in result.per_class
    ]
    show_table(("class", "precision", "recall", "F1", "samples"), figures)
    confusion = [(name, *row) for name, row in zip(result.class_names, result.confusion.tolist(), strict=True)]
    show_table(("right class", *result.class_names), confusion, title="Confusion: a column is an answer")
    typer.echo(f"Accuracy {percent(result.accuracy)} of {len(result.labels):,} samples ({split}).")
    if chosen is not None and told is not None:
        counted = f"{told['steps']} step{'' if told['steps'] == 1 else 's'}"
        typer.echo(f"Under {chosen.title} of radius {radius:g} in {counted}: {percent(told['accuracy'])}.")
    if doubt is not None:
        typer.echo(doubt_line(doubt))


@runs.command("list")
def list_(as_json: Json = False) -> None:
    """List all runs, newest first."""
    from lepton_studio.engine.run_store import list_runs

    rows = [_summary(run) for run in list_runs()]
    if as_json:
        emit(rows)
    elif not rows:
        say("There is no run yet. Train one with 'lepton-studio train'.")
    else:
        show_table(
            ("run", "name", "state", "epochs", "test accuracy", "seconds"),
            [
                (
                    *map(row.get, ("run", "name", "state", "epochs_done")),
                    percent(row["test_accuracy"]),
                    row["train_seconds"],
                )
                for row in rows
            ],
        )


@runs.command()
def show(run: RunName, as_json: Json = False) -> None:
    """Show all that is known of a run."""
    from msgspec import to_builtins

    found = _any_run(run)
    value = _summary(found) | to_builtins(found.record) | {"folder": str(found.folder)}
    is_readable = found.record.state != "damaged"
    if as_json:
        if is_readable:
            value["epochs"] = to_builtins(found.history.epochs)
            value["experiment"] = to_builtins(found.experiment)
            value["hints"] = hint_rows(found)
        emit(value)
        return
    show_table(("field", "value"), [(key, _short(item)) for key, item in value.items() if item not in ("", None)])
    if is_readable:
        show_epochs(found)
        show_hints(found)


@runs.command()
def rename(
    run: RunName,
    name: Annotated[str, typer.Argument(help="What to call it from now on.")],
    as_json: Json = False,
) -> None:
    """Give a run another name; its id stays."""
    from lepton_studio import paths

    found = chosen_run(run)
    if not name.strip():
        raise LeptonError("The new name is empty.", "Give at least one letter.")
    if found.folder.parent != paths.runs():
        raise LeptonError(f"The run '{found.id}' is not in your store.", "Choose one of your own runs.")
    if found.record.state == "running":
        # The training would write its own record over ours.
        raise LeptonError(f"The run '{found.id}' is being trained.", "Rename it when that has ended.")
    found.update(name=name.strip())
    _done(
        {"run": found.id, "name": found.record.name},
        f"{found.id} is called {found.record.name} now.",
        as_json,
    )


@runs.command()
def delete(
    run: RunName,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: Json = False,
) -> None:
    """Remove a run for good; asks first on a terminal."""
    from lepton_studio.engine.run_store import delete_run

    found = _any_run(run)
    if not yes and sys.stdin.isatty() and not typer.confirm(f"Remove {found.id} for good?", err=True):
        raise LeptonError("Nothing was removed.")
    delete_run(found)
    _done({"run": found.id, "deleted": True}, f"{found.id} was removed.", as_json)


@runs.command()
def archive(
    run: RunName,
    file: Annotated[Path | None, typer.Argument(help="The file to write; by default its id and .zip.")] = None,
    as_json: Json = False,
) -> None:
    """Put a whole run into one file, to keep it or to give it away."""
    from lepton_studio.engine.archives import archive_run

    found = chosen_run(run)
    target = file if file is not None else Path(f"{found.id}.zip")
    archive_run(found, target)
    _done(
        {"run": found.id, "file": str(target), "bytes": target.stat().st_size},
        f"Written to {target}.",
        as_json,
    )


@runs.command("export")
def export_(
    run: RunName,
    file: Annotated[Path | None, typer.Argument(help="The file to write; by default its id and .csv.")] = None,
    rows: Annotated[
        ExportedRows, typer.Option(help="all, or only those of the batches or of the epochs.")
    ] = ExportedRows.ALL,
    as_json: Json = False,
) -> None:
    """Write the numbers of the curves as a table with commas, to go on with in another program."""
    from lepton_studio.engine.curve_export import CurvesExported, export_curves

    found = chosen_run(run)
    target = file if file is not None else Path(f"{found.id}.csv")
    result = finish(export_curves(found, target, rows.value), CurvesExported)
    _done(
        {
            "run": found.id, "file": result.path, "batches": result.batches, "epochs": result.epochs,
            "changes": result.changes,
        },
        f"Written to {target}. Batches: {result.batches:,}, epochs: {result.epochs:,}, changes: {result.changes:,}.",
        as_json,
    )  # fmt: skip


@runs.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="An archive made by 'lepton-studio runs archive'.")],
    as_json: Json = False,
) -> None:
    """Bring in a run from an archive, under an id of its own."""
    from lepton_studio.engine.archives import import_archive

    run = import_archive(file)
    _done(_summary(run), f"The run is here as {run.id}.", as_json)


def _any_run(name: str) -> Run:
    """Finds a run even if it is damaged, so that it can be looked at and removed."""
    from lepton_studio.engine.run_store import list_runs

    for run in list_runs():
        if run.id == name:
            return run
    return chosen_run(name)


def _summary(run: Run) -> dict[str, Any]:
    record = run.record
    return {
        "run": run.id, "name": record.name, "state": record.state, "test_accuracy": record.test_accuracy,
        "train_seconds": record.train_seconds, "created": record.created, "epochs_done": record.epochs_done,
    }  # fmt: skip


def _done(value: dict[str, Any], text: str, as_json: bool) -> None:
    if as_json:
        emit(value)
    else:
        typer.echo(text)


def _short(item: object) -> object:
    """A list or a table inside a cell, on one line."""
    if isinstance(item, dict):
        return ", ".join(f"{key} {value}" for key, value in item.items())
    return ", ".join(map(str, item)) if isinstance(item, (list, tuple)) else item
