"""The first layers hardly learn, because hardly any gradient comes back to them."""

from __future__ import annotations

import itertools

import numpy as np

from lepton_studio.engine.evidence import Evidence
from lepton_studio.engine.experiment import Experiment
from lepton_studio.engine.hint import Hint, Sentence, figure
from lepton_studio.engine.layers.batch_norm1d import BatchNorm1d
from lepton_studio.engine.layers.batch_norm2d import BatchNorm2d
from lepton_studio.engine.remedies import SQUEEZES, active_layers, straightened, with_layers
from lepton_studio.engine.tree import Tree, insert_layers

WEIGHT = 79
EXPLAINS = (
    "batch_too_large", "class_never_answered", "not_learning", "plateau", "underfitting",
)  # fmt: skip
# Fewer layers pass on enough, whatever is between them.
FEWEST_LAYERS = 4
# Layers of other sizes differ by a factor of ten or thirty; a thousand is what each layer lost of the one behind it.
TINY = 1e-3
# A network that answers well has what it needs.
WELL = 0.7


def look(evidence: Evidence) -> Hint | None:
    """Small gradients alone are no harm; they are one where the training does not get on, either."""
    snapshot, rows = evidence.snapshot, evidence.rows
    if snapshot is None or not rows or len(snapshot.layers) < FEWEST_LAYERS or rows[-1].train_accuracy > WELL:
        return None
    lengths = [_length(layer.gradients) for layer in snapshot.layers]
    first, last = lengths[0], lengths[-1]
    # None at all is something else: units that are dead.
    if not np.isfinite([first, last]).all() or first <= 0 or first >= TINY * last:
        return None
    changed, remedy = _remedy(evidence)
    return Hint(
        "vanishing_gradients",
        Sentence(
            "The gradient of layer {0} is {1} of that of layer {2}: the first layers hardly learn.",
            snapshot.layers[0].name, _fraction(first / last), snapshot.layers[-1].name,
        ),
        Sentence(
            "The gradient comes from the end of the network and is multiplied by the slope of each layer on its way. "
            "Sigmoid has a slope of a quarter at most, and none where it is flat, so that after some layers nothing "
            "is left. ReLU has a slope of 1 where it lets through; batch normalisation keeps the numbers where "
            "slopes are, and a residual block gives the gradient a way around."
        ),
        remedy,
        changed,
    )  # fmt: skip


def _length(gradients: object) -> float:
    values = np.asarray(gradients, np.float64)
    values = values[np.isfinite(values)]
    return float(np.median(values)) if len(values) else float("nan")


def _fraction(share: float) -> str:
    return f"1/{figure(1 / share)}"


def _remedy(evidence: Evidence) -> tuple[Experiment | None, Sentence]:
    squeezing = [layer for _, layer in active_layers(evidence.experiment) if layer.tag() in SQUEEZES]
    if squeezing:
        return straightened(evidence.experiment), Sentence("Use ReLU instead of {}", Sentence(squeezing[0].title))
    if any(layer.group == "Normalisation" for _, layer in active_layers(evidence.experiment)):
        return None, Sentence("Put some layers into a Residual block on the Build page, or use fewer layers")
    return _normalised(evidence.experiment)


def _normalised(experiment: Experiment) -> tuple[Experiment | None, Sentence]:
    """Batch norm before each activation of the plain stack."""
    layers: Tree = experiment.architecture.layers
    norms = {"conv2d": BatchNorm2d(), "linear": BatchNorm1d()}
    stack = [(path[0], layer) for path, layer in active_layers(experiment) if len(path) == 1]
    places = [
        (at, norms[one.tag()])
        for (_, one), (at, other) in itertools.pairwise(stack)
        if one.tag() in norms and other.group == "Activation"
    ]
    for at, norm in reversed(places):
        layers = insert_layers(layers, (at,), (norm,))
    if not places:
        return None, Sentence("Put some layers into a Residual block on the Build page, or use fewer layers")
    return with_layers(experiment, layers), Sentence("Put batch normalisation before each activation")
