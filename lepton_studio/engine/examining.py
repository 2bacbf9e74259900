"""What a network in training answers to pictures that it does not learn from."""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING

import torch
from torch import Tensor

if TYPE_CHECKING:
    from lepton_studio.engine.learner import Learner
    from lepton_studio.engine.meter import Meter


def examine(
    learner: Learner, split: str, meter: Meter, exactly: bool = False
) -> Generator[None, None, tuple[float, float]]:
    """Mean loss and accuracy over a split, without learning; the confusions of the validation split stay at hand.

    Args:
        learner: the network, which answers with the weights that it is to answer with.
        split: "validation" or "test".
        meter: measures how long it takes.
        exactly: computes in float32.
    """
    meter.start("validation" if split == "validation" else "test")
    learner.network.eval()
    losses, answers, wanted = [], [], []
    with learner.answers.in_place():
        for pictures, labels in learner.batches.answering(split):
            loss, found = judge(learner, pictures, labels, exactly)
            losses.append(loss)
            answers.append(found)
            wanted.append(labels)
            meter.pause()
            yield None
            meter.go_on()
    if not losses:
        meter.pause()
        return 0.0, 0.0
    size = learner.batches.size(split)
    places = (torch.cat(wanted) * learner.classes + torch.cat(answers)).cpu()
    counts = torch.bincount(places, minlength=learner.classes**2).reshape(learner.classes, learner.classes)
    loss_of_all = float(torch.stack(losses).sum()) / size
    meter.pause()
    if split == "validation":
        learner.confusion = counts
    return loss_of_all, int(counts.trace()) / size


def judge(learner: Learner, pictures: Tensor, labels: Tensor, exactly: bool = False) -> tuple[Tensor, Tensor]:
    """The sum of the losses of some pictures, and the answer to each; ``exactly`` computes in float32."""
    with torch.inference_mode():
        if exactly:
            logits = learner.network(pictures)
        else:
            with learner.device.autocast():
                logits = learner.network(pictures.float().contiguous(memory_format=learner.layout)).float()
        loss = learner.settings.loss.measure(logits, labels) * len(labels)
        return loss, logits.argmax(dim=1)
