"""The training ended while it was still getting better."""

from __future__ import annotations

import numpy as np

from lepton_studio.engine.evidence import Evidence, columns
from lepton_studio.engine.hint import Hint, Sentence, figure, percent
from lepton_studio.engine.remedies import with_settings

WEIGHT = 30
FEWEST_EPOCHS = 3
# A tenth of the loss in each of the last epochs: at that pace it is far from its end.
FALL = 0.1
LAST = 2
# Half a point of accuracy an epoch is what people notice; and nobody misses what a well taught network may still gain.
GAIN, WELL = 0.005, 0.9
MOST_EPOCHS = 10_000


def look(evidence: Evidence) -> Hint | None:
    """Only when it is over: before that, more epochs come anyway."""
    rows = evidence.steady_rows
    if not evidence.is_finished or len(rows) < FEWEST_EPOCHS or rows[-1].validation_accuracy > WELL:
        return None
    _, validation = columns(rows)
    ratios = validation[-LAST:] / np.maximum(validation[-LAST - 1 : -1], 1e-9)
    gain = (rows[-1].validation_accuracy - rows[-1 - LAST].validation_accuracy) / LAST
    if (ratios > 1 - FALL).any() or gain < GAIN:
        return None
    settings = evidence.experiment.hyperparameters
    more = min(max(3, settings.epochs), MOST_EPOCHS - settings.epochs)
    if more < 1:
        return None
    return Hint(
        "still_improving",
        Sentence(
            "The training ended while it was still getting better: in the last {0} epochs the validation loss fell "
            "from {1} to {2}, at an accuracy of {3}.",
            str(LAST), figure(validation[-LAST - 1]), figure(validation[-1]), percent(rows[-1].validation_accuracy),
        ),
        Sentence(
            "Every epoch shows all training pictures once more. As long as the loss of pictures that are not learned "
            "from falls, the network learns something that holds for them, too, and more epochs pay. When it stops "
            "falling, or rises, it is enough."
        ),
        Sentence("Train for {0} epochs instead of {1}", figure(settings.epochs + more), figure(settings.epochs)),
        with_settings(evidence.experiment, epochs=settings.epochs + more),
        more_epochs=more,
    )  # fmt: skip
