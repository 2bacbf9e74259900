"""Units that answer no picture any more and cannot learn either."""

from __future__ import annotations

import math

from lepton_studio.engine.evidence import Evidence
from lepton_studio.engine.hint import NOTHING, Hint, Sentence, figure, percent
from lepton_studio.engine.layer import Layer
from lepton_studio.engine.layers.leaky_relu import LeakyRelu
from lepton_studio.engine.remedies import count_of, exchanged, lower_rate, usual_rate, with_optimizer

WEIGHT = 62
EXPLAINS = ("not_learning",)
# Some units of a healthy network die, in small layers up to a third; more than half of a layer is room that is wasted.
MANY = 0.6
# Three times the usual rate is mostly what killed them. Where nothing else is learned, either, others say that.
HIGH, LOW = 3.0, 0.8


def look(evidence: Evidence) -> Hint | None:
    """Of a snapshot at the end of an epoch, which counts units that answered none of the validation pictures."""
    snapshot = evidence.snapshot
    if snapshot is None or not evidence.rows or not count_of(evidence.experiment, "relu"):
        return None
    worst = max(
        (layer for layer in snapshot.layers if not math.isnan(layer.dead)), key=lambda layer: layer.dead, default=None
    )
    if worst is None or worst.dead < MANY:
        return None
    rate = evidence.optimizer.learning_rate
    is_high = rate > HIGH * usual_rate(evidence.optimizer)
    if is_high and max(evidence.rows[-1].train_accuracy, evidence.rows[-1].validation_accuracy) < LOW:
        return None
    experiment = exchanged(evidence.experiment, _leaky)
    remedy = Sentence("Use leaky ReLU instead of ReLU")
    steer: tuple[tuple[str, float], ...] = ()
    live = NOTHING
    if is_high:
        better = lower_rate(rate, evidence.optimizer)
        experiment = with_optimizer(experiment, learning_rate=better)
        remedy = Sentence(
            "Use leaky ReLU instead of ReLU, and lower the learning rate from {0} to {1}", figure(rate), figure(better)
        )
        steer = (("learning_rate", better),)
        live = Sentence("Lower the learning rate to {}, so that no more of them die", figure(better))
    return Hint(
        "dead_relus",
        Sentence("{0} of the units of layer {1} are dead: they answer no picture.", percent(worst.dead), worst.name),
        Sentence(
            "ReLU makes everything below zero zero, and where it does, no gradient comes back. A unit that a long "
            "step threw so far that it is below zero for every picture never gets another one: it is lost. Leaky "
            "ReLU lets a little through below zero, so that such a unit finds its way back."
        ),
        remedy,
        experiment,
        steer,
        live,
    )


def _leaky(layer: Layer) -> Layer | None:
    return LeakyRelu(disabled=layer.disabled) if layer.tag() == "relu" else None
