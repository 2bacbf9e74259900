"""Measures how sure a network may be, on pictures that it did not learn from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import msgspec
import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load_file

from lepton_studio import paths
from lepton_studio.engine.calibration import (
    COVERAGES,
    LEAST_SAMPLES,
    Calibration,
    Figures,
    is_learning,
    keep_calibration,
    weights_digest,
)
from lepton_studio.engine.dataset import Indices, Samples
from lepton_studio.engine.doubt import Doubt
from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.evaluation import places_of_classes
from lepton_studio.engine.events import Progress
from lepton_studio.engine.familiarity import Familiarity, StrangerRow
from lepton_studio.engine.prediction import Looked, Predictor
from lepton_studio.engine.run_samples import with_run_samples
from lepton_studio.engine.splits import cut
from lepton_studio.engine.temperature import best_temperature, reliability, softmax

if TYPE_CHECKING:
    from lepton_studio.engine.runs import Run

# Pictures that are looked at, at most, and numbers in those that are looked at together.
MOST_REMEMBERED, MOST_MEASURED = 5000, 10_000
NUMBERS_AT_ONCE = 250 * 28 * 28
STRANGER, REMEDY = "stranger.safetensors", "Make it anew with the network."

Labels = NDArray[np.int64]


def calibrate(run: Run, samples: Samples, keep: bool | None = None) -> Iterator[Progress | Calibration | None]:
    """Yields progress, and what was measured at last; it is kept beside the weights.

    Thresholds and temperature come from the validation split, what is remembered of the classes from that for training.

    Args:
        run: the run, or one of its kept epochs.
        samples: its dataset, with the labels that it was begun with.
        keep: whether to keep it; by default all but that of the network that ships, whose folder is not ours.

    Raises:
        LeptonError: the run learns just now or has learned nothing yet, the samples are not for it, its answers are no
            numbers, or the disk refuses.
    """
    if is_learning(run):
        raise LeptonError(f"The run '{run.id}' is being trained.", "Measure when that has ended.")
    digest = _digest_of(run)
    # Not the copies that a training left: what is measured belongs to the weights in the file.
    predictor = Predictor(_as_kept(run))
    places = places_of_classes(samples, predictor)
    split = cut(samples, run.experiment)
    measured = _some(split["validation"], MOST_MEASURED)
    is_enough, row = len(measured) >= LEAST_SAMPLES, _stranger_row(run)
    # Too few for any promise need nothing that is remembered, and what was shown strangers knows them.
    remembered = _some(split["train"], MOST_REMEMBERED if is_enough and row is None else 0)
    total = len(remembered) + len(measured)
    learned, seen = Looked(*_nothing(predictor)), Looked(*_nothing(predictor))
    for item in look_at(predictor, samples, remembered, 0, total):
        if isinstance(item, Looked):
            learned = item
        yield item if isinstance(item, Progress) else None
    for item in look_at(predictor, samples, measured, len(remembered), total):
        if isinstance(item, Looked):
            seen = item
        yield item if isinstance(item, Progress) else None
    labels = places[samples.labels]
    result = _measured(seen, labels[measured], digest)
    if is_enough and row is not None:
        if len(row.row) != seen.features.shape[1] + 1:
            raise LeptonError(f"{run.folder / STRANGER} belongs to another network.", REMEDY)
        result = _with_doubt(result, row, seen, labels[measured])
    elif len(remembered):
        result = _with_doubt(result, Familiarity.learned(learned, labels[remembered]), seen, labels[measured])
    ships = run.folder.is_relative_to(paths.resources())
    yield keep_calibration(run, result) if (not ships if keep is None else keep) else result


def load_and_calibrate(run: Run, samples: Samples | None) -> Iterator[Progress | Samples | Calibration | None]:
    """Like :func:`calibrate`, but finds the run's samples first: see :func:`with_run_samples`."""
    return with_run_samples(run, samples, lambda found: calibrate(run, found))


def _measured(seen: Looked, labels: Labels, digest: str) -> Calibration:
    """Temperature and reliability; of a few pictures no temperature is learned."""
    logits = seen.logits.astype(np.float64)
    if not np.isfinite(logits).all():
        raise LeptonError("This network answers with what is no number.", "Choose another run.")
    temperature = best_temperature(logits, labels) if len(labels) >= LEAST_SAMPLES else 1.0
    right = logits.argmax(axis=1) == labels
    figures = Figures(
        temperature, len(labels), float(right.mean()) if len(right) else 0.0,
        before=reliability(softmax(logits), labels), after=reliability(softmax(logits / temperature), labels),
        weights=digest,
    )  # fmt: skip
    return Calibration(temperature, figures)


def _with_doubt(
    measured: Calibration, familiarity: Familiarity | StrangerRow, seen: Looked, labels: Labels
) -> Calibration:
    parts = familiarity.parts(seen, measured.temperature)
    doubt = Doubt.measured(parts)
    right = seen.logits.argmax(axis=1) == labels
    accuracies = accuracies_of_answered(doubt.scores(parts), right, COVERAGES)
    return Calibration(
        measured.temperature, msgspec.structs.replace(measured.figures, accuracies=accuracies), familiarity, doubt
    )


def accuracies_of_answered(
    scores: NDArray[np.float64], right: NDArray[np.bool_], coverages: Sequence[float]
) -> tuple[float, ...]:
    """The share of right answers among those given, for each coverage.

    Args:
        scores: N, 0..1, as ``Doubt.scores``.
        right: N, whether the answer is right.
        coverages: 0..1; at 1 all are answered.
    """
    kept = ((scores >= 1 - coverage) | (coverage >= 1) for coverage in coverages)
    return tuple(float(right[each].mean()) if each.any() else 0.0 for each in kept)


def look_at(
    predictor: Predictor, samples: Samples, positions: Indices, done: int = 0, total: int = 0
) -> Iterator[Progress | Looked]:
    """Yields progress, and what the network makes of some samples.

    Args:
        predictor: the network.
        samples: pictures of its shape.
        positions: of those to look at.
        done: how much of a larger job is done already.
        total: how much there is in all; 0: these.
    """
    at_once = max(1, NUMBERS_AT_ONCE // max(1, int(np.prod(samples.shape))))
    parts = []
    for start in range(0, len(positions), at_once):
        parts.append(predictor.look(samples.images[positions[start : start + at_once]]))
        yield Progress(
            "Measuring how sure it may be", done + min(start + at_once, len(positions)), total or len(positions)
        )
    if parts:
        yield Looked(np.concatenate([part.logits for part in parts]), np.concatenate([part.features for part in parts]))


def _nothing(predictor: Predictor) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    none = np.zeros((0, len(predictor.class_names)), np.float32)
    return none, none


def _some(positions: Indices, most: int) -> Indices:
    """At most so many of them, drawn the same way each time."""
    if len(positions) <= most:
        return positions
    return np.sort(np.random.default_rng(0).choice(positions, most, replace=False))


def _as_kept(run: Run) -> Run:
    kept = type(run)(run.folder, run.experiment, run.record, run.history)
    kept.shown_epoch = run.shown_epoch
    return kept


def _digest_of(run: Run) -> str:
    try:
        return weights_digest(run.checkpoint)
    except OSError as error:
        raise LeptonError(f"The run '{run.id}' has no weights yet.", "Train it first.") from error


def _stranger_row(run: Run) -> StrangerRow | None:
    """The row that names strangers, of a network that was trained with some; None if there is none.

    Raises:
        LeptonError: there is one, and it is damaged.
    """
    path = run.folder / STRANGER
    if not path.is_file() or run.shown_epoch is not None:
        return None
    try:
        arrays = load_file(path)
        row = np.concatenate([arrays["weight"].ravel(), arrays["bias"].ravel()]).astype(np.float32)
    except (OSError, SafetensorError, KeyError, ValueError) as error:
        raise LeptonError(f"{path} is damaged: {error}.", REMEDY) from error
    if not np.isfinite(row).all():
        raise LeptonError(f"{path} is damaged: a number is none.", REMEDY)
    return StrangerRow(row)
