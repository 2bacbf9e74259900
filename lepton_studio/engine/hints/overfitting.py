"""The network learns its training pictures by heart: they get better, the others do not."""

from __future__ import annotations

from lepton_studio.engine.augmentations.affine import Affine
from lepton_studio.engine.evidence import Evidence, columns
from lepton_studio.engine.experiment import Experiment
from lepton_studio.engine.hint import NOTHING, Hint, Sentence, both, figure, percent
from lepton_studio.engine.history import EpochRow
from lepton_studio.engine.regularisations.early_stopping import EarlyStopping
from lepton_studio.engine.remedies import count_of, with_dropout_at_the_end, with_optimizer, with_settings
from lepton_studio.engine.steering import steerable

WEIGHT = 70
EXPLAINS = ("jumping_loss", "plateau", "still_improving")
# Below that the first swings of a training look like a turn.
FEWEST_EPOCHS = 4
# The validation loss goes up and down by some percent of itself; a sixth, for three epochs, is a direction.
RISE, RISING_EPOCHS = 0.15, 3
FALLEN, APART = 0.9, 1.3
# A network may know its own pictures better by some points and be a fine one; eight are many.
GAP = 0.08
# Among few validation pictures some may be wrong by bad luck; what is left of the gap without it.
BEYOND_DOUBT = 0.02
# The loss tells an answer learned by heart from one that is right by far.
LOSS_RATIO = 2.5
DROPOUTS = ("dropout", "dropout2d")
DROPOUT, WEIGHT_DECAY = 0.4, 1e-3
STRONGER = 1.5

_WHY = Sentence(
    "A network with room enough learns single pictures by heart, as one may learn the answers of a test. That makes "
    "the training loss small and helps with no picture that it has not seen. More pictures cure it; where there are "
    "none, something has to keep it from knowing each picture exactly."
)


def look(evidence: Evidence) -> Hint | None:
    """Two signs, each enough: the validation loss turns and rises, or a gap that no chance explains."""
    rows = evidence.steady_rows
    if len(rows) < FEWEST_EPOCHS:
        return None
    what = _risen(rows) or _gap(evidence, rows)
    if what is None:
        return None
    why, remedy, experiment = _best_remedy(evidence)
    steer, live = _live(evidence) if evidence.is_running else ((), NOTHING)
    return Hint("overfitting", what, why, remedy, experiment, steer, live)


def _risen(rows: tuple[EpochRow, ...]) -> Sentence | None:
    train, validation = columns(rows)
    best = int(validation.argmin())
    recent = slice(-RISING_EPOCHS, None)
    since = validation[best + 1 :]
    if len(since) < RISING_EPOCHS or train[recent].mean() > FALLEN * train[best]:
        return None
    # Too high a learning rate moves both up and down together; by heart, they part.
    if validation[recent].mean() < APART * train[recent].mean():
        return None
    # All of the last epochs, not one that jumped.
    if since[recent].min() < (1 + RISE) * validation[best]:
        return None
    return Sentence(
        "The network learns its training pictures by heart: since epoch {0} their loss fell from {1} to {2}, while "
        "that of the validation pictures rose from {3} to {4}.",
        str(rows[best].epoch), figure(train[best]), figure(train[-1]), figure(validation[best]), figure(validation[-1]),
    )  # fmt: skip


def _gap(evidence: Evidence, rows: tuple[EpochRow, ...]) -> Sentence | None:
    """Of the last two epochs, so that no single one decides."""
    train = min(row.train_accuracy for row in rows[-2:])
    validation = max(row.validation_accuracy for row in rows[-2:])
    last = rows[-1]
    if train - validation < GAP or train - evidence.at_most(validation) < BEYOND_DOUBT:
        return None
    if last.validation_loss < LOSS_RATIO * max(last.train_loss, 1e-6):
        return None
    return Sentence(
        "The network learns its training pictures by heart: it answers {0} of them right, but only {1} of the "
        "validation pictures.",
        percent(last.train_accuracy),
        percent(last.validation_accuracy),
    )


def _best_remedy(evidence: Evidence) -> tuple[Sentence, Sentence, Experiment | None]:
    """What is not there yet, in the order of how much it mostly helps."""
    experiment = evidence.experiment
    settings = experiment.hyperparameters
    if not settings.augmentations:
        why = Sentence("Augmentation shows each picture shifted and turned a little, another way in every epoch.")
        changed = with_settings(experiment, augmentations=(Affine(),))
        return both(_WHY, why), Sentence("Add augmentation: shift, turn and scale"), changed
    dropped = with_dropout_at_the_end(experiment, DROPOUT)
    if dropped is not None and not count_of(experiment, *DROPOUTS):
        why = Sentence("Dropout switches off some outputs at random at each step, so that none can rely on another.")
        return both(_WHY, why), Sentence("Add Dropout before the last Linear layer"), dropped
    if not any(isinstance(each, EarlyStopping) for each in settings.regularisations):
        why = Sentence("Early stopping ends the training after the best epoch and keeps the weights of that one.")
        stopping = with_settings(experiment, regularisations=(*settings.regularisations, EarlyStopping()))
        return both(_WHY, why), Sentence("Add early stopping"), stopping
    decay = getattr(settings.optimizer, "weight_decay", None)
    wanted = _weight_decay(evidence)
    if decay is not None and decay < wanted:
        why = Sentence("Weight decay keeps weights small, with which no single pixel can decide an answer.")
        changed = with_optimizer(experiment, weight_decay=wanted)
        return both(_WHY, why), Sentence("Raise the weight decay to {}", figure(wanted)), changed
    why = Sentence("Augmentation, dropout and early stopping are there already; a smaller network may help, too.")
    return both(_WHY, why), Sentence("Add more pictures on the Data page, or use a smaller network"), None


def _live(evidence: Evidence) -> tuple[tuple[tuple[str, float], ...], Sentence]:
    """What helps the run under way: more of what it has already."""
    experiment, there = evidence.experiment, steerable(evidence.experiment)
    strength = evidence.live.augmentation * STRONGER
    if "augmentation" in there and strength <= 2:
        return (("augmentation", strength),), Sentence("Change the pictures {} times as far", figure(STRONGER))
    strength = evidence.live.dropout * STRONGER
    if "dropout" in there and strength <= 2:
        return (("dropout", strength),), Sentence("Switch off {} times as many outputs", figure(STRONGER))
    wanted = _weight_decay(evidence)
    if "weight_decay" in there and getattr(experiment.hyperparameters.optimizer, "weight_decay", wanted) < wanted:
        return (("weight_decay", wanted),), Sentence("Raise the weight decay to {}", figure(wanted))
    return (), NOTHING


def _weight_decay(evidence: Evidence) -> float:
    """A pull that is felt; optimizers that take it times the learning rate (AdamW, Lion) begin with more."""
    return max(WEIGHT_DECAY, 5 * float(getattr(type(evidence.optimizer)(), "weight_decay", 0.0)))
