"""Hints and real trainings: each rule speaks of a run that deserves it, its remedy helps, and healthy runs hear none.

The trainings are those of people who learn: the bundled digits, small networks, a mistake.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from lepton_studio.engine.architecture import Architecture
from lepton_studio.engine.augmentations.affine import Affine
from lepton_studio.engine.dataset import Samples
from lepton_studio.engine.datasets.bundled_digits import BundledDigits
from lepton_studio.engine.errors import LeptonError
from lepton_studio.engine.experiment import Experiment, Hyperparameters
from lepton_studio.engine.hint import Hint, evidence_of, hints_for, rules
from lepton_studio.engine.layer import LAYERS, Layer
from lepton_studio.engine.losses.mean_squared_error import MeanSquaredError
from lepton_studio.engine.optimizers.adam import Adam
from lepton_studio.engine.optimizers.sgd import Sgd
from lepton_studio.engine.runs import Run
from lepton_studio.engine.schedules.constant import Constant
from lepton_studio.engine.schedules.cosine import Cosine
from lepton_studio.engine.schedules.one_cycle import OneCycle
from lepton_studio.engine.shipped_architectures import preset

pytestmark = pytest.mark.slow


def digits(count: int, test: int = 200) -> Samples:
    """Some of the bundled digits, drawn by chance."""
    (samples,) = [item for item in BundledDigits().read() if isinstance(item, Samples)]
    random = np.random.default_rng(0)
    learned = random.permutation(np.flatnonzero(~samples.is_test))[:count]
    chosen = np.concatenate([learned, np.flatnonzero(samples.is_test)[:test]])
    return Samples(
        samples.images[chosen], samples.labels[chosen], samples.class_names, np.arange(len(chosen)) >= len(learned)
    )


def with_few_sevens(samples: Samples, kept: int) -> Samples:
    """All but some of one class taken out of what is not for testing."""
    sevens = np.flatnonzero((samples.labels == 7) & ~samples.is_test)
    stays = np.ones(len(samples.labels), bool)
    stays[sevens[kept:]] = False
    return Samples(samples.images[stays], samples.labels[stays], samples.class_names, samples.is_test[stays])


def with_labels_by_chance(samples: Samples) -> Samples:
    labels = np.random.default_rng(1).permutation(samples.labels)
    return Samples(samples.images, labels, samples.class_names, samples.is_test)


def with_copies(samples: Samples, count: int) -> Samples:
    """The first training pictures once more, for testing."""
    at = np.concatenate([np.arange(len(samples.labels)), np.arange(count)])
    is_test = np.concatenate([samples.is_test, np.ones(count, bool)])
    return Samples(samples.images[at], samples.labels[at], samples.class_names, is_test)


def mlp(*hidden: int, activation: str = "relu", end: str = "", dropout: float = 0.0) -> Architecture:
    layers: list[Layer] = [LAYERS["flatten"]()]
    for size in hidden:
        layers += [LAYERS["linear"](outputs=size), LAYERS[activation]()]
        layers += [LAYERS["dropout"](p=dropout)] if dropout else []
    layers.append(LAYERS["linear"](outputs=10))
    layers += [LAYERS[end]()] if end else []
    return Architecture("MLP", tuple(layers))


def cnn(normalised: bool = False) -> Architecture:
    norm = [LAYERS["batch_norm2d"]()] if normalised else []
    return Architecture("CNN", (
        LAYERS["conv2d"](channels=8, padding=1), *norm, LAYERS["relu"](), LAYERS["max_pool2d"](),
        LAYERS["conv2d"](channels=16, padding=1), LAYERS["relu"](), LAYERS["max_pool2d"](),
        LAYERS["flatten"](), LAYERS["linear"](outputs=32), LAYERS["relu"](), LAYERS["linear"](outputs=10),
    ))  # fmt: skip


def experiment_of(architecture: Architecture, seed: int = 0, **settings: Any) -> Experiment:
    settings = {
        "augmentations": (), "schedule": Constant(), "device": "cpu", "precision": "float32", "threads": 1,
        "validation_share": 0.3, **settings,
    }  # fmt: skip
    return Experiment(BundledDigits(), architecture, Hyperparameters(**settings), seed=seed)


def trained(experiment: Experiment, samples: Samples) -> tuple[Run, set[str]]:
    """A run to its end, however it ends, and all rules that spoke at the end of an epoch or of the run."""
    from lepton_studio.engine.training import start_training

    run, said, seen = Run.create(experiment), set(), 0
    try:
        for _ in start_training(run, samples):
            if len(run.history.epochs) > seen:
                seen = len(run.history.epochs)
                said |= {hint.rule for hint in hints_for(evidence_of(run))}
    except LeptonError:
        # It diverged; what was noted of it is what counts.
        assert run.record.state == "failed"
    return run, said | {hint.rule for hint in hints_for(evidence_of(run))}


def best_accuracy(run: Run) -> float:
    return max((row.validation_accuracy for row in run.history.epochs), default=0.0)


Deserving = tuple[Callable[[], Samples], Experiment]

DESERVE: dict[str, Deserving] = {
    "not_a_number": (lambda: digits(800), experiment_of(mlp(256, 256, 256), optimizer=Sgd(learning_rate=10))),
    "diverging": (lambda: digits(800), experiment_of(mlp(64), epochs=5, optimizer=Sgd(learning_rate=1))),
    "labels_say_nothing": (
        lambda: with_labels_by_chance(digits(800)), experiment_of(mlp(128), epochs=25, optimizer=Adam()),
    ),
    "leaked_pictures": (lambda: with_copies(digits(800), 60), experiment_of(mlp(32), epochs=2, optimizer=Adam())),
    "activation_at_the_end": (
        lambda: digits(800), experiment_of(mlp(64, end="sigmoid"), epochs=6, optimizer=Adam()),
    ),
    "vanishing_gradients": (
        lambda: digits(1000),
        experiment_of(mlp(*[32] * 6, activation="sigmoid"), epochs=12, batch_size=16, optimizer=Sgd()),
    ),
    "not_learning": (
        lambda: digits(1000),
        experiment_of(cnn(normalised=True), epochs=6, batch_size=16, optimizer=Adam(learning_rate=0.03)),
    ),
    "rate_too_high": (
        lambda: digits(800), experiment_of(mlp(64), epochs=14, batch_size=16, optimizer=Adam(learning_rate=0.05)),
    ),
    "rate_too_low": (lambda: digits(1500), experiment_of(mlp(64), epochs=8, optimizer=Sgd(learning_rate=1e-4))),
    "batch_too_large": (lambda: digits(1000), experiment_of(mlp(64), epochs=8, batch_size=1000, optimizer=Adam())),
    "overfitting": (lambda: digits(400), experiment_of(mlp(128), epochs=30, batch_size=16, optimizer=Adam())),
    "underfitting": (lambda: digits(1000), experiment_of(mlp(2), epochs=40, optimizer=Adam(learning_rate=0.002))),
    "dead_relus": (lambda: digits(1000), experiment_of(mlp(64, 64), epochs=6, optimizer=Adam(learning_rate=0.03))),
    "class_never_answered": (
        lambda: with_few_sevens(digits(3000), 35), experiment_of(mlp(32), epochs=4, optimizer=Sgd(learning_rate=0.002)),
    ),
    "jumping_loss": (
        lambda: digits(1000),
        experiment_of(cnn(normalised=True), epochs=12, batch_size=32, optimizer=Sgd(learning_rate=0.1)),
    ),
    "plateau": (
        lambda: digits(2000),
        experiment_of(mlp(16), epochs=40, optimizer=Adam(learning_rate=0.01), augmentations=(Affine(),)),
    ),
    "still_improving": (lambda: digits(1000), experiment_of(mlp(64), epochs=3, optimizer=Sgd(learning_rate=0.01))),
    "few_validation_pictures": (
        lambda: digits(400),
        experiment_of(mlp(64), epochs=6, optimizer=Adam(learning_rate=0.003), validation_share=0.1),
    ),
}  # fmt: skip


def hint_of(run: Run, rule: str) -> Hint:
    found = {hint.rule: hint for hint in hints_for(evidence_of(run))}
    assert rule in found, f"{rule} is silent, these are not: {list(found)}"
    return found[rule]


def test_there_is_a_training_for_every_rule() -> None:
    assert set(DESERVE) == set(rules())


@pytest.mark.parametrize("rule", list(DESERVE))
def test_a_run_that_deserves_it_hears_of_it(rule: str) -> None:
    make, experiment = DESERVE[rule]
    run, said = trained(experiment, make())
    assert rule in said
    assert hint_of(run, rule).what


# What Apply does shows in the accuracy; for the others it is another thing that gets better, or none can be applied.
HELPS = {
    "not_a_number": 0.5, "diverging": 0.5, "activation_at_the_end": 0.0, "vanishing_gradients": 0.3,
    "not_learning": 0.3, "rate_too_high": 0.2, "rate_too_low": 0.3, "batch_too_large": 0.1, "overfitting": 0.01,
    "underfitting": 0.2, "dead_relus": 0.02, "jumping_loss": 0.0, "plateau": 0.02, "still_improving": 0.02,
}  # fmt: skip


@pytest.mark.parametrize("rule", list(HELPS))
def test_the_remedy_helps(rule: str) -> None:
    make, experiment = DESERVE[rule]
    run, _ = trained(experiment, make())
    changed = hint_of(run, rule).experiment
    assert changed is not None
    better, _ = trained(changed, make())
    assert rule not in {hint.rule for hint in hints_for(evidence_of(better))}
    assert last_accuracy(better) >= last_accuracy(run) + HELPS[rule]


def last_accuracy(run: Run) -> float:
    """On validation pictures, the mean of the last epochs."""
    rows = run.history.epochs[-3:]
    return float(np.mean([row.validation_accuracy for row in rows])) if rows else 0.0


def test_the_gap_closes_when_what_is_offered_against_overfitting_is_taken() -> None:
    # A hundred digits, of which ten are kept apart: even of so few the gap is seen.
    experiment = experiment_of(mlp(128), epochs=30, optimizer=Adam(), validation_share=0.1)
    run, _ = trained(experiment, digits(100))
    changed = hint_of(run, "overfitting").experiment
    assert changed is not None
    better, _ = trained(changed, digits(100))
    assert gap(run) > 0.2
    assert gap(better) < gap(run) - 0.1


def gap(run: Run) -> float:
    return float(np.mean([row.train_accuracy - row.validation_accuracy for row in run.history.epochs[-5:]]))


def test_a_rate_that_is_lowered_while_it_runs_saves_the_run() -> None:
    from lepton_studio.engine.training import start_training

    samples = digits(1500)
    run = Run.create(experiment_of(mlp(64), epochs=12, optimizer=Sgd(learning_rate=1e-4)))
    steered = False
    for _ in start_training(run, samples):
        hints = {hint.rule: hint for hint in hints_for(evidence_of(run))} if not steered else {}
        if "rate_too_low" in hints:
            steered = True
            for field, value in hints["rate_too_low"].steer:
                run.steer(field, value)
    assert steered
    assert last_accuracy(run) > 0.8
    assert "rate_too_low" not in {hint.rule for hint in hints_for(evidence_of(run))}


HEALTHY: dict[str, Experiment] = {
    "MLP, Adam": experiment_of(mlp(128), epochs=6, optimizer=Adam(), schedule=Cosine(), seed=1),
    "MLP, SGD": experiment_of(
        mlp(128), epochs=6, optimizer=Sgd(), schedule=Cosine(), augmentations=(Affine(),), seed=2
    ),
    "MLP of two layers, one cycle": experiment_of(
        mlp(64, 64), epochs=5, optimizer=Adam(learning_rate=0.005), schedule=OneCycle(), seed=3
    ),
    "MLP, tanh": experiment_of(mlp(64, activation="tanh"), epochs=6, optimizer=Sgd(), schedule=Cosine(), seed=4),
    "MLP, squared error": experiment_of(mlp(64), epochs=6, optimizer=Adam(), loss=MeanSquaredError(), seed=5),
    "softmax regression": experiment_of(mlp(), epochs=6, optimizer=Adam(), seed=6),
    "MLP, dropout": experiment_of(mlp(128, 128, dropout=0.3), epochs=6, optimizer=Adam(), schedule=Cosine(), seed=7),
    "CNN, augmented": experiment_of(
        cnn(), epochs=4, optimizer=Adam(learning_rate=0.002), schedule=Cosine(), augmentations=(Affine(),), seed=8
    ),
    "CNN, batch norm": experiment_of(cnn(normalised=True), epochs=4, optimizer=Sgd(), schedule=OneCycle(), seed=9),
    "LeNet-5": experiment_of(
        preset("lenet5"), epochs=4, optimizer=Adam(), schedule=Cosine(), augmentations=(Affine(),), seed=10
    ),
    "small batches": experiment_of(
        mlp(64), epochs=5, batch_size=16, optimizer=Sgd(learning_rate=0.01), augmentations=(Affine(),), seed=11
    ),
    "plain SGD": experiment_of(mlp(128), epochs=6, optimizer=Sgd(momentum=0.0), seed=12),
}  # fmt: skip


@pytest.mark.parametrize("name", list(HEALTHY))
def test_a_healthy_run_hears_nothing_from_its_first_epoch_to_its_last(name: str) -> None:
    run, said = trained(HEALTHY[name], digits(4000, 400))
    assert run.record.state == "finished"
    assert best_accuracy(run) > 0.85
    assert said == set()
