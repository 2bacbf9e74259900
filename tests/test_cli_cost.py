"""``architecture cost`` and ``architecture weights``."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from lepton_studio import paths
from lepton_studio.cli import main
from lepton_studio.engine import cost_probe as cost_module
from lepton_studio.engine import weight_store
from lepton_studio.engine.events import Progress
from lepton_studio.engine.known_weights import KNOWN_WEIGHTS
from lepton_studio.engine.shipped_architectures import preset_cards

QUICK = ("--set", "augmentations=[]", "--device", "cpu", "--precision", "float32")


@pytest.fixture(autouse=True)
def _quick(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    monkeypatch.setattr(cost_module, "SECONDS", 0.05)


def test_the_cost_of_a_training_is_told_as_json_and_no_run_is_kept(capsys, home: Path) -> None:
    status = main(["architecture", "cost", "mlp", "--epochs", "3", "--batch-size", "100", *QUICK, "--json"])
    told = json.loads(capsys.readouterr().out)
    assert status == 0
    assert told["epochs"] == 3
    assert told["batch_size"] == 100
    assert told["seconds"] == pytest.approx(3 * told["seconds_per_epoch"])
    assert told["fits"] is True
    assert told["parameters"] == 109_386
    assert told["precision"] == "float32"
    assert not paths.runs().exists()


def test_a_known_network_costs_what_train_would_take(capsys) -> None:
    assert main(["architecture", "cost", "row_lstm", *QUICK, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["epochs"] == preset_cards()["row_lstm"].epochs


def test_the_cost_is_told_in_a_sentence_for_people(capsys) -> None:
    assert main(["architecture", "cost", "mlp", *QUICK]) == 0
    out = capsys.readouterr().out
    assert "s for each epoch" in out
    assert "MB of memory" in out


def test_a_training_that_does_not_fit_fails_in_words(capsys, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cost_module, "memory_room", lambda _device: 1000)
    status = main(["architecture", "cost", "mlp", *QUICK, "--json"])
    written = capsys.readouterr()
    assert status == 2
    assert json.loads(written.out)["seconds_per_epoch"] is None
    assert "It does not fit" in written.err


def test_weights_are_listed_and_fetched(capsys, monkeypatch: pytest.MonkeyPatch) -> None:
    assert main(["architecture", "weights", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert {row["network"] for row in rows} == set(KNOWN_WEIGHTS)
    assert not any(row["here"] for row in rows)

    def fetch(network: str) -> Iterator[Progress]:
        yield Progress("Fetching", 1, 1)
        paths.weights().mkdir(parents=True)
        (paths.weights() / KNOWN_WEIGHTS[network].file).write_bytes(b"weights")

    monkeypatch.setattr(weight_store, "fetch_weights", fetch)
    assert main(["architecture", "weights", "resnet18"]) == 0
    assert str(paths.weights()) in capsys.readouterr().out
    # Once they are here, nothing is fetched again.
    assert main(["architecture", "weights", "resnet18", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["here"] is True
    assert main(["architecture", "weights"]) == 0
    assert "resnet18" in capsys.readouterr().out


def test_a_network_that_nobody_knows_is_refused_with_those_that_are_known(capsys) -> None:
    assert main(["architecture", "weights", "resnet19"]) == 2
    assert "Known are" in capsys.readouterr().err


def test_missing_weights_are_told_before_a_run_is_made(capsys, tmp_path: Path) -> None:
    layers = '[{"type": "pretrained"}, {"type": "linear", "outputs": 10}]'
    (tmp_path / "net.json").write_text(f'{{"name": "Known", "layers": {layers}}}', encoding="utf-8")
    assert main(["train", "--architecture", str(tmp_path / "net.json"), "--epochs", "1", *QUICK]) == 2
    assert "architecture weights resnet18" in capsys.readouterr().err
    assert not paths.runs().exists()
