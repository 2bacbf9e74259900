"""The network learns something, but a learning rate far above the usual keeps it from going on."""

from __future__ import annotations

from lepton_studio.engine.evidence import Evidence, columns
from lepton_studio.engine.hint import Hint, Sentence, figure, percent
from lepton_studio.engine.remedies import round_down, usual_rate, with_optimizer

WEIGHT = 77
EXPLAINS = (
    "batch_too_large", "class_never_answered", "jumping_loss", "overfitting", "plateau", "underfitting",
)  # fmt: skip
FEWEST_EPOCHS, FEWEST_BATCHES = 5, 60
# Good runs take up to twice the usual rate, with one cycle even more; three times with a loss that stands is too much.
FAR_ABOVE = 3.0
# Less than a twentieth in three epochs is standing still.
LEVEL_EPOCHS, LEVEL = 3, 0.05
# A network that gets four of five right has not been hindered.
LOW = 0.8
HELD_BACK = 0.1


def look(evidence: Evidence) -> Hint | None:
    """A high rate alone is no fault, and a loss that stands has many reasons: both together are one."""
    rows, optimizer = evidence.steady_rows, evidence.optimizer
    usual = usual_rate(optimizer)
    rate = min(optimizer.learning_rate, evidence.rate_now)
    if (
        len(rows) < FEWEST_EPOCHS
        or len(evidence.steady_losses) < FEWEST_BATCHES
        or rate < FAR_ABOVE * usual * (1 - 1e-9)
    ):
        return None
    train, _ = columns(rows)
    accuracy = max(rows[-1].train_accuracy, rows[-1].validation_accuracy)
    # Dropout and augmentation make training harder than validation; then they are what holds it back.
    if rows[-1].validation_accuracy - rows[-1].train_accuracy > HELD_BACK:
        return None
    # It may go up and down: what counts is whether it still gets anywhere.
    if train[-LEVEL_EPOCHS:].min() < (1 - LEVEL) * train[:-LEVEL_EPOCHS].min() or accuracy >= LOW:
        return None
    better = round_down(usual)
    times = figure(round(rate / usual))
    return Hint(
        "rate_too_high",
        Sentence(
            "The loss no longer falls, at {0} right answers: the learning rate of {1} is {2} times what is usual for "
            "{3}.",
            percent(accuracy), figure(rate), times, Sentence(optimizer.title),
        ),
        Sentence(
            "The network found its way down some of the slope; where the valley is narrower than a step, it can go "
            "no deeper. Shorter steps can. What looks like a network that is too small, or like learning by heart, "
            "is often only that."
        ),
        Sentence("Lower the learning rate from {0} to {1}", figure(optimizer.learning_rate), figure(better)),
        with_optimizer(evidence.experiment, learning_rate=better),
        (("learning_rate", better),),
    )  # fmt: skip
