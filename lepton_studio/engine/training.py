"""The training loop, to be read.

``train`` is a generator: it does one batch, then yields. Whoever holds it decides when the next batch comes,
so that pausing, stepping and stopping need no code in here. A yielded ``None`` is only a place to stop; an
:class:`Event` is news.
"""

from __future__ import annotations

import contextlib
from collections.abc import Generator, Iterator

import torch
from torch import Tensor

from lepton_studio.engine.batches import Batches, mix_seed
from lepton_studio.engine.checkpoint import Position, restore, save_checkpoint
from lepton_studio.engine.dataset import Samples
from lepton_studio.engine.device import choose_device, make_deterministic, seed_everything
from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.events import EpochFinished, Event, Notice, TrainingFinished, TrainingStarted
from lepton_studio.engine.history import EpochRow
from lepton_studio.engine.meter import Meter
from lepton_studio.engine.network import build_network
from lepton_studio.engine.runs import HISTORY, Run

SECONDS_BETWEEN_CHECKPOINTS = 30.0


def start_training(run: Run, samples: Samples | None = None) -> Iterator[Event | None]:
    """Trains a new run, or goes on with an old one; loads the dataset first if it is not given.

    Raises:
        LeptonError: the run is being trained already, or one of the reasons of :func:`train`.
    """
    with run.being_trained():
        if samples is None:
            for item in run.experiment.dataset.load():
                if isinstance(item, Samples):
                    samples = item
                else:
                    yield item
        if samples is None:
            raise LeptonError("The dataset has no samples.", "Choose another one.")
        yield from train(run, samples)


def train(run: Run, samples: Samples) -> Iterator[Event | None]:
    """Teaches the network of a run, from where its checkpoint is to the last epoch.

    Raises:
        LeptonError: the architecture does not fit the dataset, the device is not there, the disk is full ...
    """
    learner = Learner(run, samples)
    meter = Meter(run, learner.batches, learner.position)
    run.update(
        device=learner.device.name,
        precision=learner.device.precision,
        parameters=sum(parameter.numel() for parameter in learner.network.parameters()),
        class_names=samples.class_names,
        input_shape=samples.shape,
    )
    yield TrainingStarted(run.record.parameters, learner.device.name, learner.device.precision)
    try:
        while learner.epoch < learner.settings.epochs:
            yield from learn_one_epoch(learner, meter)
            yield from finish_epoch(learner, meter)
    except (GeneratorExit, KeyboardInterrupt):
        # Stopped in the middle of an epoch: nothing learned is lost.
        learner.save(meter)
        raise
    except Exception:
        # What went wrong first is what people must hear of, whether this can be saved or not.
        with contextlib.suppress(Exception):
            learner.save(meter)
        raise
    learner.save(meter)
    loss, accuracy = yield from learner.examine("test", meter, exactly=True)
    run.update(state="finished", test_accuracy=accuracy, test_loss=loss)
    yield TrainingFinished(accuracy, loss, run.record.train_seconds)


def learn_one_epoch(learner: Learner, meter: Meter) -> Iterator[Event | None]:
    """Goes once through the training pictures: this is where the network learns."""
    network, optimizer = learner.network, learner.optimizer
    network.train()
    meter.start("train")
    for pictures, labels in learner.batches.training(learner.epoch, first=learner.batch):
        learner.prepare_step()
        # Forward: what does the network answer, and how wrong is that?
        with learner.device.autocast():
            logits = network(learner.augment(pictures)).float()
        loss = learner.settings.loss.measure(logits, labels)
        # Backward: in which direction should each weight change to be less wrong?
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        # Step: change them, a little.
        optimizer.step()
        learner.batch += 1
        # The numbers stay on the device: reading them here would make the program wait for it every step.
        meter.note(learner, loss.detach(), logits.detach(), labels)
        if meter.checkpoint_age() > SECONDS_BETWEEN_CHECKPOINTS:
            yield from learner.save_or_say(meter)
        yield None
        meter.go_on()


def finish_epoch(learner: Learner, meter: Meter) -> Iterator[Event | None]:
    """Checks the network on pictures it does not learn from, and keeps the numbers and the weights."""
    meter.read(learner)
    loss, accuracy = yield from learner.examine("validation", meter)
    train_loss, train_accuracy = meter.epoch_means(learner.epoch)
    row = EpochRow(learner.epoch + 1, train_loss, train_accuracy, loss, accuracy, meter.epoch_seconds)
    learner.run.history.add_epoch(row)
    learner.epoch, learner.batch = learner.epoch + 1, 0
    meter.new_epoch()
    yield from learner.save_or_say(meter)
    yield EpochFinished(row, learner.settings.epochs)


class Learner:
    """What the loop works with: the network, its optimizer, the batches, and how far it is."""

    def __init__(self, run: Run, samples: Samples) -> None:
        """Builds everything from the experiment and, if there is a checkpoint, goes back to it."""
        experiment = run.experiment
        self.run = run
        self.settings = experiment.hyperparameters
        self.seed = experiment.seed
        self.device = choose_device(self.settings.device, self.settings.precision)
        make_deterministic()
        splits = samples.splits(self.settings.validation_share, self.seed)
        if not all(len(splits[name]) for name in ("train", "validation")):
            raise LeptonError("The dataset is too small to cut a validation split.", "Raise the validation share.")
        self.batches = Batches(samples, splits, self.device, self.settings.batch_size, self.seed)
        seed_everything(mix_seed(self.seed))
        mean, std = samples.mean_and_std
        network = build_network(experiment.architecture, samples.shape, len(samples.class_names), mean, std)
        # Channels last is the layout in which the matrix units of new hardware read pictures.
        layout = torch.channels_last if self.device.precision == "bfloat16" else torch.contiguous_format
        self.network = network.to(self.device.torch_device()).to(memory_format=layout)
        self.layout = layout
        self.optimizer = self.settings.optimizer.build(self.network.parameters())
        self.position = Position()
        if run.checkpoint.exists():
            self.position = restore(run.checkpoint, self.network, self.optimizer)
        elif run.record.epochs_done:
            # Going on from nothing would throw away a history without a word.
            raise LeptonError(f"{run.checkpoint} is gone, so the run cannot go on.", "Train a new run.")
        self.epoch, self.batch = self.position.epoch, self.position.batch
        steps = self.epoch * self.batches.count() + self.batch
        if len(run.history) < steps or len(run.history.epochs) < self.epoch:
            raise LeptonError(f"The history of the run '{run.id}' is shorter than its training.", "Train a new run.")
        run.history.truncate(steps, self.epoch)

    def prepare_step(self) -> None:
        """Sets the learning rate, and the random numbers that dropout and augmentation will draw.

        Both follow from the seed and the position alone, so that a resumed run takes the same steps.
        """
        seed_everything(mix_seed(self.seed, self.epoch, self.batch))
        done = (self.epoch * self.batches.count() + self.batch) / (self.settings.epochs * self.batches.count())
        for group in self.optimizer.param_groups:
            group["lr"] = self.settings.optimizer.learning_rate * self.settings.schedule.factor(done)

    def augment(self, pictures: Tensor) -> Tensor:
        """Changes a batch of uint8 pictures at random, as the experiment says."""
        pictures = pictures.float()
        for augmentation in self.settings.augmentations:
            pictures = augmentation.apply(pictures)
        return pictures.contiguous(memory_format=self.layout)

    def examine(self, split: str, meter: Meter, exactly: bool = False) -> Generator[None, None, tuple[float, float]]:
        """Mean loss and accuracy over a split, without learning; ``exactly`` computes in float32."""
        meter.start("validation" if split == "validation" else "test")
        self.network.eval()
        losses, hits = [], []
        for pictures, labels in self.batches.answering(split):
            with torch.inference_mode():
                if exactly:
                    logits = self.network(pictures)
                else:
                    with self.device.autocast():
                        logits = self.network(pictures.float().contiguous(memory_format=self.layout)).float()
                losses.append(self.settings.loss.measure(logits, labels) * len(labels))
                hits.append((logits.argmax(dim=1) == labels).sum())
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

    def save_or_say(self, meter: Meter) -> Iterator[Notice]:
        """Saves; a disk that refuses is told, and training goes on."""
        try:
            self.save(meter)
        except LeptonError as error:
            meter.checkpoint_saved()
            yield Notice(error.what, error.remedy)
