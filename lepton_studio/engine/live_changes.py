"""Makes the changes of live settings while a run goes on: those that people wish, and those that a resume repeats."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.events import Notice, SettingChanged
from lepton_studio.engine.history import Change
from lepton_studio.engine.runs import Run
from lepton_studio.engine.steering import live_settings, with_change

if TYPE_CHECKING:
    from lepton_studio.engine.learner import Learner

# A layer that switched everything off would leave nothing to learn from.
MOST_DROPOUT = 0.95
# These change only the numbers that each step is given anyway; all others are part of a recorded step.
NUMBERS_OF_A_STEP = ("learning_rate", "epochs")


class LiveChanges:
    """What is set another way in a run, and when.

    A change belongs to the batch before which it takes effect. It is written down first, so that a run that is killed
    at any moment makes it again at the same batch.
    """

    def __init__(self, run: Run) -> None:
        """Begins before the first batch; :meth:`catch_up` goes to where a checkpoint is."""
        self._run = run
        self._done = 0
        self.live = live_settings(run.experiment)

    def catch_up(self, epoch: int, batch: int) -> tuple[Change, ...]:
        """The changes that take effect before a batch and were not made yet; they count as made from here on."""
        made = []
        while self._is_next_due(epoch, batch):
            change = self._run.changes[self._done]
            self._done += 1
            self.live = with_change(self.live, change.field, change.after)
            made.append(change)
        return tuple(made)

    def are_due(self, epoch: int, batch: int) -> bool:
        """Whether something is to change before this batch."""
        return bool(self._run.wishes) or self._is_next_due(epoch, batch)

    def take(self, learner: Learner) -> Iterator[SettingChanged | Notice]:
        """Makes the changes that are due before the learner's next batch, and says so."""
        live = self.live
        while self._run.wishes:
            field, value = self._run.wishes.popleft()
            before = getattr(live, field)
            try:
                wished = with_change(live, field, value)
                after = getattr(wished, field)
                if field == "batch_size" and after == 1 and _compares_pictures(learner):
                    # Taken, it would end the training, and every resume of it as well.
                    raise single_pictures_refused()
                if after != before:
                    self._run.note_changes(
                        [Change(learner.epoch, learner.batch, learner.place(), field, before, after)]
                    )
                    # The next wish may take this one back.
                    live = wished
            except LeptonError as error:
                yield Notice(error.what, error.remedy)
        changes = self.catch_up(learner.epoch, learner.batch)
        if changes:
            learner.follow(self.live)
            if any(change.field not in NUMBERS_OF_A_STEP for change in changes):
                learner.graph = None
        for change in changes:
            yield SettingChanged(change)

    @property
    def extended_at(self) -> int:
        """The finished epochs when the number of epochs was changed last; 0 if it never was."""
        return max((change.epoch for change in self._run.changes[: self._done] if change.field == "epochs"), default=0)

    def _is_next_due(self, epoch: int, batch: int) -> bool:
        changes = self._run.changes
        if self._done >= len(changes):
            return False
        change = changes[self._done]
        return (change.epoch, change.batch) <= (epoch, batch)


class Dropouts:
    """All that switches off outputs at random in a network, to be made stronger or weaker together."""

    def __init__(self, network: nn.Module) -> None:
        """Notes how strong each is now."""
        self._found: list[tuple[Any, str, float]] = []
        for module in network.modules():
            name = "p" if isinstance(module, nn.modules.dropout._DropoutNd) else "dropout"
            strength = getattr(module, name, None)
            if isinstance(strength, int | float) and strength:
                self._found.append((module, name, float(strength)))

    def scale(self, factor: float) -> None:
        """Lets each be so many times as strong as it was built."""
        for module, name, strength in self._found:
            setattr(module, name, min(strength * factor, max(strength, MOST_DROPOUT)))


def single_pictures_refused() -> LeptonError:
    """What to say if a network that compares the pictures of a batch is to learn from one at a time."""
    return LeptonError(
        "Batch norm compares the pictures of a batch with each other, but each batch is one picture.",
        "Set the batch size to 2 or more.",
    )


def _compares_pictures(learner: Learner) -> bool:
    """Whether a normalisation would be left with a single number of each kind in a batch of one picture."""
    found = []

    def look(_module: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        found.append(inputs[0].numel() == inputs[0].shape[1])

    norms = [each for each in learner.network.modules() if isinstance(each, nn.modules.batchnorm._BatchNorm)]
    hooks = [each.register_forward_pre_hook(look) for each in norms]
    was_training = learner.network.training
    learner.network.eval()
    try:
        with torch.inference_mode():
            learner.network(learner.batches.pictures(learner.batches.splits["train"][:1]).float())
    finally:
        learner.network.train(was_training)
        for hook in hooks:
            hook.remove()
    return any(found)
