"""From an architecture to a torch module.

The network takes uint8 pictures as they lie in the dataset: normalising is its first step and part of its
weights, so that every place that uses the network treats pictures as the training did.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn

from lepton_studio.engine.architecture import Architecture
from lepton_studio.engine.description import describe_layer, describe_stack, stand_in
from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.layer import Layer, Shape, counted, grouped, shape_text


class Network(nn.Module):
    """Normalises pictures and sends them through the layers.

    Input: N x C x H x W, uint8 (or float in the same range 0..255). Output: N x classes, the logits: the
    larger, the likelier; softmax turns them into probabilities.
    """

    mean: Tensor
    std: Tensor
    # What is done one after the other: the modules of ``layers``, or something faster that gives the same.
    steps: tuple[Callable[[Tensor], Tensor], ...]

    def __init__(self, layers: nn.Sequential, mean: Sequence[float], std: Sequence[float]) -> None:
        """Takes the built layers, and the mean and deviation of each channel (in units of 0..255)."""
        super().__init__()
        self.layers = layers
        # A tuple, so that the modules are not registered a second time.
        self.steps = pooled_first(layers)
        self.register_buffer("mean", torch.tensor(mean, dtype=torch.float32).reshape(1, -1, 1, 1))
        self.register_buffer("std", torch.tensor(std, dtype=torch.float32).reshape(1, -1, 1, 1))

    def forward(self, pictures: Tensor) -> Tensor:
        x = (pictures.float() - self.mean) / self.std
        for step in self.steps:
            x = step(x)
        return x


class Stack(nn.Sequential):
    """Layers one after the other.

    Attributes:
        first_child: which of the layers of the container that it was built for stands first in it.
    """

    first_child: int = 0


class Sum(nn.Module):
    """``shortcut(x) + f(x)``; without a shortcut ``x + f(x)``."""

    def __init__(self, body: nn.Module, shortcut: nn.Module | None = None) -> None:
        super().__init__()
        self.body = body
        self.shortcut = shortcut

    def forward(self, x: Tensor) -> Tensor:
        kept = x if self.shortcut is None else self.shortcut(x)
        return kept + self.body(x)  # type: ignore[no-any-return]


def pooled_first(layers: Iterable[nn.Module]) -> tuple[nn.Module, ...]:
    """The same function with less work: max pooling before ReLU instead of after it.

    Both only ever keep the order of numbers, so they may change places, bit for bit; ReLU then bends a quarter of
    the numbers or fewer.
    """
    order = list(layers)
    for here, (first, second) in enumerate(pairwise(order)):
        if isinstance(first, nn.ReLU) and isinstance(second, nn.MaxPool2d):
            order[here], order[here + 1] = second, first
    return tuple(order)


def has_convolutions(network: nn.Module) -> bool:
    """Whether any part of it slides windows over pictures."""
    return any(isinstance(module, nn.Conv2d) for module in network.modules())


def build_network(
    architecture: Architecture, shape: Shape, classes: int, mean: Sequence[float], std: Sequence[float]
) -> Network:
    """Builds the whole network with fresh random weights.

    Args:
        architecture: the tree of layers.
        shape: (channels, height, width) of one picture.
        classes: how many answers there are.
        mean: per channel, in units of 0..255.
        std: likewise.

    Raises:
        LeptonError: a layer does not fit, or the end does not give one number for each class.
    """
    layers, after = build_stack(architecture.layers, shape)
    check_output(after, classes)
    return Network(layers, mean, std)


def check_output(shape: Shape, classes: int) -> None:
    """Raises LeptonError unless the last shape is one number for each class."""
    if shape != (classes,):
        ends = counted(shape[0], "number") if len(shape) == 1 else f"{shape_text(shape)} numbers"
        answers = f"{grouped(classes)} class{'' if classes == 1 else 'es'}"
        linear = f"Linear with {counted(classes, 'output')}"
        raise LeptonError(
            f"The network ends with {ends}, but the dataset has {answers}.",
            f"Let the last layer be {linear}." if len(shape) == 1 else f"Put Flatten and {linear} at the end.",
        )


def build_layer(layer: Layer, shape: Shape) -> nn.Module:
    """Builds one layer; one that is left out lets everything through.

    Raises:
        LeptonError: it cannot take inputs of ``shape``.
    """
    # A place of its own is kept for it, so that the weights behind it keep their names.
    return nn.Identity() if layer.disabled else layer.build(shape)


def build_stack(layers: Sequence[Layer], shape: Shape, first_child: int = 0) -> tuple[nn.Sequential, Shape]:
    """Builds layers one after the other and returns them with the shape they end in.

    Args:
        layers: what to build.
        shape: of their input.
        first_child: for a container, which of its layers comes first here.

    Raises:
        LeptonError: naming the position of the layer that does not fit, counted from 1.
    """
    known = stand_in(layers, shape, first_child)
    if known is not None:
        return known
    trouble = describe_stack(layers, shape).inside
    if trouble is not None:
        raise trouble
    modules: list[nn.Module] = []
    for layer in layers:
        what = describe_layer(layer, shape)
        assert what.output_shape is not None
        modules.append(build_layer(layer, shape))
        shape = what.output_shape
    stack = Stack(*modules)
    stack.first_child = first_child
    return stack, shape


def output_shape(module: nn.Module, shape: Shape) -> Shape:
    """The shape that comes out for one sample of ``shape``, found by trying on torch's meta device.

    No numbers are computed and no random number is drawn, so it may be asked at any time.

    Raises:
        LeptonError: the module cannot take such an input.
    """
    training = module.training
    try:
        # eval, because batch norm refuses a single sample while training.
        shadow = _on_meta(module).eval()
        with torch.no_grad():
            return tuple(shadow(torch.empty((1, *shape), device="meta")).shape[1:])
    except (RuntimeError, ValueError, IndexError) as error:
        reason = str(error).strip().split("\n")[0]
        raise LeptonError(
            f"it cannot take an input of {shape_text(shape)}: {reason}.", "Change its settings."
        ) from error
    finally:
        module.train(training)


def _on_meta(module: nn.Module) -> nn.Module:
    import copy

    if all(tensor.is_meta for tensor in (*module.parameters(), *module.buffers())):
        return module
    return copy.deepcopy(module).to("meta")
