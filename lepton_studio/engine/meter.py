"""Measures a training while it goes on: losses, speed, time left, a copy of the weights.

The numbers of each batch stay on the device until they are read, a few times a second and all at once.
"""

from __future__ import annotations

from time import perf_counter
from typing import TYPE_CHECKING, Literal

import numpy as np
import torch
from torch import Tensor, nn

from lepton_studio.engine.batches import Batches
from lepton_studio.engine.checkpoint import Position
from lepton_studio.engine.device import memory_in_use
from lepton_studio.engine.runs import Pace, Run

if TYPE_CHECKING:
    from lepton_studio.engine.learner import Learner

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
        self.numbers = torch.zeros(2, batches.count(), device=batches.device)
        self._rates = np.zeros(batches.count(), np.float32)
        self._noted = self._read = position.batch
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

    def note(self, learner: Learner, loss: Tensor, accuracy: Tensor) -> None:
        """Notes one batch, on the device; every now and then reads what was noted."""
        self.numbers[0, self._noted] = loss
        self.numbers[1, self._noted] = accuracy
        self.noted(learner)

    def noted(self, learner: Learner) -> None:
        """The same when the two numbers stand in ``numbers`` already."""
        batches = self.batches
        self._rates[self._noted] = learner.learning_rate(self._noted)
        self._images += min(batches.batch_size, batches.per_epoch - self._noted * batches.batch_size)
        self._noted += 1
        self._image_seconds += self.pause()
        if self.run.watched or perf_counter() - self._last_reading > SECONDS_BETWEEN_READINGS:
            self.read(learner)

    def read(self, learner: Learner) -> None:
        """Moves the noted numbers to the history and leaves a copy of the weights."""
        started = perf_counter()
        if self._noted > self._read:
            numbers = self.numbers[:, self._read : self._noted].cpu().numpy()
            ends = self.epoch + np.arange(self._read + 1, self._noted + 1) / self.batches.count()
            self.run.history.add_batches(numbers[0], numbers[1], self._rates[self._read : self._noted], ends)
            self._read = self._noted
            self.run.leave_weights(self._copied(learner.network))
        # Reading waits for the device, so this is time that the batches took.
        self._image_seconds += perf_counter() - started
        if self._images:
            self.images_per_second = self._images / self._image_seconds
        self._device_bytes = memory_in_use(learner.device)
        self._show()
        self._last_reading = perf_counter()

    def _copied(self, network: nn.Module) -> dict[str, Tensor]:
        """The weights as they are now, on the CPU; frozen ones, which may be many, are copied only once."""
        state = network.state_dict()
        if self._frozen is None:
            frozen = {name for name, parameter in network.named_parameters() if not parameter.requires_grad}
            self._frozen = {name: state[name].detach().to("cpu", copy=True) for name in frozen}
        return {
            name: self._frozen[name] if name in self._frozen else tensor.detach().to("cpu", copy=True)
            for name, tensor in state.items()
        }

    def epoch_means(self, epoch: int) -> tuple[float, float]:
        """Mean loss and accuracy of an epoch's batches, each batch weighted by its size."""
        first, count = epoch * self.batches.count(), self.batches.count()
        sizes = torch.full((count,), float(self.batches.batch_size), dtype=torch.float64)
        sizes[-1] = self.batches.per_epoch - (count - 1) * self.batches.batch_size
        weights = (sizes / sizes.sum()).numpy()
        history = self.run.history
        losses, accuracies = history.batch_loss[first:], history.batch_accuracy[first:]
        return float(losses @ weights), float(accuracies @ weights)

    def new_epoch(self) -> None:
        """Begins a fresh page of the notebook."""
        self.epoch += 1
        self._noted = self._read = 0
        self.epoch_seconds = 0.0

    def checkpoint_age(self) -> float:
        """Seconds since the last checkpoint."""
        return perf_counter() - self._last_checkpoint

    def checkpoint_saved(self) -> None:
        """Notes that a checkpoint was just written, or tried."""
        self._last_checkpoint = perf_counter()

    def _show(self) -> None:
        epoch, batch = self.epoch, self._noted
        epochs = self.run.experiment.hyperparameters.epochs
        count = self.batches.count()
        left = max(0, epochs * count - epoch * count - batch) * self.batches.batch_size
        seconds_left = left / self.images_per_second if self.images_per_second else 0.0
        self.run.pace = Pace(
            min(epoch + 1, epochs), epochs, batch, count, self.images_per_second, seconds_left, self._phase,
            self._device_bytes,
        )  # fmt: skip
