"""Regularisations: their formulas, what they do to a training, and that a resume does the same."""

from __future__ import annotations

import itertools
from typing import Any

import msgspec
import pytest
import torch

from lepton_studio.engine.checkpoint import load_tensors, load_weights
from lepton_studio.engine.events import StoppedEarly
from lepton_studio.engine.history import EpochRow
from lepton_studio.engine.kept_epochs import weights_file
from lepton_studio.engine.regularisation import REGULARISATIONS
from lepton_studio.engine.regularisations.early_stopping import EarlyStopping
from lepton_studio.engine.regularisations.gradient_clipping import GradientClipping
from lepton_studio.engine.regularisations.l1 import L1
from lepton_studio.engine.regularisations.l2 import L2
from lepton_studio.engine.regularisations.weight_average import WeightAverage
from lepton_studio.engine.runs import Run
from lepton_studio.engine.training import start_training

WEIGHTS = [torch.tensor([[3.0, -4.0]]), torch.tensor([[[1.0]], [[-2.0]]])]


def rows(*losses: float) -> list[EpochRow]:
    return [EpochRow(number + 1, 1.0, 0.5, loss, 0.5, 1.0) for number, loss in enumerate(losses)]


def run_with(experiment: Any, *regularisations: Any, **fields: Any) -> Run:
    settings = msgspec.structs.replace(experiment.hyperparameters, regularisations=regularisations, **fields)
    return Run.create(msgspec.structs.replace(experiment, hyperparameters=settings))


def trained(run: Run, samples: Any) -> list[Any]:
    return [event for event in start_training(run, samples) if event is not None]


def test_penalties_are_sums_over_the_weights() -> None:
    assert float(L1(strength=0.5).penalty(WEIGHTS)) == pytest.approx(0.5 * 10)
    assert float(L2(strength=0.5).penalty(WEIGHTS)) == pytest.approx(0.5 * 30)


@pytest.mark.parametrize(("made", "slope"), [(L1(strength=0.1), [0.1, -0.1]), (L2(strength=0.1), [0.6, -0.8])])
def test_penalties_pull_weights_towards_zero(made: Any, slope: list[float]) -> None:
    weight = WEIGHTS[0].clone().requires_grad_()
    made.penalty([weight]).backward()
    assert weight.grad[0].tolist() == pytest.approx(slope)


def test_a_long_gradient_is_shortened_and_a_short_one_is_left() -> None:
    parameter = torch.nn.Parameter(torch.zeros(2))
    for gradient, expected in (([30.0, 40.0], [0.6, 0.8]), ([0.3, 0.4], [0.3, 0.4])):
        parameter.grad = torch.tensor(gradient)
        GradientClipping(length=1.0).limit([parameter])
        assert parameter.grad.tolist() == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize(
    ("losses", "over", "kept"),
    [((), False, 0), ((1.0, 0.9), False, 2), ((0.5, 0.9, 0.8), True, 1), ((0.5, 0.9, 0.4, 0.6), False, 3)],
)
def test_early_stopping_counts_epochs_since_the_best(losses: tuple[float, ...], over: bool, kept: int) -> None:
    stopping = EarlyStopping(patience=2)
    assert (stopping.is_over(rows(*losses)), stopping.epoch_to_keep(rows(*losses))) == (over, kept)


def test_a_penalty_is_learned_from_but_not_part_of_the_loss_that_is_told(tiny_experiment, tiny_samples) -> None:
    plain, penalised = run_with(tiny_experiment, epochs=1), run_with(tiny_experiment, L2(strength=1.0), epochs=1)
    trained(plain, tiny_samples)
    trained(penalised, tiny_samples)
    assert penalised.history.batch_loss[0] == plain.history.batch_loss[0]
    sizes = [sum(float(each.norm()) for each in load_weights(run.checkpoint).values()) for run in (penalised, plain)]
    assert sizes[0] < sizes[1]


def test_a_training_ends_early_and_answers_with_its_best_epoch(tiny_experiment, tiny_samples) -> None:
    # At such a rate the loss goes up and down.
    from lepton_studio.engine.optimizers.adam import Adam

    run = run_with(tiny_experiment, EarlyStopping(patience=2), epochs=60, optimizer=Adam(learning_rate=0.5))
    events = trained(run, tiny_samples)
    (told,) = [event for event in events if isinstance(event, StoppedEarly)]
    assert told.epoch == len(run.history.epochs) < 60
    assert told.kept == told.epoch - 2
    best = load_weights(weights_file(run.folder, told.kept))
    answers, learned = load_weights(run.checkpoint), load_tensors(run.checkpoint, "network.")
    assert all(torch.equal(answers[name], best[name]) for name in best)
    assert not all(torch.equal(learned[name], best[name]) for name in best)
    run.extend(1)
    opened = Run.open(run.folder)
    trained(opened, tiny_samples)
    assert len(opened.history.epochs) > told.epoch


def test_an_average_is_followed_saved_and_answered_with(tiny_experiment, tiny_samples) -> None:
    run = run_with(tiny_experiment, WeightAverage(decay=0.5), epochs=1)
    events = start_training(run, tiny_samples)
    for _ in itertools.islice(events, 3):
        pass
    events.close()
    average, learned = load_tensors(run.checkpoint, "average."), load_tensors(run.checkpoint, "network.")
    answers = load_weights(run.checkpoint)
    assert set(average) == {"layers.0.weight", "layers.0.bias", "layers.5.weight", "layers.5.bias"}
    assert all(torch.equal(answers[name], average[name]) for name in average)
    assert not torch.equal(average["layers.5.weight"], learned["layers.5.weight"])


@pytest.mark.parametrize("name", REGULARISATIONS.names())
def test_a_run_with_any_regularisation_goes_on_to_the_same_bits(tiny_experiment, tiny_samples, name: str) -> None:
    whole, *others = (run_with(tiny_experiment, REGULARISATIONS[name](), epochs=3) for _ in range(4))
    trained(whole, tiny_samples)
    expected = load_weights(whole.checkpoint)
    for stop, run in zip((2, 5, 6), others, strict=True):
        events = start_training(run, tiny_samples)
        list(itertools.islice(events, stop))
        events.close()
        opened = Run.open(run.folder)
        trained(opened, tiny_samples)
        assert opened.history.batch_loss.tobytes() == whole.history.batch_loss.tobytes(), stop
        assert opened.history.epochs[-1].validation_loss == whole.history.epochs[-1].validation_loss, stop
        weights = load_weights(opened.checkpoint)
        assert all(torch.equal(weights[each], expected[each]) for each in expected), stop
