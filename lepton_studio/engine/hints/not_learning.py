"""The network answers no better than by guessing."""

from __future__ import annotations

import math

import msgspec

from lepton_studio.engine.evidence import Evidence
from lepton_studio.engine.experiment import Experiment
from lepton_studio.engine.hint import Hint, Sentence, figure, percent
from lepton_studio.engine.optimizers.adam import Adam
from lepton_studio.engine.remedies import round_down, usual_rate, with_optimizer, with_settings

WEIGHT = 78
EXPLAINS = ("class_never_answered", "jumping_loss", "plateau", "underfitting")
# An epoch of a tiny dataset is a handful of steps, in which nothing can be learned yet.
FEWEST_STEPS = 60
# Half as many right answers again as by guessing are a beginning.
BETTER_THAN_GUESSING = 1.5
# Untaught networks begin near ln K; below 95 % of it something was learned, if only how frequent each class is.
LEARNED_SOMETHING = 0.95
# Pulls of this strength win against the gradient of a loss that is about 2.
STRONG_PULL = 0.02
PENALTIES = ("l1", "l2")
FAR_OFF = 3.0


def look(evidence: Evidence) -> Hint | None:
    """Train and validation both have to be at the level of guessing, in loss and in accuracy."""
    rows, classes = evidence.steady_rows, evidence.classes
    if not rows or classes < 2 or len(evidence.steady_losses) < FEWEST_STEPS:
        return None
    row, start = rows[-1], evidence.first_loss
    accuracy = max(row.train_accuracy, row.validation_accuracy)
    is_guessing = accuracy < BETTER_THAN_GUESSING / classes and row.train_loss > LEARNED_SOMETHING * start
    if not is_guessing or not math.isfinite(start):
        return None
    what = Sentence(
        "The network still answers no better than by guessing: {0} right of {1} classes after {2} batches.",
        percent(accuracy),
        str(classes),
        figure(len(evidence.losses)),
    )
    found = _pulled(evidence, what) or _slow_or_fast(evidence, what)
    return found or _another_optimizer(evidence, what)


def _pulled(evidence: Evidence, what: Sentence) -> Hint | None:
    """Weights that are pulled to zero more strongly than they are taught."""
    settings = evidence.experiment.hyperparameters
    decay = float(getattr(settings.optimizer, "weight_decay", 0.0))
    heavy = [each for each in settings.regularisations if each.tag() in PENALTIES and _strength(each) >= STRONG_PULL]
    if decay < STRONG_PULL and not heavy:
        return None
    changed: Experiment = evidence.experiment
    steer: tuple[tuple[str, float], ...] = ()
    if decay >= STRONG_PULL:
        changed, steer = with_optimizer(changed, weight_decay=1e-4), (("weight_decay", 1e-4),)
        remedy = Sentence("Lower the weight decay from {0} to {1}", figure(decay), "0.0001")
    else:
        kept = tuple(each for each in settings.regularisations if each not in heavy)
        remedy = Sentence("Remove {}", Sentence(heavy[0].title))
    if heavy:
        kept = tuple(each for each in settings.regularisations if each not in heavy)
        changed = with_settings(changed, regularisations=kept)
    why = Sentence(
        "A penalty on large weights pulls each of them towards zero at every step. This one pulls harder than the "
        "pictures teach: the weights vanish, and with them all that they could tell. A network whose weights are near "
        "zero gives every class the same chance."
    )
    return Hint("not_learning", what, why, remedy, changed, steer)


def _strength(penalty: object) -> float:
    return float(getattr(penalty, "strength", 0.0))


def _slow_or_fast(evidence: Evidence, what: Sentence) -> Hint | None:
    """A learning rate that is far from what is usual."""
    optimizer = evidence.optimizer
    usual, rate = usual_rate(optimizer), optimizer.learning_rate
    if usual / FAR_OFF < rate < usual * FAR_OFF:
        return None
    better = round_down(usual)
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
    steer = (("learning_rate", better),) if rate < usual else ()
    return Hint("not_learning", what, why, remedy, with_optimizer(evidence.experiment, learning_rate=better), steer)


def _another_optimizer(evidence: Evidence, what: Sentence) -> Hint:
    optimizer = evidence.optimizer
    if isinstance(optimizer, Adam):
        better = round_down(optimizer.learning_rate / 3)
        return Hint(
            "not_learning",
            what,
            Sentence(
                "Either the steps are too long for this network, which happens in deep ones, or the labels say nothing "
                "about the pictures. The first is easily tried: a third of the learning rate. For the second, look at "
                "some pictures with their labels on the Data page."
            ),
            Sentence("Lower the learning rate from {0} to {1}", figure(optimizer.learning_rate), figure(better)),
            with_optimizer(evidence.experiment, learning_rate=better),
            (("learning_rate", better),),
        )
    return Hint(
        "not_learning",
        what,
        Sentence(
            "One learning rate for all weights is too long a step for some and too short a one for others, most of all "
            "in deep networks. Adam gives each weight a step of its own and begins to learn in most networks."
        ),
        Sentence("Use Adam with a learning rate of {}", figure(Adam().learning_rate)),
        with_settings(evidence.experiment, optimizer=msgspec.structs.replace(Adam())),
    )
