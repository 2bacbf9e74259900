"""The loss falls, but so slowly that the training would take for ever."""

from __future__ import annotations

import math

from lepton_studio.engine.evidence import Evidence
from lepton_studio.engine.hint import Hint, Sentence, figure
from lepton_studio.engine.remedies import round_down, usual_rate, with_optimizer

WEIGHT = 76
EXPLAINS = (
    "batch_too_large", "class_never_answered", "few_validation_pictures", "not_learning", "plateau", "still_improving",
    "underfitting",
)  # fmt: skip
# So many steps take a healthy loss to half of where it began, with hardly an exception.
FEWEST_BATCHES = 100
HARDLY_FALLEN = 0.7
# Learning rates are chosen in powers of ten: one below the usual may be meant, more is a slip.
FAR_BELOW = 1 / 8


def look(evidence: Evidence) -> Hint | None:
    """Only where the rate that was set is far below the usual one: schedules lower it on purpose."""
    losses, start = evidence.steady_losses, evidence.first_loss
    optimizer = evidence.optimizer
    usual, rate = usual_rate(optimizer), optimizer.learning_rate
    if len(losses) < FEWEST_BATCHES or not evidence.rows or rate > usual * FAR_BELOW or not math.isfinite(start):
        return None
    now = evidence.recent_loss
    if not HARDLY_FALLEN * start < now < 1.5 * start:
        return None
    better = round_down(usual)
    return Hint(
        "rate_too_low",
        Sentence(
            "The loss has hardly fallen in {0} batches, from {1} to {2}: the learning rate of {3} is too low. Try {4}.",
            figure(len(losses)), figure(start), figure(now), figure(rate), figure(better),
        ),
        Sentence(
            "Each step goes down the slope, but so short a way that thousands of them lead to where a few would. "
            "With {0} a learning rate of about {1} mostly does well. Should the loss jump with it, something between "
            "the two is right.",
            Sentence(optimizer.title), figure(better),
        ),
        Sentence("Raise the learning rate from {0} to {1}", figure(rate), figure(better)),
        with_optimizer(evidence.experiment, learning_rate=better),
        (("learning_rate", better),),
    )  # fmt: skip
