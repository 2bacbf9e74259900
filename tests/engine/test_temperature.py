"""Temperature and calibration error against torch and against what is counted by hand."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch.nn import functional

from lepton_studio.engine.temperature import (
    HOTTEST,
    best_temperature,
    log_sum_exp,
    reliability,
    softmax,
)


def _answers(true_temperature: float, count: int = 4000, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Logits that are too sure by a known factor, and labels drawn from what is honest."""
    random = np.random.default_rng(seed)
    honest = random.normal(0, 2.0, (count, 5))
    labels = np.array([random.choice(5, p=row) for row in softmax(honest)])
    return honest * true_temperature, labels


@pytest.mark.parametrize("true_temperature", [0.5, 1.0, 2.5, 6.0])
def test_the_temperature_is_that_of_torch_s_optimizer(true_temperature: float) -> None:
    logits, labels = _answers(true_temperature)
    beta = torch.ones(1, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.LBFGS([beta], max_iter=200, line_search_fn="strong_wolfe", tolerance_grad=1e-10)

    def loss() -> torch.Tensor:
        optimizer.zero_grad()
        value = functional.cross_entropy(torch.from_numpy(logits) * beta, torch.from_numpy(labels))
        value.backward()
        return value

    optimizer.step(loss)
    found = best_temperature(logits, labels)
    assert found == pytest.approx(1 / beta.item(), rel=1e-4)
    assert found == pytest.approx(true_temperature, rel=0.1)


def test_without_a_mistake_nothing_is_made_surer() -> None:
    logits = np.eye(3).repeat(20, axis=0) * 4
    labels = np.arange(3).repeat(20)
    assert best_temperature(logits, labels) == pytest.approx(1.0)


def test_answers_that_mean_nothing_are_cooled_down_no_further_than_allowed() -> None:
    random = np.random.default_rng(0)
    logits, labels = random.normal(0, 50, (300, 4)), random.integers(0, 4, 300)
    assert 1 < best_temperature(logits, labels) <= HOTTEST * 1.0001


@pytest.mark.parametrize("classes", [0, 1])
def test_without_classes_or_pictures_the_temperature_stays_one(classes: int) -> None:
    assert best_temperature(np.zeros((4, classes)), np.zeros(4, np.int64)) == 1.0
    assert best_temperature(np.zeros((0, 3)), np.zeros(0, np.int64)) == 1.0


def test_the_right_temperature_brings_the_calibration_error_near_zero() -> None:
    logits, labels = _answers(3.0, 8000)
    before = reliability(softmax(logits), labels).error
    after = reliability(softmax(logits / best_temperature(logits, labels)), labels).error
    assert before > 0.15
    assert after < 0.03


def test_the_calibration_error_is_the_mean_gap_of_the_bins() -> None:
    probabilities = np.array([[0.9, 0.1], [0.95, 0.05], [0.6, 0.4], [0.35, 0.65]])
    found = reliability(probabilities, np.array([0, 1, 0, 0]), bins=10)
    # Bins end at their upper edge: 0.9 lies in (0.8, 0.9], 0.95 in (0.9, 1], 0.6 in (0.5, 0.6], 0.65 above.
    assert found.counts == (0, 0, 0, 0, 0, 1, 1, 0, 1, 1)
    assert found.error == pytest.approx((abs(0.6 - 1) + abs(0.65 - 0) + abs(0.9 - 1) + abs(0.95 - 0)) / 4)


def test_nothing_has_no_calibration_error() -> None:
    assert reliability(np.zeros((0, 3)), np.zeros(0, np.int64)).error == 0.0


def test_sums_of_exponentials_are_those_of_torch_even_for_large_numbers() -> None:
    logits = np.array([[1000.0, 999.0, -5.0], [-1000.0, -1000.0, -1000.0]])
    expected = torch.logsumexp(torch.from_numpy(logits), dim=1).numpy()
    assert np.allclose(log_sum_exp(logits), expected)
    assert np.allclose(softmax(logits), torch.from_numpy(logits).softmax(dim=1).numpy())
