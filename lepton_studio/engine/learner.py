"""What the training loop works with: the network, its optimizer, the batches, and how far it is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from lepton_studio.engine.answer_weights import AVERAGE, AnswerWeights
from lepton_studio.engine.attack import as_in_use
from lepton_studio.engine.batches import Batch, Batches, Pictures, mix_seed
from lepton_studio.engine.checkpoint import (
    Position,
    load_tensors,
    restore,
)
from lepton_studio.engine.dataset import Indices, Samples
from lepton_studio.engine.device import (
    Device,
    choose_device,
    make_deterministic,
    seed_everything,
    seed_step,
    spare_the_collector,
)
from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.experiment import Experiment
from lepton_studio.engine.float32_parts import use_float32
from lepton_studio.engine.kept_epochs import drop_epochs
from lepton_studio.engine.live_changes import Dropouts, LiveChanges, single_pictures_refused
from lepton_studio.engine.network import build_network, has_convolutions
from lepton_studio.engine.onednn import use_onednn
from lepton_studio.engine.runs import Run
from lepton_studio.engine.snapshots import forget_snapshots_after
from lepton_studio.engine.splits import cut, learned_mean_and_std
from lepton_studio.engine.steering import LiveSettings, settings_now

if TYPE_CHECKING:
    from lepton_studio.engine.graphed_steps import GraphedSteps

# A larger batch is looked at in parts of this size, so that a batch may be the whole dataset.
MOST_AT_ONCE = 2048


class Learner:
    """A network that is being trained.

    Attributes:
        settings: the hyperparameters as they are now, after what was changed while the run went on.
        changes: what was and will be changed.
        answers: the weights to answer with.
        epoch, batch, seen: finished epochs, batches done in the next one, and samples they had.
        rate: the learning rate of the newest step.
        kernels: how its steps are computed: "plain", "onednn", "compiled" or "cuda_graph".
        graph: the recorded step, on a GPU.
        is_unsaved: whether the disk refused what was learned since.
        is_fresh: whether it begins with new weights rather than those of a checkpoint.
        confusion: classes x classes, int64: the last answers to the validation split; rows are the true classes.
    """

    def __init__(self, run: Run, samples: Samples) -> None:
        """Builds everything from the experiment and, if there is a checkpoint, goes back to it."""
        experiment = run.experiment
        self.run = run
        self.changes = LiveChanges(run)
        self.settings = experiment.hyperparameters
        self.seed = experiment.seed
        self.device = _device_of(run)
        make_deterministic()
        spare_the_collector()
        splits = _splits_of(samples, experiment)
        per_epoch = self.settings.samples_per_epoch
        self.batches = Batches(samples, splits, self.device, self.settings.batch_size, self.seed, per_epoch=per_epoch)
        self.classes = len(samples.class_names)
        seed_everything(mix_seed(self.seed))
        mean, std = learned_mean_and_std(samples, experiment.splits, splits)
        network = build_network(experiment.architecture, samples.shape, self.classes, mean, std)
        self.network = network.to(self.device.torch_device())
        self.kernels = "plain"
        self.graph: GraphedSteps | None = None
        self.is_unsaved = False
        self.layout = torch.contiguous_format
        self._choose_kernels(samples)
        self.compiled: Any = None
        self.learned = [parameter for parameter in self.network.parameters() if parameter.requires_grad]
        if not self.learned:
            raise LeptonError("Nothing in this network learns.", "Put a Linear layer at its end, or let it learn.")
        # Biases and what normalisations learn are few, and are not what is learned by heart.
        self._penalised = [parameter for parameter in self.learned if parameter.dim() > 1]
        self._dropouts = Dropouts(self.network)
        self.optimizer = self.settings.optimizer.build(self.learned)
        kept = max((each.share_kept() for each in self.settings.regularisations), default=0.0)
        self.answers = AnswerWeights(self.network, kept)
        self.confusion = torch.zeros(0, 0, dtype=torch.int64)
        self._plateau = (-1, 1.0)
        self.rate = 0.0
        self.is_fresh = not run.checkpoint.exists()
        self.position = self._go_back()
        self.epoch, self.batch, self.seen = self.position.epoch, self.position.batch, self.position.seen

    def _choose_kernels(self, samples: Samples) -> None:
        """The fastest way there is through this network on this device; a run goes on on the way it began on.

        The way decides the last bits.
        """
        record, on_cpu = self.run.record, self.device.kind == "cpu"
        in_bfloat16 = self.device.precision == "bfloat16"
        is_plain = record.kernels not in ("", "onednn") or (not record.kernels and self.run.checkpoint.exists())
        is_plain |= self.settings.compile
        # What is faster in float32 cannot stand in a stretch of oneDNN's layout, which has one precision for all.
        if on_cpu and in_bfloat16 and not self.settings.compile and use_float32(self.network):
            is_plain = True
        if not is_plain and use_onednn(self.network, samples.shape, self.device):
            self.kernels = "onednn"
        elif in_bfloat16 or (on_cpu and has_convolutions(self.network)):
            # Channels last is the layout in which matrix units read pictures, and oneDNN's second best: of the shipped
            # networks Inception learned 2.0 times as fast with it in float32, MobileNet 1.7 times, U-Net 1.2 times.
            self.layout = torch.channels_last
            self.network = self.network.to(memory_format=self.layout)

    def _go_back(self) -> Position:
        """Puts everything where the checkpoint has it and returns how far that is."""
        run, position = self.run, Position(seen=0, steps=0)
        if not self.is_fresh:
            position = restore(run.checkpoint, self.network, self.optimizer)
            self.answers.restore(load_tensors(run.checkpoint, AVERAGE))
        elif run.record.epochs_done:
            # Going on from nothing would throw away a history without a word.
            raise LeptonError(f"{run.checkpoint} is gone, so the run cannot go on.", "Train a new run.")
        if self.changes.catch_up(position.epoch, position.batch):
            self.follow(self.changes.live)
        if position.steps < 0:
            # Of an older program, in which all batches had one size.
            steps = position.epoch * self.batches.count() + position.batch
            seen = min(position.batch * self.batches.batch_size, self.batches.per_epoch)
            position = Position(position.epoch, position.batch, position.epoch_seconds, position.seconds, seen, steps)
            run.history.place_batches(self.batches.batch_size, self.batches.per_epoch)
        if len(run.history) < position.steps or len(run.history.epochs) < position.epoch:
            raise LeptonError(f"The history of the run '{run.id}' is shorter than its training.", "Train a new run.")
        run.history.truncate(position.steps, position.epoch)
        forget_snapshots_after(run.folder, position.epoch)
        drop_epochs(run.folder, run.history.epochs, self.settings.kept_epochs)
        return position

    # --- how far it is

    @property
    def batches_in_epoch(self) -> int:
        """How many batches the epoch under way has if none is resized any more."""
        return self.batch + self.batches.count(self.seen)

    @property
    def next_size(self) -> int:
        """How many samples the next batch has."""
        return min(self.batches.batch_size, self.batches.per_epoch - self.seen)

    @property
    def is_over(self) -> bool:
        """Whether a regularisation ends the training before its last epoch; one that is extended begins anew."""
        rows = self.run.history.epochs[self.changes.extended_at :]
        return any(each.is_over(rows) for each in self.settings.regularisations)

    def place(self) -> float:
        """Where it is on the axis of the plots, in epochs."""
        return self.epoch + self.seen / self.batches.per_epoch

    def begin_epoch(self) -> None:
        """Goes to the first batch of an epoch."""
        self.batch = self.seen = 0

    def follow(self, live: LiveSettings) -> None:
        """Goes on with other live settings."""
        self.settings = settings_now(self.run.experiment.hyperparameters, live)
        self.batches.resize(live.batch_size)
        self._dropouts.scale(live.dropout)
        for group in self.optimizer.param_groups:
            for name in ("weight_decay", "momentum"):
                if name in group and hasattr(self.settings.optimizer, name):
                    group[name] = getattr(live, name)

    # --- a step

    @property
    def largest_part(self) -> int:
        """How many pictures the network sees at once."""
        return min(self.batches.batch_size, self._most_at_once)

    @property
    def _most_at_once(self) -> int:
        return self.run.record.part_size or self.settings.part_size or MOST_AT_ONCE

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
            raise single_pictures_refused() from error

    def parts(self, pictures: Pictures, labels: Tensor) -> Iterator[Batch]:
        """A batch in parts that can be held at once."""
        size = self._most_at_once
        some: Iterable[Tensor] = pictures.split(size)
        return zip(some, torch.split(labels, size), strict=True)

    def learning_rate(self, batch: int) -> float:
        """The learning rate of a batch of this epoch."""
        settings, count = self.settings, self.batches_in_epoch
        # Steered to fewer epochs than are done, it ends with the epoch under way, at the rate of an end.
        done = min(1.0, (self.epoch * count + batch) / (settings.epochs * count))
        return settings.optimizer.learning_rate * settings.schedule.factor(done) * self._plateau_factor()

    def _plateau_factor(self) -> float:
        """What the schedule makes of the validation losses; asked once for each epoch."""
        if self._plateau[0] != self.epoch:
            losses = [row.validation_loss for row in self.run.history.epochs]
            self._plateau = (self.epoch, self.settings.schedule.plateau_factor(losses))
        return self._plateau[1]

    def seed_batch(self) -> None:
        """Sets the random numbers that dropout and augmentation will draw."""
        seed_step(self.device, mix_seed(self.seed, self.epoch, self.batch))

    def prepare_step(self) -> None:
        """Sets the learning rate and the random numbers of the next batch.

        Both follow from the seed and the position alone, so that a resumed run takes the same steps.
        """
        self.seed_batch()
        rate = self.rate = self.learning_rate(self.batch)
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

    def attacked(self, pictures: Tensor, labels: Tensor) -> Tensor:
        """Lets the experiment's attack have its share of a batch."""
        attack = self.settings.adversarial
        count = round(attack.share_attacked() * len(pictures))
        if not count:
            return pictures
        with as_in_use(self.network):
            changed = attack.perturb(pictures[:count], labels[:count], self._answered, self.settings.loss.measure)
        return torch.cat([changed, pictures[count:]]).contiguous(memory_format=self.layout)

    def _answered(self, pictures: Tensor) -> Tensor:
        with self.device.autocast():
            return self.network(pictures).float()  # type: ignore[no-any-return]

    def regularise(self) -> None:
        """Lets the regularisations add gradients of their own, then change all of them, before the step."""
        for each in self.settings.regularisations:
            penalty = each.penalty(self._penalised)
            if penalty is not None:
                penalty.backward()  # type: ignore[no-untyped-call]
        for each in self.settings.regularisations:
            each.limit(self.learned)


def _splits_of(samples: Samples, experiment: Experiment) -> Mapping[str, Indices]:
    splits = cut(samples, experiment)
    if not len(splits["train"]):
        raise LeptonError("No picture is left to train on.", "Lower the shares of validation and test.")
    if not len(splits["validation"]):
        raise LeptonError(
            "The dataset is too small to cut a validation split.", "Add pictures that are not for testing."
        )
    return splits


def _device_of(run: Run) -> Device:
    """Where a run computes. Where it began, if that is this computer: threads and precision decide the last bits."""
    settings, record = run.experiment.hyperparameters, run.record
    device = choose_device(settings.device, settings.precision, settings.threads)
    if record.threads and (record.threads, record.precision) != (device.threads, device.precision):
        before = choose_device(settings.device, record.precision, record.threads)
        is_here = before.was_called(record.device)
        return before if is_here else choose_device(device.kind, device.precision, device.threads)
    return device
