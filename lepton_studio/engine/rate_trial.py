"""The short training behind :mod:`lepton_studio.engine.rate_finder`: the learner and the step of any other."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from itertools import count

import torch
from torch import Tensor

from lepton_studio.engine.architecture import describe
from lepton_studio.engine.batches import Pictures
from lepton_studio.engine.dataset import Samples
from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.events import Progress
from lepton_studio.engine.experiment import Experiment
from lepton_studio.engine.learner import Learner
from lepton_studio.engine.rate_finder import RatePoint, RateSearch, has_exploded, rates_to_try, search_of
from lepton_studio.engine.runs import Run
from lepton_studio.engine.training import take_step
from lepton_studio.engine.turns import TURNS
from lepton_studio.engine.weight_loading import take_weights


def tried(experiment: Experiment, samples: Samples) -> Iterator[Progress | RatePoint | RateSearch]:
    """What :func:`lepton_studio.engine.rate_finder.find_rate` walks."""
    rates = rates_to_try()
    yield _progress(0, len(rates))
    report = describe(experiment.architecture, samples.shape, len(samples.class_names))
    if report.errors:
        raise report.errors[0]
    threads = torch.get_num_threads()
    learner: Learner | None = None
    try:
        with TURNS.probing():
            learner = Learner(Run.unkept(experiment), samples)
            for _ in take_weights(learner.network):
                pass
            learner.network.train()
        points: list[RatePoint] = []
        batches = _batches(learner)
        for rate in rates:
            with TURNS.probing():
                points.append(RatePoint(rate, _loss_of_step(learner, next(batches), rate)))
            yield points[-1]
            yield _progress(len(points), len(rates))
            if has_exploded([point.loss for point in points]):
                break
        yield search_of(points)
    except (torch.OutOfMemoryError, MemoryError) as error:
        size = experiment.hyperparameters.batch_size
        raise LeptonError(
            f"There is not enough memory to learn from {size} pictures at once.", "Set a smaller batch size."
        ) from error
    finally:
        is_on_gpu = learner is not None and learner.device.kind == "cuda"
        learner = None
        torch.set_num_threads(threads)
        if is_on_gpu:
            gc.collect()
            torch.cuda.empty_cache()


def _batches(learner: Learner) -> Iterator[tuple[Pictures, Tensor]]:
    """The batches of one epoch after the other, for ever; the learner's position goes along, for the random numbers."""
    for epoch in count():
        learner.epoch = epoch
        for batch, pictures_and_labels in enumerate(learner.batches.training(epoch)):
            learner.batch = batch
            yield pictures_and_labels


def _loss_of_step(learner: Learner, batch: tuple[Pictures, Tensor], rate: float) -> float:
    """Learns from one batch at a learning rate; the loss is that from before the step."""
    learner.seed_batch()
    for group in learner.optimizer.param_groups:
        group["lr"] = rate
    loss: Tensor = take_step(learner, *batch)[0]
    return float(loss)


def _progress(done: int, total: int) -> Progress:
    return Progress("Trying learning rates", done, total)
