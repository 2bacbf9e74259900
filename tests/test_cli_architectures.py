"""``lepton-studio architecture list``, and how ``train`` takes a preset."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from lepton_studio import paths
from lepton_studio.engine.architecture import describe
from lepton_studio.engine.run_store import find_run
from lepton_studio.engine.shipped_architectures import preset, preset_cards

# A training that is over at once, whatever the network.
SHORT = ("--set", "samples_per_epoch=8", "--set", "batch_size=8", "--set", "validation_share=0.01", "--device", "cpu")


def test_the_networks_that_ship_are_listed_with_their_size(ask: Any) -> None:
    status, out, _ = ask("architecture", "list", "--json")
    rows = {row["architecture"]: row for row in json.loads(out)}
    assert status == 0
    assert list(rows) == list(preset_cards())
    assert (rows["lepton_net"]["parameters"], rows["lepton_net"]["flops"]) == (421_642, 8_482_304)
    assert rows["vit_tiny"]["epochs"] == preset_cards()["vit_tiny"].epochs
    assert all(row["errors"] == [] and row["summary"] and row["source"] for row in rows.values())


def test_outputs_inside_containers_count_once(ask: Any) -> None:
    status, out, _ = ask("architecture", "check", "resnet8", "--json")
    told = json.loads(out)
    assert status == 0
    assert told["memory"] == describe(preset("resnet8"), (1, 28, 28), 10).memory
    assert f"{told['memory']:,} bytes of outputs" in ask("architecture", "check", "resnet8")[1]


def test_the_list_is_a_table_for_people(ask: Any) -> None:
    status, out, _ = ask("architecture", "list")
    assert status == 0
    assert all(name in out for name in preset_cards())
    assert "421,642" in out


def settings_of(ask: Any, *words: object) -> tuple[str, int, float, str]:
    status, _, _ = ask("train", *words, *SHORT, "--name", "Short")
    assert status == 0
    experiment = find_run("Short").experiment
    settings = experiment.hyperparameters
    rate = settings.optimizer.learning_rate
    return experiment.architecture.name, settings.epochs, rate, type(settings.schedule).tag()


def test_a_preset_is_trained_as_it_says(ask: Any) -> None:
    card = preset_cards()["row_gru"]
    found = settings_of(ask, "--architecture", "row_gru")
    assert found == (card.name, card.epochs, card.learning_rate, type(card.schedule).tag())


def test_words_on_the_command_line_come_before_those_of_a_preset(ask: Any) -> None:
    card = preset_cards()["row_gru"]
    found = settings_of(ask, "--architecture", "row_gru", "--epochs", 2, "--learning-rate", 0.25)
    assert found == (card.name, 2, 0.25, type(card.schedule).tag())


def test_a_recipe_comes_before_what_a_preset_says(ask: Any) -> None:
    assert settings_of(ask, "--architecture", "row_gru", "--recipe", "fast") == ("Row GRU", 4, 0.006, "one_cycle")


def test_an_experiment_keeps_its_settings_with_another_network(ask: Any, tmp_path: Path) -> None:
    from lepton_studio.engine.experiment import default_experiment, save_experiment

    file = tmp_path / "mine.json"
    save_experiment(file, default_experiment())
    found = settings_of(ask, "--architecture", "row_gru", "--experiment", file, "--epochs", 1)
    assert found == ("Row GRU", 1, 0.001, "cosine")


def test_the_file_of_a_preset_can_be_named_like_any_other(ask: Any) -> None:
    status, out, _ = ask("architecture", "check", paths.resources() / "architectures" / "row_gru.json", "--json")
    assert status == 0
    assert json.loads(out)["architecture"] == "Row GRU"
