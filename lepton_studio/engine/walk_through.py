"""Sends one picture through a network, layer by layer, to see what each makes of it; also before any training."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lepton_studio.engine.architecture import Architecture
from lepton_studio.engine.dataset import Samples
from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.events import Notice
from lepton_studio.engine.experiment import Experiment
from lepton_studio.engine.layer import Layer, Shape
from lepton_studio.engine.runs import Run
from lepton_studio.engine.splits import Splits, cut, learned_mean_and_std

if TYPE_CHECKING:
    from torch import Tensor, nn

    from lepton_studio.engine.private_numbers import PrivateNumbers

Path = tuple[int, ...]

# So much of each output is handed over, which is more than anybody looks at.
MOST_MAPS, MOST_NUMBERS, MOST_STEPS = 64, 4096, 256
MOST_BYTES = 2_000_000


@dataclass(frozen=True, eq=False)
class LayerOutput:
    """What one layer makes of the picture.

    Attributes:
        path: where the layer is in the tree.
        output: float32, without the batch: maps (C x H x W), a sequence (steps x features) or a row; of a large one the
            first part along each axis but height and width.
        shape: of the whole output.
        lowest: the smallest number of the whole output that is one.
        highest: the largest.
    """

    path: Path
    output: NDArray[np.float32]
    shape: Shape
    lowest: float
    highest: float


@dataclass(frozen=True, eq=False)
class Scaling:
    """Mean and deviation by which pictures are scaled, and for which cut of which samples they were measured."""

    mean: tuple[float, ...]
    std: tuple[float, ...]
    images: NDArray[np.uint8]
    splits: Splits
    seed: int

    def belongs_to(self, experiment: Experiment, samples: Samples) -> bool:
        """Whether they need not be measured anew."""
        return (self.splits, self.seed) == (experiment.splits, experiment.seed) and self.images is samples.images


def walk_sample(
    experiment: Experiment, samples: Samples, at: int, run: Run | None = None, known: Scaling | None = None
) -> Iterator[Scaling | Notice | LayerOutput | None]:
    """Sends one sample through the network with which a training of the experiment would start.

    Yields the scaling, to be given again the next time, and then what :func:`walk_through` yields.

    Args:
        experiment: whose architecture and seed.
        samples: its dataset.
        at: which sample.
        run: take the weights that it has learned instead of fresh ones.
        known: a scaling that was yielded before.

    Raises:
        LeptonError: the weights of the run cannot be had.
    """
    if known is None or not known.belongs_to(experiment, samples):
        yield None
        mean, std = learned_mean_and_std(samples, experiment.splits, cut(samples, experiment))
        known = Scaling(mean, std, samples.images, experiment.splits, experiment.seed)
        yield known
    yield from walk_through(
        experiment.architecture, np.asarray(samples.images[at]), known.mean, known.std, experiment.seed, run=run
    )


def walk_through(
    architecture: Architecture,
    picture: NDArray[np.uint8],
    mean: Sequence[float],
    std: Sequence[float],
    seed: int,
    *,
    run: Run | None = None,
) -> Iterator[LayerOutput | Notice]:
    """Yields what each layer makes of a picture, containers before what they hold, as far as the layers fit.

    The weights are those with which a training with this seed would start, bit for bit. torch's own random numbers stay
    as they are, so that it may be done beside a training. Layers answer as they do after training: dropout lets all
    through. Of a Repeat the first time is told; of a container that does not fit, as much of each of its ways as does.

    Args:
        architecture: it may be faulty.
        picture: uint8 C x H x W.
        mean: per channel, in units of 0..255.
        std: likewise.
        seed: of the experiment.
        run: take the weights that it has learned instead; its layers must be the same.

    Raises:
        LeptonError: the weights of the run cannot be had.
    """
    import torch

    from lepton_studio.engine.batches import mix_seed
    from lepton_studio.engine.private_numbers import PrivateNumbers

    weights: Mapping[str, Tensor] = {}
    if run is not None:
        from lepton_studio.engine.checkpoint import load_weights

        weights = dict(run.weights) if run.weights is not None else load_weights(run.checkpoint)
        mean, std = weights["mean"].flatten().tolist(), weights["std"].flatten().tolist()
    x = torch.from_numpy(np.array(picture, order="C"))[None]
    columns = [torch.tensor(each, dtype=torch.float32).reshape(1, -1, 1, 1) for each in (mean, std)]
    x = (x.float() - columns[0]) / columns[1]
    yield from _walk(architecture.layers, x, (), 0, _Weights(PrivateNumbers(mix_seed(seed)), weights))


def same_network(architecture: Architecture, run: Run, shape: Shape, classes: int) -> bool:
    """Whether the weights of a run fit an architecture for such pictures and so many classes."""
    return (
        run.experiment.architecture.layers == architecture.layers
        and tuple(run.record.input_shape) == tuple(shape)
        and len(run.record.class_names) == classes
    )


@dataclass(frozen=True)
class _Weights:
    """Where the weights of the layers come from: the random numbers of a fresh network, or what a run has learned."""

    fresh: PrivateNumbers
    learned: Mapping[str, Tensor]

    def build(self, layer: Layer, shape: Shape, path: Path) -> tuple[nn.Module, Notice | None]:
        """A module with its weights; the notice says why published ones are not in it.

        Raises:
            LeptonError: what the run has learned belongs to other layers.
        """
        from lepton_studio.engine.network import build_layer

        with self.fresh:
            module = build_layer(layer, shape).eval()
        if self.learned:
            prefix = f"layers.{path[0]}."
            own = {name.removeprefix(prefix): each for name, each in self.learned.items() if name.startswith(prefix)}
            try:
                module.load_state_dict(own)
            except RuntimeError as error:
                raise LeptonError("The run has weights of another network.", "Choose another run.") from error
            return module, None
        return module, _take_published(module)


def _take_published(module: nn.Module) -> Notice | None:
    """Gives pretrained networks their weights; says so where they are not on this computer."""
    from lepton_studio.engine.weight_loading import take_weights

    try:
        for _ in take_weights(module):
            pass
    except LeptonError as error:
        return Notice(error.what, error.remedy)
    return None


def _walk(
    layers: Sequence[Layer], x: Tensor, path: Path, first: int, weights: _Weights
) -> Iterator[LayerOutput | Notice]:
    """Layers one after the other; each is built when its turn comes, in the order in which a training builds them."""
    from lepton_studio.engine.description import describe_layer

    for at, layer in enumerate(layers, start=first):
        here, shape = (*path, at), tuple(x.shape[1:])
        if describe_layer(layer, shape).output_shape is None:
            yield from _walk_ways(layer, x, here, weights)
            return
        module, notice = weights.build(layer, shape, here)
        if notice is not None:
            yield notice
        x, outputs = _answer(layer, module, x, here)
        yield from outputs


def _walk_ways(layer: Layer, x: Tensor, path: Path, weights: _Weights) -> Iterator[LayerOutput | Notice]:
    """What can be told of the inside of a container that does not fit."""
    children = layer.children()
    starts = layer.wiring().ways if children else ()
    for start, end in zip(starts, (*starts[1:], len(children)), strict=False):
        yield from _walk(children[start:end], x, path, start, weights)


def _answer(layer: Layer, module: nn.Module, x: Tensor, path: Path) -> tuple[Tensor, list[LayerOutput]]:
    """What a module makes of ``x``, and what it and all modules inside make of what they get."""
    import torch

    found: dict[Path, LayerOutput] = {}

    def noting(place: Path) -> Any:
        # Only the first time counts, and a copy, because a layer behind may work in place.
        return lambda _module, _given, out: found.setdefault(place, layer_output(place, out)) and None

    hooks = [part.register_forward_hook(noting(place)) for place, part in modules_inside(layer, module, path)]
    try:
        with torch.inference_mode():
            x = module(x)
    finally:
        for hook in hooks:
            hook.remove()
    found[path] = layer_output(path, x)
    return x, [found[place] for place in sorted(found)]


def modules_inside(layer: Layer, module: nn.Module, path: Path) -> Iterator[tuple[Path, nn.Module]]:
    """All modules in a container's module that stand for a layer, with the path of that layer."""
    children = layer.children()
    if layer.disabled or not children:
        return
    told: set[int] = set()
    for stack in _stacks(module):
        # Of a stack that is built several times, the first.
        if stack.first_child in told:
            continue
        told.add(stack.first_child)
        for at, part in enumerate(stack, start=stack.first_child):
            yield (*path, at), part
            yield from modules_inside(children[at], part, (*path, at))


def _stacks(module: nn.Module) -> Iterator[Any]:
    """The outermost stacks in a module, in their order."""
    from lepton_studio.engine.network import Stack

    if isinstance(module, Stack):
        yield module
        return
    for part in module.children():
        yield from _stacks(part)


def layer_output(path: Path, out: Tensor) -> LayerOutput:
    """What is handed over of an output of shape 1 x ..."""
    whole = out[0].float()
    shape = tuple(whole.shape)
    part = whole
    if len(shape) == 3:
        most = min(MOST_MAPS, max(1, MOST_BYTES // (4 * max(1, math.prod(shape[1:])))))
        part = whole[:most]
    elif len(shape) == 2:
        part = whole[:MOST_STEPS, :MOST_NUMBERS]
    elif len(shape) == 1:
        part = whole[:MOST_NUMBERS]
    lowest, highest = (float(end) for end in whole.aminmax()) if whole.numel() else (0.0, 0.0)
    if not (math.isfinite(lowest) and math.isfinite(highest)):
        finite = whole[whole.isfinite()]
        lowest, highest = (float(finite.min()), float(finite.max())) if finite.numel() else (0.0, 0.0)
    # A copy also where nothing is cut off: the tensor's memory may be written to by the layer behind.
    return LayerOutput(path, np.array(part.numpy(), np.float32), shape, lowest, highest)
