"""Adding a layer to the project touches one file: the one in ``one_more_layer``, beside this one."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest

from lepton_studio.cli import main

FOLDER = Path(__file__).parent / "one_more_layer"

# As if the file lay in the folder of all layers.
ADDED = """
import json, sys
import lepton_studio.engine.layers
lepton_studio.engine.layers.__path__.append(sys.argv[1])
from lepton_studio.engine.layer import LAYERS

Prelu = LAYERS["prelu"]
"""

# What a program has to do with a layer, with nothing said of this one anywhere.
USED = (
    ADDED
    + """
import msgspec, numpy as np, torch
from lepton_studio.engine.architecture import Architecture, describe
from lepton_studio.engine.code_export import write_code
from lepton_studio.engine.dataset import Samples
from lepton_studio.engine.datasets.bundled_digits import BundledDigits
from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.experiment import Experiment, Hyperparameters, parse_experiment, with_setting
from lepton_studio.engine.fields import fields_of
from lepton_studio.engine.layers.flatten import Flatten
from lepton_studio.engine.layers.linear import Linear
from lepton_studio.engine.layers.repeat import Repeat
from lepton_studio.engine.network import build_network
from lepton_studio.engine.runs import Run
from lepton_studio.engine.training import start_training
from lepton_studio.engine.tree import insert_layer, layer_at, replace_layer

layers = (Flatten(), Linear(6), Repeat((Prelu(start=0.5),), 2), Prelu(), Linear(4))
architecture = Architecture("Own", layers)
experiment = Experiment(
    BundledDigits(), architecture,
    Hyperparameters(epochs=1, batch_size=32, augmentations=(), device="cpu", precision="float32"),
)
found = {"title": Prelu.title, "summary": Prelu.summary(), "names": LAYERS.names()}
found["fields"] = [
    [field.name, field.kind, field.default, field.minimum, field.maximum, field.help]
    for field in fields_of(Prelu) if not field.hidden
]
text = msgspec.json.encode(experiment)
found["read again"] = parse_experiment(text, "own.json") == experiment
found["set"] = with_setting(experiment, "architecture.layers.3.start", "0.75").architecture.layers[3].start
try:
    parse_experiment(text.replace(b'"start":0.5', b'"start":1.5'), "own.json")
except LeptonError as error:
    found["refusal"] = str(error)
edited = replace_layer(insert_layer(layers, (1,), Prelu(disabled=True)), (3, 0), Prelu(start=0.1))
found["edited"] = layer_at(edited, (3, 0)).start
report = describe(architecture, (1, 8, 8), 4)
found["rows"] = [[row.layer.tag(), row.output_shape, row.parameters] for row in report.layers]
found["errors"] = [str(error) for error in report.errors]

images = np.random.default_rng(0).integers(0, 256, (60, 1, 8, 8), dtype=np.uint8)
samples = Samples(images, np.arange(60) % 4, tuple("abcd"), np.arange(60) >= 48)
run = Run.create(experiment)
list(start_training(run, samples))
from lepton_studio.engine.checkpoint import load_weights
weights = load_weights(run.checkpoint)
found["slopes"] = {name: float(value) for name, value in weights.items() if value.numel() == 1 and "layers" in name}

names = {"__name__": "own"}
exec(write_code(architecture, (1, 8, 8), tuple("abcd"), [128.0], [64.0]).text, names)
network = build_network(architecture, (1, 8, 8), 4, [128.0], [64.0]).eval()
exported = names["Own"]().eval()
exported.load_state_dict(network.state_dict())
pictures = torch.from_numpy(images[:5])
found["same answers"] = torch.equal(exported(pictures), network(pictures))
print(json.dumps(found))

from lepton_studio import cli
sys.argv[1:] = ["architecture", "check", sys.argv[2], "--json"]
sys.exit(cli.main())
"""
)

Run = Callable[..., "CompletedProcess[str]"]


def test_one_file_is_all_that_a_new_layer_takes(
    run_python: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "own.json"
    layers = [{"type": "flatten"}, {"type": "prelu", "start": 0.1}, {"type": "linear", "outputs": 10}]
    file.write_text(json.dumps({"name": "Own", "layers": layers}), encoding="utf-8")
    used, checked = run_python(USED, FOLDER, file).stdout.split("\n", 1)
    found: dict[str, Any] = json.loads(used)
    assert [path.name for path in FOLDER.glob("*.py")] == ["prelu.py"]
    assert "prelu" in found["names"]
    assert found["title"] == "PReLU"
    assert found["summary"].startswith("Like leaky ReLU")
    help_text = "What the slope is before anything is learned."
    assert found["fields"] == [["start", "number", 0.25, 0.0, 1.0, help_text]]
    assert found["read again"]
    assert found["set"] == 0.75
    assert "1.0" in found["refusal"]
    assert "start" in found["refusal"]
    assert found["edited"] == 0.1
    assert found["errors"] == []
    assert found["rows"] == [
        ["flatten", [64], 0], ["linear", [6], 390], ["repeat", [6], 2], ["prelu", [6], 1], ["prelu", [6], 1],
        ["linear", [4], 28],
    ]  # fmt: skip
    assert len(found["slopes"]) == 3
    assert not {0.5, 0.25} & set(found["slopes"].values())
    assert found["same answers"]
    # The command line checks a network with it.
    answer = json.loads(checked)
    assert answer["errors"] == []
    assert answer["parameters"] == 1 + 7850
    # Without the file, the same network is refused by name.
    assert main(["architecture", "check", str(file), "--json"]) == 2
    assert "prelu" in capsys.readouterr().err
