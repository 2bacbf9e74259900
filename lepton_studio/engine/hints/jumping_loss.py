"""The validation loss jumps up and down from epoch to epoch."""

from __future__ import annotations

import numpy as np

from lepton_studio.engine.evidence import Evidence, columns
from lepton_studio.engine.hint import NOTHING, Hint, Sentence, figure
from lepton_studio.engine.remedies import round_down, with_optimizer, with_settings

WEIGHT = 45
EXPLAINS = ("plateau",)
LAST_EPOCHS = 7
# The mean way from one epoch to the next, as a share of the loss itself; below that it is the usual trembling.
JUMP = 0.3
# Of six ways, four that turn back: a direction would turn once.
FEWEST_TURNS = 4
# With fewer validation pictures, which few of them are wrong decides about the loss.
FEWEST_PICTURES = 50
TINY_BATCH, BETTER_BATCH = 8, 32


def look(evidence: Evidence) -> Hint | None:
    """The end of a schedule calms the loss down; then there is nothing left to say."""
    rows = evidence.steady_rows
    if len(rows) < LAST_EPOCHS or 0 < evidence.validation_size < FEWEST_PICTURES:
        return None
    _, validation = columns(rows[-LAST_EPOCHS:])
    steps = np.diff(validation)
    turns = int(np.sum(np.sign(steps[1:]) != np.sign(steps[:-1])))
    if turns < FEWEST_TURNS or np.abs(steps).mean() < JUMP * np.median(validation):
        return None
    # Where nearly every picture is right, a handful of wrong ones make the loss jump and no answer worse.
    if max(row.validation_accuracy for row in rows[-LAST_EPOCHS:]) - min(
        row.validation_accuracy for row in rows[-LAST_EPOCHS:]
    ) < max(0.04, 2 * evidence.doubt(rows[-1].validation_accuracy)):
        return None
    what = Sentence(
        "The validation loss jumps from epoch to epoch, between {0} and {1} in the last {2}.",
        figure(validation.min()), figure(validation.max()), str(LAST_EPOCHS),
    )  # fmt: skip
    settings = evidence.experiment.hyperparameters
    if settings.batch_size <= TINY_BATCH and evidence.training_pictures >= 10 * BETTER_BATCH:
        return Hint(
            "jumping_loss",
            what,
            Sentence(
                "Each step follows the mean of one batch. That of {} pictures says little about all the others, so "
                "each step goes astray in another direction. Larger batches agree more with each other.",
                str(settings.batch_size),
            ),
            Sentence("Raise the batch size from {0} to {1}", str(settings.batch_size), str(BETTER_BATCH)),
            with_settings(evidence.experiment, batch_size=BETTER_BATCH),
            (("batch_size", BETTER_BATCH),),
        )
    better = round_down(evidence.optimizer.learning_rate / 3)
    return Hint(
        "jumping_loss",
        what,
        Sentence(
            "The steps are so long that each batch throws the network about; where it stands when an epoch ends is a "
            "matter of luck. A lower learning rate takes shorter steps, of which many agree."
        ),
        Sentence("Lower the learning rate from {0} to {1}", figure(evidence.optimizer.learning_rate), figure(better)),
        with_optimizer(evidence.experiment, learning_rate=better),
        (("learning_rate", better),),
        NOTHING,
    )
