"""``lepton-studio architecture code``, and Python files where an architecture is asked for."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from lepton_studio.engine.experiment import default_experiment, save_experiment
from lepton_studio.engine.run_store import find_run

Ask = Callable[..., Any]


def test_code_goes_to_the_screen_or_into_a_file(ask: Ask, tmp_path: Path) -> None:
    status, shown, _ = ask("architecture", "code", "mlp")
    assert status == 0
    assert "class MLP(nn.Module)" in shown
    file = tmp_path / "mlp.py"
    status, told, _ = ask("architecture", "code", "mlp", "--out", file)
    assert (status, told) == (0, f"MLP is in {file}.\n")
    assert file.read_text(encoding="utf-8") == shown


def test_a_script_has_the_settings_that_the_network_is_trained_with(ask: Ask) -> None:
    status, out, told = ask("architecture", "code", "row_gru", "--script", "--json")
    written = json.loads(out)
    assert status == 0
    assert written["architecture"] == "Row GRU"
    compile(written["code"], "train.py", "exec")
    from lepton_studio.engine.shipped_architectures import preset_cards

    assert f"\nEPOCHS = {preset_cards()['row_gru'].epochs}  #" in written["code"]
    assert written["left_out"]
    assert "Not in the script: It may compute in bfloat16" in told


def test_a_script_of_an_experiment_has_its_settings(ask: Ask, tmp_path: Path) -> None:
    experiment = default_experiment()
    settings = replace(experiment.hyperparameters, epochs=3, batch_size=17)
    save_experiment(tmp_path / "a.json", replace(experiment, hyperparameters=settings, seed=12))
    _, out, _ = ask("architecture", "code", tmp_path / "a.json", "--script")
    for line in ("EPOCHS = 3  #", "BATCH_SIZE = 17  #", "SEED = 12  #"):
        assert f"\n{line}" in out


def test_python_files_are_taken_wherever_an_architecture_is(ask: Ask, tmp_path: Path) -> None:
    ours, theirs = tmp_path / "ours.py", tmp_path / "theirs.py"
    ask("architecture", "code", "lenet5", "--script", "--out", ours)
    theirs.write_text("from torch import nn\n\nnet = nn.Sequential(nn.Flatten(), nn.Linear(28 * 28, 10))\n")
    assert json.loads(ask("architecture", "check", ours, "--json")[1])["architecture"] == "LeNet-5"
    checked = json.loads(ask("architecture", "check", theirs, "--json")[1])
    assert (checked["architecture"], checked["parameters"]) == ("theirs", 7850)
    words = ("--set", "samples_per_epoch=8", "--set", "batch_size=8", "--device", "cpu", "--epochs", 1, "--json")
    status, out, told = ask("train", "--architecture", theirs, *words)
    assert status == 0, told
    run = find_run(json.loads(out)["run"])
    assert [layer.tag() for layer in run.experiment.architecture.layers] == ["flatten", "linear"]


def test_the_classic_slip_in_a_python_file_is_told(ask: Ask, tmp_path: Path) -> None:
    file = tmp_path / "slip.py"
    file.write_text(
        "import torch.nn as nn\n\nnet = nn.Sequential(nn.Conv2d(1, 64, 3, padding=1), nn.MaxPool2d(4),"
        " nn.Flatten(), nn.Linear(64 * 4 * 4, 10))\n"
    )
    status, _, told = ask("architecture", "check", file)
    assert status == 2
    assert re.search("made for 1.024 numbers .64 × 4 × 4", told)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("class Net(nn.Module): pass", "has no nn.Sequential"),
        (
            "from torch import nn\nclass Net(nn.Module):\n  def forward(self, x):\n    return x\n",
            "line 3: Net is a network",
        ),
        ("from torch import nn\nnet = nn.Sequential(nn.Mystery())", "line 2: 'nn.Mystery' is no module of torch.nn"),
        ("%", "neither JSON nor Python"),
    ],
    ids=["nothing", "forward", "unknown", "no_python"],
)
def test_a_python_file_that_cannot_be_read_is_explained(ask: Ask, tmp_path: Path, content: str, reason: str) -> None:
    file = tmp_path / "net.py"
    file.write_text(content)
    status, out, told = ask("architecture", "check", file)
    assert (status, out) == (2, "")
    assert reason in told
