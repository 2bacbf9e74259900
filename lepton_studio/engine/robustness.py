"""What a network answers when its pictures are attacked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from lepton_studio.engine.attack import ATTACKS, Attack
from lepton_studio.engine.dataset import Indices, Samples
from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.evaluation import Evaluation, split_of
from lepton_studio.engine.events import Progress
from lepton_studio.engine.files import field_error
from lepton_studio.engine.run_samples import with_run_samples
from lepton_studio.engine.runs import Run

BATCH = 100
# Attacked pictures that are kept to be looked at; all of a large split would not fit into the memory.
KEPT_PICTURES = 1000


@dataclass(frozen=True, eq=False)
class Robustness:
    """The answers of a network to attacked pictures, and to the same ones as they were.

    Attributes:
        attack: what was done to them.
        clean: the answers to the pictures as they are.
        attacked: the answers to what the attack made of them.
        pictures: K x C x H x W, uint8, the attacked pictures of the first K samples, rounded to whole grey levels.
    """

    attack: Attack
    clean: Evaluation
    attacked: Evaluation
    pictures: NDArray[np.uint8]

    @property
    def accuracy(self) -> float:
        """The share of right answers under attack."""
        return self.attacked.accuracy


def chosen_attack(kind: str, radius: float, steps: int) -> Attack:
    """The attack of that name, as it is used to test a network.

    Args:
        kind: a name of the registry that stands for an attack ("none" does not).
        radius: how far each pixel may be moved, as a share of the way from black to white.
        steps: how many steps an attack may take that takes more than one.

    Raises:
        LeptonError: there is no such attack, or a number is out of range.
    """
    known = [name for name in ATTACKS.names() if name != "none"]
    if kind not in known:
        raise LeptonError(f"There is no attack called '{kind}'.", f"Known are: {', '.join(known)}.")
    made: Any = ATTACKS[kind]().as_test(radius, steps)
    try:
        return msgspec.convert(msgspec.to_builtins(made), type(made))  # type: ignore[no-any-return]
    except msgspec.ValidationError as error:
        raise LeptonError(f"There is no such attack: {field_error(error)}.", "Correct that number.") from error


def attack_split(
    run: Run, samples: Samples, attacks: Sequence[Attack], split: str = "test", at_most: int = 0
) -> Iterator[Progress | Robustness]:
    """Lets a run answer a split under each of some attacks; yields progress, and what came of each attack.

    The attacks know the network (white box) and make its cross entropy large, in float32 on the CPU. The same run,
    split and attack give the same result, whatever else is computed meanwhile.

    Args:
        run: the run.
        samples: its dataset.
        attacks: one after the other.
        split: "train", "validation" or "test".
        at_most: how many pictures to attack, taken evenly from the split; 0 is all.

    Raises:
        LeptonError: the split is not known or empty, or the pictures or classes are not those of the network.
    """
    predictor, indices, labels = split_of(run, samples, split)
    if 0 < at_most < len(indices):
        taken = np.arange(at_most) * len(indices) // at_most
        indices, labels = indices[taken], labels[taken]
    total, done = len(indices) * (1 + len(attacks)), 0

    def evaluated(probabilities: list[NDArray[np.float32]]) -> Evaluation:
        return Evaluation(split, indices, labels, np.concatenate(probabilities), predictor.class_names)

    answers = []
    for images, _ in _batches(samples, indices, labels):
        answers.append(predictor.probabilities(images))
        done += len(images)
        yield Progress("Answering", done, total)
    clean = evaluated(answers)
    for attack in attacks:
        answers, pictures = [], []
        for number, (images, right) in enumerate(_batches(samples, indices, labels)):
            moved = predictor.attacked(images, right, attack, seed=number)
            answers.append(predictor.probabilities(moved))
            if number * BATCH < KEPT_PICTURES:
                pictures.append(np.rint(moved).astype(np.uint8))
            done += len(images)
            yield Progress("Attacking", done, total)
        yield Robustness(attack, clean, evaluated(answers), np.concatenate(pictures))


def load_and_attack(
    run: Run, samples: Samples | None, attacks: Sequence[Attack], split: str = "test", at_most: int = 0
) -> Iterator[Progress | Samples | Robustness]:
    """Like :func:`attack_split`, but finds the run's samples first: see :func:`with_run_samples`."""
    return with_run_samples(run, samples, lambda found: attack_split(run, found, attacks, split, at_most))


def _batches(
    samples: Samples, indices: Indices, labels: NDArray[np.int64]
) -> Iterator[tuple[NDArray[np.uint8], NDArray[np.int64]]]:
    for start in range(0, len(indices), BATCH):
        yield samples.images[indices[start : start + BATCH]], labels[start : start + BATCH]
