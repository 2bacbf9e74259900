"""Finds out what a training will cost, by a second of it.

The probe is the training itself: the same learner, the same loop and the same step, on a run that is kept nowhere. A
large batch is tried with few of its pictures first, so that neither memory nor patience is used up by finding out.
"""

from __future__ import annotations

import contextlib
import gc
import itertools
from collections.abc import Callable, Generator, Iterator
from contextlib import AbstractContextManager
from statistics import mean, median
from time import perf_counter
from typing import cast

import torch
from torch import Tensor

from lepton_studio.engine.architecture import ArchitectureReport, describe
from lepton_studio.engine.batches import ANSWER_BATCH, Pictures
from lepton_studio.engine.cost import Cost
from lepton_studio.engine.dataset import Samples
from lepton_studio.engine.device import choose_device
from lepton_studio.engine.events import Notice, Progress
from lepton_studio.engine.examining import judge
from lepton_studio.engine.experiment import Experiment
from lepton_studio.engine.giving_up import GivenUp, GivesUp
from lepton_studio.engine.graphed_steps import record_steps
from lepton_studio.engine.kept_activations import KeptActivations, tensor_bytes
from lepton_studio.engine.learner import Learner
from lepton_studio.engine.machine_memory import memory_room
from lepton_studio.engine.meter import Meter
from lepton_studio.engine.runs import Run
from lepton_studio.engine.training import learn_one_epoch, take_step
from lepton_studio.engine.turns import TURNS

# How long steps are watched, and how few of them settle it sooner.
SECONDS, FEWEST_SECONDS, STEADY_STEPS = 1.2, 0.4, 30
# Medians of the two halves that are no further apart are taken for steady.
STEADY_SHARE = 0.03
# A step that would take longer is tried with fewer pictures.
LONGEST_STEP_SECONDS = 1.0
# What takes longer than this can be given up in the middle; below, asking would be felt in what is measured.
QUICK_SECONDS = 0.1
# The first steps are of so few pictures that they need about so many operations, which take half a second.
FIRST_PICTURES, FEWEST_PICTURES, FIRST_OPERATIONS = 8, 2, 3e10
# The first steps ask for memory and choose algorithms.
WARM_UP_STEPS = 2
# A GPU is told several steps at once, because waiting for each would leave it idle.
STEPS_AT_ONCE_ON_A_GPU = 8
# Results that are there while an operation works, beside what is kept: its own and one that goes in.
RESULTS_BESIDE = 2
# What memory in pieces costs on a CPU, and the copies that oneDNN makes in its own layout: measured.
FRAGMENTS = 1.25
# Numbers kept for each weight: itself, its gradient, and two of an optimizer.
NUMBERS_PER_WEIGHT, BYTES_PER_NUMBER = 4, 4
PARTS = 4


def probed(
    experiment: Experiment, samples: Samples, is_given_up: Callable[[], bool] | None = None
) -> Iterator[Progress | Cost]:
    """What :func:`lepton_studio.engine.cost.probe_cost` walks."""
    yield _progress(0)
    threads = torch.get_num_threads()
    probe: _Probe | None = None
    try:
        with TURNS.probing(), _asking(is_given_up):
            probe = _Probe(experiment, samples, is_given_up)
        if probe.fits:
            yield from probe.measured()
        yield probe.cost()
    except GivenUp:
        return
    except (torch.OutOfMemoryError, MemoryError):
        assert probe is not None
        yield probe.cost(is_too_much=True)
    finally:
        is_on_gpu = probe is not None and probe.device.kind == "cuda"
        probe = None
        torch.set_num_threads(threads)
        if is_on_gpu:
            gc.collect()
            torch.cuda.empty_cache()


def _asking(is_given_up: Callable[[], bool] | None) -> AbstractContextManager[object]:
    """What lets the work inside be given up, if anybody says when."""
    return contextlib.nullcontext() if is_given_up is None else GivesUp(is_given_up)


class _Probe:
    """The training, as far as it must be begun to know what it costs."""

    def __init__(self, experiment: Experiment, samples: Samples, is_given_up: Callable[[], bool] | None) -> None:
        """Guesses the memory; builds the network only if there is room for it.

        Raises:
            LeptonError: it cannot be built.
        """
        self.experiment, self.samples, self._is_given_up = experiment, samples, is_given_up
        settings = experiment.hyperparameters
        report = self.report = describe(experiment.architecture, samples.shape, len(samples.class_names))
        if report.errors:
            raise report.errors[0]
        self.device = choose_device(settings.device, settings.precision, settings.threads)
        self.before = torch.cuda.memory_allocated() if self.device.kind == "cuda" else 0
        # The pictures are in the computer's memory already, unless they are read from a file as they are needed.
        self._data = samples.images.nbytes
        self.room = memory_room(self.device)
        if self.device.kind == "cpu" and self.room:
            self.room += self._data
        self.memory = _least_memory(report, self._data)
        self.remarks: tuple[str, ...] = ()
        self.learner: Learner | None = None
        self.step_seconds = self.judge_seconds = 0.0
        self.steps = 0
        if settings.compile:
            self.remarks = ("Measured without torch.compile, which may make each step faster.",)

    @property
    def fits(self) -> bool:
        """Whether there is room for what is known so far."""
        return not self.room or self.memory <= self.room

    def measured(self) -> Iterator[Progress]:
        """Builds the learner and watches it; stops early where there is no room for more."""
        with self._turn():
            self.learner = learner = Learner(Run.unkept(self.experiment), self.samples)
            pictures, labels = next(iter(learner.batches.training(0)))
            learner.network.train()
            if self.device.kind == "cuda":
                torch.cuda.reset_peak_memory_stats()
        yield _progress(1)
        few = min(len(labels), _first_pictures(self.report))
        a_few = yield from self._count(learner, pictures, labels, few)
        if a_few < LONGEST_STEP_SECONDS / 2:
            with self._turn(a_few):
                a_few = self._timed(learner, pictures[:few], labels[:few])
            yield _progress(1)
        whole = a_few / few * len(labels)
        if not self.fits or whole > LONGEST_STEP_SECONDS:
            # So many that the step takes half as long as it may.
            some = max(few, min(len(labels), round(few * LONGEST_STEP_SECONDS / 2 / a_few) if self.fits else few))
            if some > few:
                with self._turn():
                    a_few = self._timed(learner, pictures[:some], labels[:some])
            self.step_seconds, self.steps = a_few / some * len(labels), 1
            if some < len(labels):
                self.remarks += (f"Measured on {some} pictures of a batch of {len(labels)}.",)
        else:
            yield from self._watch(learner, whole)
        yield from self._judge(learner, few)

    @contextlib.contextmanager
    def _turn(self, expected: float = float("inf")) -> Iterator[None]:
        """One turn of the probe, which can be given up in the middle if it will take long, in seconds."""
        with TURNS.probing(), _asking(self._is_given_up if expected > QUICK_SECONDS else None):
            yield

    def _watch(self, learner: Learner, expected: float) -> Iterator[Progress]:
        """Lets the loop learn for a while and notes what a step takes, which is expected to be so many seconds."""
        meter = _Unsaving(learner.run, learner.batches, learner.position)
        with TURNS.probing():
            for event in record_steps(learner, meter, take_step):
                if isinstance(event, Notice):
                    self.remarks += (event.what,)
        times: list[float] = []
        at_once = STEPS_AT_ONCE_ON_A_GPU if self.device.kind == "cuda" else 1
        for seconds in _steps(learner, meter, at_once, lambda: self._turn(expected)):
            times.append(seconds)
            yield _progress(2)
            if _is_enough(times):
                break
        self.steps = len(times)
        watched = times[WARM_UP_STEPS:] if len(times) > 2 * WARM_UP_STEPS else times[-1:]
        self.step_seconds = _typical(watched)
        if self.device.kind == "cuda":
            self.memory = torch.cuda.max_memory_allocated() - self.before

    def _judge(self, learner: Learner, few: int) -> Iterator[Progress]:
        """What one picture of the validation takes: on a whole batch of them if that is not too many."""
        yield _progress(3)
        pictures, labels = next(iter(learner.batches.answering("validation")))
        learner.network.eval()
        per_picture = self.step_seconds / learner.batches.batch_size
        most = round(LONGEST_STEP_SECONDS / 2 / per_picture) if per_picture else ANSWER_BATCH
        some = max(1, few, min(len(labels), most))
        seconds = []
        for _ in range(3):
            with self._turn(per_picture * some):
                start = perf_counter()
                judge(learner, pictures[:some], labels[:some])
                self._finish()
                seconds.append((perf_counter() - start) / min(some, len(labels)))
            yield _progress(3)
            if sum(seconds) * some > LONGEST_STEP_SECONDS / 2:
                break
        self.judge_seconds = min(seconds)

    def cost(self, is_too_much: bool = False) -> Cost:
        """What is known at the end."""
        settings, learner = self.experiment.hyperparameters, self.learner
        memory = max(self.memory, self.room + 1) if is_too_much else self.memory
        known = (memory, self.room, self.device.name, self.device.precision)
        if learner is None or not self.step_seconds or is_too_much:
            return Cost(None, None, settings.epochs, *known, batch_size=settings.batch_size, remarks=self.remarks)
        batches = learner.batches
        learning = self.step_seconds * batches.per_epoch / batches.batch_size
        return Cost(
            learning + self.judge_seconds * batches.size("validation"), batches.batch_size / self.step_seconds,
            settings.epochs, *known, learner.kernels, batches.batch_size, self.steps, self.remarks,
        )  # fmt: skip

    def _count(
        self, learner: Learner, pictures: Pictures, labels: Tensor, few: int
    ) -> Generator[Progress, None, float]:
        """Takes steps of few pictures, counts what a step of a whole batch will need, and tells what few took."""
        own = [*learner.network.parameters(), *learner.network.buffers()]
        # A part of it, such as weights in bfloat16, does not grow with the pictures: two sizes tell it apart.
        sizes = (few, few // 2) if few > 1 else (few,)
        needed: list[int] = []
        seconds = 0.0
        for size in sizes:
            # Batch norm may refuse to learn from one picture alone, while more are no trouble.
            with contextlib.suppress(*([ValueError] if needed else [])), self._turn(), KeptActivations(own) as kept:
                took = self._timed(learner, pictures[:size], labels[:size])
                seconds = min(seconds or took * 2, took * few / size)
                needed.append(kept.bytes + RESULTS_BESIDE * kept.largest)
            yield _progress(1)
        per_picture = (needed[0] - needed[-1]) / (few - few // 2) if len(needed) > 1 else needed[0] / few
        self._note_memory(learner, own, needed[0] + max(0.0, per_picture) * (learner.largest_part - few))
        return seconds

    def _note_memory(self, learner: Learner, own: list[Tensor], activations: float) -> None:
        """Adds up what is needed at the peak."""
        gradients = [parameter.grad for parameter in learner.network.parameters() if parameter.grad is not None]
        states = [each for state in learner.optimizer.state.values() for each in state.values()]
        weights, learned = tensor_bytes(own), tensor_bytes(gradients)
        self.memory = weights + learned + tensor_bytes(each for each in states if isinstance(each, Tensor))
        if self.device.kind == "cpu":
            # The newest weights are left for the window to look at, and are there twice while they are renewed.
            self.memory += weights + learned
            activations *= FRAGMENTS
        self.memory += round(activations) + (self._data if learner.batches.images is not None else 0)

    def _timed(self, learner: Learner, pictures: Pictures, labels: Tensor) -> float:
        start = perf_counter()
        take_step(learner, pictures, labels)
        self._finish()
        return perf_counter() - start

    def _finish(self) -> None:
        _wait_for(self.device.kind)


class _Unsaving(Meter):
    """The meter of a training that saves nothing, however long it takes."""

    def checkpoint_age(self) -> float:
        return 0.0


def _steps(
    learner: Learner, meter: Meter, at_once: int, turn: Callable[[], AbstractContextManager[None]]
) -> Iterator[float]:
    """Takes steps of the training loop for ever, some in each turn; yields how long each took."""
    while True:
        is_whole = True
        with contextlib.closing(cast("Generator[object]", learn_one_epoch(learner, meter))) as loop:
            while is_whole:
                with turn():
                    start = perf_counter()
                    done = sum(1 for _ in itertools.islice(loop, at_once))
                    _wait_for(learner.device.kind)
                    seconds = perf_counter() - start
                is_whole = done == at_once
                if done:
                    yield seconds / done
        learner.begin_epoch()
        meter.new_epoch()


def _wait_for(kind: str) -> None:
    """Lets a GPU finish what it was told."""
    if kind == "cuda":
        torch.cuda.synchronize()
    elif kind == "mps":
        torch.mps.synchronize()


def _is_enough(times: list[float]) -> bool:
    """Whether what was seen tells what will come."""
    spent = sum(times)
    watched = times[WARM_UP_STEPS:]
    if spent > SECONDS:
        return len(watched) > 1 or spent > 2 * SECONDS
    if len(watched) < STEADY_STEPS or spent < FEWEST_SECONDS:
        return False
    half = len(watched) // 2
    first, second = median(watched[:half]), median(watched[half:])
    return abs(first - second) <= STEADY_SHARE * second


def _typical(times: list[float]) -> float:
    """The mean: an epoch is a sum, in which the slow steps count, too."""
    return mean(times)


def _first_pictures(report: ArchitectureReport) -> int:
    """Of how many pictures the first steps are: fewer of a large network."""
    # Backward takes twice as many operations as forward; what is frozen takes none.
    share = 1 + 2 * (1 - report.frozen / max(1, report.parameters))
    affordable = FIRST_OPERATIONS / max(1.0, report.flops * share)
    return max(FEWEST_PICTURES, min(FIRST_PICTURES, int(affordable)))


def _least_memory(report: ArchitectureReport, data: int) -> int:
    """What is needed in any case, before anything is built."""
    learned = report.parameters - report.frozen
    return BYTES_PER_NUMBER * (report.parameters + (NUMBERS_PER_WEIGHT - 1) * learned) + report.memory + data


def _progress(done: int) -> Progress:
    return Progress("Measuring a few steps", done, PARTS)
