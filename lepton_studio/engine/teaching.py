"""Teaching a network a few drawings in seconds, so that it keeps what it knew.

A network that only sees its corrections forgets the rest. So each step shows it some of them, drawn a little otherwise
each time, among pictures that it learned from before; for those it is also held to what it answered until now (learning
without forgetting, Li & Hoiem 2016, https://arxiv.org/abs/1606.09282). What it costs is measured on pictures that
nobody learned from. Where it costs too much, the weights go back part of the way (Wortsman et al. 2022,
https://arxiv.org/abs/2109.01903). The run that is taught stays as it is: what comes of it is a run of its own.
"""

from __future__ import annotations

import math
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from time import monotonic
from typing import TYPE_CHECKING

import msgspec
import numpy as np
from numpy.typing import NDArray

from lepton_studio.engine.calibration import Calibration, calibration_of
from lepton_studio.engine.dataset import Indices, Samples
from lepton_studio.engine.device import choose_device
from lepton_studio.engine.drawing_entries import Drawing, is_set_aside
from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.events import Progress
from lepton_studio.engine.prediction import Predictor
from lepton_studio.engine.runs import Run
from lepton_studio.engine.taught_runs import Outcome, Score, keep_taught, name_of, right_at_first
from lepton_studio.engine.teaching_pictures import OldPictures, old_pictures, plain, redrawn

if TYPE_CHECKING:
    import torch
    from torch import Tensor


ANSWERED_AT_ONCE, RENDERED_AT_ONCE = 250, 20
# Fewer old pictures than this say too little.
LEAST_HELD = 1000
# A step with so many pictures takes as long as so many answers.
STEP_WEIGHT = 4
# Looked at after so many steps whether all is learned: each drawing with this probability, and its other ways.
CHECK_EVERY, SURE, SHARE_OF_WAYS = 8, 0.9, 0.9
# Drawings that are not answered right yet are shown so many times as often.
ATTENTION = 4.0
# How much of the way to the learned weights is gone: as little as keeps what was learned with this probability, and
# less where even that costs too much.
BACK, SAFE = (1.0, 0.7, 0.4, 0.2), 0.7
# What was measured of how sure a network may be is kept while the share of old pictures that it answers by that moves
# no more than this.
LARGEST_MOVE = 0.01
# Distilling compares answers that are softened by this temperature (Hinton et al. 2015).
SOFTNESS = 2.0


class Teaching(msgspec.Struct, frozen=True):
    """How a network is taught.

    Attributes:
        steps, seconds: at most; the step under way at the end of the time is the last.
        least_steps: at least, so that it learns the kind of drawing rather than this one.
        batch_size, new_share: pictures in a step, and the share of them that are drawings.
        learning_rate: of Adam.
        hold: how strongly the old answers count beside the labels.
        ways: how many other ways each drawing is drawn.
        held: pictures at most by which the old accuracy is measured.
        largest_loss: of it, as a share, before the weights go back part of the way.
        seed: the same seed teaches the same.
    """

    steps: int = 96
    seconds: float = 8.0
    least_steps: int = 24
    batch_size: int = 48
    new_share: float = 0.25
    learning_rate: float = 3e-4
    hold: float = 10.0
    ways: int = 16
    held: int = 5000
    largest_loss: float = 0.0015
    seed: int = 0


@dataclass(frozen=True, eq=False)
class Taught:
    """The end of teaching: a new run, and what it can."""

    run: Run
    outcome: Outcome


@dataclass(frozen=True)
class DrawingAnswers:
    """What a network takes some drawings for: the name of a class by the id of each."""

    answers: Mapping[str, str]


def teach(
    run: Run, drawings: Sequence[Drawing], samples: Samples | None = None, way: Teaching | None = None, name: str = ""
) -> Iterator[Progress | Taught]:
    """Makes a run that answers drawings as they should be, and old pictures as before; closed early, nothing stays.

    It draws no random numbers from torch, so that a training beside it stays what it is.

    Args:
        run: what is taught; it stays as it is.
        drawings: with their right labels; those set aside for the test are only measured.
        samples: the dataset of the run, if it is loaded already.
        way: how.
        name: of the new run; by default that of the old one with ", taught" behind.

    Raises:
        LeptonError: there is nothing to learn, there are no old pictures, or the disk refuses.
    """
    began = monotonic()
    way = way if way is not None else Teaching()
    yield Progress("Teaching")
    before = Predictor(run)
    known = [drawing for drawing in drawings if drawing.label in before.class_names]
    examples = [drawing for drawing in known if not is_set_aside(drawing.id)]
    aside = [drawing for drawing in known if is_set_aside(drawing.id)]
    if not examples:
        raise LeptonError(
            "There is no drawing to learn from.",
            "Keep a drawing under the right class first; the second of each class is set aside for the test.",
        )
    old: OldPictures | None = None
    for item in old_pictures(run, before, samples, way.held):
        if isinstance(item, OldPictures):
            old = item
        else:
            yield item
    assert old is not None
    # As a training computes: one core is left to the window, and memory is kept for the next step.
    choose_device("cpu", "float32", 0)
    work = _Work(run, examples, aside, old, way)
    yield from work.measure_before()
    yield from work.learn(began)
    share = yield from work.go_back(right_at_first(run, old, work.old_before))
    taught = work.outcome(run, share, monotonic() - began, len(drawings) - len(known))
    made = keep_taught(run, work.pupil, taught, work.kept_calibration(), name)
    yield Taught(made, taught)


def answer_drawings(run: Run, drawings: Sequence[Drawing]) -> Iterator[Progress | DrawingAnswers]:
    """Yields what a network takes drawings for, at last.

    Raises:
        LeptonError: the network has no weights yet.
    """
    predictor = Predictor(run)
    pictures = []
    for drawing in drawings:
        pictures.append(drawing.picture(predictor.shape))
        if len(pictures) % RENDERED_AT_ONCE == 0:
            yield Progress("Reading drawings", len(pictures), len(drawings))
    answers: dict[str, str] = {}
    for start in range(0, len(pictures), ANSWERED_AT_ONCE):
        places = predictor.probabilities(np.stack(pictures[start : start + ANSWERED_AT_ONCE])).argmax(axis=1)
        some = drawings[start : start + ANSWERED_AT_ONCE]
        answers |= {each.id: predictor.class_names[at] for each, at in zip(some, places, strict=True)}
    yield DrawingAnswers(answers)


class _Work:
    """One teaching under way: the network before, the one that learns, and what it learns from."""

    def __init__(
        self, run: Run, examples: list[Drawing], aside: list[Drawing], old: OldPictures, way: Teaching
    ) -> None:
        self.before, self.pupil = Predictor(run), Predictor(run)
        self.drawings, self.old, self.way = examples, old, way
        self.random = np.random.default_rng(way.seed)
        self.steps = self.done = 0
        self.plain, self.labels = plain(examples, self.before.shape), self._places(examples)
        self.aside, self.aside_labels = plain(aside, self.before.shape), self._places(aside)
        self.ways: dict[tuple[int, int], NDArray[np.uint8]] = {}
        # What was measured of how sure the network may be, and how many old pictures it would answer by that.
        self.calibration = calibration_of(run)
        self.answered_before = self.answered = 0
        self.old_before = self.old_after = self.learned_before = self.aside_before = 0
        self.total = 2 * len(old.held) + STEP_WEIGHT * way.steps * way.batch_size

    def measure_before(self) -> Iterator[Progress]:
        """Counts what is right before anything is learned; on a slow computer fewer old pictures have to do."""
        self.learned_before = self._right(self.before, self.plain, self.labels)
        self.aside_before = self._right(self.before, self.aside, self.aside_labels)
        self.old_before = yield from self._right_of_old(self.before, until=monotonic() + self.way.seconds / 4)
        self.answered_before = self.answered
        self.done = len(self.old.held)
        self.total = 2 * self.done + STEP_WEIGHT * self.way.steps * self.way.batch_size

    def learn(self, began: float) -> Iterator[Progress]:
        """Changes the weights until all drawings are answered right, or until the steps or the time are spent."""
        import torch

        # As much time again as measuring took will be needed at the end.
        spent = monotonic() - began
        until = began + max(self.way.seconds - spent, self.way.seconds / 2)
        network = self.pupil.network
        # In use rather than in training: what batch normalisation knows of pictures stays as it is.
        optimizer = torch.optim.Adam(
            [each for each in network.parameters() if each.requires_grad], lr=self.way.learning_rate
        )
        attention = np.ones(len(self.drawings))
        while self.steps < self.way.steps and (self.steps < self.way.least_steps or monotonic() < until):
            self._step(optimizer, attention)
            self.steps += 1
            self.done += STEP_WEIGHT * self.way.batch_size
            yield self._progress()
            if self.steps % CHECK_EVERY == 0:
                wrong = self._unsure()
                attention = np.where(wrong, ATTENTION, 1.0)
                if not wrong.any() and self.steps >= self.way.least_steps:
                    break
        self.done = len(self.old.held) + STEP_WEIGHT * self.way.steps * self.way.batch_size

    def go_back(self, at_first: int) -> Generator[Progress, None, float]:
        """Goes back towards the old weights as far as what was learned stays, further if old pictures suffer.

        Returns:
            The share of the way that stays.
        """
        learned = {name: value.clone() for name, value in self.pupil.network.state_dict().items()}
        start = self.before.network.state_dict()
        known = self._sure_of(0.5)
        # One picture is no sign of anything.
        least = at_first - max(1.0, self.way.largest_loss * len(self.old.held))

        def go(share: float) -> None:
            mixed = learned if share == 1 else {name: _mixed(start[name], learned[name], share) for name in start}
            self.pupil.network.load_state_dict(mixed)

        enough = 1.0
        for share in BACK[1:]:
            go(share)
            if not self._sure_of(SAFE)[known].all():
                break
            enough = share
        for share in BACK[BACK.index(enough) :]:
            go(share)
            self.old_after = yield from self._right_of_old(self.pupil)
            if self.old_after >= least:
                return share
        raise LeptonError(
            "These drawings cannot be learned without unlearning old ones.",
            "Look whether each has its right label, or keep fewer of one kind.",
        )

    def outcome(self, run: Run, share: float, seconds: float, left_out: int) -> Outcome:
        """What was done, with what is right now."""
        after = self._right(self.pupil, self.plain, self.labels), self._right(self.pupil, self.aside, self.aside_labels)
        count = len(self.old.held)
        return Outcome(
            taught_from=name_of(run),
            drawings=tuple(drawing.id for drawing in self.drawings),
            learned=Score(self.learned_before, after[0], len(self.plain)),
            aside=Score(self.aside_before, after[1], len(self.aside)),
            old=Score(self.old_before, self.old_after, count),
            old_name=self.old.name,
            first=right_at_first(run, self.old, self.old_before),
            share=share,
            steps=self.steps,
            seconds=seconds,
            left_out=left_out,
        )

    def kept_calibration(self) -> Calibration | None:
        """What was measured of the old network, if it holds of the taught one, too; otherwise it is to be measured."""
        moved = abs(self.answered - self.answered_before)
        return self.calibration if moved <= LARGEST_MOVE * len(self.old.held) else None

    # --- inside

    def _places(self, drawings: Sequence[Drawing]) -> Indices:
        return np.array([self.before.class_names.index(drawing.label) for drawing in drawings], np.int64)

    def _progress(self) -> Progress:
        return Progress("Teaching", min(self.done, self.total), self.total)

    def _step(self, optimizer: torch.optim.Optimizer, attention: NDArray[np.float64]) -> None:
        """Learns from one batch of drawings and old pictures."""
        import torch
        from torch.nn import functional

        way = self.way
        count = max(1, round(way.new_share * way.batch_size))
        chosen = self.random.choice(len(self.drawings), count, p=attention / attention.sum())
        new = np.stack([self._way_of(int(at)) for at in chosen])
        places = self.random.choice(self.old.learned, way.batch_size - count)
        known, known_labels = self.old.some(places)
        pictures = torch.from_numpy(np.concatenate([new, known]))
        labels = torch.from_numpy(np.concatenate([self.labels[chosen], known_labels]))
        with torch.no_grad():
            told = self.before.network(pictures[count:])
        logits = self.pupil.network(pictures)
        loss = functional.cross_entropy(logits, labels) + way.hold * _distance(logits[count:], told)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()

    def _way_of(self, at: int) -> NDArray[np.uint8]:
        """One of the ways to draw a drawing, which are made when they are first wanted; sometimes as it is."""
        number = int(self.random.integers(self.way.ways + 1))
        if number == self.way.ways:
            picture: NDArray[np.uint8] = self.plain[at]
            return picture
        key = at, number
        if key not in self.ways:
            # Of its own seed, so that it does not matter which is wanted first.
            random = np.random.default_rng((self.way.seed, at, number))
            self.ways[key] = redrawn(self.drawings[at], self.before.shape, random)
        return self.ways[key]

    def _unsure(self) -> NDArray[np.bool_]:
        """For each drawing whether it is not answered right and surely yet, or too few of its ways are."""
        places = np.arange(len(self.plain))
        sure = self._sure_of(SURE)
        keys = list(self.ways)
        if keys:
            of = np.array([at for at, _ in keys])
            right = self.pupil.probabilities(np.stack(list(self.ways.values()))).argmax(axis=1) == self.labels[of]
            drawn = np.maximum(np.bincount(of, minlength=len(places)), 1)
            missed = np.bincount(of, ~right, minlength=len(places))
            sure &= missed / drawn <= 1 - SHARE_OF_WAYS
        return ~sure

    def _sure_of(self, probability: float) -> NDArray[np.bool_]:
        """For each drawing whether its right answer has this probability."""
        answers = self.pupil.probabilities(self.plain)[np.arange(len(self.plain)), self.labels]
        sure: NDArray[np.bool_] = answers >= probability
        return sure

    def _right(self, predictor: Predictor, pictures: NDArray[np.uint8], labels: Indices) -> int:
        if not len(pictures):
            return 0
        return int((predictor.probabilities(pictures).argmax(axis=1) == labels).sum())

    def _right_of_old(self, predictor: Predictor, until: float = math.inf) -> Generator[Progress, None, int]:
        """How many of the old pictures held apart are answered right; what comes too late is left out for good."""
        right = self.answered = 0
        for start in range(0, len(self.old.held), ANSWERED_AT_ONCE):
            positions = self.old.held[start : start + ANSWERED_AT_ONCE]
            pictures, labels = self.old.some(positions)
            looked = predictor.look(pictures)
            right += int((looked.logits.argmax(axis=1) == labels).sum())
            if self.calibration is not None:
                self.answered += int((self.calibration.scores(looked) >= self.calibration.threshold()).sum())
            self.done += len(positions)
            yield self._progress()
            seen = start + len(positions)
            if monotonic() > until and seen >= LEAST_HELD:
                self.old = replace(self.old, held=self.old.held[:seen])
                break
        return right


def _distance(logits: Tensor, told: Tensor) -> Tensor:
    """How far answers are from those of before, both softened; the mean over the pictures."""
    from torch.nn import functional

    now, before = (functional.log_softmax(each / SOFTNESS, dim=1) for each in (logits, told))
    return functional.kl_div(now, before, reduction="batchmean", log_target=True) * SOFTNESS**2


def _mixed(old: Tensor, new: Tensor, share: float) -> Tensor:
    # Whole numbers, such as how many batches were seen, cannot be mixed.
    return old.lerp(new, share) if old.is_floating_point() else new
