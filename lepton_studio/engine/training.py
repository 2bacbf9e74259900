"""The training loop, to be read.

``train`` is a generator: it does one batch, then yields. Whoever holds it decides when the next batch comes,
so that pausing, stepping and stopping need no code in here. A yielded ``None`` is only a place to stop; an
:class:`Event` is news.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from torch import Tensor

from lepton_studio.engine.compiling import compile_network
from lepton_studio.engine.dataset import Samples
from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.events import EpochFinished, Event, TrainingFinished, TrainingStarted
from lepton_studio.engine.graphed_steps import record_steps
from lepton_studio.engine.hand_labels import count_hand_labels
from lepton_studio.engine.history import EpochRow
from lepton_studio.engine.learner import Learner
from lepton_studio.engine.meter import Meter
from lepton_studio.engine.run_samples import load_run_samples
from lepton_studio.engine.runs import Run
from lepton_studio.engine.turns import TURNS
from lepton_studio.engine.weight_loading import take_weights

SECONDS_BETWEEN_CHECKPOINTS = 30.0


def start_training(run: Run, samples: Samples | None = None) -> Iterator[Event | None]:
    """Trains a new run, or goes on with an old one; loads the dataset first if it is not given.

    Samples whose labels were changed by hand after the run was begun are loaded anew, as they were then.

    Raises:
        LeptonError: the run is being trained already, or one of the reasons of :func:`train`.
    """
    with run.being_trained():
        found: Samples | None = None
        for item in load_run_samples(run, samples):
            if isinstance(item, Samples):
                found = item
            else:
                yield item
        if found is None:
            raise LeptonError("The dataset has no samples.", "Choose another one.")
        with TURNS.training():
            yield from train(run, found)


def train(run: Run, samples: Samples) -> Iterator[Event | None]:
    """Teaches the network of a run, from where its checkpoint is to the last epoch.

    Raises:
        LeptonError: the architecture does not fit the dataset, the device is not there, the disk is full ...
    """
    learner = Learner(run, samples)
    if learner.is_fresh:
        yield from take_weights(learner.network)
    meter = Meter(run, learner.batches, learner.position)
    yield from compile_network(learner)
    yield from record_steps(learner, meter, take_step)
    run.update(
        device=learner.device.name,
        precision=learner.device.precision,
        threads=learner.device.threads,
        kernels=learner.kernels,
        parameters=sum(parameter.numel() for parameter in learner.network.parameters()),
        class_names=samples.class_names,
        input_shape=samples.shape,
        relabelled=count_hand_labels(samples),
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
    learner.network.train()
    meter.start("train")
    if learner.graph is not None:
        # A GPU that has recorded the step only needs to be told to do it again.
        for _ in learner.graph.replay(learner):
            meter.noted(learner)
            yield from after_step(learner, meter)
    for pictures, labels in learner.batches.training(learner.epoch, first=learner.batch):
        learner.prepare_step()
        loss, accuracy = take_step(learner, pictures, labels)
        # The numbers stay on the device: reading them here would make the program wait for it every step.
        meter.note(learner, loss, accuracy)
        yield from after_step(learner, meter)


def take_step(learner: Learner, pictures: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
    """Learns from one batch.

    Args:
        learner: the network and its optimizer.
        pictures: N x C x H x W, uint8.
        labels: N, int64.

    Returns:
        The loss, and the share of right answers from 0 to 1; both are still on the device.
    """
    losses, hits = [], []
    learner.optimizer.zero_grad()
    # A batch too large to be held at once is looked at in parts: their gradients add up to that of the whole.
    for some_pictures, some_labels in learner.parts(pictures, labels):
        # Forward: what does the network answer, and how wrong is that?
        with learner.device.autocast():
            logits = learner.answer(learner.augment(some_pictures)).float()
        loss = learner.settings.loss.measure(logits, some_labels)
        if len(some_labels) < len(labels):
            loss = loss * (len(some_labels) / len(labels))
        # Backward: in which direction should each weight change to be less wrong?
        loss.backward()  # type: ignore[no-untyped-call]
        losses.append(loss.detach())
        hits.append((logits.detach().argmax(dim=1) == some_labels).sum())
    # Step: change them, a little.
    learner.optimizer.step()
    return sum(losses[1:], losses[0]), sum(hits[1:], hits[0]) / len(labels)


def after_step(learner: Learner, meter: Meter) -> Iterator[Event | None]:
    """Counts the batch, keeps what was learned now and then, and is the place to stop."""
    learner.batch += 1
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
