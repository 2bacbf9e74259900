"""Optuna's record of a sweep, in an SQLite file: what was drawn, what was reported, how each trial ended.

Optuna is imported inside the functions: it takes 0.2 s, and as much again for the first file.
"""

from __future__ import annotations

import contextlib
import math
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.files import writing_to
from lepton_studio.engine.sweep import Sweep, SweepResult, SweepTrial, TrialState, is_worked_on
from lepton_studio.engine.sweep_axes import Axis, ChoiceAxis, Value

if TYPE_CHECKING:
    from optuna import Study, Trial
    from optuna.samplers import BaseSampler
    from optuna.trial import FrozenTrial

STUDY_NAME = "sweep"
RUN, ERROR, SECONDS = "run", "error", "seconds"
# Somebody else may be reading or writing just now.
PATIENCE_SECONDS = 30
# Importances from fewer finished trials would be guesses.
FEWEST_FOR_IMPORTANCE = 4
GOOD_SHARE = 0.25

# Records whose tables this program has found to be those of its Optuna, which reads some twenty files to tell.
_tables_are_known: set[Path] = set()


class SweepStudy:
    """The trials of a sweep, asked for one after the other; all of it is on disk at once."""

    def __init__(self, sweep: Sweep, study: Study) -> None:
        """Use :func:`opened_study`."""
        self.sweep = sweep
        self._study = study

    def next_trial(self) -> SweepStep | None:
        """The trial that was interrupted, or a new one; None if all are over.

        Values follow from the seed, the number of the trial and what was told before, so that a sweep which is
        interrupted tries the same as one which is not.
        """
        from optuna.trial import Trial, TrialState

        with _sqlite(self.sweep):
            trials = self._study.get_trials(deepcopy=False)
            under_way = next((trial for trial in trials if trial.state == TrialState.RUNNING), None)
            if under_way is None and len(trials) >= self.sweep.planned:
                return None
            trial = self._study.ask() if under_way is None else Trial(self._study, under_way._trial_id)
            values = {axis.path: self._suggest(trial, place, axis) for place, axis in enumerate(self.sweep.axes)}
        return SweepStep(self.sweep, self._study, trial, values, is_taken_up=under_way is not None)

    def result(self) -> SweepResult:
        """What came of it so far."""
        with _sqlite(self.sweep):
            trials = self._study.get_trials(deepcopy=False)
            return SweepResult(
                self.sweep, tuple(map(_seen, trials)), _importances(self._study), is_worked_on(self.sweep)
            )

    def _suggest(self, trial: Trial, place: int, axis: Axis) -> Value:
        self._study.sampler = _sampler(self.sweep, trial.number, place)
        if isinstance(axis, ChoiceAxis):
            return str(trial.suggest_categorical(axis.path, axis.points()))
        if axis.integer:
            return trial.suggest_int(axis.path, round(axis.low), round(axis.high), log=axis.log)
        return trial.suggest_float(axis.path, axis.low, axis.high, log=axis.log)


class SweepStep:
    """One trial while it is under way; ``is_taken_up`` tells whether it was interrupted before."""

    def __init__(
        self, sweep: Sweep, study: Study, trial: Trial, values: dict[str, Value], is_taken_up: bool = False
    ) -> None:
        """Knows what was reported before."""
        self.values, self.is_taken_up = values, is_taken_up
        self._sweep, self._study, self._trial = sweep, study, trial
        with _sqlite(sweep):
            self._reported = set(study.get_trials(deepcopy=False)[trial.number].intermediate_values)

    @property
    def number(self) -> int:
        """Counted from 1."""
        return self._trial.number + 1

    @property
    def run(self) -> str:
        """The id of its run; empty before it is begun."""
        return str(self._trial.user_attrs.get(RUN, ""))

    def begin(self, run: str) -> None:
        """Notes the id of its run."""
        with _sqlite(self._sweep):
            self._trial.set_user_attr(RUN, run)

    def report(self, epoch: int, objective: float) -> bool:
        """Notes the objective of an epoch, counted from 1, once; whether the trial is to be given up."""
        with _sqlite(self._sweep):
            if epoch not in self._reported:
                self._reported.add(epoch)
                self._trial.report(objective, epoch)
            return self._sweep.pruning and self._trial.should_prune()

    def finish(self, objective: float, seconds: float) -> None:
        """It is over, with this objective, after so long a training."""
        with _sqlite(self._sweep):
            self._trial.set_user_attr(SECONDS, seconds)
            self._study.tell(self._trial, objective)

    def prune(self, seconds: float) -> None:
        """It was given up."""
        from optuna.trial import TrialState

        with _sqlite(self._sweep):
            self._trial.set_user_attr(SECONDS, seconds)
            self._study.tell(self._trial, state=TrialState.PRUNED)

    def fail(self, error: str) -> None:
        """It went wrong."""
        from optuna.trial import TrialState

        with _sqlite(self._sweep):
            self._trial.set_user_attr(ERROR, error)
            self._study.tell(self._trial, state=TrialState.FAIL)


@contextlib.contextmanager
def opened_study(sweep: Sweep) -> Iterator[SweepStudy]:
    """Opens the record of a sweep, or begins it; only one who works on the sweep may do that.

    Raises:
        LeptonError: the file is damaged, or the disk refuses; names it.
    """
    if not sweep.study_file.exists():
        # Beside its place, then renamed: whoever looks meanwhile shall not meet half a record, nor one who was killed.
        beside = sweep.study_file.with_suffix(".part")
        with writing_to(sweep.study_file):
            beside.unlink(missing_ok=True)
        with _study_in(sweep, beside, is_new=True):
            pass
        with writing_to(sweep.study_file):
            beside.replace(sweep.study_file)
    with _study_in(sweep, sweep.study_file) as study:
        yield SweepStudy(sweep, study)


@contextlib.contextmanager
def _study_in(sweep: Sweep, file: Path, is_new: bool = False) -> Iterator[Study]:
    """Optuna's study in a file, which may have to be made; its connections are closed in the end."""
    from sqlalchemy import URL

    optuna = _quiet_optuna()
    url = URL.create("sqlite", database=str(file)).render_as_string(hide_password=False)
    with _sqlite(sweep, opening=True):
        # Braces are places to fill in for Optuna.
        storage = optuna.storages.RDBStorage(
            url.replace("{", "{{").replace("}", "}}"),
            engine_kwargs={"connect_args": {"timeout": PATIENCE_SECONDS}},
            skip_compatibility_check=sweep.study_file in _tables_are_known,
        )
        _tables_are_known.add(sweep.study_file)
    try:
        with _sqlite(sweep, opening=True):
            pruner = optuna.pruners.MedianPruner()
            if is_new:
                direction = "minimize" if sweep.is_less_better else "maximize"
                study = optuna.create_study(storage=storage, study_name=STUDY_NAME, direction=direction, pruner=pruner)
            else:
                # Nothing is written, so that whoever only looks holds nobody up.
                study = optuna.load_study(study_name=STUDY_NAME, storage=storage, pruner=pruner)
        yield study
    finally:
        # Connections that the collector finds are warned of.
        storage.remove_session()
        storage.engine.dispose()


def sweep_result(sweep: Sweep) -> SweepResult:
    """What came of a sweep so far; nothing is made of one that was never begun.

    Raises:
        LeptonError: its record is damaged; names the file.
    """
    if not sweep.study_file.exists():
        return SweepResult(sweep, is_running=is_worked_on(sweep))
    with opened_study(sweep) as study:
        return study.result()


def _quiet_optuna() -> Any:
    """Optuna, which has nothing to say to people; what of it is experimental is for our tests to watch."""
    import optuna
    from optuna.exceptions import ExperimentalWarning

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    warnings.filterwarnings("ignore", category=ExperimentalWarning)
    # Then nobody can tell what mattered, which is what we show.
    warnings.filterwarnings("ignore", message="Target and region quantiles select the same set")
    return optuna


def _sampler(sweep: Sweep, number: int, place: int) -> BaseSampler:
    """A sampler whose random numbers follow from the seed, the trial and the axis alone."""
    import numpy as np
    from optuna.samplers import RandomSampler, TPESampler

    class GridSampler(RandomSampler):
        """Takes what is next; Optuna's own takes the points of a grid in a random order."""

        def sample_independent(self, *_: object) -> Value:
            return sweep.grid_point(number)[sweep.axes[place].path]

    if sweep.sampler == "grid":
        return GridSampler()
    seed = int(np.random.SeedSequence((sweep.seed, number, place)).generate_state(1)[0])
    return TPESampler(seed=seed) if sweep.sampler == "tpe" else RandomSampler(seed=seed)


def _seen(trial: FrozenTrial) -> SweepTrial:
    states: dict[str, TrialState] = {"COMPLETE": "finished", "PRUNED": "pruned", "FAIL": "failed"}
    state = states.get(trial.state.name, "running")
    last = trial.last_step
    objective = trial.value if trial.value is not None or last is None else trial.intermediate_values[last]
    return SweepTrial(
        number=trial.number + 1,
        state=state,
        values=dict(trial.params),
        objective=None if state == "failed" or objective is None or not math.isfinite(objective) else objective,
        run=str(trial.user_attrs.get(RUN, "")),
        epochs=last or 0,
        error=str(trial.user_attrs.get(ERROR, "")),
        seconds=float(trial.user_attrs.get(SECONDS, 0.0)),
    )


def _importances(study: Study) -> dict[str, float]:
    """How much each axis decides whether a trial is among the best quarter (PED-ANOVA).

    Watanabe, Bansal and Hutter 2023, https://arxiv.org/abs/2304.10255
    """
    from optuna.importance import PedAnovaImportanceEvaluator, get_param_importances
    from optuna.trial import TrialState

    finished = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
    if len(finished) < FEWEST_FOR_IMPORTANCE:
        return {}
    evaluator = PedAnovaImportanceEvaluator(target_quantile=GOOD_SHARE)
    found = get_param_importances(study, evaluator=evaluator, normalize=False)
    whole = sum(found.values())
    # All the same means that nobody can tell, not that all matter equally.
    return {path: share / whole for path, share in found.items()} if whole > 0 else {}


@contextlib.contextmanager
def _sqlite(sweep: Sweep, opening: bool = False) -> Iterator[None]:
    """Turns what Optuna and SQLite say of a file into a LeptonError that names it."""
    import optuna
    from sqlalchemy.exc import SQLAlchemyError

    # A file that is none of Optuna's shows itself in many ways.
    strange = (RuntimeError, KeyError, ValueError, AttributeError, TypeError) if opening else ()
    try:
        yield
    except (SQLAlchemyError, optuna.exceptions.OptunaError, *strange) as error:
        cause = error if error.__cause__ is None else error.__cause__
        reason = str(getattr(cause, "orig", None) or cause)
        refused = ("full", "readonly", "read-only", "unable to open", "disk i/o")
        if any(word in reason.lower() for word in refused):
            raise LeptonError(
                f"{sweep.study_file} could not be written: {reason}.",
                "Free some space, allow writing there, or set LEPTON_STUDIO_HOME to another folder.",
            ) from error
        if "locked" in reason.lower():
            raise LeptonError(f"{sweep.study_file} is in use.", "Wait a moment, then try again.") from error
        raise LeptonError(
            f"{sweep.study_file} is damaged: {reason}.", "Delete the sweep; its runs are kept. Then begin a new one."
        ) from error
