"""The training loop, to be read.

``train`` is a generator: it does one batch, then yields. Whoever holds it decides when the next batch comes,
so that pausing, stepping and stopping need no code in here. A yielded ``None`` is only a place to stop; an
:class:`Event` is news.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from torch import Tensor

from lepton_studio.engine.batches import Pictures
from lepton_studio.engine.compiling import compile_network
from lepton_studio.engine.dataset import Samples
from lepton_studio.engine.device import is_out_of_memory
from lepton_studio.engine.errors import Diverged, LeptonError, OutOfMemory
from lepton_studio.engine.events import EpochFinished, Event, StoppedEarly, TrainingFinished, TrainingStarted
from lepton_studio.engine.examining import examine
from lepton_studio.engine.graphed_steps import record_steps
from lepton_studio.engine.hand_labels import count_hand_labels
from lepton_studio.engine.history import EpochRow
from lepton_studio.engine.keeping import answer_with_best, save, save_or_say
from lepton_studio.engine.leak import count_leaked
from lepton_studio.engine.learner import Learner
from lepton_studio.engine.meter import Meter
from lepton_studio.engine.run_samples import load_run_samples
from lepton_studio.engine.runs import Run
from lepton_studio.engine.turns import TURNS
from lepton_studio.engine.weight_loading import take_weights


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
        Diverged: the loss is not a number any more; the last checkpoint stays.
        OutOfMemory: so many pictures at once do not fit; what was learned is kept.
    """
    learner = Learner(run, samples)
    if learner.is_fresh:
        yield from take_weights(learner.network)
    meter = Meter(run, learner.batches, learner.position)
    meter.follow(learner)
    yield from compile_network(learner)
    yield from record_steps(learner, meter, take_step)
    describe_run(learner, samples)
    yield TrainingStarted(run.record.parameters, learner.device.name, learner.device.precision)
    run.keep = lambda: tuple(save_or_say(learner, meter))
    with writing_records(learner, meter):
        try:
            while learner.epoch < learner.settings.epochs and not learner.is_over:
                yield from learn_one_epoch(learner, meter)
                yield from finish_epoch(learner, meter)
                # Before it is asked whether this was the last: perhaps somebody wants more of them.
                yield from take_changes(learner, meter)
            yield from finish_training(learner, meter)
        except (GeneratorExit, KeyboardInterrupt):
            # Stopped in the middle of an epoch: nothing learned is lost, and nothing that was wished for.
            for _ in learner.changes.take(learner):
                pass
            save(learner, meter)
            raise
        except Diverged:
            # The weights are spoiled; the last checkpoint has those from before.
            raise
        except Exception as error:
            # What went wrong first is what people must hear of, whether this can be saved or not.
            with contextlib.suppress(Exception):
                save(learner, meter)
            if is_out_of_memory(error):
                raise no_room(learner) from error
            raise
        finally:
            run.keep = None


def learn_one_epoch(learner: Learner, meter: Meter) -> Iterator[Event | None]:
    """Goes once through the training pictures: this is where the network learns."""
    learner.network.train()
    meter.start("train")
    while learner.seen < learner.batches.per_epoch:
        yield from take_changes(learner, meter)
        for _ in steps(learner, meter):
            yield from after_step(learner, meter)
            if learner.changes.are_due(learner.epoch, learner.batch):
                break


def take_changes(learner: Learner, meter: Meter) -> Iterator[Event | None]:
    """Somebody steers: from here on another learning rate, another batch size ..."""
    if learner.changes.are_due(learner.epoch, learner.batch):
        yield from learner.changes.take(learner)
        meter.follow(learner)
        if learner.graph is None:
            yield from record_steps(learner, meter, take_step)


def steps(learner: Learner, meter: Meter) -> Iterator[None]:
    """Takes the steps that are left of an epoch, one by one."""
    if learner.graph is not None:
        # A GPU that has recorded the step only needs to be told to do it again.
        for _ in learner.graph.replay(learner):
            meter.noted(learner)
            yield
    for pictures, labels in learner.batches.training(learner.epoch, learner.seen):
        learner.prepare_step()
        meter.before_step(learner)
        loss, accuracy = take_step(learner, pictures, labels)
        # The numbers stay on the device: reading them here would make the program wait for it every step.
        meter.note(learner, loss, accuracy)
        yield


def take_step(learner: Learner, pictures: Pictures, labels: Tensor) -> tuple[Tensor, Tensor]:
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
        # What it learns from is changed at random, and perhaps by an attack: so it learns more than these pictures.
        prepared = learner.attacked(learner.augment(some_pictures), some_labels)
        # Forward: what does the network answer, and how wrong is that?
        with learner.device.autocast():
            logits = learner.answer(prepared).float()
        loss = learner.settings.loss.measure(logits, some_labels)
        if len(some_labels) < len(labels):
            loss = loss * (len(some_labels) / len(labels))
        # Backward: in which direction should each weight change to be less wrong?
        loss.backward()  # type: ignore[no-untyped-call]
        losses.append(loss.detach())
        hits.append((logits.detach().argmax(dim=1) == some_labels).sum())
    # What holds the network back adds its own gradients, or shortens them.
    learner.regularise()
    # Step: change the weights, a little.
    learner.optimizer.step()
    learner.answers.follow()
    return sum(losses[1:], losses[0]), sum(hits[1:], hits[0]) / len(labels)


def after_step(learner: Learner, meter: Meter) -> Iterator[Event | None]:
    """Counts the batch, keeps what was learned now and then, and is the place to stop."""
    learner.seen += learner.next_size
    learner.batch += 1
    if meter.checkpoint_age() > learner.settings.checkpoint_seconds:
        yield from save_or_say(learner, meter)
    yield from meter.complaints()
    yield None
    meter.go_on()


def finish_epoch(learner: Learner, meter: Meter) -> Iterator[Event | None]:
    """Checks the network on pictures it does not learn from, and keeps the numbers and the weights."""
    meter.read(learner)
    loss, accuracy = yield from examine(learner, "validation", meter)
    train_loss, train_accuracy = meter.epoch_means(learner.epoch)
    row = EpochRow(learner.epoch + 1, train_loss, train_accuracy, loss, accuracy, meter.epoch_seconds)
    learner.run.history.add_epoch(row)
    learner.epoch += 1
    learner.begin_epoch()
    meter.new_epoch()
    yield from save_or_say(learner, meter, epoch_ended=True)
    yield EpochFinished(row, learner.settings.epochs)


def finish_training(learner: Learner, meter: Meter) -> Iterator[Event | None]:
    """Chooses the weights to answer with, and measures them on pictures that were never used."""
    kept = answer_with_best(learner)
    if learner.epoch < learner.settings.epochs:
        yield StoppedEarly(learner.epoch, kept or learner.epoch)
    save(learner, meter)
    loss, accuracy = yield from examine(learner, "test", meter, exactly=True)
    run = learner.run
    run.update(state="finished", test_accuracy=accuracy, test_loss=loss)
    yield TrainingFinished(accuracy, loss, run.record.train_seconds)


def describe_run(learner: Learner, samples: Samples) -> None:
    """Writes into the record what is known before the first step."""
    run = learner.run
    facts: dict[str, Any] = {}
    if learner.is_fresh:
        facts = {
            "leaked": count_leaked(samples, learner.batches.splits),
            "train_size": learner.batches.size("train"),
            "validation_size": learner.batches.size("validation"),
        }
    run.update(
        device=learner.device.name,
        precision=learner.device.precision,
        threads=learner.device.threads,
        kernels=learner.kernels,
        parameters=sum(parameter.numel() for parameter in learner.network.parameters()),
        class_names=samples.class_names,
        input_shape=samples.shape,
        relabelled=count_hand_labels(samples),
        diverged_at=0,
        **facts,
    )


@contextlib.contextmanager
def writing_records(learner: Learner, meter: Meter) -> Iterator[None]:
    """While it is entered, the numbers are kept for other programs, too, if the experiment says so."""
    with contextlib.ExitStack() as open_records:
        records = []
        for writer in learner.settings.writers:
            records.append(writer.open(learner.run))
            open_records.callback(records[-1].close)
        meter.write_to(tuple(records))
        yield


def no_room(learner: Learner) -> OutOfMemory:
    """What to say when there is no memory for a step, or for its part."""
    size = learner.largest_part
    if size == 1:
        return OutOfMemory("There is not enough memory for a single picture.", "Choose a smaller network.")
    return OutOfMemory(
        f"There is not enough memory for {size:,} pictures at once.",
        f"Take {size // 2:,} at once: the batches stay as large, and take longer. What was learned is kept.",
        size // 2,
    )
