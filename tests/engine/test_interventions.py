"""Channels switched off and turned up, and noise: in every answer, and gone without a trace."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from lepton_studio.engine import preset
from lepton_studio.engine.activations import activations_of
from lepton_studio.engine.interventions import Interventions
from lepton_studio.engine.prediction import Predictor
from lepton_studio.engine.runs import Run

SHAPE = (1, 28, 28)


def drawing(shape: tuple[int, ...] = SHAPE, seed: int = 1) -> Any:
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


def outputs(predictor: Predictor) -> dict[tuple[int, ...], Any]:
    return {each.path: each.output for each in activations_of(predictor, drawing())}


def test_a_channel_that_is_off_hands_on_zeros_and_moves_the_answer(fresh_predictor: Any) -> None:
    predictor = fresh_predictor(preset("lepton_net"))
    plain, before = predictor.look(drawing()[None]).logits, outputs(predictor)
    predictor.intervene(Interventions().switched((0,), 3, True).switched((0,), 7, True))
    changed, after = predictor.look(drawing()[None]).logits, outputs(predictor)
    assert not np.array_equal(plain, changed)
    assert not after[0,][[3, 7]].any()
    assert np.array_equal(np.delete(after[0,], [3, 7], axis=0), np.delete(before[0,], [3, 7], axis=0))
    np.testing.assert_allclose(after[9,], changed[0], rtol=1e-5, atol=1e-6)
    predictor.intervene(Interventions())
    assert np.array_equal(predictor.look(drawing()[None]).logits, plain)


def test_a_relu_before_pooling_is_met_where_it_stands(fresh_predictor: Any) -> None:
    predictor = fresh_predictor(preset("lepton_net"))
    predictor.intervene(Interventions().noisy((1,), 0.5))
    found = outputs(predictor)
    pooled = found[1,].reshape(32, 14, 2, 14, 2).max(axis=(2, 4))
    assert (found[1,] < 0).any()
    assert np.array_equal(found[2,], pooled)
    np.testing.assert_allclose(predictor.look(drawing()[None]).logits[0], found[9,], rtol=1e-5, atol=1e-6)


def test_units_of_a_linear_layer_can_be_turned_up(fresh_predictor: Any) -> None:
    predictor = fresh_predictor(preset("lepton_net"))
    before = outputs(predictor)[7,]
    predictor.intervene(Interventions().scaled((7,), 5, 2.0))
    after = outputs(predictor)[7,]
    assert after[5] == before[5] * 2
    assert np.array_equal(np.delete(after, 5), np.delete(before, 5))


def test_features_of_a_sequence_are_switched_off_at_every_step(fresh_predictor: Any) -> None:
    predictor = fresh_predictor(preset("row_lstm"))
    path = next(place for place, output in outputs(predictor).items() if output.ndim == 2)
    predictor.intervene(Interventions().switched(path, 2, True))
    after = outputs(predictor)[path]
    assert not after[:, 2].any()
    assert after[:, 3].any()


def test_noise_is_a_share_of_the_deviation_and_the_same_each_time(fresh_predictor: Any) -> None:
    predictor = fresh_predictor(preset("lepton_net"))
    before = outputs(predictor)[3,]
    predictor.intervene(Interventions().noisy((3,), 0.4))
    first, second = outputs(predictor)[3,], outputs(predictor)[3,]
    assert np.array_equal(first, second)
    assert (first - before).std() == pytest.approx(0.4 * before.std(), rel=0.05)


def test_noise_on_one_picture_does_not_depend_on_the_others(fresh_predictor: Any) -> None:
    predictor = fresh_predictor(preset("mlp"))
    predictor.intervene(Interventions().noisy((1,), 1.0))
    several = np.stack([drawing(seed=seed) for seed in range(3)])
    together = predictor.probabilities(several)
    alone = np.concatenate([predictor.probabilities(each[None]) for each in several])
    np.testing.assert_allclose(together, alone, atol=1e-6)


def test_the_run_and_other_predictors_of_it_are_left_alone(trained_run: Run, tiny_samples: Any) -> None:
    files = {file: file.read_bytes() for file in trained_run.folder.rglob("*") if file.is_file()}
    one, two = Predictor(trained_run), Predictor(trained_run)
    plain = two.probabilities(tiny_samples.images)
    one.intervene(Interventions().switched((0,), 1, True).noisy((5,), 0.5))
    assert not np.array_equal(one.probabilities(tiny_samples.images), plain)
    assert np.array_equal(two.probabilities(tiny_samples.images), plain)
    assert {file: file.read_bytes() for file in trained_run.folder.rglob("*") if file.is_file()} == files


def test_what_is_done_stays_through_newer_weights(fresh_predictor: Any) -> None:
    predictor = fresh_predictor(preset("lepton_net"))
    predictor.intervene(Interventions().switched((0,), 3, True))
    predictor.run.leave_weights({name: each + 0.01 for name, each in predictor.run.weights.items()})
    assert predictor.refresh()
    found = outputs(predictor)[0,]
    assert not found[3].any()
    assert found[4].any()


def test_a_wish_taken_back_leaves_nothing() -> None:
    wish = Interventions().switched((0,), 1, True).scaled((0,), 2, 0.5).noisy((3,), 0.2)
    assert wish
    assert wish.factor((0,), 2) == 0.5
    assert wish.noise((3,)) == 0.2
    assert wish.is_off((0,), 1)
    back = wish.switched((0,), 1, False).scaled((0,), 2, 1.0).noisy((3,), 0.0)
    assert back == Interventions()
    assert not back


def test_what_belongs_to_no_channel_changes_nothing(fresh_predictor: Any) -> None:
    predictor = fresh_predictor(preset("mlp"))
    plain = predictor.look(drawing()[None]).logits
    predictor.intervene(Interventions().switched((1,), 5000, True).switched((77,), 0, True))
    assert np.array_equal(predictor.look(drawing()[None]).logits, plain)


def test_a_copy_of_the_network_is_put_right_without_touching_the_first(fresh_predictor: Any) -> None:
    predictor = fresh_predictor(preset("lepton_net"))
    plain = predictor.look(drawing()[None]).logits
    predictor.intervene(Interventions().switched((0,), 3, True))
    changed = predictor.look(drawing()[None]).logits
    twin = predictor.twin()
    assert np.array_equal(twin.look(drawing()[None]).logits, changed)
    twin.intervene(Interventions())
    assert np.array_equal(twin.look(drawing()[None]).logits, plain)
    assert np.array_equal(predictor.look(drawing()[None]).logits, changed)
