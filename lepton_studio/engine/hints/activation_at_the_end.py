"""The network ends with an activation, which squeezes the very numbers that are to become probabilities."""

from __future__ import annotations

import math

from lepton_studio.engine.evidence import Evidence
from lepton_studio.engine.hint import Hint, Sentence, figure
from lepton_studio.engine.layer import Layer
from lepton_studio.engine.remedies import active_layers, with_layers
from lepton_studio.engine.tree import remove_layer

WEIGHT = 85
EXPLAINS = (
    "batch_too_large", "class_never_answered", "few_validation_pictures", "not_learning", "plateau", "rate_too_high",
    "rate_too_low", "still_improving", "underfitting", "vanishing_gradients",
)  # fmt: skip
# In the first epochs every loss is high.
FEWEST_EPOCHS, FEWEST_BATCHES = 3, 40
# The lowest cross entropy that ten numbers between 0 and 1 allow is 1.46 of 2.30; with ReLU a class whose number is
# cut off is lost. A run that has come below a quarter of guessing gets by all the same.
COMES_BELOW = 0.25
# So many pictures of a class are not all answered wrong by chance.
SOME = 8
SQUEEZES = ("relu", "sigmoid", "tanh")


def look(evidence: Evidence) -> Hint | None:
    """Some epochs have to be over, and the loss still high."""
    last = _last(evidence)
    guessing = evidence.guessing_loss
    if last is None or len(evidence.rows) < FEWEST_EPOCHS or len(evidence.losses) < FEWEST_BATCHES:
        return None
    loss = evidence.rows[-1].train_loss
    is_fine = not math.isfinite(guessing) or loss < COMES_BELOW * guessing
    if is_fine and not _loses_a_class(evidence):
        return None
    path, layer = last
    title = Sentence(layer.title)
    return Hint(
        "activation_at_the_end",
        Sentence("The network ends with {0}, and its loss stays at {1}.", title, figure(loss)),
        Sentence(
            "The last numbers of a network are its votes for the classes; the loss makes probabilities of them by "
            "itself (softmax), for which they may be of any size and sign. {} cuts or squeezes them, so that the "
            "network can never be sure of an answer, and where it is flat no gradient comes back.",
            title,
        ),
        Sentence("Remove {} at the end", title),
        with_layers(evidence.experiment, remove_layer(evidence.experiment.architecture.layers, path)),
    )


def _loses_a_class(evidence: Evidence) -> bool:
    """Whether a class of which there are some validation pictures is never answered."""
    confusion = evidence.snapshot.confusion if evidence.snapshot is not None else None
    return confusion is not None and bool(((confusion.sum(axis=0) == 0) & (confusion.sum(axis=1) >= SOME)).any())


def _last(evidence: Evidence) -> tuple[tuple[int, ...], Layer] | None:
    """The activation at the end, if a layer that learns stands before it."""
    stack = [(path, layer) for path, layer in active_layers(evidence.experiment) if len(path) == 1]
    if len(stack) < 2 or stack[-1][1].tag() not in SQUEEZES or stack[-2][1].tag() != "linear":
        return None
    return stack[-1]
