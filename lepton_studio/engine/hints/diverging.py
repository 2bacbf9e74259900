"""The loss rises instead of falling, or rose so far once that the network has been guessing since."""

from __future__ import annotations

import math

from lepton_studio.engine.evidence import Evidence
from lepton_studio.engine.hint import NOTHING, Hint, Sentence, figure
from lepton_studio.engine.remedies import lower_rate, with_optimizer

WEIGHT = 90
EXPLAINS = (
    "batch_too_large", "class_never_answered", "dead_relus", "few_validation_pictures", "jumping_loss",
    "not_learning", "overfitting", "plateau", "rate_too_high", "underfitting", "vanishing_gradients",
)  # fmt: skip
# The first steps of a healthy run may overshoot for some batches; after so many it has come back.
FEWEST_BATCHES = 20
# A wrong answer given without doubt costs more than guessing; twice as much for all pictures is no mishap.
FAR_ABOVE_START = 2.0
# A loss that once was four times that of guessing has thrown the weights about.
SPIKE = 4.0
# Noise of single batches and a harder augmentation stay far below three times the best.
RISEN = 3.0

_WHY = Sentence(
    "With a learning rate that is too high each step jumps over the valley that it is to reach and lands higher up on "
    "the other side. A lower one takes shorter steps, which end lower down."
)
_WHY_LIVE = Sentence(
    "With a learning rate that is too high each step jumps over the valley that it is to reach and lands higher up on "
    "the other side. A lower one takes shorter steps, which end lower down. This run may recover with it; if its loss "
    "does not fall within an epoch, its weights are too far off, and a new run is the better way."
)


def look(evidence: Evidence) -> Hint | None:
    """Needs some batches since the last change, so that a rate that was just lowered has time to help."""
    losses, start = evidence.steady_losses, evidence.first_loss
    if len(losses) < FEWEST_BATCHES or not math.isfinite(start) or start <= 0:
        return None
    now = evidence.recent_loss
    if now > FAR_ABOVE_START * start:
        what = Sentence("The loss is {0}, far above the {1} that it began with.", figure(now), figure(start))
        return _hint(evidence, what, may_recover=True)
    best = _best_before(evidence)
    if now > RISEN * best and now > start / 2:
        what = Sentence("The loss had come down to {0} and has risen again to {1}.", figure(best), figure(now))
        return _hint(evidence, what, may_recover=True)
    peak = float(losses.max())
    if len(losses) >= 2 * FEWEST_BATCHES and peak > SPIKE * start and now > 0.95 * start:
        what = Sentence(
            "The loss jumped to {0} and has been at {1} since: the network hardly does better than by guessing.",
            figure(peak),
            figure(now),
        )
        return _hint(evidence, what, may_recover=False)
    return None


def _best_before(evidence: Evidence) -> float:
    """The lowest train loss of an epoch that can be compared: under the same augmentation, dropout and batch size."""
    comparable = max((each.at for each in evidence.changes if each.field not in ("learning_rate", "epochs")), default=0)
    rows = [row for row in evidence.rows if row.epoch - 1 >= comparable - 1e-6]
    return min((row.train_loss for row in rows), default=math.inf)


def _hint(evidence: Evidence, what: Sentence, may_recover: bool) -> Hint:
    better = lower_rate(evidence.optimizer.learning_rate, evidence.optimizer)
    return Hint(
        "diverging",
        what,
        _WHY_LIVE if may_recover else _WHY,
        Sentence("Lower the learning rate from {0} to {1}", figure(evidence.optimizer.learning_rate), figure(better)),
        with_optimizer(evidence.experiment, learning_rate=better),
        (("learning_rate", better),) if may_recover else (),
        NOTHING,
    )
