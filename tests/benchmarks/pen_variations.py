"""What each way of varying drawings is worth to hands that the network never saw.

The shipped network (``resources/models``) learns from the digits of UNIPEN, each drawn several times as another hand
might have drawn it. Here PenNet is taught for a few epochs without six of UNIPEN's seventeen contributors, and read on
their 5,483 digits and on MNIST's test split: as it is, with each variation left out, and with each that was thought of
besides. ``LEPTON_STUDIO_BENCH_ONLY`` names those to measure (``as_it_is,no_turn``), ``LEPTON_STUDIO_BENCH_SEEDS`` how
often each is taught. One takes about three minutes.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from lepton_studio import paths
from lepton_studio.engine.dataset import Samples, load_samples
from lepton_studio.engine.datasets.mnist import Mnist
from lepton_studio.engine.prediction import Predictor
from lepton_studio.engine.regularisations.weight_average import WeightAverage
from lepton_studio.engine.strokes import render_strokes

sys.path.insert(0, str(paths.resources() / "models"))

import make_pen_net
from pen_pictures import CLASSES, is_mnist_validation
from pen_strokes import (
    SHAPE,
    TAUGHT,
    USUAL,
    Lines,
    PenDigit,
    Variation,
    crossed,
    drawn,
    is_kept_out,
    joined,
    read_digits,
    replayed,
    varied,
    with_points,
)

LEFT_OUT = ("gmd", "ibm", "uqb", "ced", "tos", "imp")
EPOCHS, COPIES, MNIST_TAUGHT = 3, 4, 20_000
# How the digits of those who were not learned from are drawn: as they are, and as poorer tablets would have them.
WAYS: dict[str, Callable[[Lines], Lines]] = {
    "unseen": lambda lines: lines,
    "unseen_joined": joined,
    "unseen_12_points": lambda lines: with_points(lines, 12),
    "unseen_8_points_joined": lambda lines: with_points(joined(lines), 8),
}
NOTHING = Variation(**dict.fromkeys(Variation.__dataclass_fields__, 0.0))
VARIATIONS: dict[str, Variation] = {
    "as_it_is": USUAL,
    **{f"no_{name}": replace(USUAL, **{name: 0.0}) for name in ("turn", "slant", "narrow", "bend", "tremble")},
    **{f"no_{name}": replace(USUAL, **{name: 0.0}) for name in ("fewer", "crossed", "pressure")},
    "no_apart_no_swell": replace(USUAL, apart=0.0, swell=0.0),
    "nothing": NOTHING,
    "twice_the_turn": replace(USUAL, turn=12.0),
    "twice_the_slant": replace(USUAL, slant=0.3),
    "twice_the_bend": replace(USUAL, bend=0.04),
    "four_times_the_bend": replace(USUAL, bend=0.08),
    "bulge": replace(USUAL, bulge=0.2),
    "ends": replace(USUAL, ends=0.05),
    "sparse": replace(USUAL, sparse=0.25),
    "joined": replace(USUAL, joined=0.25),
    "as_taught": TAUGHT,
    "no_affine": USUAL,
}


def is_left_out(digit: PenDigit) -> bool:
    """Whether its contributor is not learned from."""
    return digit.source.startswith(LEFT_OUT)


def lesson(digits: list[PenDigit], by: Variation, seed: int) -> Samples:
    """MNIST, a part of it to learn from, and digits of pens that are varied so."""
    random = np.random.default_rng([seed, 1])
    mnist = load_samples(Mnist())
    checked = is_mnist_validation(mnist, 0)
    is_kept = mnist.is_test | checked
    is_kept[random.permutation(np.flatnonzero(~is_kept))[:MNIST_TAUGHT]] = True
    lines = [varied(crossed(digit, random, by.crossed), random, by) for digit in digits * COPIES]
    pens = np.array([drawn(each, random, by.pressure) for each in lines], np.uint8).reshape(-1, *SHAPE)
    none = np.zeros(len(pens), bool)
    return Samples(
        np.concatenate([mnist.images[is_kept], pens]),
        np.concatenate([mnist.labels[is_kept], np.array([digit.label for digit in digits * COPIES])]),
        CLASSES,
        np.concatenate([mnist.is_test[is_kept], none]),
        np.concatenate([checked[is_kept], none]),
    )


def answers(predictor: Predictor, images: NDArray[np.uint8]) -> NDArray[np.int64]:
    """The likeliest of the ten digits."""
    parts = np.array_split(images, max(1, len(images) // 500))
    return np.concatenate([predictor.look(part).logits[:, :10].argmax(axis=1) for part in parts])


def measured(name: str, digits: list[PenDigit], unseen: list[PenDigit], seed: int) -> dict[str, Any]:
    """Teaches PenNet with one variation; the shares of unseen contributors, and of MNIST, that are read right."""
    settings = msgspec.structs.replace(
        make_pen_net.HYPERPARAMETERS, epochs=EPOCHS, regularisations=(WeightAverage(decay=0.99),)
    )
    if name == "no_affine":
        settings = msgspec.structs.replace(settings, augmentations=())
    samples = lesson(digits, VARIATIONS[name], seed)
    predictor = Predictor(make_pen_net.train(samples, settings, seed))
    labels = np.array([digit.label for digit in unseen])
    found = {}
    for way, changed in WAYS.items():
        random = np.random.default_rng(3)
        pictures = [render_strokes(replayed(changed(digit.lines), random), SHAPE) for digit in unseen]
        found[way] = share(answers(predictor, np.array(pictures)) == labels)
    test = answers(predictor, samples.images[samples.is_test]) == samples.labels[samples.is_test]
    return found | {"mnist_test": share(test)}


def share(right: NDArray[np.bool_]) -> float:
    return round(float(right.mean()), 4)


def main() -> None:
    folder = next((each for each in paths.data_folders() if (each / "unipen_digits").is_dir()), None)
    if folder is None or not Mnist().is_here():
        raise SystemExit("MNIST or unipen_digits is not on this computer; see resources/models/pen_strokes.py")
    digits = read_digits(folder)
    taught = [digit for digit in digits if not is_left_out(digit) and not is_kept_out(digit)]
    unseen = [digit for digit in digits if is_left_out(digit)]
    names = os.environ.get("LEPTON_STUDIO_BENCH_ONLY", ",".join(VARIATIONS)).split(",")
    seeds = range(int(os.environ.get("LEPTON_STUDIO_BENCH_SEEDS", "1")))
    found: dict[str, Any] = {"taught": len(taught), "unseen": len(unseen)}
    for name in names:
        found[name] = [measured(name, taught, unseen, seed) for seed in seeds]
        print(name, found[name], file=sys.stderr, flush=True)
    print(json.dumps(found))


if __name__ == "__main__":
    main()
