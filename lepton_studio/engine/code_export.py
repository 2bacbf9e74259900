"""An architecture as a PyTorch module that needs nothing of Lepton Studio.

The source is made from the built network, not from the specs: torch prints its own modules as the code that
makes them, and our few modules keep what they were made from under the names of their parameters. So a new
layer needs nothing here.
"""

from __future__ import annotations

import inspect
import keyword
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from lepton_studio.engine.architecture import Architecture
from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.layer import Shape, shape_text

if TYPE_CHECKING:
    from torch.nn import Module, Sequential

INDENT = "    "

# A module of ours is printed with its own source, which may use these names and no others.
HEAD = '''"""{title}, written by Lepton Studio.

Input: N x {shape} pictures, uint8 or float from 0 to 255, as they lie in the dataset.
Output: N x {classes} logits; softmax makes probabilities of them. The classes are:
{class_names}
The names of the weights are those of a checkpoint of Lepton Studio without "network." in front:
    weights = safetensors.torch.load_file("checkpoint.safetensors")
    network.load_state_dict({{k[8:]: v for k, v in weights.items() if k.startswith("network.")}})
"""

import torch
from torch import Tensor, nn

'''

NETWORK = '''
class {name}(nn.Module):
    """{title}: {parameters:,} parameters."""

    def __init__(self) -> None:
        super().__init__()
        # Mean and deviation of each channel of the training pictures, from 0 to 255.
        self.register_buffer("mean", torch.tensor({mean}).reshape(1, -1, 1, 1))
        self.register_buffer("std", torch.tensor({std}).reshape(1, -1, 1, 1))
        # What comes out for one picture stands behind each layer.
        self.layers = {layers}

    def forward(self, pictures: Tensor) -> Tensor:
        x = (pictures.float() - self.mean) / self.std
        return self.layers(x)


if __name__ == "__main__":
    network = {name}().eval()
    print(network(torch.zeros(1, {sizes})).softmax(dim=1))
'''


def export_code(
    architecture: Architecture,
    shape: Shape,
    class_names: Sequence[str],
    mean: Sequence[float],
    std: Sequence[float],
) -> str:
    """Python source of the network with fresh random weights.

    Args:
        architecture: the tree of layers.
        shape: (channels, height, width) of one picture.
        class_names: what the outputs are called, in their order.
        mean: of each channel, in units of 0..255.
        std: likewise, the deviation.

    Raises:
        LeptonError: the network cannot be built, or a layer cannot be written as code.
    """
    import torch

    from lepton_studio.engine.network import build_network

    with torch.device("meta"):
        network = build_network(architecture, shape, len(class_names), mean, std)
    title = _one_line(architecture.name)
    layers, own_classes = _Writer().write(network.layers, shape)
    head = HEAD.format(
        title=title,
        shape=" x ".join(map(str, shape)),
        classes=len(class_names),
        class_names=_one_line(", ".join(class_names)),
    )
    body = NETWORK.format(
        name=_class_name(architecture.name, own_classes),
        title=title,
        parameters=sum(parameter.numel() for parameter in network.parameters()),
        mean=list(mean),
        std=list(std),
        layers=layers,
        sizes=", ".join(map(str, shape)),
    )
    return "\n".join([head, *own_classes.values(), body]) if own_classes else head + body


class _Writer:
    """Writes modules as the code that makes them, and collects the source of those that are ours."""

    def __init__(self) -> None:
        self.own_classes: dict[str, str] = {}

    def write(self, layers: Sequential, shape: Shape) -> tuple[str, dict[str, str]]:
        """The code of the whole stack, and the source of our classes in it by their name."""
        return self._stack(layers, 2, shape), self.own_classes

    def _stack(self, layers: Sequential, depth: int, shape: Shape | None) -> str:
        from lepton_studio.engine.network import output_shape

        lines = ["nn.Sequential("]
        for module in layers:
            comment = ""
            if shape is not None:
                shape = output_shape(module, shape)
                comment = f"  # {shape_text(shape)}"
            lines.append(f"{INDENT * (depth + 1)}{self._module(module, depth + 1)},{comment}")
        return "\n".join([*lines, f"{INDENT * depth})"])

    def _module(self, module: Module, depth: int) -> str:
        from torch import nn

        kind = type(module)
        if isinstance(module, nn.Sequential):
            # What goes into a stack inside another module is that module's affair, so no shapes stand there.
            return self._stack(module, depth, None)
        if kind.__module__.startswith("torch.nn.") and not list(module.children()):
            return f"nn.{module}"
        if kind.__module__.startswith("lepton_studio."):
            return self._own(module, depth)
        raise _cannot(kind)

    def _own(self, module: Module, depth: int) -> str:
        from torch import nn

        kind = type(module)
        try:
            source = inspect.getsource(kind)
        except OSError as error:
            raise _cannot(kind) from error
        self.own_classes[kind.__name__] = "\n" + re.sub(r"  # type: ignore\[[a-z-]+\]", "", source)
        arguments = []
        for name in inspect.signature(kind).parameters:
            value = getattr(module, name, None)
            if isinstance(value, nn.Module):
                arguments.append(self._module(value, depth))
            elif isinstance(value, (bool, int, float, str, tuple)):
                arguments.append(repr(value))
            else:
                raise _cannot(kind)
        return f"{kind.__name__}({', '.join(arguments)})"


def _cannot(kind: type) -> LeptonError:
    return LeptonError(f"The layer {kind.__name__} cannot be written as code.", "Leave it out, or write it by hand.")


def _class_name(title: str, taken: dict[str, str]) -> str:
    """A name that Python allows: ``LeNet-5`` gives ``LeNet5``."""
    name = "".join(word[:1].upper() + word[1:] for word in re.findall(r"[A-Za-z0-9]+", title))
    if not name or name[0].isdigit() or keyword.iskeyword(name) or name in taken or name in ("Tensor", "Network"):
        name = f"Net{name}"
    return name


def _one_line(text: str) -> str:
    """Names come from files of others: nothing in them may end the comment that they stand in."""
    return "".join(char if char.isprintable() and char not in '"\\' else "_" for char in text)
