"""Remedies: changes of an experiment, and the same change in one that was edited since."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from lepton_studio.engine.architecture import Architecture
from lepton_studio.engine.augmentations.affine import Affine
from lepton_studio.engine.augmentations.noise import Noise
from lepton_studio.engine.datasets.bundled_digits import BundledDigits
from lepton_studio.engine.experiment import Experiment, Hyperparameters, with_setting
from lepton_studio.engine.layers.flatten import Flatten
from lepton_studio.engine.layers.linear import Linear
from lepton_studio.engine.layers.relu import Relu
from lepton_studio.engine.layers.sigmoid import Sigmoid
from lepton_studio.engine.optimizer import OPTIMIZERS
from lepton_studio.engine.optimizers.adam import Adam
from lepton_studio.engine.optimizers.adamw import AdamW
from lepton_studio.engine.optimizers.sgd import Sgd
from lepton_studio.engine.regularisations.l1 import L1
from lepton_studio.engine.regularisations.l2 import L2
from lepton_studio.engine.remedies import (
    active_layers,
    as_settings,
    lower_rate,
    rebased,
    released,
    round_down,
    straightened,
    usual_rate,
    with_dropout_at_the_end,
    with_layers,
    with_optimizer,
    with_settings,
)


def experiment_of(*layers: Any, **settings: Any) -> Experiment:
    stack = layers or (Flatten(), Linear(outputs=64), Relu(), Linear(outputs=10))
    return Experiment(
        BundledDigits(), Architecture("Mine", stack), Hyperparameters(**{"augmentations": (), **settings})
    )


@pytest.mark.parametrize(
    ("number", "rounded"),
    [
        (0.099, 0.05),
        (0.05, 0.05),
        (0.049, 0.02),
        (1.0, 1.0),
        (0.0019, 0.001),
        (3e-6, 2e-6),
        (0.3 / 10, 0.02),
        (0.0, 0.0),
    ],
)
def test_rates_are_rounded_down_as_people_choose_them(number: float, rounded: float) -> None:
    assert round_down(number) == rounded


@pytest.mark.parametrize("tag", list(OPTIMIZERS.classes))
def test_the_default_of_an_optimizer_is_usual(tag: str) -> None:
    optimizer = OPTIMIZERS[tag]()
    assert usual_rate(optimizer) == pytest.approx(optimizer.learning_rate)
    assert lower_rate(10.0, optimizer) <= optimizer.learning_rate
    assert lower_rate(1e-7, optimizer) == 1e-7


def test_without_momentum_ten_times_the_rate_is_usual() -> None:
    assert usual_rate(Sgd(momentum=0.0)) == pytest.approx(10 * usual_rate(Sgd()))


def test_layers_that_are_left_out_take_no_part() -> None:
    experiment = experiment_of(Flatten(), Sigmoid(disabled=True), Linear(outputs=10))
    assert [layer.tag() for _, layer in active_layers(experiment)] == ["flatten", "linear"]
    assert straightened(experiment) == experiment


def test_dropout_goes_before_the_last_linear_layer_of_the_stack() -> None:
    changed = with_dropout_at_the_end(experiment_of(), 0.4)
    assert changed is not None
    assert [layer.tag() for layer in changed.architecture.layers] == ["flatten", "linear", "relu", "dropout", "linear"]
    assert with_dropout_at_the_end(experiment_of(Flatten()), 0.4) is None


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({}, None),
        ({"optimizer": Adam(weight_decay=0.01)}, None),
        ({"optimizer": AdamW(weight_decay=0.05)}, None),
        ({"regularisations": (L2(strength=1e-3),)}, None),
        ({"optimizer": Sgd(weight_decay=0.2)}, "Lower the weight decay from 0.2 to 0.0001"),
        ({"optimizer": AdamW(weight_decay=0.5)}, "Lower the weight decay from 0.5 to 0.01"),
        ({"regularisations": (L1(strength=0.5), L2())}, "Remove L1 penalty"),
    ],
)
def test_only_what_pulls_too_hard_is_let_go(settings: dict[str, Any], said: str | None) -> None:
    experiment = experiment_of(**settings)
    found = released(experiment)
    assert (found[0] if found is not None else None) == said
    assert found is None or (found[1] != experiment and released(found[1]) is None)


# --- the same change elsewhere


def test_a_change_is_made_in_an_experiment_that_was_edited_since() -> None:
    before = experiment_of(optimizer=Sgd(learning_rate=1.0))
    after = with_optimizer(before, learning_rate=0.05)
    edited = msgspec.structs.replace(with_settings(before, epochs=33, batch_size=8), seed=9)
    changed = rebased(before, after, edited)
    assert changed == msgspec.structs.replace(edited, hyperparameters=msgspec.structs.replace(
        edited.hyperparameters, optimizer=Sgd(learning_rate=0.05)))  # fmt: skip


def test_a_change_that_was_made_already_changes_nothing() -> None:
    before = experiment_of()
    after = with_settings(before, augmentations=(Affine(),))
    assert rebased(before, after, after) == after


def test_another_optimizer_is_taken_as_a_whole() -> None:
    before = experiment_of(optimizer=Sgd())
    after = with_settings(before, optimizer=Adam())
    assert rebased(before, after, with_settings(before, optimizer=Sgd(momentum=0.5))) == after


def test_a_rate_for_another_optimizer_brings_its_optimizer_along() -> None:
    before = experiment_of(optimizer=Sgd(learning_rate=1.0))
    after = with_optimizer(before, learning_rate=0.05)
    assert rebased(before, after, with_settings(before, optimizer=Adam())) == after


def test_what_is_added_to_a_list_stands_beside_what_came_since() -> None:
    before = experiment_of()
    after = with_settings(before, augmentations=(Affine(),))
    changed = rebased(before, after, with_settings(before, augmentations=(Noise(),)))
    assert changed is not None
    assert changed.hyperparameters.augmentations == (Noise(), Affine())
    stronger = rebased(before, after, with_settings(before, augmentations=(Affine(turn=3.0), Noise())))
    assert stronger is not None
    assert stronger.hyperparameters.augmentations == (Noise(), Affine())


def test_what_is_removed_from_a_list_leaves_the_others() -> None:
    before = experiment_of(regularisations=(L1(strength=0.5), L2()))
    after = with_settings(before, regularisations=(L2(),))
    changed = rebased(before, after, with_settings(before, regularisations=(L1(strength=0.9), L2(strength=0.1))))
    assert changed is not None
    assert changed.hyperparameters.regularisations == (L2(strength=0.1),)


def test_layers_are_changed_in_the_same_network_only() -> None:
    before = experiment_of()
    after = with_dropout_at_the_end(before, 0.4)
    assert after is not None
    renamed = msgspec.structs.replace(before, architecture=msgspec.structs.replace(before.architecture, name="Other"))
    changed = rebased(before, after, renamed)
    assert changed is not None
    assert (changed.architecture.name, changed.architecture.layers) == ("Other", after.architecture.layers)
    assert rebased(before, after, with_layers(before, (Flatten(), Linear(outputs=10)))) is None


# --- on the command line


@pytest.mark.parametrize(
    ("changes", "settings"),
    [
        ({"optimizer": Sgd(learning_rate=0.05)}, ("optimizer.learning_rate=0.05",)),
        ({"epochs": 20, "batch_size": 16}, ("epochs=20", "batch_size=16")),
        ({"optimizer": Adam()}, ('optimizer={"type":"adam","learning_rate":0.001,"weight_decay":0.0}',)),
        ({"regularisations": (L2(strength=0.1),)}, ('regularisations=[{"type":"l2","strength":0.1}]',)),
        ({}, ()),
    ],
)
def test_a_change_can_be_said_on_the_command_line(changes: dict[str, Any], settings: tuple[str, ...]) -> None:
    before = experiment_of(optimizer=Sgd(learning_rate=1.0))
    after = with_settings(before, **changes)
    said = as_settings(before, after)
    assert said == settings
    for setting in said:
        path, _, value = setting.partition("=")
        before = with_setting(before, path, value)
    assert before == after
