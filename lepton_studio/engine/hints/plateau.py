"""The validation has not got better for many epochs, and steps of the same length go on."""

from __future__ import annotations

from lepton_studio.engine.evidence import Evidence, columns
from lepton_studio.engine.hint import NOTHING, Hint, Sentence, figure
from lepton_studio.engine.regularisations.early_stopping import EarlyStopping
from lepton_studio.engine.remedies import round_down, with_settings
from lepton_studio.engine.schedules.cosine import Cosine

WEIGHT = 40
FEWEST_EPOCHS, STILL_EPOCHS = 10, 6
# A loss that lowers its best by less than a hundredth in six epochs will not do so in the next.
BETTER = 0.01
# The training loss may still fall while the validation stands: that is overfitting, not a plateau.
TRAIN_FALLS = 0.15
# Nobody gains by ending a training that ends by itself in a moment.
EPOCHS_LEFT = 3
# A rate of which a schedule left a tenth has been lowered already.
LOWERED = 0.1


def look(evidence: Evidence) -> Hint | None:
    """Many epochs at rest, in train and validation; where all is known already, nothing is wrong."""
    rows, settings = evidence.steady_rows, evidence.experiment.hyperparameters
    if len(rows) < FEWEST_EPOCHS:
        return None
    train, validation = columns(rows)
    before, still = validation[:-STILL_EPOCHS].min(), validation[-STILL_EPOCHS:].min()
    was, now = train[-STILL_EPOCHS - 1], train[-STILL_EPOCHS:].mean()
    if still < (1 - BETTER) * before or validation[-1] > 1.5 * before or now < (1 - TRAIN_FALLS) * was:
        return None
    if rows[-1].train_accuracy > 0.99:
        return None
    since = rows[-1].epoch - rows[int(validation[:-STILL_EPOCHS].argmin())].epoch
    what = Sentence("The validation loss has not been lower than {0} for {1} epochs.", figure(before), str(since))
    left = settings.epochs - rows[-1].epoch
    if evidence.rate_now > LOWERED * evidence.highest_rate and settings.schedule.tag() == "constant":
        return _lower(evidence, what)
    if evidence.is_running and left >= EPOCHS_LEFT:
        return _end(evidence, what, rows[-1].epoch)
    return None


def _lower(evidence: Evidence, what: Sentence) -> Hint:
    better = round_down(evidence.rate_now / 10)
    return Hint(
        "plateau",
        what,
        Sentence(
            "Steps of the same length can come only so near to the bottom of a valley; from there on they hop from "
            "side to side. Shorter ones go down the rest of the way. A schedule does that by itself: bold steps "
            "first, fine ones at the end."
        ),
        Sentence("Let the learning rate fall along a cosine"),
        with_settings(evidence.experiment, schedule=Cosine()),
        (("learning_rate", better),),
        Sentence("Lower the learning rate to {}", figure(better)),
    )


def _end(evidence: Evidence, what: Sentence, done: int) -> Hint:
    settings = evidence.experiment.hyperparameters
    stopping = None
    if not any(isinstance(each, EarlyStopping) for each in settings.regularisations):
        stopping = with_settings(evidence.experiment, regularisations=(*settings.regularisations, EarlyStopping()))
    return Hint(
        "plateau",
        what,
        Sentence(
            "The learning rate is low already and nothing gets better: the network has learned what it can from these "
            "pictures. More epochs cost time and gain nothing. Early stopping ends a training by itself at such a "
            "point and keeps the weights of the best epoch."
        ),
        Sentence("Add early stopping") if stopping is not None else NOTHING,
        stopping,
        (("epochs", done + 1),),
        Sentence("End after this epoch"),
    )
