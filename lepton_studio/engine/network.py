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
from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.layer import Layer, Shape, shape_text


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


class Sum(nn.Module):
    """``x + f(x)``."""

    def __init__(self, body: nn.Module) -> None:
        super().__init__()
        self.body = body

    def forward(self, x: Tensor) -> Tensor:
        return x + self.body(x)  # type: ignore[no-any-return]


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
        raise LeptonError(
            f"The network ends with {shape_text(shape)} numbers, but the dataset has {classes} classes.",
            f"Let the last layer be Linear with {classes} outputs.",
        )


def build_stack(layers: Sequence[Layer], shape: Shape) -> tuple[nn.Sequential, Shape]:
    """Builds layers one after the other and returns them with the shape they end in.

    Raises:
        LeptonError: naming the position of the layer that does not fit, counted from 1.
    """
    modules: list[nn.Module] = []
    for position, layer in enumerate(layers, start=1):
        try:
            module = layer.build(shape)
            shape = output_shape(module, shape)
        except LeptonError as error:
            raise LeptonError(f"Layer {position} ({layer.title}): {error.what}", error.remedy) from error
        modules.append(module)
    return nn.Sequential(*modules), shape


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
