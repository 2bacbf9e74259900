"""What the training loop works with: the network, its optimizer, the batches, and how far it is."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from lepton_studio.engine.batches import Batch, Batches, mix_seed
from lepton_studio.engine.checkpoint import Position, restore, save_checkpoint
from lepton_studio.engine.dataset import Samples
from lepton_studio.engine.device import (
    Device,
    choose_device,
    make_deterministic,
    seed_everything,
    seed_step,
    spare_the_collector,
)
from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.events import Notice, Recovered
from lepton_studio.engine.network import build_network
from lepton_studio.engine.onednn import use_onednn
from lepton_studio.engine.runs import HISTORY, Run
from lepton_studio.engine.splits import cut, learned_mean_and_std

if TYPE_CHECKING:
    from lepton_studio.engine.graphed_steps import GraphedSteps
    from lepton_studio.engine.meter import Meter

# A larger batch is looked at in parts of this size, so that a batch may be the whole dataset.
MOST_AT_ONCE = 2048


class Learner:
    """A network that is being trained.

    Attributes:
        kernels: how its steps are computed: "plain", "onednn", "compiled" or "cuda_graph".
        graph: the recorded step, on a GPU.
        is_unsaved: whether the disk refused what was learned since.
        is_fresh: whether it begins with new weights rather than those of a checkpoint.
    """

    def __init__(self, run: Run, samples: Samples) -> None:
        """Builds everything from the experiment and, if there is a checkpoint, goes back to it."""
        experiment = run.experiment
        self.run = run
        self.settings = experiment.hyperparameters
        self.seed = experiment.seed
        self.device = _device_of(run)
        make_deterministic()
        spare_the_collector()
        splits = cut(samples, experiment)
        if not len(splits["train"]):
            raise LeptonError("No picture is left to train on.", "Lower the shares of validation and test.")
        if not len(splits["validation"]):
            raise LeptonError(
                "The dataset is too small to cut a validation split.", "Add pictures that are not for testing."
            )
        per_epoch = self.settings.samples_per_epoch
        self.batches = Batches(samples, splits, self.device, self.settings.batch_size, self.seed, per_epoch=per_epoch)
        seed_everything(mix_seed(self.seed))
        mean, std = learned_mean_and_std(samples, experiment.splits, splits)
        network = build_network(experiment.architecture, samples.shape, len(samples.class_names), mean, std)
        self.network = network.to(self.device.torch_device())
        self.kernels = "plain"
        self.graph: GraphedSteps | None = None
        self.is_unsaved = False
        self.layout = torch.contiguous_format
        # A run that began on one way goes on on it, because the last bits depend on it.
        began_plain = run.record.kernels not in ("", "onednn") or (not run.record.kernels and run.checkpoint.exists())
        if not began_plain and not self.settings.compile:
            self.kernels = "onednn" if use_onednn(self.network, samples.shape, self.device) else "plain"
        if self.kernels == "plain" and self.device.precision == "bfloat16":
            # Channels last is the layout in which the matrix units of new hardware read pictures.
            self.layout = torch.channels_last
            self.network = self.network.to(memory_format=self.layout)
        self.compiled: Any = None
        learned = [parameter for parameter in self.network.parameters() if parameter.requires_grad]
        if not learned:
            raise LeptonError("Nothing in this network learns.", "Put a Linear layer at its end, or let it learn.")
        self.optimizer = self.settings.optimizer.build(learned)
        self.position = Position()
        self.is_fresh = not run.checkpoint.exists()
        if not self.is_fresh:
            self.position = restore(run.checkpoint, self.network, self.optimizer)
        elif run.record.epochs_done:
            # Going on from nothing would throw away a history without a word.
            raise LeptonError(f"{run.checkpoint} is gone, so the run cannot go on.", "Train a new run.")
        self.epoch, self.batch = self.position.epoch, self.position.batch
        steps = self.epoch * self.batches.count() + self.batch
        if len(run.history) < steps or len(run.history.epochs) < self.epoch:
            raise LeptonError(f"The history of the run '{run.id}' is shorter than its training.", "Train a new run.")
        run.history.truncate(steps, self.epoch)

    @property
    def largest_part(self) -> int:
        """How many pictures the network sees at once."""
        return min(self.batches.batch_size, MOST_AT_ONCE)

    def answer(self, pictures: Tensor) -> Tensor:
        """The logits for a batch of pictures, by the fastest way there is."""
        # A batch of another size would have to be compiled anew.
        if self.compiled is not None and self.network.training and len(pictures) == self.largest_part:
            return self.compiled(pictures)  # type: ignore[no-any-return]
        if len(pictures) == 1 and self.network.training:
            return self._answer_one(pictures)
        return self.network(pictures)  # type: ignore[no-any-return]

    def _answer_one(self, picture: Tensor) -> Tensor:
        """The logits for the single picture that the last batch of an epoch may be.

        Raises:
            LeptonError: all batches are of one picture, and the network compares pictures with each other.
        """
        try:
            return self.network(picture)  # type: ignore[no-any-return]
        except ValueError as error:
            # torch refuses to normalise a single number; beside itself it is its own mean.
            if self.batches.batch_size > 1:
                return self.network(torch.cat([picture, picture]))[:1]  # type: ignore[no-any-return]
            raise LeptonError(
                "Batch norm compares the pictures of a batch with each other, but each batch is one picture.",
                "Set the batch size to 2 or more.",
            ) from error

    def parts(self, pictures: Tensor, labels: Tensor) -> Iterator[Batch]:
        """A batch in parts that can be held at once."""
        return zip(torch.split(pictures, MOST_AT_ONCE), torch.split(labels, MOST_AT_ONCE), strict=True)

    def learning_rate(self, batch: int) -> float:
        """The learning rate of a batch of this epoch."""
        count = self.batches.count()
        done = (self.epoch * count + batch) / (self.settings.epochs * count)
        return self.settings.optimizer.learning_rate * self.settings.schedule.factor(done)

    def seed_batch(self) -> None:
        """Sets the random numbers that dropout and augmentation will draw."""
        seed_step(self.device, mix_seed(self.seed, self.epoch, self.batch))

    def prepare_step(self) -> None:
        """Sets the learning rate and the random numbers of the next batch.

        Both follow from the seed and the position alone, so that a resumed run takes the same steps.
        """
        self.seed_batch()
        rate = self.learning_rate(self.batch)
        for group in self.optimizer.param_groups:
            if isinstance(group["lr"], Tensor):
                group["lr"].fill_(rate)
            else:
                group["lr"] = rate

    def augment(self, pictures: Tensor) -> Tensor:
        """Changes a batch of uint8 pictures at random, as the experiment says."""
        pictures = pictures.float()
        for augmentation in self.settings.augmentations:
            pictures = augmentation.apply(pictures)
        return pictures.contiguous(memory_format=self.layout)

    def judge(self, pictures: Tensor, labels: Tensor, exactly: bool = False) -> tuple[Tensor, Tensor]:
        """The sum of the losses of some pictures and how many answers are right; ``exactly`` computes in float32."""
        with torch.inference_mode():
            if exactly:
                logits = self.network(pictures)
            else:
                with self.device.autocast():
                    logits = self.network(pictures.float().contiguous(memory_format=self.layout)).float()
            loss = self.settings.loss.measure(logits, labels) * len(labels)
            return loss, (logits.argmax(dim=1) == labels).sum()

    def examine(self, split: str, meter: Meter, exactly: bool = False) -> Generator[None, None, tuple[float, float]]:
        """Mean loss and accuracy over a split, without learning."""
        meter.start("validation" if split == "validation" else "test")
        self.network.eval()
        losses, hits = [], []
        for pictures, labels in self.batches.answering(split):
            loss, right = self.judge(pictures, labels, exactly)
            losses.append(loss)
            hits.append(right)
            meter.pause()
            yield None
            meter.go_on()
        size = max(1, self.batches.size(split))
        meter.pause()
        if not losses:
            return 0.0, 0.0
        return float(torch.stack(losses).sum()) / size, float(torch.stack(hits).sum()) / size

    def save(self, meter: Meter) -> None:
        """Writes history and checkpoint; the history first, because a resume cuts it to the checkpoint."""
        meter.read(self)
        self.run.history.save(self.run.folder / HISTORY)
        position = Position(self.epoch, self.batch, meter.epoch_seconds, meter.seconds)
        save_checkpoint(self.run.checkpoint, self.network, self.optimizer, position)
        self.run.update(epochs_done=self.epoch, train_seconds=meter.seconds, images_per_second=meter.images_per_second)
        meter.checkpoint_saved()

    def save_or_say(self, meter: Meter) -> Iterator[Notice | Recovered]:
        """Saves; a disk that refuses is told once, training goes on, and so it is told when it takes again."""
        try:
            self.save(meter)
        except LeptonError as error:
            # As if it had been saved: it is tried again when the next checkpoint is due.
            meter.checkpoint_saved()
            if not self.is_unsaved:
                yield Notice(f"{error.what} The training goes on, and tries again to save.", error.remedy)
            self.is_unsaved = True
        else:
            if self.is_unsaved:
                yield Recovered("What was learned could be saved again.")
            self.is_unsaved = False


def _device_of(run: Run) -> Device:
    """Where a run computes. Where it began, if that is this computer: threads and precision decide the last bits."""
    settings, record = run.experiment.hyperparameters, run.record
    device = choose_device(settings.device, settings.precision, settings.threads)
    if record.threads and (record.threads, record.precision) != (device.threads, device.precision):
        before = choose_device(settings.device, record.precision, record.threads)
        return before if before.name == record.device else choose_device(device.kind, device.precision, device.threads)
    return device
