"""What is known of a run, as the rules for hints look at it, and the measures that several of them take."""

from __future__ import annotations

import contextlib
import math
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import msgspec
import numpy as np
from numpy.typing import NDArray

from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.experiment import Experiment
from lepton_studio.engine.history import Change, EpochRow, Floats, History
from lepton_studio.engine.snapshots import Snapshot, read_snapshot, snapshots_of
from lepton_studio.engine.steering import LiveSettings, live_settings, settings_now

if TYPE_CHECKING:
    from lepton_studio.engine.optimizer import Optimizer
    from lepton_studio.engine.runs import Run

# The two halves of a 95 % interval lie 1.96 standard errors from the middle.
SURE = 1.96


@dataclass(frozen=True, eq=False)
class Evidence:
    """What the rules look at.

    Attributes:
        experiment: what is trained, with what was changed while it ran.
        history: every number so far.
        snapshot: what was last seen of the layers; None before the first epoch is over.
        train_size, validation_size: pictures of the splits; 0 if unknown.
        leaked: test or validation pictures that are among the training pictures, too.
        diverged_at: the batch, counted from 1, whose loss was no number; 0 if there was none.
        class_names: what the answers are called; empty if unknown.
        changes: what was set another way while the run went on, in order.
        live: the live settings as they are now.
        is_running: whether it goes on, so that it can be steered.
        is_finished: whether it came to its last epoch.
    """

    experiment: Experiment
    history: History
    snapshot: Snapshot | None = None
    train_size: int = 0
    validation_size: int = 0
    leaked: int = 0
    diverged_at: int = 0
    class_names: tuple[str, ...] = ()
    changes: tuple[Change, ...] = ()
    live: LiveSettings = field(default_factory=LiveSettings)
    is_running: bool = False
    is_finished: bool = False

    @property
    def optimizer(self) -> Optimizer:
        """The optimizer as it is set now."""
        return self.experiment.hyperparameters.optimizer

    @cached_property
    def losses(self) -> Floats:
        """The loss of every batch, as far as it is a number."""
        return _finite(self.history.batch_loss)

    @cached_property
    def rows(self) -> tuple[EpochRow, ...]:
        """The finished epochs, up to the first with a number that is none."""
        found: list[EpochRow] = []
        for row in self.history.epochs:
            if not all(map(math.isfinite, msgspec.structs.astuple(row)[1:5])):
                break
            found.append(row)
        return tuple(found)

    @cached_property
    def changed_at(self) -> float:
        """When something was last set another way, in epochs; 0 if nothing was. The number of epochs does not count."""
        return max((change.at for change in self.changes if change.field != "epochs"), default=0.0)

    @cached_property
    def steady_rows(self) -> tuple[EpochRow, ...]:
        """The finished epochs that began after the last change: only these can be compared with each other."""
        return tuple(row for row in self.rows if row.epoch - 1 >= self.changed_at - 1e-6)

    @cached_property
    def steady_losses(self) -> Floats:
        """The loss of every batch since the last change, as far as it is a number."""
        losses, ends = self.history.batch_loss, self.history.batch_end
        count = min(len(losses), len(ends))
        first = int(np.searchsorted(ends[:count], self.changed_at, side="right"))
        return self.losses if not first else _finite(losses[first:count])

    @cached_property
    def recent_loss(self) -> float:
        """The middle one of the last batches' losses since the last change; nan if there is none.

        Of the last tenth, 10 at least, so that no single batch decides, and 100 at most, so that it is news.
        """
        losses = self.steady_losses
        count = min(100, max(10, len(losses) // 10))
        return float(np.median(losses[-count:])) if len(losses) else math.nan

    @property
    def classes(self) -> int:
        """How many answers there are; 0 if unknown."""
        return len(self.class_names) or (len(self.snapshot.confusion) if self.snapshot is not None else 0)

    @property
    def guessing_loss(self) -> float:
        """The loss of a network that holds every class for equally likely; nan if unknown.

        ``ln K`` for cross entropy, with focal weights ``(1 - 1/K)^γ ln K``; ``(K - 1) / K²`` for the mean squared error
        of the probabilities.
        """
        count, loss = self.classes, self.experiment.hyperparameters.loss
        if count < 2:
            return math.nan
        if loss.tag() == "mean_squared_error":
            return (count - 1) / count**2
        return float(math.log(count) * (1 - 1 / count) ** float(getattr(loss, "gamma", 0.0)))

    @property
    def first_loss(self) -> float:
        """Where the loss began: that of the first batch, or of guessing if that is more; nan if neither is known."""
        known = [value for value in (self.guessing_loss, *self.losses[:1].tolist()) if math.isfinite(value)]
        return max(known, default=math.nan)

    @property
    def steps_per_epoch(self) -> int:
        """Batches of an epoch as they are cut now; 0 if unknown."""
        # The last batch of an epoch may be short: the longest of the last ones tells.
        ends = self.history.batch_end[-3:]
        if not len(ends):
            return 0
        share = float(np.diff(ends).max()) if len(ends) > 1 else float(ends[0])
        return math.ceil(1 / share - 1e-6) if 0 < share <= 1 + 1e-6 else 0

    @property
    def training_pictures(self) -> int:
        """Pictures of an epoch, or about so many; 0 if unknown."""
        settings = self.experiment.hyperparameters
        about = self.steps_per_epoch * settings.batch_size
        return settings.samples_per_epoch or self.train_size or about

    @property
    def rate_now(self) -> float:
        """The learning rate of the last batch, or that of the optimizer before the first one."""
        rates = self.history.batch_rate
        last = float(rates[-1]) if len(rates) else math.nan
        return last if math.isfinite(last) and last > 0 else self.optimizer.learning_rate

    @cached_property
    def highest_rate(self) -> float:
        """The highest learning rate so far, as the schedule made it."""
        rates = self.history.batch_rate
        # Unlike max, fmax passes over those that nobody kept.
        highest = float(np.fmax.reduce(rates)) if len(rates) else math.nan
        return highest if math.isfinite(highest) else self.optimizer.learning_rate

    def doubt(self, share: float) -> float:
        """Half of the 95 % interval around a share of right answers among the validation pictures, from 0 to 1.

        Wilson's interval, which is right near 0 and 1, too: https://doi.org/10.1080/01621459.1927.10502953. Where
        nobody knows how many pictures there are, as if there were 100.
        """
        count, share = self.validation_size or 100, min(1.0, max(0.0, share))
        square = SURE**2
        return SURE * math.sqrt(share * (1 - share) / count + square / (4 * count**2)) / (1 + square / count)

    def at_most(self, share: float) -> float:
        """The upper end of that interval: a share that pictures by the thousand would hardly pass."""
        count, share = self.validation_size or 100, min(1.0, max(0.0, share))
        middle = (share + SURE**2 / (2 * count)) / (1 + SURE**2 / count)
        return middle + self.doubt(share)


def evidence_of(run: Run, snapshot: Snapshot | None = None) -> Evidence:
    """What is known of a run.

    Args:
        run: the run, which may be under way.
        snapshot: what was last seen of its layers; by default its newest, or the last one that was saved.
    """
    record = run.record
    # A resume knows changes that are still to come.
    done = float(run.history.batch_end[-1]) if len(run.history) else 0.0
    changes = tuple(change for change in run.changes if change.at <= done + 1e-6)
    live = live_settings(run.experiment, changes)
    settings = settings_now(run.experiment.hyperparameters, live)
    return Evidence(
        experiment=msgspec.structs.replace(run.experiment, hyperparameters=settings),
        history=run.history,
        snapshot=snapshot or run.snapshot or _last_snapshot(run),
        train_size=record.train_size,
        validation_size=record.validation_size,
        leaked=record.leaked,
        # A run that goes on was taken up again before that batch.
        diverged_at=0 if record.state == "running" else record.diverged_at,
        class_names=record.class_names,
        changes=changes,
        live=live,
        is_running=record.state == "running",
        is_finished=record.state == "finished",
    )


def _finite(values: Floats) -> Floats:
    """Those that are numbers; nothing is copied if all are."""
    are_numbers = np.isfinite(values)
    return values if are_numbers.all() else values[are_numbers]


def _last_snapshot(run: Run) -> Snapshot | None:
    with contextlib.suppress(LeptonError):
        epochs = snapshots_of(run.folder)
        return read_snapshot(run.folder, epochs[-1]) if epochs else None
    return None


def columns(rows: tuple[EpochRow, ...]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Train and validation losses of some epochs."""
    return np.array([row.train_loss for row in rows]), np.array([row.validation_loss for row in rows])
