"""Watches a network learn: how its layers change, and what it says of the same few pictures all the time.

Looking costs time, so it is done a few times a second, when the numbers of the loop are read anyway, and a little more
at the end of each epoch.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import replace
from time import perf_counter
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor, nn

from lepton_studio.engine.network import pooled_first
from lepton_studio.engine.snapshots import BINS, FOLLOWED, LayerTrace, Snapshot, save_snapshot

if TYPE_CHECKING:
    from lepton_studio.engine.learner import Learner

SECONDS_BETWEEN_LOOKS = 0.5
# Units that answer none of so many pictures count as dead.
PICTURES_FOR_DEAD_UNITS = 64
MOST_FILTERS = 64
# With more classes than this nobody reads the matrix, and it would be large.
MOST_CLASSES = 200


class LayerWatch:
    """What is seen of one training; the newest is left in the run as its ``snapshot``."""

    def __init__(self, learner: Learner) -> None:
        """Chooses the pictures to follow: of the validation split, as many of each class as can be."""
        self._layers = _learning_layers(learner.network)
        self._parameters: list[Tensor] = [parameter for _, _, own in self._layers for parameter in own]
        followed = _followed(learner)
        self._pictures = learner.batches.pictures(followed)
        self._seldom = learner.batches.pictures(learner.batches.splits["validation"][:PICTURES_FOR_DEAD_UNITS])
        labels = learner.batches.labels.cpu()[followed].numpy()
        classes = np.zeros((len(followed), learner.classes), np.float32)
        empty = (
            np.zeros(0, np.float32),
            np.zeros(0, np.float32),
            np.zeros(BINS, np.int64),
            np.zeros(BINS + 1, np.float32),
        )
        traces = tuple(LayerTrace(name, *empty) for name, _, _ in self._layers)
        self._newest = Snapshot(learner.epoch + 1, followed.numpy(), labels, classes, layers=traces)
        self._ends: list[float] = []
        self._looks: list[Tensor] = []
        self._before: list[Tensor] = []
        self._last_look = -SECONDS_BETWEEN_LOOKS

    def before_step(self, learner: Learner) -> None:
        """Notes the weights before a step, if it is time to look or the step is the last of its epoch."""
        is_last = learner.seen + learner.next_size >= learner.batches.per_epoch
        if is_last or learner.run.watched or perf_counter() - self._last_look >= SECONDS_BETWEEN_LOOKS:
            self._before = [parameter.detach().clone() for parameter in self._parameters]

    def after_step(self, learner: Learner) -> None:
        """Measures the step, if its weights were noted, and asks the network about the followed pictures."""
        if not self._before:
            return
        with torch.no_grad():
            moved = torch._foreach_sub(self._before, self._parameters)
            slopes = [torch.zeros_like(each) if each.grad is None else each.grad for each in self._parameters]
            lengths = [torch.stack(torch._foreach_norm(group)) for group in (slopes, moved, self._before)]
        self._before = []
        # The mean of a few batches would be smoother; one is what a step really was.
        self._looks.append(torch.stack(lengths).float().cpu())
        self._ends.append(learner.epoch + (learner.seen + learner.next_size) / learner.batches.per_epoch)
        probabilities = self._answers(learner)
        gradients, updates = self._traced()
        traces = tuple(
            replace(trace, gradients=gradients[:, at], updates=updates[:, at])
            for at, trace in enumerate(self._newest.layers)
        )
        self._leave(learner, epoch=learner.epoch + 1, probabilities=probabilities, layers=traces)
        self._last_look = perf_counter()

    def save_epoch(self, learner: Learner) -> None:
        """Looks more closely and keeps what was seen of the epoch; LeptonError if the disk refuses."""
        epoch = len(learner.run.history.epochs)
        weights = learner.answers.now()
        dead = self._dead_units(learner)
        traces = []
        for trace, (_, module, own) in zip(self._newest.layers, self._layers, strict=True):
            counts, edges = _histogram(own)
            traces.append(replace(trace, counts=counts, edges=edges, dead=dead.get(module, float("nan"))))
        confusion = learner.confusion.numpy() if learner.classes <= MOST_CLASSES else np.zeros((0, 0), np.int64)
        self._leave(
            learner,
            epoch=epoch,
            probabilities=self._answers(learner),
            confusion=confusion,
            filters=_filters(learner.network, weights),
            layers=tuple(traces),
        )
        self._ends, self._looks = [], []
        save_snapshot(learner.run.folder, self._newest)

    def _leave(self, learner: Learner, **changes: Any) -> None:
        self._newest = replace(self._newest, ends=np.array(self._ends), **changes)
        learner.run.snapshot = self._newest

    def _traced(self) -> tuple[Any, Any]:
        """Sizes of gradients and of updates for each look and layer: L x layers, float32."""
        looks = torch.stack(self._looks).square()
        sizes = [len(own) for _, _, own in self._layers]
        layers = torch.stack([part.sum(dim=2) for part in torch.split(looks, sizes, dim=2)], dim=2).sqrt()
        slopes, moved, lengths = layers.unbind(dim=1)
        return slopes.numpy(), (moved / lengths.clamp(min=1e-12)).numpy()

    def _answers(self, learner: Learner) -> Any:
        """Probabilities of the followed pictures: F x classes, float32."""
        was_training = learner.network.training
        learner.network.eval()
        with learner.answers.in_place(), torch.inference_mode(), learner.device.autocast():
            logits = learner.network(self._pictures.float().contiguous(memory_format=learner.layout))
        learner.network.train(was_training)
        return logits.float().softmax(dim=1).cpu().numpy()

    def _dead_units(self, learner: Learner) -> dict[nn.Module, float]:
        """The share of dead units behind each layer that a ReLU follows."""
        network = learner.network
        found: dict[nn.Module, float] = {}
        steps, network.steps = network.steps, pooled_first(network.layers)
        was_training = network.training
        network.eval()
        try:
            layers = [module for _, module, _ in self._layers]
            with _noting_dead(layers, network, found), learner.answers.in_place(), torch.inference_mode():
                network(self._seldom)
        finally:
            network.steps = steps
            network.train(was_training)
        return found


@contextlib.contextmanager
def _noting_dead(layers: list[nn.Module], network: nn.Module, found: dict[nn.Module, float]) -> Iterator[None]:
    """While it is entered, a pass through the network fills ``found``: layer -> share of its units that are dead."""
    known = set(layers)
    newest: list[nn.Module | None] = [None]

    def passed(module: nn.Module, _inputs: Any, out: Any) -> None:
        if module in known:
            newest[0] = module
        elif isinstance(module, nn.ReLU) and newest[0] is not None and isinstance(out, Tensor) and out.dim() > 1:
            # Channels of pictures, features of rows and of sequences.
            rest = [0, 2, 3] if out.dim() == 4 else list(range(out.dim() - 1))
            found[newest[0]] = float((out.amax(dim=rest) <= 0).float().mean())
            newest[0] = None

    hooks = [module.register_forward_hook(passed) for module in network.modules()]
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()


def _learning_layers(network: nn.Module) -> list[tuple[str, nn.Module, list[nn.Parameter]]]:
    """Name, module and weights of each layer that learns more than a scale; names count from 1 ("4.1 Conv2d")."""
    found = []
    for name, module in network.named_modules():
        own = [parameter for parameter in module.parameters(recurse=False) if parameter.requires_grad]
        if any(parameter.dim() > 1 for parameter in own):
            place = ".".join(str(int(part) + 1) for part in name.split(".") if part.isdecimal())
            # What computes in float32 is still called as torch calls it.
            kind = type(module).__name__.removeprefix("Float32")
            found.append((f"{place} {kind}".strip(), module, own))
    return found


def _followed(learner: Learner) -> Tensor:
    """Positions of the pictures to follow, int64: the first of each class in turn, in the order of the classes."""
    positions = learner.batches.splits["validation"]
    labels = learner.batches.labels.cpu()[positions]
    order = torch.argsort(labels, stable=True)
    sorted_labels = labels[order]
    # How many of its class stand before each.
    turn = torch.arange(len(order)) - torch.searchsorted(sorted_labels, sorted_labels)
    chosen = order[torch.argsort(turn * (learner.classes + 1) + sorted_labels, stable=True)[:FOLLOWED]]
    return positions[chosen[torch.argsort(labels[chosen], stable=True)]]


def _histogram(weights: list[nn.Parameter]) -> tuple[Any, Any]:
    """Counts (BINS, int64) and edges (BINS + 1, float32) of the weights of a layer."""
    flat = torch.cat([weight.detach().flatten() for weight in weights]).float().cpu()
    flat = flat[torch.isfinite(flat)]
    low, high = (float(flat.min()), float(flat.max())) if len(flat) else (0.0, 0.0)
    if low == high:
        low, high = low - 0.5, high + 0.5
    counts = torch.histc(flat, BINS, low, high).to(torch.int64).numpy()
    return counts, np.linspace(low, high, BINS + 1, dtype=np.float32)


def _filters(network: nn.Module, weights: dict[str, Tensor]) -> Any:
    """The first convolution's weights: filters x channels x height x width, float32; none gives 0 x 0 x 0 x 0."""
    for name, module in network.named_modules():
        if isinstance(module, nn.Conv2d):
            return weights[f"{name}.weight"][:MOST_FILTERS].detach().float().cpu().contiguous().numpy().copy()
    return np.zeros((0, 0, 0, 0), np.float32)
