"""What holds for every loss: it is what its formula says, and it has a slope."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from lepton_studio.engine.loss import LOSSES
from lepton_studio.engine.losses.cross_entropy import CrossEntropy
from lepton_studio.engine.losses.focal import Focal

Floats = NDArray[np.float64]


def softmax(logits: Floats) -> Floats:
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def focal(logits: Floats, labels: NDArray[np.int64], gamma: float) -> float:
    right = softmax(logits)[np.arange(len(labels)), labels]
    return float(-((1 - right) ** gamma * np.log(right)).mean())


# Each loss once more, written down from its formula without torch. A new loss needs its own here.
FORMULAS: dict[str, Callable[[Floats, NDArray[np.int64]], float]] = {
    "cross_entropy": lambda logits, labels: float(-np.log(softmax(logits)[np.arange(len(labels)), labels]).mean()),
    "mean_squared_error": lambda logits, labels: float(
        np.mean((softmax(logits) - np.eye(logits.shape[1])[labels]) ** 2)
    ),
    "focal": lambda logits, labels: focal(logits, labels, 2.0),
}


def batch() -> tuple[Floats, NDArray[np.int64]]:
    random = np.random.default_rng(2)
    return random.normal(0, 3, (17, 5)), random.integers(0, 5, 17)


@pytest.mark.parametrize("name", LOSSES.names())
def test_a_loss_is_what_its_formula_says(name: str) -> None:
    logits, labels = batch()
    measured = LOSSES[name]().measure(torch.from_numpy(logits), torch.from_numpy(labels))
    assert measured.shape == ()
    assert float(measured) == pytest.approx(FORMULAS[name](logits, labels), rel=1e-9)


@pytest.mark.parametrize("name", LOSSES.names())
def test_the_slope_of_a_loss_is_that_of_finite_differences(name: str) -> None:
    logits, labels = batch()
    tensor = torch.from_numpy(logits).requires_grad_()
    LOSSES[name]().measure(tensor, torch.from_numpy(labels)).backward()
    step = 1e-5
    for row, column in ((0, 0), (3, 2), (16, 4)):
        up, down = logits.copy(), logits.copy()
        up[row, column] += step
        down[row, column] -= step
        slope = (FORMULAS[name](up, labels) - FORMULAS[name](down, labels)) / (2 * step)
        assert float(tensor.grad[row, column]) == pytest.approx(slope, rel=1e-4, abs=1e-9)


@pytest.mark.parametrize("name", LOSSES.names())
def test_a_sure_right_answer_costs_less_than_a_sure_wrong_one(name: str) -> None:
    loss = LOSSES[name]()
    logits = torch.tensor([[50.0, 0.0, 0.0]])
    right, wrong = (float(loss.measure(logits, torch.tensor([label]))) for label in (0, 1))
    assert 0 <= right < 1e-6
    assert wrong > 0.1


@pytest.mark.parametrize("name", LOSSES.names())
def test_a_loss_of_enormous_logits_is_finite(name: str) -> None:
    logits = torch.tensor([[1e4, -1e4], [-1e4, 1e4]], requires_grad=True)
    measured = LOSSES[name]().measure(logits, torch.tensor([1, 1]))
    measured.backward()
    assert torch.isfinite(measured)
    assert torch.isfinite(logits.grad).all()


@pytest.mark.parametrize("smoothing", [0.05, 0.1, 0.5])
def test_label_smoothing_mixes_the_right_answer_with_all_classes(smoothing: float) -> None:
    logits, labels = batch()
    classes = logits.shape[1]
    wanted = (1 - smoothing) * np.eye(classes)[labels] + smoothing / classes
    expected = float(-(wanted * np.log(softmax(logits))).sum(axis=1).mean())
    tensor = torch.from_numpy(logits).requires_grad_()
    measured = CrossEntropy(smoothing).measure(tensor, torch.from_numpy(labels))
    measured.backward()
    assert float(measured.detach()) == pytest.approx(expected, rel=1e-9)
    # The slope is the difference between what is answered and what is wanted.
    assert tensor.grad.numpy() == pytest.approx((softmax(logits) - wanted) / len(labels), abs=1e-9)


def test_the_loss_of_validation_and_test_is_not_smoothed() -> None:
    logits, labels = batch()
    tensor = torch.from_numpy(logits).requires_grad_()
    with torch.inference_mode():
        answered = tensor * 1
        smoothed, plain = (
            loss.measure(answered, torch.from_numpy(labels)) for loss in (CrossEntropy(0.3), CrossEntropy())
        )
    assert float(smoothed) == float(plain) == pytest.approx(FORMULAS["cross_entropy"](logits, labels), rel=1e-9)
    learned_from = CrossEntropy(0.3).measure(tensor, torch.from_numpy(labels))
    assert float(learned_from.detach()) != pytest.approx(float(plain), rel=1e-3)


@pytest.mark.parametrize("gamma", [0.0, 0.3, 1.0, 5.0])
def test_focal_loss_is_its_formula_and_without_gamma_cross_entropy(gamma: float) -> None:
    logits, labels = batch()
    measured = Focal(gamma).measure(torch.from_numpy(logits), torch.from_numpy(labels))
    assert float(measured) == pytest.approx(focal(logits, labels, gamma), rel=1e-6)
    if gamma == 0:
        assert float(measured) == pytest.approx(FORMULAS["cross_entropy"](logits, labels), rel=1e-9)


def test_focal_loss_of_two_classes_is_that_of_torchvision() -> None:
    ops = pytest.importorskip("torchvision.ops", reason="torchvision is the oracle")
    logits, labels = (torch.from_numpy(each) for each in batch())
    labels = labels % 2
    # The difference of two logits is what a sigmoid takes.
    difference = logits[:, 1] - logits[:, 0]
    theirs = ops.sigmoid_focal_loss(difference, labels.double(), alpha=-1, gamma=2, reduction="mean")
    torch.testing.assert_close(Focal(2.0).measure(logits[:, :2], labels), theirs)


@pytest.mark.parametrize("gamma", [0.0, 0.3, 2.0])
def test_the_slope_of_focal_loss_is_finite_however_sure_the_network_is(gamma: float) -> None:
    logits = torch.tensor([[200.0, 0.0], [0.0, 200.0], [9.0, -9.0]], requires_grad=True)
    Focal(gamma).measure(logits, torch.tensor([0, 0, 0])).backward()
    assert torch.isfinite(logits.grad).all()
    assert float(logits.grad[1, 0]) < 0
