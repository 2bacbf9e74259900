"""An architecture as a PyTorch module that needs nothing of Lepton Studio.

The source is made from the built network, not from the specs: each module keeps what it was made from under the
names of its parameters, and the source of those that torch does not have is copied. So a new layer needs nothing here.
"""

from __future__ import annotations

import json
import keyword
import re
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from lepton_studio.engine.architecture import Architecture
from lepton_studio.engine.code_layout import WIDEST_COMMENT, Layout, Path, Place
from lepton_studio.engine.layer import Shape

if TYPE_CHECKING:
    from lepton_studio.engine.source_copy import Import

# The last lines of a file carry the cards; each of them begins so.
CARRIED_MARK = "# Cards of Lepton Studio, to open this file there again:"
CARRIED_START = "#   "

HEAD = '''"""{title}, written by Lepton Studio.

Input: N x {shape} pictures, uint8 or float from 0 to 255, as they lie in the dataset.
Output: N x {classes} logits; softmax makes probabilities of them. The classes are:
{class_names}
The names of the weights are those of a checkpoint of Lepton Studio without "network." in front:
    weights = safetensors.torch.load_file("checkpoint.safetensors")
    network.load_state_dict({{k[8:]: v for k, v in weights.items() if k.startswith("network.")}})
"""
'''

CONSTANTS = """
# Mean and deviation of each channel of the training pictures, from 0 to 255.
MEAN = {mean}
STD = {std}
"""

NETWORK = '''
class {name}(nn.Module):
    """{title}: {parameters:,} parameters."""

    def __init__(self) -> None:
        super().__init__()
        # Networks learn best from small numbers around 0, so pictures are brought there first (see forward).
        self.register_buffer("mean", torch.tensor(MEAN).reshape(1, -1, 1, 1))
        self.register_buffer("std", torch.tensor(STD).reshape(1, -1, 1, 1))
        # {shape} numbers of one picture go in. Behind each layer stands what comes out of it.
{layers}

    def forward(self, pictures: Tensor) -> Tensor:
        x = (pictures.float() - self.mean) / self.std
        return self.layers(x)
'''

TRIAL = """

if __name__ == "__main__":
    network = {name}().eval()
    print(network(torch.zeros(1, {sizes})).softmax(dim=1))
"""


@dataclass(frozen=True)
class ExportedCode:
    """Source, and where the layers stand in it.

    Attributes:
        text: the whole file.
        places: the lines of each layer; one that is repeated has several. Containers come before what they hold.
        left_out: what could not be written, a sentence each.
    """

    text: str
    places: tuple[Place, ...]
    left_out: tuple[str, ...] = ()

    def lines_of(self, path: Path) -> tuple[Place, ...]:
        """Where a layer stands."""
        return tuple(place for place in self.places if place.path == path)

    def path_at(self, line: int) -> Path | None:
        """The innermost layer in a line, counted from 1."""
        around = [place for place in self.places if place.first <= line <= place.last]
        return max(around, key=lambda place: (len(place.path), place.first)).path if around else None


@dataclass(frozen=True)
class NetworkSource:
    """The network as pieces of a file.

    Attributes:
        name: of its class.
        text: of its class.
        pieces: classes and constants that it refers to, by name.
        imports: what all of it needs.
        places: lines of the layers, counted in ``text``.
    """

    name: str
    text: str
    pieces: dict[str, str]
    imports: frozenset[Import]
    places: tuple[Place, ...]


def write_code(
    architecture: Architecture,
    shape: Shape,
    class_names: Sequence[str],
    mean: Sequence[float],
    std: Sequence[float],
) -> ExportedCode:
    """Python source of the network with fresh random weights, and where its layers stand.

    Args:
        architecture: the tree of layers.
        shape: (channels, height, width) of one picture.
        class_names: what the outputs are called, in their order.
        mean: of each channel, in units of 0..255.
        std: likewise, the deviation.

    Raises:
        LeptonError: the network cannot be built, or a layer cannot be written as code.
    """
    from lepton_studio.engine.source_copy import import_lines

    source = network_source(architecture, shape, len(class_names))
    head = HEAD.format(
        title=one_line(architecture.name),
        shape=" x ".join(map(str, shape)),
        classes=len(class_names),
        class_names=textwrap.fill(one_line(", ".join(class_names)), WIDEST_COMMENT),
    )
    before = f"{head}\n{import_lines(set(source.imports))}\n{constants(mean, std)}"
    before = "\n\n".join([before.rstrip("\n") + "\n", *(f"{piece}\n" for piece in source.pieces.values()), ""])
    trial = TRIAL.format(name=source.name, sizes=", ".join(map(str, shape)))
    text = f"{before}{source.text}{trial}\n{carried(architecture, shape)}"
    return ExportedCode(text, tuple(place.moved(before.count("\n")) for place in source.places))


def constants(mean: Sequence[float], std: Sequence[float]) -> str:
    """The numbers that pictures are normalised by, as statements."""
    return CONSTANTS.format(mean=list(map(float, mean)), std=list(map(float, std)))


def network_source(
    architecture: Architecture, shape: Shape, classes: int | None, taken: frozenset[str] = frozenset()
) -> NetworkSource:
    """Writes the class of a network.

    Args:
        architecture: the tree of layers.
        shape: (channels, height, width) of one picture.
        classes: how many there are; None for a network that may end in anything.
        taken: names that mean other things in the file.

    Raises:
        LeptonError: the network cannot be built, or a layer cannot be written as code.
    """
    import torch

    from lepton_studio.engine.module_writer import ModuleWriter
    from lepton_studio.engine.network import build_stack, check_output
    from lepton_studio.engine.source_copy import Import

    with torch.device("meta"):
        layers, after = build_stack(architecture.layers, shape)
    if classes is not None:
        check_output(after, classes)
    reserved = taken | {"torch", "Tensor", "nn", "MEAN", "STD"}
    writer = ModuleWriter(layers, shape, architecture.layers, reserved)
    layout = Layout()
    layout.add(writer.item, 2, "self.layers = ", "")
    title = one_line(architecture.name)
    name = class_name(architecture.name, reserved | set(writer.copier.pieces))
    text = NETWORK.format(
        name=name,
        title=title,
        parameters=sum(parameter.numel() for parameter in layers.parameters()),
        shape=" × ".join(map(str, shape)),
        layers="\n".join(layout.lines),
    ).lstrip("\n")
    before = text[: text.index(layout.lines[0])].count("\n")
    places = sorted((place.moved(before) for place in layout.places), key=lambda place: (place.first, place.path))
    imports = {Import("torch", "", ""), Import("torch", "Tensor", ""), Import("torch", "nn", "")}
    return NetworkSource(name, text, writer.copier.pieces, frozenset(imports | writer.copier.imports), tuple(places))


def carried(architecture: Architecture, shape: Shape) -> str:
    """The architecture as comments, from which the file can be opened again."""
    value = {"shape": shape, "architecture": msgspec.to_builtins(architecture)}
    # Plain ASCII, so that no editor and no encoding changes it; broken only behind commas, so that no line ends in
    # a blank that a formatter would take away.
    parts = re.findall(r"[^,]*,?", json.dumps(value, separators=(",", ":")))
    lines = [""]
    for part in parts:
        if len(lines[-1]) + len(part) > WIDEST_COMMENT and lines[-1]:
            lines.append("")
        lines[-1] += part
    return "\n".join([CARRIED_MARK, *(f"{CARRIED_START}{line}" for line in lines)]) + "\n"


def class_name(title: str, taken: frozenset[str]) -> str:
    """A name that Python allows: ``LeNet-5`` gives ``LeNet5``."""
    name = "".join(each[:1].upper() + each[1:] for each in re.findall(r"[A-Za-z0-9]+", title))
    if not name or name[0].isdigit() or keyword.iskeyword(name) or name in taken or name in ("Network", "Module"):
        name = f"Net{name}"
    while name in taken:
        name += "_"
    return name


def one_line(text: str) -> str:
    """Names come from files of others: nothing in them may end the comment that they stand in."""
    return "".join(char if char.isprintable() and char not in '"\\' else "_" for char in text)
