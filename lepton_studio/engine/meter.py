"""Measures a training while it goes on: losses, speed, time left, a copy of the weights.

The numbers of each batch stay on the device until they are read, a few times a second and all at once.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from time import perf_counter
from typing import TYPE_CHECKING, Literal

import numpy as np
import torch
from torch import Tensor

from lepton_studio.engine.batches import Batches
from lepton_studio.engine.checkpoint import Position
from lepton_studio.engine.device import memory_in_use
from lepton_studio.engine.errors import Diverged, LeptonError
from lepton_studio.engine.events import Notice
from lepton_studio.engine.history import Floats
from lepton_studio.engine.layer_watch import LayerWatch
from lepton_studio.engine.runs import HISTORY, Pace, Run

if TYPE_CHECKING:
    from lepton_studio.engine.learner import Learner
    from lepton_studio.engine.writer import Record

SECONDS_BETWEEN_READINGS = 0.2


class Meter:
    """The stopwatch and the notebook of one training; time spent paused does not count."""

    def __init__(self, run: Run, batches: Batches, position: Position) -> None:
        """Goes on counting from the position of a checkpoint."""
        self.run = run
        self.batches = batches
        self.seconds = position.seconds
        self.epoch_seconds = position.epoch_seconds
        self.images_per_second = run.record.images_per_second
        self.epoch = position.epoch
        self._epochs = run.experiment.hyperparameters.epochs
        self._watch: LayerWatch | None = None
        self._records: tuple[Record, ...] = ()
        self._spoiled: Diverged | None = None
        self._told: set[str] = set()
        self._complaints: list[Notice] = []
        # Batches of the epoch under way, where each of them ended in epochs, and how fast it learned.
        self._count = position.batch + batches.count(max(0, position.seen))
        self._noted = self._read = position.batch
        self.numbers = torch.zeros(2, 0, device=batches.device)
        self._rates, self._ends = np.zeros(0, np.float32), np.zeros(0, np.float64)
        self._make_room()
        self._running_since: float | None = None
        self._last_reading = self._last_checkpoint = perf_counter()
        self._images = 0
        self._image_seconds = 0.0
        self._device_bytes = 0
        self._phase: Literal["train", "validation", "test"] = "train"
        self._frozen: dict[str, Tensor] | None = None

    def start(self, phase: Literal["train", "validation", "test"]) -> None:
        """Starts the stopwatch for a part of the epoch."""
        self.pause()
        self._phase = phase
        self.go_on()
        self._show()

    def go_on(self) -> None:
        """Lets the stopwatch run again after a place to stop."""
        self._running_since = perf_counter()

    def pause(self) -> float:
        """Stops the stopwatch and returns the seconds since it was let run."""
        if self._running_since is None:
            return 0.0
        spent = perf_counter() - self._running_since
        self._running_since = None
        self.seconds += spent
        self.epoch_seconds += spent
        return spent

    def follow(self, learner: Learner) -> None:
        """Reads what was noted, and goes on with other numbers of batches and epochs."""
        self.read(learner)
        self._count, self._epochs = learner.batches_in_epoch, learner.settings.epochs
        self._make_room()
        self._show()

    def write_to(self, records: tuple[Record, ...]) -> None:
        """Lets writers for other programs write after each reading."""
        self._records = records

    def watch_of(self, learner: Learner) -> LayerWatch:
        """What watches the layers of the learner."""
        if self._watch is None:
            self._watch = LayerWatch(learner)
        return self._watch

    def before_step(self, learner: Learner) -> None:
        """Is told of each step before it is taken."""
        self.watch_of(learner).before_step(learner)

    def note(self, learner: Learner, loss: Tensor, accuracy: Tensor) -> None:
        """Notes one batch, on the device; every now and then reads what was noted."""
        self.numbers[0, self._noted] = loss
        self.numbers[1, self._noted] = accuracy
        self.noted(learner)

    def noted(self, learner: Learner) -> None:
        """The same when the two numbers stand in ``numbers`` already."""
        size = learner.next_size
        self._rates[self._noted] = learner.rate
        self._ends[self._noted] = learner.epoch + (learner.seen + size) / self.batches.per_epoch
        self._images += size
        self._noted += 1
        self.watch_of(learner).after_step(learner)
        self._image_seconds += self.pause()
        if self.run.watched or perf_counter() - self._last_reading > SECONDS_BETWEEN_READINGS:
            self.read(learner)

    def _make_room(self) -> None:
        """Rows for as many batches as this epoch or the next one has; what is noted already stays."""
        room = max(self._count, self.batches.count())
        numbers = torch.zeros(2, room, device=self.batches.device)
        rates, ends = np.zeros(room, np.float32), np.zeros(room, np.float64)
        known = min(self._noted, len(self._rates))
        numbers[:, :known] = self.numbers[:, :known]
        rates[:known], ends[:known] = self._rates[:known], self._ends[:known]
        self.numbers, self._rates, self._ends = numbers, rates, ends

    def read(self, learner: Learner) -> None:
        """Moves the noted numbers to the history and leaves a copy of the weights."""
        if self._spoiled is not None:
            # Whoever saves reads first: nothing that is no number comes over the last good checkpoint.
            raise self._spoiled
        started = perf_counter()
        if self._noted > self._read:
            new = slice(self._read, self._noted)
            numbers = self.numbers[:, new].cpu().numpy()
            self.run.history.add_batches(numbers[0], numbers[1], self._rates[new], self._ends[new])
            self._read = self._noted
            self._check(numbers[0])
            self.run.leave_weights(self._copied(learner))
            self._write_records()
        # Reading waits for the device, so this is time that the batches took.
        self._image_seconds += perf_counter() - started
        if self._images:
            self.images_per_second = self._images / self._image_seconds
        self._device_bytes = memory_in_use(learner.device)
        self._show()
        self._last_reading = perf_counter()

    def _write_records(self) -> None:
        """Another program's files are no reason to end a training: what goes wrong is told, once, and tried again."""
        for record in self._records:
            try:
                record.write()
            except LeptonError as error:
                if str(error) not in self._told:
                    self._told.add(str(error))
                    self._complaints.append(Notice(error.what, error.remedy))

    def complaints(self) -> Iterator[Notice]:
        """What went wrong beside the training since this was asked last."""
        while self._complaints:
            yield self._complaints.pop(0)

    def _check(self, losses: Floats) -> None:
        """Ends a training whose loss is not a number: all that it learns from there on is none either.

        Raises:
            Diverged: naming the first such batch.
        """
        spoiled = np.flatnonzero(~np.isfinite(losses))
        if not len(spoiled):
            return
        history, run = self.run.history, self.run
        batch = len(history) - len(losses) + int(spoiled[0]) + 1
        if run.folder.is_dir():
            with contextlib.suppress(LeptonError):
                history.save(run.folder / HISTORY)
                run.update(diverged_at=batch)
        rate = float(history.batch_rate[batch - 1])
        self._spoiled = Diverged(
            f"The loss is not a number since batch {batch:,}.",
            f"The learning rate was {rate:.3g}: try a tenth of it. The last checkpoint is kept.",
            batch,
        )
        raise self._spoiled

    def _copied(self, learner: Learner) -> dict[str, Tensor]:
        """The weights to answer with as they are now, on the CPU; frozen ones, which may be many, are copied once."""
        state = learner.answers.now()
        if self._frozen is None:
            frozen = {name for name, each in learner.network.named_parameters() if not each.requires_grad}
            self._frozen = {name: state[name].detach().to("cpu", copy=True) for name in frozen}
        return {
            name: self._frozen[name] if name in self._frozen else tensor.detach().to("cpu", copy=True)
            for name, tensor in state.items()
        }

    def epoch_means(self, epoch: int) -> tuple[float, float]:
        """Mean loss and accuracy of the epoch that was read last, each batch weighted by its size."""
        history = self.run.history
        losses, accuracies = history.batch_loss[-self._noted :], history.batch_accuracy[-self._noted :]
        sizes = np.diff(history.batch_end[-self._noted :], prepend=float(epoch))
        weights = sizes / sizes.sum()
        return float(losses @ weights), float(accuracies @ weights)

    def new_epoch(self) -> None:
        """Begins a fresh page of the notebook."""
        self.epoch += 1
        self._noted = self._read = 0
        self._count = self.batches.count()
        self.epoch_seconds = 0.0

    def checkpoint_age(self) -> float:
        """Seconds since the last checkpoint."""
        return perf_counter() - self._last_checkpoint

    def checkpoint_saved(self) -> None:
        """Notes that a checkpoint was just written, or tried."""
        self._last_checkpoint = perf_counter()

    def _show(self) -> None:
        epoch, batch, epochs, count = self.epoch, self._noted, self._epochs, self._count
        batches_left = (epochs - epoch - 1) * self.batches.count() + count - batch
        left = max(0, batches_left) * self.batches.batch_size
        seconds_left = left / self.images_per_second if self.images_per_second else 0.0
        self.run.pace = Pace(
            min(epoch + 1, epochs), epochs, batch, count, self.images_per_second, seconds_left, self._phase,
            self._device_bytes,
        )  # fmt: skip
