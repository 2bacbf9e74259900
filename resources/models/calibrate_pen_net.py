"""Measures how sure the shipped network may be, and puts calibration.json and calibration.safetensors beside it.

    LEPTON_STUDIO_DATA=FOLDER_WITH_MNIST_AND_UNIPEN python calibrate_pen_net.py

``make_pen_net.py`` does it at its end; to be called again when it is measured in another way. Measured is on digits
that the network did not learn from and that look as people draw them: a quarter of them MNIST's, the others those of
UNIPEN's writers for validation, varied and replayed on our canvas at any size and with any brush. Nothing but digits is
needed: what is no digit is told by the row that the network learned for strangers.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pen_pictures
from pen_strokes import crossed, drawn, is_for_validation, is_kept_out, read_digits, varied

from lepton_studio import paths
from lepton_studio.engine.calibrating import calibrate
from lepton_studio.engine.calibration import Calibration
from lepton_studio.engine.dataset import Samples, load_samples
from lepton_studio.engine.datasets.mnist import Mnist
from lepton_studio.engine.runs import Run

# What is promised shall hold on the canvas first of all.
PEN_COUNT = 3 * pen_pictures.MNIST_VALIDATION


def digits(data: Path, seed: int = 0) -> Samples:
    """Digits of MNIST and of UNIPEN, cut as the network's pictures were; no test split but MNIST's.

    Args:
        data: the folder with ``unipen_digits``.
        seed: that of the pictures.
    """
    mnist = load_samples(Mnist())
    is_validation = pen_pictures.is_mnist_validation(mnist, seed)
    random = np.random.default_rng([seed, 77])
    known = [digit for digit in read_digits(data) if not is_kept_out(digit)]
    held = [digit for digit in known if is_for_validation(digit)]
    # Each as often as the others, and each time as another hand would have drawn it: those who will draw are more
    # different from each other than a few writers, and what is promised of digits shall hold for theirs.
    pens = [held[number % len(held)] for number in range(PEN_COUNT)]
    pictures = np.stack([drawn(varied(crossed(digit, random), random), random) for digit in pens])[:, None]
    return Samples(
        np.concatenate([mnist.images, pictures]),
        np.concatenate([mnist.labels, np.array([digit.label for digit in pens], np.int64)]),
        mnist.class_names,
        np.concatenate([mnist.is_test, np.zeros(len(pens), bool)]),
        np.concatenate([is_validation, np.ones(len(pens), bool)]),
    )


def calibrate_shipped(folder: Path, data: Path) -> Calibration:
    """Measures a shipped network and keeps what came of it in its folder."""
    *_, measured = calibrate(Run.open(folder), digits(data), keep=True)
    assert isinstance(measured, Calibration)
    return measured


def main() -> None:
    """Measures, and says what came of it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--target", type=Path, default=Path(__file__).with_name("pen_net"))
    chosen = parser.parse_args()
    measured = calibrate_shipped(chosen.target, paths.data_folders()[0])
    figures = measured.figures
    assert figures is not None
    print(f"{figures.samples} digits, {figures.accuracy:.4f} of them right; temperature {figures.temperature:.3f}")
    print(f"calibration error {figures.before.error:.4f} before, {figures.after.error:.4f} after")
    for coverage in (0.8, 0.9, 0.95, 0.99):
        print(f"answers {coverage:.0%}, of these {measured.accuracy_at(coverage):.4f} are right")


if __name__ == "__main__":
    main()
