"""The presets: they fit what they are made for, are trained as they say, and leave a person's own settings alone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import msgspec
import numpy as np
import pytest

from lepton_studio import paths
from lepton_studio.engine.architecture import Architecture, describe
from lepton_studio.engine.checkpoint import load_weights
from lepton_studio.engine.dataset import Samples
from lepton_studio.engine.datasets.bundled_digits import BundledDigits
from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.experiment import (
    Experiment,
    Hyperparameters,
    default_experiment,
    experiment_with_preset,
)
from lepton_studio.engine.layer import Layer, Shape, shape_text
from lepton_studio.engine.network import build_network
from lepton_studio.engine.optimizers.adam import Adam
from lepton_studio.engine.optimizers.sgd import Sgd
from lepton_studio.engine.recipe import recipes
from lepton_studio.engine.run_store import bundled_run
from lepton_studio.engine.runs import Run
from lepton_studio.engine.schedules.constant import Constant
from lepton_studio.engine.shipped_architectures import Preset, parse_architecture, preset, preset_cards, presets
from lepton_studio.engine.training import start_training

CARDS = preset_cards()
every_preset = pytest.mark.parametrize("name", CARDS)

ASKED_FOR = {
    "softmax_regression", "mlp", "lenet5", "lepton_net", "pen_net", "vgg_small", "resnet8", "resnet18", "resnet18_224",
    "inception_small", "mobilenet_small", "row_lstm", "vit_tiny", "unet_small",
}  # fmt: skip

# What a person must be able to rely on after the epochs of the preset.
LEAST_ACCURACY = {"lepton_net": 0.975, "pen_net": 0.975, "row_lstm": 0.95, "vit_tiny": 0.93}


@cache
def digits() -> Samples:
    return next(found for found in BundledDigits().load() if isinstance(found, Samples))


def few_digits() -> Samples:
    """Sixty digits of all classes, a third of them for testing."""
    all_of_them = digits()
    chosen = np.concatenate([np.flatnonzero(all_of_them.labels == digit)[:6] for digit in range(10)])
    labels, is_test = all_of_them.labels[chosen], np.arange(60) % 3 == 0
    return Samples(all_of_them.images[chosen], labels, all_of_them.class_names, is_test)


def all_layers(layers: tuple[Layer, ...]) -> Iterator[Layer]:
    for layer in layers:
        yield layer
        yield from all_layers(layer.children())


def shapes_for(name: str) -> tuple[Shape, ...]:
    return ((1, 28, 28), (3, 32, 32), (3, 224, 224)) if name == "resnet18_224" else ((1, 28, 28), (3, 32, 32))


def test_what_learners_look_for_ships() -> None:
    assert set(presets()) >= ASKED_FOR
    assert presets() == {name: card.architecture for name, card in CARDS.items()}
    assert len({card.name for card in CARDS.values()}) == len(CARDS)


def test_the_simple_ones_come_first() -> None:
    assert list(CARDS)[:3] == ["softmax_regression", "mlp", "lenet5"]
    assert len({card.order for card in CARDS.values()}) == len(CARDS)


@every_preset
def test_a_preset_says_what_it_is_known_for_and_where_it_is_from(name: str) -> None:
    card = CARDS[name]
    assert card.summary.endswith(".")
    assert 40 < len(card.summary) < 240
    assert card.source.startswith("http")
    assert card.suits((1, card.picture_sizes[0], card.picture_sizes[1]))
    assert not card.suits((1, 28, card.picture_sizes[1] + 1))


@every_preset
def test_a_preset_fits_small_pictures_and_those_that_it_is_made_for(name: str) -> None:
    for shape in shapes_for(name):
        report = describe(preset(name), shape, 10)
        assert report.errors == (), shape_text(shape)
    least, most = CARDS[name].picture_sizes
    for side in {least, most}:
        assert describe(preset(name), (1, side, side), 10).errors == (), side


@every_preset
def test_a_preset_has_the_weights_that_are_counted(name: str) -> None:
    report = describe(preset(name), (1, 28, 28), 10)
    network = build_network(preset(name), (1, 28, 28), 10, [33.0], [79.0])
    assert report.parameters == sum(parameter.numel() for parameter in network.parameters())


def test_resnet_18_has_the_parameters_of_the_one_that_is_published() -> None:
    # https://docs.pytorch.org/vision/main/models/generated/torchvision.models.resnet18.html: 11,689,512 with
    # a Linear layer for 1,000 classes.
    described = describe(preset("resnet18_224"), (3, 224, 224), 10)
    assert described.parameters == 11_689_512 - (512 * 1000 + 1000) + (512 * 10 + 10)


def test_the_weights_of_the_shipped_run_fit_pen_net() -> None:
    run = bundled_run()
    network = build_network(preset("pen_net"), (1, 28, 28), 10, [33.0], [79.0])
    network.load_state_dict(load_weights(run.checkpoint))
    assert sum(parameter.numel() for parameter in network.parameters()) == 315_706
    assert run.experiment.architecture.layers == preset("pen_net").layers


# The largest learn in the slow tests.
@pytest.mark.parametrize("name", [name for name in CARDS if not name.startswith("resnet18")])
def test_a_preset_takes_steps_on_a_few_digits(name: str) -> None:
    experiment = experiment_with_preset(default_experiment(), CARDS[name])
    settings = msgspec.structs.replace(
        experiment.hyperparameters, epochs=1, samples_per_epoch=12, batch_size=6, validation_share=0.1, device="cpu"
    )
    run = Run.create(msgspec.structs.replace(experiment, hyperparameters=settings))
    list(start_training(run, few_digits()))
    assert run.record.state == "finished"
    assert len(run.history) == 2
    assert np.isfinite(run.history.batch_loss).all()


@pytest.mark.slow
@pytest.mark.timeout(1800)
@every_preset
def test_a_preset_trains_an_epoch_on_the_bundled_digits(name: str) -> None:
    experiment = experiment_with_preset(default_experiment(), CARDS[name])
    settings = msgspec.structs.replace(experiment.hyperparameters, epochs=1)
    run = Run.create(msgspec.structs.replace(experiment, hyperparameters=settings))
    list(start_training(run, digits()))
    assert run.record.state == "finished"
    assert np.isfinite(run.history.batch_loss).all()
    assert run.history.batch_loss[-10:].mean() < run.history.batch_loss[:10].mean()


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("name", LEAST_ACCURACY)
def test_a_preset_reaches_its_accuracy_within_its_epochs(name: str) -> None:
    run = Run.create(experiment_with_preset(default_experiment(), CARDS[name]))
    list(start_training(run, digits()))
    assert len(run.history.epochs) == CARDS[name].epochs
    assert run.record.test_accuracy is not None
    assert run.record.test_accuracy >= LEAST_ACCURACY[name]


# --- how a preset is taken into an experiment


def with_settings(**changes: object) -> Experiment:
    settings = msgspec.structs.replace(Hyperparameters(), **changes)
    return msgspec.structs.replace(default_experiment(), hyperparameters=settings)


@every_preset
def test_a_preset_is_trained_as_it_says_where_nobody_chose_otherwise(name: str) -> None:
    card = CARDS[name]
    after = experiment_with_preset(default_experiment(), card)
    assert after.architecture == card.architecture
    settings = after.hyperparameters
    assert (settings.epochs, settings.schedule) == (card.epochs, card.schedule)
    assert settings.optimizer == Adam(learning_rate=card.learning_rate)


def test_presets_that_are_tried_one_after_the_other_leave_nothing_of_each_other() -> None:
    experiment = default_experiment()
    for card in CARDS.values():
        experiment = experiment_with_preset(experiment, card)
        assert experiment == experiment_with_preset(default_experiment(), card)


@pytest.mark.parametrize(
    "changes",
    [
        {"epochs": 3},
        {"optimizer": Sgd()},
        {"optimizer": Adam(learning_rate=0.3)},
        {"schedule": Constant()},
    ],
    ids=["epochs", "optimizer", "learning rate", "schedule"],
)
def test_what_a_person_set_stays(changes: dict[str, object]) -> None:
    before = with_settings(**changes)
    after = experiment_with_preset(before, CARDS["vit_tiny"])
    assert after.hyperparameters == before.hyperparameters
    assert after.architecture.name == "ViT-tiny"


def test_the_rest_of_the_settings_stays_in_any_case() -> None:
    before = with_settings(batch_size=17, augmentations=(), device="cpu", threads=1)
    after = experiment_with_preset(before, CARDS["vit_tiny"])
    assert after.hyperparameters == CARDS["vit_tiny"].applied_to(before.hyperparameters)
    assert (after.hyperparameters.batch_size, after.hyperparameters.augmentations) == (17, ())
    assert after.hyperparameters.epochs == CARDS["vit_tiny"].epochs


def test_a_recipe_of_another_pace_stays() -> None:
    fast = recipes()["fast"].hyperparameters
    before = msgspec.structs.replace(default_experiment(), hyperparameters=fast)
    assert experiment_with_preset(before, CARDS["row_lstm"]).hyperparameters == fast


# --- files


def test_the_file_of_a_preset_is_read_like_an_architecture_of_ones_own() -> None:
    file = paths.resources() / "architectures" / "vit_tiny.json"
    assert parse_architecture(file.read_bytes(), "mine") == preset("vit_tiny")
    own = Architecture("Mine", preset("mlp").layers)
    assert parse_architecture(msgspec.json.encode(own), "mine") == own


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"epochs": 0}, "epochs"),
        ({"schedule": {"type": "never"}}, "schedule"),
        ({"layers": [{"type": "linear", "outputs": 0}]}, "layers[0].outputs"),
        ({"colour": "red"}, "colour"),
        ({"source": None}, "source"),
    ],
)
def test_a_damaged_preset_is_answered_with_its_file_and_field(changes: dict[str, object], complaint: str) -> None:
    plain = json.loads((paths.resources() / "architectures" / "mlp.json").read_text(encoding="utf-8")) | changes
    with pytest.raises(LeptonError) as caught:
        parse_architecture(json.dumps(plain).encode(), "mine.json")
    assert "mine.json" in caught.value.what
    assert complaint in caught.value.what


def test_presets_are_read_from_their_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "architectures").mkdir()
    card = Preset("Mine", "Of my own.", "https://example.org", preset("mlp").layers, epochs=3)
    (tmp_path / "architectures" / "mine.json").write_bytes(msgspec.json.encode(card))
    monkeypatch.setattr(paths, "resources", lambda: tmp_path)
    assert preset_cards() == {"mine": card}
    with pytest.raises(LeptonError, match="'mlp'"):
        preset("mlp")


def test_presets_show_the_layers_that_they_are_there_to_show() -> None:
    def tags(name: str) -> set[str]:
        return {layer.tag() for layer in all_layers(preset(name).layers)}

    assert tags("resnet8") >= {"residual", "batch_norm2d"}
    assert tags("inception_small") >= {"parallel", "branch"}
    assert tags("mobilenet_small") >= {"residual", "squeeze_excite"}
    assert tags("unet_small") >= {"skip", "upsample"}
    assert tags("row_lstm") >= {"rows_as_sequence", "lstm"}
    assert tags("vit_tiny") >= {"patch_embedding", "positional_encoding", "transformer_encoder"}
