"""Works off a sweep: one trial after the other, each a run of its own."""

from __future__ import annotations

import contextlib
import logging
import math
from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING, Literal, cast

from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.events import EpochFinished, Event
from lepton_studio.engine.making_room import with_room
from lepton_studio.engine.sweep import Sweep, TrialState, being_worked_on
from lepton_studio.engine.sweep_axes import Value
from lepton_studio.engine.sweep_study import SweepStep, opened_study

if TYPE_CHECKING:
    from lepton_studio.engine.dataset import Samples
    from lepton_studio.engine.history import EpochRow
    from lepton_studio.engine.runs import Run

log = logging.getLogger("lepton_studio")

Verdict = Literal["", "prune", "fail"]
NO_NUMBER = "The {} is not a number any more. Lower the learning rate."


class TrialFinished(Event, frozen=True):
    """A trial of a sweep is over.

    Attributes:
        sweep: the name of the sweep.
        number: of the trial, counted from 1.
        planned: how many there will be.
        state: "finished", "pruned" or "failed".
        values: path of the field -> value.
        objective: what it came to; None if it failed.
        run: the id of its run.
        error: why it failed.
    """

    sweep: str
    number: int
    planned: int
    state: TrialState
    values: dict[str, Value]
    objective: float | None
    run: str
    error: str = ""


def work_off_sweep(sweep: Sweep, samples: Samples | None = None) -> Iterator[Event | Run | None]:
    """Trains the trials of a sweep that are not over yet, the one that was interrupted first.

    Yields each run before it is trained, then what its training says. Closed at any time, or killed, it goes on where
    it was when called again: the interrupted trial's run at its checkpoint.

    Args:
        sweep: one that is kept.
        samples: those of its experiment, if they are loaded already.

    Raises:
        LeptonError: somebody works on it already, its dataset is not here, or the disk refuses. A training that fails
            is only the end of that trial.
        Exception: a second trial in a row met a fault of the program.
    """
    from lepton_studio.engine.dataset import Samples

    with being_worked_on(sweep), opened_study(sweep) as study:
        step = study.next_trial()
        if step is not None and samples is None:
            # Once for all trials, and a dataset that is not here is no fault of a trial.
            for item in sweep.experiment.dataset.load():
                if isinstance(item, Samples):
                    samples = item
                else:
                    yield item
        fault: Exception | None = None
        while step is not None:
            before, fault = fault, (yield from _one_trial(sweep, step, samples))
            if before is not None and fault is not None:
                # One odd network shall not end a night's work; two in a row are no oddity of a network.
                raise fault
            step = study.next_trial()


def _one_trial(
    sweep: Sweep, step: SweepStep, samples: Samples | None
) -> Generator[Event | Run | None, None, Exception | None]:
    """Does one trial; returns what went wrong with it if that is a fault of the program."""
    try:
        experiment = sweep.experiment_with(step.values)
    except LeptonError as error:
        # Values that fit one by one may not fit together.
        step.fail(str(error))
        yield _over(sweep, step, "failed", error=str(error))
        return None
    run = _run_of(sweep, step)
    if run is None:
        from lepton_studio.engine.runs import Run

        run = Run.create(experiment, sweep.trial_name(step.number, step.values))
    elif run.record.state == "running":
        raise LeptonError(f"The run '{run.id}' of this sweep is being trained elsewhere.", "Wait, or stop it there.")
    if step.run != run.id:
        step.begin(run.id)
    if run.record.group != sweep.name:
        run.update(group=sweep.name)
    try:
        yield run
    except GeneratorExit:
        # Stopped before it was begun; left as it is, it would look like one whose process died.
        if run.record.state == "running":
            run.update(state="stopped")
        raise
    return (yield from _trained(sweep, step, run, samples))


def _trained(
    sweep: Sweep, step: SweepStep, run: Run, samples: Samples | None
) -> Generator[Event | None, None, Exception | None]:
    """Trains a run, tells how it ended, and says so; returns a fault of the program."""
    trouble, fault = "", None
    verdict = _caught_up(sweep, step, run)
    if not verdict and run.record.state != "finished":
        try:
            verdict = yield from with_room(run, lambda: _walk(sweep, step, run, samples))
        except LeptonError as error:
            verdict, trouble = "fail", str(error)
        except Exception as error:
            log.exception("Trial %d of the sweep '%s' failed", step.number, sweep.name)
            verdict, trouble, fault = "fail", f"A fault of the program: {type(error).__name__}: {error}", error
    rows = run.history.epochs
    objective = _objective(sweep, rows[-1]) if rows else math.nan
    if not verdict and not math.isfinite(objective):
        verdict = "fail"
    if verdict == "fail":
        trouble = trouble or NO_NUMBER.format(sweep.objective.replace("_", " "))
        # A run that was stopped because of its numbers has failed, too.
        with contextlib.suppress(LeptonError):
            run.update(state="failed", error=run.record.error or trouble)
        step.fail(trouble)
        yield _over(sweep, step, "failed", run=run.id, error=trouble)
    elif verdict == "prune":
        step.prune(run.record.train_seconds)
        yield _over(sweep, step, "pruned", objective=objective, run=run.id)
    else:
        step.finish(objective, run.record.train_seconds)
        yield _over(sweep, step, "finished", objective=objective, run=run.id)
    return fault


def _walk(sweep: Sweep, step: SweepStep, run: Run, samples: Samples | None) -> Generator[Event | None, None, Verdict]:
    """Trains until the end, or until an epoch says that it is not worth it."""
    from lepton_studio.engine.training import start_training

    shared = samples if run.experiment.dataset == sweep.experiment.dataset else None
    events = cast("Generator[Event | None]", start_training(run, shared))
    with contextlib.closing(events):
        for event in events:
            yield event
            if isinstance(event, EpochFinished):
                verdict = _judged(sweep, step, event.row, event.epochs)
                if verdict:
                    return verdict
    return ""


def _caught_up(sweep: Sweep, step: SweepStep, run: Run) -> Verdict:
    """Reports the epochs that an interrupted run had done; it may have been killed between epoch and report."""
    for row in run.history.epochs:
        verdict = _judged(sweep, step, row, run.experiment.hyperparameters.epochs)
        if verdict:
            return verdict
    return ""


def _judged(sweep: Sweep, step: SweepStep, row: EpochRow, epochs: int) -> Verdict:
    objective = _objective(sweep, row)
    if not math.isfinite(objective):
        return "fail"
    gives_up = step.report(row.epoch, objective)
    # After the last epoch there is nothing to save.
    return "prune" if gives_up and row.epoch < epochs else ""


def _objective(sweep: Sweep, row: EpochRow) -> float:
    return float(getattr(row, sweep.objective))


def _run_of(sweep: Sweep, step: SweepStep) -> Run | None:
    """The run of an interrupted trial; None if it was not begun, was deleted or cannot be read."""
    from lepton_studio import paths
    from lepton_studio.engine.run_store import list_runs
    from lepton_studio.engine.runs import Run

    if step.run:
        with contextlib.suppress(LeptonError):
            return Run.open(paths.runs() / step.run)
        return None
    if not step.is_taken_up:
        return None
    # Killed between making the run and noting it.
    name = sweep.trial_name(step.number, step.values)
    return next((run for run in list_runs() if run.record.name == name and run.record.state == "interrupted"), None)


def _over(
    sweep: Sweep, step: SweepStep, state: TrialState, *, objective: float | None = None, run: str = "", error: str = ""
) -> TrialFinished:
    return TrialFinished(sweep.name, step.number, sweep.planned, state, step.values, objective, run, error)
