"""The loss is not a number any more: nothing that comes after that is learned."""

from __future__ import annotations

import numpy as np

from lepton_studio.engine.evidence import Evidence
from lepton_studio.engine.hint import Hint, Sentence, figure
from lepton_studio.engine.regularisations.gradient_clipping import GradientClipping
from lepton_studio.engine.remedies import lower_rate, usual_rate, with_optimizer, with_settings

WEIGHT = 100
EXPLAINS = (
    "activation_at_the_end", "batch_too_large", "class_never_answered", "dead_relus", "diverging",
    "few_validation_pictures", "jumping_loss", "labels_say_nothing", "not_learning", "overfitting", "plateau",
    "rate_too_high", "rate_too_low", "still_improving", "underfitting", "vanishing_gradients",
)  # fmt: skip
# So much more than what is usual for an optimizer, and the learning rate is to blame before anything else.
FAR_ABOVE = 2.0


def look(evidence: Evidence) -> Hint | None:
    """One batch is enough: a number that is none never becomes one again."""
    batch = _batch(evidence)
    if not batch:
        return None
    optimizer, settings = evidence.optimizer, evidence.experiment.hyperparameters
    rates = evidence.history.batch_rate
    rate = float(rates[batch - 1]) if batch <= len(rates) and np.isfinite(rates[batch - 1]) else optimizer.learning_rate
    has_clipping = any(isinstance(each, GradientClipping) for each in settings.regularisations)
    if rate <= FAR_ABOVE * usual_rate(optimizer) and not has_clipping:
        clipped = with_settings(evidence.experiment, regularisations=(*settings.regularisations, GradientClipping()))
        return Hint(
            "not_a_number",
            Sentence("The loss is not a number since batch {0}, though a learning rate of {1} is usual.",
                     figure(batch), figure(rate)),
            Sentence(
                "A single gradient was so long that its step threw the weights far away; their products grow beyond "
                "what a computer can count, and from then on every number is none. Gradient clipping shortens such a "
                "gradient to a length of 1 and leaves the others as they are."
            ),
            Sentence("Add gradient clipping"),
            clipped,
        )  # fmt: skip
    # The highest rate of the schedule is what the experiment sets.
    better = lower_rate(optimizer.learning_rate, optimizer)
    return Hint(
        "not_a_number",
        Sentence("The loss is not a number since batch {0}: the learning rate of {1} is too high. Try {2}.",
                 figure(batch), figure(rate), figure(better)),
        Sentence(
            "Each step went farther than the slope that it followed is straight, so it landed higher up than it "
            "began, where the slope is steeper still and the next step longer. The weights grew until their products "
            "were beyond what a computer can count; from then on every number is none, and no later step can mend "
            "that. A new run with a lower learning rate can."
        ),
        Sentence("Lower the learning rate to {}", figure(better)),
        with_optimizer(evidence.experiment, learning_rate=better),
    )  # fmt: skip


def _batch(evidence: Evidence) -> int:
    """The first batch, counted from 1, after which no loss was a number; 0 if there is none."""
    losses = evidence.history.batch_loss
    if len(losses) and not np.isfinite(losses[-1]):
        good = np.flatnonzero(np.isfinite(losses))
        return int(good[-1]) + 2 if len(good) else 1
    # The loop may have ended before it noted that batch.
    return evidence.diverged_at if evidence.diverged_at > len(losses) else 0
