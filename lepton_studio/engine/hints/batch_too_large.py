"""So few steps an epoch that the network hardly gets to learn."""

from __future__ import annotations

from lepton_studio.engine.evidence import Evidence
from lepton_studio.engine.hint import Hint, Sentence, figure, percent
from lepton_studio.engine.remedies import with_settings

WEIGHT = 74
EXPLAINS = (
    "class_never_answered", "few_validation_pictures", "still_improving", "underfitting",
)  # fmt: skip
FEWEST_EPOCHS = 2
# Up to so many steps an epoch are few, and so many in a whole training.
FEW_STEPS, FEW_IN_ALL = 10, 300
# Batches that give so many steps an epoch are still large enough to agree with each other.
BETTER_STEPS, SMALLEST = 40, 16
# A training that gets there all the same has steps enough.
LOW = 0.85


def look(evidence: Evidence) -> Hint | None:
    """Only where the batch is large, not where pictures are few: then there is nothing to cut smaller."""
    rows, settings = evidence.steady_rows, evidence.experiment.hyperparameters
    steps, pictures = evidence.steps_per_epoch, evidence.training_pictures
    if len(rows) < FEWEST_EPOCHS or not 0 < steps <= FEW_STEPS or steps * settings.epochs > FEW_IN_ALL:
        return None
    if max(rows[-1].train_accuracy, rows[-1].validation_accuracy) >= LOW:
        return None
    better = SMALLEST
    while better * 2 * BETTER_STEPS <= pictures:
        better *= 2
    if better > min(settings.batch_size, pictures) // 2:
        return None
    size = min(settings.batch_size, pictures)
    done = len(evidence.losses)
    share = percent(rows[-1].train_accuracy)
    what = (
        Sentence(
            "With {0} pictures in a batch, an epoch is a single step: after {1} of them {2} of the training pictures "
            "are answered right.",
            figure(size), str(done), share,
        )
        if steps == 1
        else Sentence(
            "With {0} pictures in a batch, an epoch has only {1} steps: after {2} of them {3} of the training "
            "pictures are answered right.",
            figure(size), str(steps), str(done), share,
        )
    )  # fmt: skip
    return Hint(
        "batch_too_large",
        what,
        Sentence(
            "The weights change once for each batch, however many pictures it has. A batch of {0} shows the "
            "direction a little more exactly than one of {1}, but takes {2} times as long for one step. What a "
            "network learns depends on the number of its steps first.",
            figure(size), str(better), figure(size / better),
        ),
        Sentence("Lower the batch size from {0} to {1}", figure(settings.batch_size), str(better)),
        with_settings(evidence.experiment, batch_size=better),
        (("batch_size", better),),
    )  # fmt: skip
