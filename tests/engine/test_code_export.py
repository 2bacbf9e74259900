"""The exported code is the network: same weights, same answers, without Lepton Studio."""

from __future__ import annotations

import importlib
import itertools
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import msgspec
import pytest
import torch
from safetensors.torch import save_file

from lepton_studio.engine.architecture import Architecture, describe
from lepton_studio.engine.code_export import write_code
from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.layer import LAYERS, Layer
from lepton_studio.engine.layers.batch_norm2d import BatchNorm2d
from lepton_studio.engine.layers.branch import Branch
from lepton_studio.engine.layers.conv2d import Conv2d
from lepton_studio.engine.layers.dropout import Dropout
from lepton_studio.engine.layers.flatten import Flatten
from lepton_studio.engine.layers.group_norm import GroupNorm
from lepton_studio.engine.layers.linear import Linear
from lepton_studio.engine.layers.parallel import Parallel
from lepton_studio.engine.layers.relu import Relu
from lepton_studio.engine.layers.repeat import Repeat
from lepton_studio.engine.layers.reshape import Reshape
from lepton_studio.engine.layers.residual import Residual
from lepton_studio.engine.layers.rows_as_sequence import RowsAsSequence
from lepton_studio.engine.layers.sequence_pool import SequencePool
from lepton_studio.engine.layers.skip import Skip
from lepton_studio.engine.network import Network, build_network
from lepton_studio.engine.shipped_architectures import presets
from lepton_studio.engine.source_copy import source_file

MEAN, STD = (33.4, 20.0), (78.6, 60.0)

# Tells for each folder how far the answers of the module in it are from the saved ones.
COMPARE = """
import json, pathlib, runpy, sys, torch
from safetensors.torch import load_file
far = {}
for folder in map(pathlib.Path, sys.argv[1:]):
    module = runpy.run_path(str(folder / "code.py"))[json.loads((folder / "name.json").read_text())]().eval()
    tensors = load_file(folder / "tensors.safetensors")
    module.load_state_dict({k[8:]: v for k, v in tensors.items() if k.startswith("network.")})
    far[folder.name] = (module(tensors["pictures"]) - tensors["logits"]).abs().max().item()
assert "lepton_studio" not in sys.modules
print(json.dumps(far))
"""


def class_of(source: str) -> str:
    """The name of the last class, which is the network."""
    return source.rsplit("class ", 1)[1].split("(", 1)[0]


def built(source: str) -> torch.nn.Module:
    names: dict[str, Any] = {"__name__": "exported"}
    exec(compile(source, "exported.py", "exec"), names)
    module: torch.nn.Module = names[class_of(source)]()
    return module.eval()


def network_of(layers: tuple[Layer, ...], name: str = "Any") -> tuple[Network, str]:
    """A network for 2 x 8 x 8 pictures of three classes, and its source."""
    architecture = Architecture(name, layers)
    names = ("a", "b", "c")
    network = build_network(architecture, (2, 8, 8), 3, MEAN, STD).eval()
    return network, write_code(architecture, (2, 8, 8), names, MEAN, STD).text


def difference(network: Network, source: str) -> float:
    """How far the answers of a network and of its code are apart with the same weights."""
    module = built(source)
    module.load_state_dict(network.state_dict())
    pictures = torch.randint(0, 256, (4, 2, 8, 8), dtype=torch.uint8)
    return (module(pictures) - network(pictures)).abs().max().item()


# As a part of a training script all of them answer in tests/engine/test_script_export.py.
SHOWN = ("lepton_net", "resnet8", "inception_small", "unet_small", "row_lstm", "vit_tiny")


def test_shipped_architectures_answer_alike_without_lepton_studio(
    tmp_path: Path, run_python: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    folders = []
    for name in SHOWN:
        architecture = presets()[name]
        folder = tmp_path / name
        folder.mkdir()
        shape = (1, 28, 28)
        network = build_network(architecture, shape, 10, MEAN[:1], STD[:1]).eval()
        source = write_code(architecture, shape, tuple("0123456789"), MEAN[:1], STD[:1]).text
        (folder / "code.py").write_text(source, encoding="utf-8")
        (folder / "name.json").write_text(json.dumps(class_of(source)))
        pictures = torch.randint(0, 256, (3, *shape), dtype=torch.uint8)
        tensors = {f"network.{key}": value for key, value in network.state_dict().items()}
        with torch.no_grad():
            tensors |= {"pictures": pictures, "logits": network(pictures)}
        save_file(tensors, folder / "tensors.safetensors")
        folders.append(folder)
    far = json.loads(run_python(COMPARE, *folders).stdout)
    assert far.keys() == set(SHOWN)
    assert max(far.values()) <= 1e-5, far


# What may stand before and behind a layer so that it takes 2 x 8 x 8 pictures and three numbers come out.
BEFORE: tuple[tuple[Layer, ...], ...] = ((), (RowsAsSequence(),), (Flatten(),), (Conv2d(channels=3, padding=1),))
BEHIND: tuple[tuple[Layer, ...], ...] = (
    (Flatten(), Linear(outputs=3)),
    (SequencePool(), Linear(outputs=3)),
    (Linear(outputs=3),),
)
# Layers that do nothing, or fit nothing, as they come.
FILLED = {
    "parallel": Parallel(branches=(Conv2d(channels=2), Branch(body=(Conv2d(channels=3), Relu())))),
    "residual": Residual(body=(Conv2d(channels=4, stride=2, padding=1),), shortcut="projection"),
    "repeat": Repeat(body=(Conv2d(channels=4, padding=1), Relu()), times=2),
    "skip": Skip(body=(Conv2d(channels=4, padding=1),)),
    "reshape": Reshape(channels=2, height=16, width=4),
    "group_norm": GroupNorm(groups=2),
}


def fitted(layer: Layer) -> tuple[Layer, ...]:
    """The layer in a network that can be built."""
    for before, behind in itertools.product(BEFORE, BEHIND):
        layers = (*before, layer, *behind)
        if not describe(Architecture("Any", layers), (2, 8, 8), 3).errors:
            return layers
    raise AssertionError(f"nothing fits {layer}")


@pytest.mark.parametrize("tag", LAYERS.names())
def test_every_layer_answers_alike_as_code(tag: str) -> None:
    layer = FILLED.get(tag, LAYERS[tag]())
    assert difference(*network_of(fitted(layer))) <= 1e-5


@pytest.mark.parametrize("tag", LAYERS.names())
def test_a_layer_that_is_left_out_leaves_a_named_place(tag: str) -> None:
    layer = msgspec.structs.replace(LAYERS[tag](), disabled=True)
    network, source = network_of((layer, Flatten(), Linear(outputs=3)))
    assert f"nn.Identity(),  # left out: {layer.title}" in source
    assert difference(network, source) <= 1e-5


def test_layers_inside_layers_are_written_with_them() -> None:
    inner = Residual(body=(BatchNorm2d(), Relu(), Dropout(), Conv2d(channels=2, padding=1)))
    network, source = network_of((Residual(body=(Conv2d(channels=2, padding=1), inner)), Flatten(), Linear(outputs=3)))
    assert source.count("class Sum(") == 1
    assert "type: ignore" not in source
    assert difference(network, source) <= 1e-5


def test_the_code_is_a_lesson() -> None:
    _, source = network_of((
        Conv2d(channels=3, padding=1), Relu(), Residual(body=(Conv2d(channels=3, padding=1),)), Relu(), Flatten(),
        Linear(outputs=3),
    ))  # fmt: skip
    assert "nn.Conv2d(2, 3, kernel_size=3, padding=1),  # 3 × 8 × 8" in source
    assert "Sum(  # 3 × 8 × 8" in source
    assert "nn.Linear(192, 3),  # 3" in source
    # Each kind of layer is explained where it comes first.
    for kind in (Conv2d, Relu, Residual, Flatten, Linear):
        words = " ".join(source.replace("#", " ").split())
        assert words.count(kind.summary()) == 1


def test_the_lines_of_each_layer_are_known_inside_containers_and_at_each_time() -> None:
    layers = (
        Repeat(body=(Residual(body=(Relu(), Conv2d(channels=2, padding=1))),), times=3),
        Parallel(branches=(Relu(), Conv2d(channels=2, padding=1, disabled=True), Branch(body=(Relu(),)))),
        Flatten(),
        Linear(outputs=3),
    )
    exported = write_code(Architecture("Any", layers), (2, 8, 8), ("a", "b", "c"), MEAN, STD)
    lines = exported.text.split("\n")

    def text_of(path: tuple[int, ...]) -> list[str]:
        return [lines[place.last - 1].strip() for place in exported.lines_of(path)]

    assert text_of((0, 0, 1)) == ["nn.Conv2d(2, 2, kernel_size=3, padding=1),  # 2 × 8 × 8"] * 3
    assert text_of((1, 2, 0)) == ["nn.ReLU(),  # 2 × 8 × 8"]
    assert text_of((1, 1)) == []
    assert text_of((3,)) == ["nn.Linear(256, 3),  # 3"]
    (repeat,) = exported.lines_of((0,))
    assert exported.path_at(repeat.first) == (0,)
    assert exported.path_at(exported.lines_of((0, 0, 1))[1].last) == (0, 0, 1)
    assert exported.path_at(1) is None
    assert [place.first for place in exported.places] == sorted(place.first for place in exported.places)


# The program rather than its Python package, which may be there without it.
RUFF = shutil.which("ruff", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}")


@pytest.mark.skipif(RUFF is None, reason="ruff is not installed")
def test_the_code_is_formatted_as_ruff_formats(tmp_path: Path) -> None:
    deep: Layer = Conv2d(channels=2, kernel_size=5, padding=2, bias=False)
    for _ in range(9):
        deep = Residual(body=(deep, Relu(disabled=True)))
    names = tuple(f"class number {number}" for number in range(3))
    for name, layers in {
        "deep": (deep, Flatten(), Linear(outputs=3)),
        **{tag: fitted(FILLED.get(tag, LAYERS[tag]())) for tag in LAYERS.names()},
    }.items():
        source = write_code(Architecture(name, layers), (2, 8, 8), names, (125.30691680490949,) * 2, STD).text
        (tmp_path / f"{name}.py").write_text(source, encoding="utf-8")
    assert RUFF is not None
    command = [RUFF, "format", "--check", "--isolated", "--line-length", "120", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 0, done.stdout


# A layer as a person would add it, in a file of its own that is no part of the program.
PERSONAL = """
import json
import os
import shutil
import math
from typing import ClassVar

import numpy
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from lepton_studio.engine.layer import Layer

# How much of it there is.
AMOUNT = 0.5
TWICE = AMOUNT * 2


def wave(x: Tensor) -> Tensor:
    return F.softplus(torch.sin(x) * TWICE / math.sqrt(2))


class Half(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x * AMOUNT


class Wave(Half):
    def __init__(self, width: int, name: str = "a") -> None:
        super().__init__()
        self.width = width
        self.name = name
        self.inner = nn.Sequential(nn.Flatten(), nn.Linear(width, 5))

    def forward(self, x: Tensor) -> Tensor:
        return wave(self.inner(super().forward(x)))  # type: ignore[no-any-return]


class WaveLayer(Layer, frozen=True, tag="wave"):
    title: ClassVar[str] = "Wave"

    def build(self, shape):
        return Wave(math.prod(shape), "b")
"""


def personal(source: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """A module of a person's own, imported from a file."""
    (tmp_path / "my_wave.py").write_text(source)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "my_wave", raising=False)
    source_file.cache_clear()
    return importlib.import_module("my_wave")


def test_a_layer_that_a_person_added_goes_along_with_all_that_it_needs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = personal(PERSONAL, tmp_path, monkeypatch)
    network, source = network_of((module.WaveLayer(), Linear(outputs=3)))
    assert 'Wave(width=128, name="b"),  # 5' in source
    assert "# How much of it there is.\nAMOUNT = 0.5" in source
    assert "from torch.nn import functional as F" in source
    assert "my_wave" not in source
    assert "type: ignore" not in source
    assert difference(network, source) <= 1e-5


@pytest.mark.parametrize(
    ("before", "after", "reason"),
    [
        ("x * AMOUNT", "x * float(numpy.ones(1)[0])", "numpy comes from numpy"),
        ("AMOUNT = 0.5", "AMOUNT = float(numpy.ones(1)[0])", "numpy comes from numpy"),
        ("return x * AMOUNT", "return x * len(json.dumps(1))", "json comes from json"),
        ("return x * AMOUNT", "import json\n        return x * len(json.dumps(1))", "imports json"),
        ("self.width = width", "self.breadth = width", "Wave cannot be written"),
        ("nn.Linear(width, 5)", "nn.Linear(width, 5 if name == 'a' else 6)", ""),
    ],
    ids=["numpy", "constant", "json", "inner", "not_kept", "by_name"],
)
def test_a_layer_that_needs_more_than_torch_is_refused(
    before: str, after: str, reason: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert before in PERSONAL
    module = personal(PERSONAL.replace(before, after), tmp_path, monkeypatch)
    if reason:
        with pytest.raises(LeptonError, match=reason):
            network_of((module.WaveLayer(), Linear(outputs=3)))
    else:
        assert difference(*network_of((module.WaveLayer(), Linear(outputs=3)))) <= 1e-5


def test_the_code_says_what_goes_in_and_what_comes_out() -> None:
    _, source = network_of((Flatten(), Linear(outputs=3)))
    assert "N x 2 x 8 x 8 pictures, uint8 or float from 0 to 255" in source
    assert "N x 3 logits" in source
    assert "a, b, c" in source
    assert "- self.mean) / self.std" in source


@pytest.mark.parametrize(
    "name", ["LeNet-5", "3 layers", "class", "", '"""; import os #', "深度", "Tensor", "Sum", "{x}"]
)
def test_any_name_gives_code_that_runs(name: str) -> None:
    assert difference(*network_of((Residual(body=(Relu(),)), Flatten(), Linear(outputs=3)), name)) <= 1e-5


def test_a_network_that_cannot_be_built_is_not_written() -> None:
    with pytest.raises(LeptonError, match="ends with 5 numbers"):
        write_code(Architecture("Bad", (Flatten(), Linear(outputs=5))), (2, 8, 8), ("a", "b"), MEAN, STD)


def test_a_module_that_nobody_can_write_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    class Strange(torch.nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x

    monkeypatch.setattr(Relu, "build", lambda self, shape: Strange())
    with pytest.raises(LeptonError, match="Strange cannot be written as code"):
        network_of((Relu(), Flatten(), Linear(outputs=3)))


def test_no_size_is_told_of_what_is_used_for_several() -> None:
    from lepton_studio.engine.module_writer import _shapes

    class Twice(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.once, self.both = torch.nn.Flatten(), torch.nn.ReLU()

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.both(self.once(self.both(x)))

    module = Twice().to("meta")
    shapes = _shapes(module, (2, 4, 4))
    assert shapes[module.once] == (32,)
    assert shapes[module.both] is None
