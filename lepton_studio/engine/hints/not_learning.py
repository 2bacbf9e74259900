"""The network answers no better than by guessing."""

from __future__ import annotations

import math

from lepton_studio.engine.evidence import Evidence
from lepton_studio.engine.hint import Hint, Sentence, figure, percent
from lepton_studio.engine.optimizers.adam import Adam
from lepton_studio.engine.remedies import (
    SQUEEZES,
    active_layers,
    released,
    round_down,
    straightened,
    usual_rate,
    with_optimizer,
    with_settings,
)

WEIGHT = 78
EXPLAINS = (
    "batch_too_large", "class_never_answered", "few_validation_pictures", "jumping_loss", "plateau", "rate_too_high",
    "underfitting",
)  # fmt: skip
# An epoch of a tiny dataset is a handful of steps, in which nothing can be learned yet.
FEWEST_STEPS = 60
# Half as many right answers again as by guessing are a beginning.
BETTER_THAN_GUESSING = 1.5
# Untaught networks begin near ln K; below 95 % of it something was learned, if only how frequent each class is.
LEARNED_SOMETHING = 0.95
# Where the learning rate is ten times what is usual, it is the reason of less than that, too, and sooner.
FAR_TOO_HIGH, STEPS_THEN, BETTER_THEN, LEARNED_THEN = 10.0, 40, 2.5, 0.85
FAR_OFF = 3.0
# So many layers that are flat at both ends leave little of a gradient.
MANY_SQUEEZES = 3


def look(evidence: Evidence) -> Hint | None:
    """Train and validation both have to be at the level of guessing, in loss and in accuracy."""
    rows, classes, start = evidence.steady_rows, evidence.classes, evidence.first_loss
    if not rows or classes < 2 or not math.isfinite(start):
        return None
    is_too_high = evidence.optimizer.learning_rate >= FAR_TOO_HIGH * usual_rate(evidence.optimizer)
    fewest, better, learned = (
        (STEPS_THEN, BETTER_THEN, LEARNED_THEN)
        if is_too_high
        else (FEWEST_STEPS, BETTER_THAN_GUESSING, LEARNED_SOMETHING)
    )
    accuracy = max(rows[-1].train_accuracy, rows[-1].validation_accuracy)
    if len(evidence.steady_losses) < fewest or accuracy >= better / classes or rows[-1].train_loss < learned * start:
        return None
    what = Sentence(
        "The network hardly answers better than by guessing: {0} right of {1} classes after {2} batches.",
        percent(accuracy), str(classes), figure(len(evidence.losses)),
    )  # fmt: skip
    return (
        _pulled(evidence, what) or _slow_or_fast(evidence, what) or _squeezed(evidence, what) or _other(evidence, what)
    )


def _pulled(evidence: Evidence, what: Sentence) -> Hint | None:
    """Weights that are pulled to zero more strongly than they are taught."""
    found = released(evidence.experiment)
    if found is None:
        return None
    remedy, experiment, steer = found
    why = Sentence(
        "A penalty on large weights pulls each of them towards zero at every step. This one pulls harder than the "
        "pictures teach: the weights vanish, and with them all that they could tell. A network whose weights are near "
        "zero gives every class the same chance."
    )
    return Hint("not_learning", what, why, remedy, experiment, steer)


def _slow_or_fast(evidence: Evidence, what: Sentence) -> Hint | None:
    """A learning rate that is far from what is usual."""
    optimizer = evidence.optimizer
    usual, rate = usual_rate(optimizer), optimizer.learning_rate
    if usual / FAR_OFF < rate < usual * FAR_OFF:
        return None
    better = round_down(usual)
    steer = (("learning_rate", better),) if rate < usual else ()
    if rate > usual:
        remedy = Sentence("Lower the learning rate from {0} to {1}", figure(rate), figure(better))
        why = Sentence(
            "The learning rate is far higher than what mostly does well with {}. Its first steps threw the weights so "
            "far that most units answer all pictures alike, and from such a place no slope leads back.",
            Sentence(optimizer.title),
        )
    else:
        remedy = Sentence("Raise the learning rate from {0} to {1}", figure(rate), figure(better))
        why = Sentence(
            "The learning rate is far lower than what mostly does well with {}: the weights hardly move, so the "
            "network is still almost as it was made, by chance.",
            Sentence(optimizer.title),
        )
    return Hint("not_learning", what, why, remedy, with_optimizer(evidence.experiment, learning_rate=better), steer)


def _squeezed(evidence: Evidence, what: Sentence) -> Hint | None:
    """Many layers that are flat at both ends."""
    squeezing = [layer for _, layer in active_layers(evidence.experiment) if layer.tag() in SQUEEZES]
    if len(squeezing) < MANY_SQUEEZES:
        return None
    why = Sentence(
        "{} is flat at both ends, and a quarter steep at most if it is a sigmoid. The gradient is multiplied by "
        "these slopes on its way back, so that after some layers hardly anything is left to learn from. ReLU has a "
        "slope of 1 where it lets through.",
        Sentence(squeezing[0].title),
    )
    remedy = Sentence("Use ReLU instead of {}", Sentence(squeezing[0].title))
    return Hint("not_learning", what, why, remedy, straightened(evidence.experiment))


def _other(evidence: Evidence, what: Sentence) -> Hint:
    optimizer, adam = evidence.optimizer, Adam()
    if optimizer.tag() != "sgd":
        better = round_down(optimizer.learning_rate / 3)
        why = Sentence(
            "Either the steps are too long for this network, which happens in deep ones, or the labels say nothing "
            "about the pictures. The first is easily tried: a third of the learning rate. For the second, look at "
            "some pictures with their labels on the Data page."
        )
        remedy = Sentence("Lower the learning rate from {0} to {1}", figure(optimizer.learning_rate), figure(better))
        changed = with_optimizer(evidence.experiment, learning_rate=better)
        return Hint("not_learning", what, why, remedy, changed, (("learning_rate", better),))
    why = Sentence(
        "One learning rate for all weights is too long a step for some and too short a one for others, most of all in "
        "deep networks. Adam gives each weight a step of its own and begins to learn in most networks."
    )
    remedy = Sentence("Use Adam with a learning rate of {}", figure(adam.learning_rate))
    return Hint("not_learning", what, why, remedy, with_settings(evidence.experiment, optimizer=adam))
