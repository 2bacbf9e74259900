"""The quiet copy of the network answers what the network answers."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import numpy as np
import pytest
import torch

from lepton_studio.engine import meter
from lepton_studio.engine.architecture import Architecture
from lepton_studio.engine.checkpoint import load_into, load_weights
from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.layers.avg_pool2d import AvgPool2d
from lepton_studio.engine.layers.batch_norm2d import BatchNorm2d
from lepton_studio.engine.layers.conv2d import Conv2d
from lepton_studio.engine.layers.dropout import Dropout
from lepton_studio.engine.layers.flatten import Flatten
from lepton_studio.engine.layers.linear import Linear
from lepton_studio.engine.layers.residual import Residual
from lepton_studio.engine.layers.tanh import Tanh
from lepton_studio.engine.network import build_network
from lepton_studio.engine.prediction import Predictor
from lepton_studio.engine.runs import Run
from lepton_studio.engine.training import start_training


def test_a_prediction_is_the_softmax_of_the_network(trained_run: Run, tiny_samples) -> None:
    mean, std = tiny_samples.mean_and_std
    network = build_network(trained_run.experiment.architecture, (1, 8, 8), 4, mean, std).eval()
    load_into(network, load_weights(trained_run.checkpoint), "here")
    with torch.inference_mode():
        expected = network(torch.from_numpy(tiny_samples.images)).softmax(dim=1).numpy()
    probabilities = Predictor(trained_run).probabilities(tiny_samples.images)
    # The same sums in another order: pictures lie in memory as windows slide fastest over them.
    assert np.allclose(probabilities, expected, rtol=0, atol=1e-6)
    assert probabilities.dtype == np.float32
    assert probabilities.sum(axis=1) == pytest.approx(np.ones(120), abs=1e-5)


def test_features_are_what_goes_into_the_last_linear_layer(trained_run: Run, tiny_samples) -> None:
    predictor = Predictor(trained_run)
    features = predictor.last_features(tiny_samples.images)
    linear = [one for one in predictor._network.modules() if isinstance(one, torch.nn.Linear)][-1]
    with torch.inference_mode():
        expected = linear(torch.from_numpy(features)).softmax(dim=1).numpy()
    np.testing.assert_allclose(predictor.probabilities(tiny_samples.images), expected, atol=1e-6)


def test_a_run_that_is_opened_again_predicts_the_same(trained_run: Run, tiny_samples) -> None:
    first = Predictor(trained_run).probabilities(tiny_samples.images)
    second = Predictor(Run.open(trained_run.folder)).probabilities(tiny_samples.images)
    assert np.array_equal(first, second)


def test_the_answer_to_a_picture_does_not_depend_on_its_neighbours(trained_run: Run, tiny_samples) -> None:
    predictor = Predictor(trained_run)
    together = predictor.probabilities(tiny_samples.images)
    alone = np.concatenate([predictor.probabilities(tiny_samples.images[i : i + 1]) for i in range(120)])
    assert alone == pytest.approx(together, abs=1e-6)


def test_pictures_that_are_views_or_read_only_are_taken(trained_run: Run, tiny_samples) -> None:
    predictor = Predictor(trained_run)
    images = tiny_samples.images.copy()
    images.setflags(write=False)
    assert np.array_equal(
        predictor.probabilities(images[::-2]), predictor.probabilities(tiny_samples.images[::-2].copy())
    )


def test_a_predictor_knows_what_the_run_was_taught_on(trained_run: Run, tiny_samples) -> None:
    predictor = Predictor(trained_run)
    assert predictor.class_names == tiny_samples.class_names
    assert predictor.shape == (1, 8, 8)
    assert predictor.is_ink


def test_refresh_takes_newer_weights_and_says_whether_there_were_any(
    tiny_experiment, tiny_samples, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(meter, "SECONDS_BETWEEN_READINGS", -1.0)
    run = Run.create(tiny_experiment)
    events = start_training(run, tiny_samples)
    next(events)
    next(events)
    predictor = Predictor(run)
    before = predictor.probabilities(tiny_samples.images)
    assert not predictor.refresh()
    next(events)
    assert np.array_equal(predictor.probabilities(tiny_samples.images), before)
    assert predictor.refresh()
    assert not predictor.refresh()
    after = predictor.probabilities(tiny_samples.images)
    assert not np.array_equal(after, before)
    assert np.array_equal(after, Predictor(run).probabilities(tiny_samples.images))
    events.close()


def test_making_a_predictor_draws_no_random_number(trained_run: Run, tiny_samples) -> None:
    # A training beside it draws its dropout from the same numbers.
    before = torch.get_rng_state()
    Predictor(trained_run).probabilities(tiny_samples.images)
    assert torch.equal(torch.get_rng_state(), before)


FIRST_ANSWER = """
import sys
import numpy as np
from lepton_studio.engine import Predictor, bundled_run
predictor = Predictor(bundled_run())
predictor.probabilities(np.zeros((1, *predictor.shape), np.uint8))
print([name for name in ("sympy", "torch._dynamo", "torchvision") if name in sys.modules])
"""


def test_the_first_answer_of_the_shipped_network_waits_for_no_compiler(run_python) -> None:
    assert run_python(FIRST_ANSWER).stdout.strip() == "[]"


# Weights that are still to come may be any bytes, and every kind of layer is made of them.
@pytest.mark.parametrize(
    "layers",
    [
        (Conv2d(channels=3, padding=1), BatchNorm2d(), Residual((Conv2d(channels=3, padding=1), Dropout())), Flatten()),
        (AvgPool2d(), Flatten(), Linear(outputs=4), Tanh()),
    ],
)
def test_every_kind_of_layer_answers_with_the_weights_of_its_run(tiny_experiment, tiny_samples, layers) -> None:
    architecture = Architecture("Mixed", (*layers, Linear(outputs=4)))
    run = Run.create(msgspec.structs.replace(tiny_experiment, architecture=architecture))
    list(start_training(run, tiny_samples))
    network = build_network(architecture, (1, 8, 8), 4, [0.0], [1.0]).eval()
    load_into(network, load_weights(run.checkpoint), "here")
    random = torch.get_rng_state()
    probabilities = Predictor(Run.open(run.folder)).probabilities(tiny_samples.images)
    assert torch.equal(torch.get_rng_state(), random)
    with torch.inference_mode():
        expected = network(torch.from_numpy(tiny_samples.images)).softmax(dim=1).numpy()
    # The same sums in another order: pictures lie in memory as windows slide fastest over them.
    assert np.allclose(probabilities, expected, rtol=0, atol=1e-6)


def test_a_run_that_never_started_has_not_learned_anything(tiny_experiment) -> None:
    with pytest.raises(LeptonError, match="has not learned anything yet") as caught:
        Predictor(Run.create(tiny_experiment))
    assert caught.value.remedy == "Train it first."


def test_a_run_without_its_weights_names_the_file(trained_run: Run) -> None:
    trained_run.checkpoint.unlink()
    with pytest.raises(LeptonError, match=r"checkpoint\.safetensors is missing or damaged"):
        Predictor(Run.open(trained_run.folder))


def test_weights_of_another_architecture_are_refused(trained_run: Run) -> None:
    path = trained_run.folder / "experiment.json"
    value = json.loads(path.read_text())
    value["architecture"]["layers"][0]["channels"] = 5
    path.write_text(json.dumps(value))
    with pytest.raises(LeptonError, match="belong to another architecture"):
        Predictor(Run.open(trained_run.folder))


@pytest.mark.parametrize("changes", [{"input_shape": []}, {"input_shape": [4]}, {"class_names": ["a"]}])
def test_a_record_that_does_not_fit_the_network_is_refused_in_words(
    trained_run: Run, changes: dict[str, list[object]]
) -> None:
    path: Path = trained_run.folder / "run.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))
    with pytest.raises(LeptonError):
        Predictor(Run.open(trained_run.folder))
