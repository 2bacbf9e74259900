"""``lepton-studio queue``: experiments that are trained one after the other, and repeats over seeds."""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from lepton_studio.cli_following import follow_runs
from lepton_studio.cli_output import Json, emit, percent, say, show_table
from lepton_studio.cli_stopping import Interrupted
from lepton_studio.cli_training import planned_experiment, with_training_options

if TYPE_CHECKING:
    from lepton_studio.engine.events import Event
    from lepton_studio.engine.repeats import GroupResult, Spread
    from lepton_studio.engine.run_queue import QueueEntry, RunQueue
    from lepton_studio.engine.runs import Run

Numbers = Annotated[list[int], typer.Argument(metavar="ENTRY...", help="Numbers of entries, as 'queue list' shows.")]
Number = Annotated[int, typer.Argument(metavar="ENTRY", help="Number of an entry, as 'queue list' shows.")]
GroupName = Annotated[str, typer.Argument(metavar="GROUP", help="Name of a group, as 'queue list' shows.")]
FAILED = 2

queue = typer.Typer(help="Train experiments one after the other, and repeat them over seeds.", no_args_is_help=True)


@queue.command()
@with_training_options
def add(
    *,
    repeat: Annotated[
        int, typer.Option(metavar="N", min=1, help="Train it N times, with the seed and those that follow it.")
    ] = 1,
    name: Annotated[str, typer.Option(help="What to call the run, or the group of repeats.")] = "",
    as_json: Json = False,
    **options: Any,
) -> None:
    """Put an experiment at the end of the queue; takes what 'train' takes."""
    experiment, _ = planned_experiment(**options)
    waiting = _queue()
    if repeat > 1:
        group = waiting.add_repeats(experiment, repeat, name)
        added = [entry for entry in waiting.entries if entry.group == group]
    else:
        added = [waiting.add(experiment, name)]
    if as_json:
        emit([_row(entry) for entry in added])
        return
    what = f"entries {added[0].id} to {added[-1].id}" if repeat > 1 else f"entry {added[0].id}"
    typer.echo(
        f"{added[0].group or added[0].title} is in the queue as {what}: start it with 'lepton-studio queue run'."
    )


@queue.command("list")
def list_(as_json: Json = False) -> None:
    """List what is in the queue, in its order."""
    entries = _queue().entries
    if as_json:
        emit([_row(entry) for entry in entries])
    elif not entries:
        say("The queue is empty. Add an experiment with 'lepton-studio queue add'.")
    else:
        _show_entries(entries)
        _say_how_long(entries)


@queue.command()
def run(as_json: Json = False) -> None:
    """Train what is in the queue, one after the other; Ctrl+C keeps everything.

    What fails is told and passed over; then the exit status is 2 when all else is done.
    """
    from lepton_studio.engine.queue_work import work_off
    from lepton_studio.engine.repeats import group_result

    waiting = _queue()
    before = waiting.entries
    settled = {entry.id for entry in before if not entry.is_open}
    if len(settled) == len(before):
        say("There is nothing to do. Add an experiment with 'lepton-studio queue add'.")
    items = cast("Generator[Run | Event | None]", work_off(waiting))
    was_stopped = follow_runs(items, lambda item: _words_of(item, waiting))
    entries = waiting.entries
    left = sum(entry.is_open for entry in entries)
    # After the last event there was nothing to keep from being done.
    if was_stopped and left:
        raise Interrupted("Interrupted. Everything is kept: go on with 'lepton-studio queue run'.")
    tried = [entry for entry in entries if not entry.is_open and entry.id not in settled]
    done = [group_result(group) for group in dict.fromkeys(entry.group for entry in tried) if group]
    if as_json:
        emit({"entries": [_row(entry) for entry in tried], "left": left, "groups": [_group(one) for one in done]})
    else:
        if tried:
            _show_entries(tried)
        for one in done:
            typer.echo(_sum_of(one))
    if left:
        say(f"{left:,} more wait: go on with 'lepton-studio queue run'.")
    if any(entry.state == "failed" for entry in tried):
        raise typer.Exit(FAILED)


@queue.command()
def remove(entries: Numbers, as_json: Json = False) -> None:
    """Take entries out of the queue; what was trained of them stays among the runs."""
    _queue().remove(*entries)
    _done({"removed": entries}, f"Removed: {', '.join(map(str, entries))}.", as_json)


@queue.command()
def move(
    entry: Number,
    by: Annotated[int, typer.Argument(help="How many places down; for up, write -- and a negative number.")],
    as_json: Json = False,
) -> None:
    """Let an entry have its turn earlier or later."""
    waiting = _queue()
    waiting.move(entry, by)
    order = [each.id for each in waiting.entries]
    _done({"order": order}, f"The order is now: {', '.join(map(str, order))}.", as_json)


@queue.command()
def retry(entry: Number, as_json: Json = False) -> None:
    """Let an entry that failed wait again; its run goes on from its last good checkpoint."""
    waiting = _queue()
    waiting.retry(entry)
    _done(_row(waiting.entry(entry)), f"Entry {entry} waits again.", as_json)


@queue.command()
def clear(as_json: Json = False) -> None:
    """Take out what is done and what failed; the runs stay."""
    count = _queue().clear_finished()
    _done({"removed": count}, f"{count:,} taken out; their runs are kept.", as_json)


@queue.command()
def pause(as_json: Json = False) -> None:
    """Let the queue end after the run under way, in whichever window or terminal that is."""
    waiting = _queue()
    is_going = waiting.is_worked_off
    if is_going:
        waiting.end_after_this()
    text = "The queue ends after the run under way." if is_going else "The queue is not under way."
    _done({"running": is_going, "ends_after_this": is_going}, text, as_json)


@queue.command()
def spread(group: GroupName, as_json: Json = False) -> None:
    """Show mean and spread over the runs of a group, for each epoch and in the end."""
    from lepton_studio.engine.errors import LeptonError
    from lepton_studio.engine.repeats import MEASURES, group_result, groups_of_runs, spread_over_epochs

    result = group_result(group)
    if not result.runs:
        known = ", ".join(groups_of_runs()) or "none"
        raise LeptonError(f"No run is of a group '{group}'.", f"Known are: {known}.")
    found = {measure: spread_over_epochs(result.runs, measure) for measure in MEASURES}
    if as_json:
        names = ("epochs", "counts", "mean", "std", "lowest", "highest")
        curves = {measure: {name: getattr(one, name).tolist() for name in names} for measure, one in found.items()}
        emit(_group(result) | {"curves": curves})
        return
    loss, accuracy = found["validation_loss"], found["validation_accuracy"]
    shares = dict(zip(accuracy.epochs, zip(accuracy.mean, accuracy.std, strict=True), strict=True))
    rows = [
        (int(epoch), int(count), f"{mean:.4f} ± {std:.4f}", " ± ".join(str(percent(one)) for one in shares[epoch]))
        for epoch, count, mean, std in zip(loss.epochs, loss.counts, loss.mean, loss.std, strict=True)
        if epoch in shares
    ]
    show_table(("epoch", "runs", "validation loss", "validation accuracy"), rows)
    typer.echo(_sum_of(result))


def _queue() -> RunQueue:
    from lepton_studio.engine.run_queue import RunQueue

    return RunQueue()


def _words_of(item: Run | Event, waiting: RunQueue) -> str:
    from lepton_studio.engine.runs import Run

    return f"{_place(waiting, item)}: {item.record.name}" if isinstance(item, Run) else ""


def _place(waiting: RunQueue, trained: Run) -> str:
    """Which one it is: "run 2 of 5"."""
    ids = [entry.run for entry in waiting.entries]
    return f"run {ids.index(trained.id) + 1} of {len(ids)}" if trained.id in ids else "run"


def _show_entries(entries: list[QueueEntry] | tuple[QueueEntry, ...]) -> None:
    columns = ("entry", "name", "state", "seed", "epochs", "test accuracy", "run", "error")
    rows = [
        (
            entry.id,
            entry.title,
            entry.state,
            entry.experiment.seed,
            f"{entry.epochs_done} of {entry.experiment.hyperparameters.epochs}",
            percent(entry.test_accuracy),
            entry.run,
            entry.error,
        )
        for entry in entries
    ]
    show_table(columns, rows)


def _say_how_long(entries: tuple[QueueEntry, ...]) -> None:
    from lepton_studio.engine.run_queue import seconds_left

    count = sum(entry.is_open for entry in entries)
    seconds = seconds_left(entries) if count else None
    if seconds is not None:
        say(f"{count:,} to do, about {_time(seconds)}.")


def _time(seconds: float) -> str:
    minutes = round(seconds / 60)
    if not minutes:
        return f"{seconds:.0f} s"
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def _row(entry: QueueEntry) -> dict[str, Any]:
    return {
        "id": entry.id, "name": entry.title, "group": entry.group, "state": entry.state, "run": entry.run,
        "dataset": entry.experiment.dataset.label(), "architecture": entry.experiment.architecture.name,
        "seed": entry.experiment.seed, "epochs": entry.experiment.hyperparameters.epochs,
        "epochs_done": entry.epochs_done, "test_accuracy": entry.test_accuracy, "train_seconds": entry.seconds,
        "error": entry.error,
    }  # fmt: skip


def _group(result: GroupResult) -> dict[str, Any]:
    return {
        "group": result.group, "runs": [run.id for run in result.runs], "finished": result.finished,
        "test_accuracy": _figures(result.test_accuracy), "test_loss": _figures(result.test_loss),
    }  # fmt: skip


def _figures(spread: Spread | None) -> dict[str, Any] | None:
    from dataclasses import asdict

    return asdict(spread) if spread is not None else None


def _sum_of(result: GroupResult) -> str:
    found = result.test_accuracy
    if found is None:
        return f"{result.group}: no run is finished yet."
    return (
        f"{result.group}: test accuracy {percent(found.mean)} ± {percent(found.std)} over {found.count:,} runs "
        f"(from {percent(found.lowest)} to {percent(found.highest)})."
    )


def _done(value: dict[str, Any], text: str, as_json: bool) -> None:
    if as_json:
        emit(value)
    else:
        typer.echo(text)
