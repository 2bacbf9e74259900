"""Keeping what a training learned: history, checkpoint, the weights of epochs, what was seen of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from lepton_studio.engine.checkpoint import Position, load_weights, save_checkpoint, save_weights
from lepton_studio.engine.errors import Diverged, LeptonError
from lepton_studio.engine.events import Notice, Recovered
from lepton_studio.engine.kept_epochs import best_epoch, drop_epochs, weights_file
from lepton_studio.engine.runs import HISTORY

if TYPE_CHECKING:
    from lepton_studio.engine.learner import Learner
    from lepton_studio.engine.meter import Meter


def save(learner: Learner, meter: Meter) -> None:
    """Writes history and checkpoint; the history first, because a resume cuts it to the checkpoint.

    Raises:
        LeptonError: the disk refuses, or the loss is not a number any more: then the last checkpoint stays.
    """
    if learner.answers.is_in_place:
        # Held while it answers with other weights than it learns with. Whoever ends it puts those back first.
        return
    meter.read(learner)
    run = learner.run
    run.history.save(run.folder / HISTORY)
    position = Position(
        learner.epoch, learner.batch, meter.epoch_seconds, meter.seconds, learner.seen, len(run.history)
    )
    save_checkpoint(run.checkpoint, learner.network, learner.optimizer, position, learner.answers.saved())
    run.update(epochs_done=learner.epoch, train_seconds=meter.seconds, images_per_second=meter.images_per_second)
    meter.checkpoint_saved()


def save_or_say(learner: Learner, meter: Meter, epoch_ended: bool = False) -> Iterator[Notice | Recovered]:
    """Saves; a disk that refuses is told once, training goes on, and so it is told when it takes again.

    Args:
        learner: what to save.
        meter: what was measured of it.
        epoch_ended: whether its weights and what was seen of it are those of a whole epoch, to be kept as such.
    """
    try:
        if epoch_ended:
            keep_epoch(learner, meter)
        save(learner, meter)
    except Diverged:
        raise
    except LeptonError as error:
        # As if it had been saved: it is tried again when the next checkpoint is due.
        meter.checkpoint_saved()
        if not learner.is_unsaved:
            yield Notice(f"{error.what} The training goes on, and tries again to save.", error.remedy)
        learner.is_unsaved = True
    else:
        if learner.is_unsaved:
            yield Recovered("What was learned could be saved again.")
        learner.is_unsaved = False


def keep_epoch(learner: Learner, meter: Meter) -> None:
    """Keeps the weights of the epoch that has just ended, if they are among the last or the best, and its snapshot.

    Raises:
        LeptonError: the disk refuses.
    """
    folder, rows, keep = learner.run.folder, learner.run.history.epochs, learner.settings.kept_epochs
    meter.watch_of(learner).save_epoch(learner)
    if keep or best_epoch(rows) == len(rows):
        save_weights(weights_file(folder, len(rows)), learner.answers.now())
    drop_epochs(folder, rows, keep)


def answer_with_best(learner: Learner) -> int:
    """Takes the weights of the best epoch to answer with, if a regularisation wants that.

    Returns:
        The epoch, counted from 1; 0 if the newest weights stay.
    """
    rows = learner.run.history.epochs
    wanted = (each.epoch_to_keep(rows) for each in learner.settings.regularisations)
    epoch = next((epoch for epoch in wanted if epoch), 0)
    # The disk may have refused the best one when it was to be kept.
    if not epoch or epoch == len(rows) or not weights_file(learner.run.folder, epoch).is_file():
        return 0
    weights = load_weights(weights_file(learner.run.folder, epoch))
    learner.answers.chosen = {name: value.to(learner.batches.device) for name, value in weights.items()}
    return epoch
