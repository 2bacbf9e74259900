"""What is shown while a network is taught: drawings, a little otherwise each time, and pictures from before."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lepton_studio.engine.dataset import Dataset, Indices, Samples
from lepton_studio.engine.datasets.bundled_digits import BundledDigits
from lepton_studio.engine.datasets.mnist import Mnist
from lepton_studio.engine.drawing_entries import Drawing
from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.evaluation import places_of_classes
from lepton_studio.engine.events import Progress
from lepton_studio.engine.ink_fitting import fit_ink
from lepton_studio.engine.layer import Shape
from lepton_studio.engine.prediction import Predictor
from lepton_studio.engine.run_samples import load_run_samples
from lepton_studio.engine.runs import Run
from lepton_studio.engine.splits import cut, cut_samples
from lepton_studio.engine.strokes import INK_LEVEL, Picture, Stroke, render_strokes

# How far a drawing is changed when it is drawn again: degrees, shares of its height, shares of its size, and the
# logarithm of the width of the pen.
TURN, SLANT, STRETCH, WOBBLE, PEN = 9.0, 0.15, 0.10, 0.015, 0.4
# Pixels of a picture of 28 by which it is moved.
SHIFT = 1
# How many times as fine a picture is while it is bent.
FINER = 4
VALIDATION_SHARE = 0.1


@dataclass(frozen=True, eq=False)
class OldPictures:
    """What the network was taught before, or the nearest to it that is on this computer.

    Attributes:
        name: of the dataset.
        samples: the dataset.
        places: N, int64: the place of each label among the classes of the network.
        learned: positions of pictures to mix in.
        held: positions of pictures that nobody learns from, to measure with.
    """

    name: str
    samples: Samples
    places: Indices
    learned: Indices
    held: Indices

    def some(self, positions: Indices) -> tuple[NDArray[np.uint8], Indices]:
        """Pictures N x C x H x W and the places of their classes."""
        return np.ascontiguousarray(self.samples.images[positions]), self.places[self.samples.labels[positions]]


def old_pictures(
    run: Run, predictor: Predictor, samples: Samples | None, most: int
) -> Iterator[Progress | OldPictures]:
    """Yields progress, and at last the run's own pictures; without them other digits on this computer.

    Args:
        run: the run.
        predictor: its network.
        samples: the run's dataset if it is loaded already.
        most: how many are held apart to measure with, at most.

    Raises:
        LeptonError: there are none that this network could answer.
    """
    own = run.experiment.dataset
    others: tuple[Dataset, ...] = (Mnist(), BundledDigits())
    for dataset in (own, *(each for each in others if each != own)):
        is_own = dataset == own
        if not (is_own and samples is not None) and not dataset.is_here():
            continue
        found: Samples | None = None
        for item in load_run_samples(run, samples) if is_own else dataset.load(None):
            if isinstance(item, Samples):
                found = item
            else:
                yield item
        if found is None:
            continue
        try:
            places = places_of_classes(found, predictor)
        except LeptonError:
            continue
        share, seed = VALIDATION_SHARE, run.experiment.seed
        parts = cut(found, run.experiment) if is_own else cut_samples(found, share, seed)
        if len(parts["train"]) and len(parts["validation"]):
            yield OldPictures(dataset.label(), found, places, parts["train"], _some(parts["validation"], most))
            return
    raise LeptonError(
        f"The pictures that '{run.record.name}' learned from are not on this computer, nor others like them.",
        "Download its dataset on the Data page: without old pictures it would forget what it knows.",
    )


def redrawn(drawing: Drawing, shape: Shape, random: np.random.Generator) -> Picture:
    """A drawing, or the ink of a picture, as the same hand might draw it another time, C x H x W, uint8."""
    if drawing.seen is not None:
        return _bent_picture(drawing.picture(shape), shape, random)
    strokes = drawing.drawn()
    every = np.concatenate([np.asarray(stroke.points, float) for stroke in strokes])
    middle, size = every.mean(axis=0), max(float(np.ptp(every, axis=0).max()), 1e-3)
    bent = _bend(random)
    thick = math.exp(random.uniform(-PEN, PEN))
    changed = []
    for stroke in strokes:
        points = np.asarray(stroke.points, float) - middle + size * _sway(len(stroke.points), random)
        placed = tuple((float(x), float(y)) for x, y in points @ bent.T + middle)
        changed.append(Stroke(placed, stroke.width * thick, stroke.pressures))
    return _moved(render_strokes(tuple(changed), shape), random.integers(-SHIFT, SHIFT + 1, 2))


def plain(drawings: Sequence[Drawing], shape: Shape) -> NDArray[np.uint8]:
    """Drawings as they are, N x C x H x W, uint8."""
    return np.stack([drawing.picture(shape) for drawing in drawings]) if drawings else np.zeros((0, *shape), np.uint8)


def _bend(random: np.random.Generator) -> NDArray[np.float64]:
    """Turned, slanted and stretched: what x and y are multiplied by, 2 x 2."""
    angle, slant = math.radians(random.uniform(-TURN, TURN)), random.uniform(-SLANT, SLANT)
    wide, high = 1 + random.uniform(-STRETCH, STRETCH, 2)
    turned = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
    return np.asarray(turned @ np.array([[wide, slant], [0.0, high]]))


def _bent_picture(picture: Picture, shape: Shape, random: np.random.Generator) -> Picture:
    """Ink changed as strokes are, but that its lines sway together; what is no ink remains as it is."""
    from scipy import ndimage

    if picture[0].max() < INK_LEVEL:
        return _moved(picture, random.integers(-SHIFT, SHIFT + 1, 2))
    back = np.linalg.inv(_bend(random))
    thick = math.exp(random.uniform(-PEN, PEN))
    # In fine pixels, with room for what is stretched: the fitting crops it again.
    fine = np.pad(ndimage.zoom(picture[0].astype(np.float32), FINER, order=1), FINER * max(shape[1:]) // 4)
    rows, columns = np.indices(fine.shape, dtype=np.float64)
    middle = (np.array(fine.shape) - 1) / 2
    x, y = columns - middle[1], rows - middle[0]
    size, along = FINER * max(shape[1:]), np.stack([rows / fine.shape[0], columns / fine.shape[1]])
    waves = np.sin(math.pi * along * random.uniform(1, 3, (2, 1, 1)) + random.uniform(0, 2 * math.pi, (2, 1, 1)))
    sway = WOBBLE * size * random.normal(size=(2, 1, 1)) * waves
    places = (
        back[1, 0] * x + back[1, 1] * y + middle[0] + sway[1],
        back[0, 0] * x + back[0, 1] * y + middle[1] + sway[0],
    )
    bent = np.clip(np.rint(ndimage.map_coordinates(fine, places, order=1)), 0, 255).astype(np.uint8)
    if bent.max() < INK_LEVEL:
        return picture
    return _moved(fit_ink(bent, shape, thick).picture, random.integers(-SHIFT, SHIFT + 1, 2))


def _sway(count: int, random: np.random.Generator) -> NDArray[np.float64]:
    """How far the points of a stroke are moved, as shares of the drawing: it begins elsewhere, and the hand sways."""
    along = np.linspace(0, 1, count)[:, None]
    waves = np.sin(math.pi * along * random.uniform(1, 3, 2) + random.uniform(0, 2 * math.pi, 2))
    return WOBBLE * (random.normal(size=2) + waves * random.normal(size=2))


def _moved(picture: Picture, by: NDArray[np.int64]) -> Picture:
    """A picture a few pixels further down and to the right; what leaves it is gone."""
    moved = np.zeros_like(picture)
    height, width = picture.shape[1:]
    (down, right), edge = by.tolist(), SHIFT
    padded = np.pad(picture, ((0, 0), (edge, edge), (edge, edge)))
    moved[:] = padded[:, edge - down : edge - down + height, edge - right : edge - right + width]
    return moved


def _some(positions: Indices, most: int) -> Indices:
    """So many of them at most, the same each time; in an order by chance, so that the first of them stand for all."""
    return np.random.default_rng(0).permutation(positions)[:most]
