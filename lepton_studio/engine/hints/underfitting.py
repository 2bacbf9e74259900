"""The network does not even learn its own training pictures, and has stopped getting better."""

from __future__ import annotations

import itertools

import msgspec

from lepton_studio.engine.evidence import Evidence, columns
from lepton_studio.engine.experiment import Experiment
from lepton_studio.engine.hint import NOTHING, Hint, Sentence, both, figure, percent
from lepton_studio.engine.layer import Layer
from lepton_studio.engine.layers.linear import Linear
from lepton_studio.engine.layers.relu import Relu
from lepton_studio.engine.remedies import (
    active_layers,
    count_of,
    exchanged,
    released,
    usual_rate,
    with_layers,
    with_settings,
)
from lepton_studio.engine.tree import insert_layers

WEIGHT = 66
EXPLAINS = ("class_never_answered", "plateau")
FEWEST_EPOCHS, FEWEST_BATCHES, SLOW = 5, 100, 1 / 8
# Less than a twentieth in three epochs: as many again would gain a point.
LEVEL_EPOCHS, LEVEL = 3, 0.05
# A network that has learned all it can stays at its best; one that a high learning rate throws about does not.
AT_ITS_BEST = 1.03
# Each fifth of its own pictures wrong: what is not learned there cannot be known elsewhere.
LOW = 0.8
# Dropout and augmentation make training harder than validation; by so much, they are what holds it back.
HELD_BACK = 0.05
STRONG_DROPOUT = 0.4
HIDDEN = 128
# Hidden layers are at least so wide after a change.
NARROWEST, WIDEST = 32, 1024


def look(evidence: Evidence) -> Hint | None:
    """Train and validation alike are low, and the loss is level although steps are still taken."""
    rows = evidence.steady_rows
    if len(rows) < FEWEST_EPOCHS or evidence.classes < 2:
        return None
    # Too low a learning rate makes a loss level, too.
    if len(evidence.steady_losses) < FEWEST_BATCHES or evidence.optimizer.learning_rate < SLOW * usual_rate(
        evidence.optimizer
    ):
        return None
    train, _ = columns(rows)
    before, last = rows[-1 - LEVEL_EPOCHS], rows[-1]
    is_level = train[-1] > (1 - LEVEL) * before.train_loss and train[-1] < AT_ITS_BEST * train.min()
    accuracy = max(last.train_accuracy, last.validation_accuracy)
    if not is_level or accuracy >= LOW or accuracy < 1.5 / evidence.classes:
        return None
    if last.train_accuracy - last.validation_accuracy > 0.1:
        return None
    # A schedule that has come to its end lets no loss fall.
    if evidence.rate_now < 0.05 * evidence.highest_rate:
        return None
    what = Sentence(
        "The network is too simple for these pictures, or held back: it answers only {0} of its own training pictures "
        "right, and the loss has been level at {1} for {2} epochs.",
        percent(last.train_accuracy), figure(last.train_loss), str(LEVEL_EPOCHS),
    )  # fmt: skip
    extra, remedy, experiment = _best_remedy(evidence)
    why = both(
        Sentence(
            "A network can only learn what its weights have room for. This one gets {} of its own training pictures "
            "wrong and does not improve any more, so neither more epochs nor more pictures would help.",
            percent(1 - last.train_accuracy),
        ),
        extra,
    )
    steer: tuple[tuple[str, float], ...] = ()
    live = NOTHING
    if last.validation_accuracy - last.train_accuracy > HELD_BACK and evidence.is_running and _has_dropout(evidence):
        steer, live = (("dropout", evidence.live.dropout / 2),), Sentence("Switch off half as many outputs")
    return Hint("underfitting", what, why, remedy, experiment, steer, live)


def _has_dropout(evidence: Evidence) -> bool:
    return count_of(evidence.experiment, "dropout", "dropout2d") > 0


def _best_remedy(evidence: Evidence) -> tuple[Sentence, Sentence, Experiment | None]:
    """What holds it back first, then what makes it larger."""
    experiment, last = evidence.experiment, evidence.rows[-1]
    pulled = released(experiment)
    if pulled is not None:
        why = Sentence("A penalty on large weights pulls so hard at them that none can become as large as it should.")
        return why, pulled[0], pulled[1]
    is_held_back = last.validation_accuracy - last.train_accuracy > HELD_BACK
    if is_held_back and any(_share(layer) >= STRONG_DROPOUT for _, layer in active_layers(experiment)):
        why = Sentence(
            "Much of what it has is switched off by Dropout at every step; with less of that, it can use more."
        )
        return why, Sentence("Halve the dropout"), exchanged(experiment, _halved)
    if is_held_back and experiment.hyperparameters.augmentations:
        why = Sentence("Its training pictures are changed so far that they are harder than those of the validation.")
        weaker = tuple(each.scaled(0.5) for each in experiment.hyperparameters.augmentations)
        return why, Sentence("Halve the augmentation"), with_settings(experiment, augmentations=weaker)
    return _larger(experiment)


def _share(layer: Layer) -> float:
    return float(getattr(layer, "p", 0.0)) if layer.tag() in ("dropout", "dropout2d") else 0.0


def _halved(layer: Layer) -> Layer | None:
    share = _share(layer)
    return msgspec.structs.replace(layer, p=share / 2) if share else None


def _larger(experiment: Experiment) -> tuple[Sentence, Sentence, Experiment | None]:
    """A bend between two Linear layers, a layer more, or wider ones; in a plain stack, where it fits for certain."""
    layers = experiment.architecture.layers
    stack = [(path[0], layer) for path, layer in active_layers(experiment)]
    if any(layer.is_container or layer.is_network for _, layer in stack) or stack[-1][1].tag() != "linear":
        why = Sentence("More layers, or wider ones, give it room.")
        return why, Sentence("Add layers or widen them on the Build page"), None
    bare = next(
        (at for (_, one), (at, other) in itertools.pairwise(stack) if one.tag() == other.tag() == "linear"),
        None,
    )
    if bare is not None:
        why = Sentence(
            "Two Linear layers without an activation between them can do no more than one: a bend is missing."
        )
        return (
            why,
            Sentence("Put ReLU between the Linear layers"),
            with_layers(experiment, insert_layers(layers, (bare,), (Relu(),))),
        )
    if not any(layer.group == "Activation" for _, layer in stack):
        why = Sentence(
            "One layer draws straight lines between the classes; a hidden layer with an activation bends them."
        )
        hidden = (Linear(outputs=HIDDEN), Relu())
        return why, Sentence("Add a hidden layer of {} with ReLU", str(HIDDEN)), with_layers(
            experiment, insert_layers(layers, (stack[-1][0],), hidden)
        )  # fmt: skip
    why = Sentence("Wider layers give it room.")
    return why, Sentence("Make the hidden layers wider"), _wider(experiment, stack)


def _wider(experiment: Experiment, stack: list[tuple[int, Layer]]) -> Experiment | None:
    last = stack[-1][1]
    # Layers that were made for a given number of inputs would not fit any more.
    if any(getattr(layer, "inputs", 0) for _, layer in stack):
        return None

    def change(layer: Layer) -> Layer | None:
        if layer is last:
            return None
        for name in ("outputs", "channels"):
            size = getattr(layer, name, None) if layer.tag() in ("linear", "conv2d") else None
            if size is not None and size * 2 <= WIDEST:
                return msgspec.structs.replace(layer, **{name: max(size * 2, NARROWEST)})
        return None

    wider = exchanged(experiment, change)
    return wider if wider != experiment else None
