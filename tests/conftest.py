"""What every test gets: a home of its own, one thread of OpenMP, and an eye on threads left behind."""

from __future__ import annotations

import copy
import gc
import importlib.util
import itertools
import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import settings

from lepton_studio import paths
from lepton_studio.engine.architecture import Architecture
from lepton_studio.engine.dataset import Samples
from lepton_studio.engine.datasets.bundled_digits import BundledDigits
from lepton_studio.engine.experiment import Experiment, Hyperparameters
from lepton_studio.engine.layers.conv2d import Conv2d
from lepton_studio.engine.layers.dropout import Dropout
from lepton_studio.engine.layers.flatten import Flatten
from lepton_studio.engine.layers.linear import Linear
from lepton_studio.engine.layers.max_pool2d import MaxPool2d
from lepton_studio.engine.layers.relu import Relu
from lepton_studio.engine.optimizers.adam import Adam
from lepton_studio.engine.runs import Run

if TYPE_CHECKING:
    from lepton_studio.engine.prediction import Predictor

# Before the first import of torch: tiny networks are slower on many threads, and tests run side by side.
os.environ.setdefault("OMP_NUM_THREADS", "1")

# Before the QApplication: tests give the same answers with and without a display.
os.environ["QT_QPA_PLATFORM"] = os.environ.get("LEPTON_STUDIO_TEST_PLATFORM", "offscreen")

# The speed of the machine is not what these tests ask about, and no database of examples is left behind.
settings.register_profile("studio", deadline=None, database=None, derandomize=True)
settings.load_profile("studio")

THREAD_PATIENCE_SECONDS = 5.0


def pytest_addoption(parser: pytest.Parser, pluginmanager: pytest.PytestPluginManager) -> None:
    parser.addoption("--update-pictures", action="store_true", help="store the pictures of tests/pictures anew")
    # pyproject.toml sets these for pytest-qt; an environment without Qt has to know them all the same.
    if not pluginmanager.hasplugin("pytest-qt"):
        parser.addini("qt_api", "the Qt binding")
        parser.addini("qt_log_level_fail", "the level of Qt messages that fails a test")
        parser.addini("qt_log_ignore", "Qt messages that fail no test", type="linelist")


def pytest_configure(config: pytest.Config) -> None:
    # Those of windows only where there is Qt, so that the engine's tests run without it.
    names = ["snapshot_fixtures", "cli_fixtures"]
    if config.pluginmanager.hasplugin("pytest-qt"):
        names.append("window_fixtures")
    for name in names:
        spec = importlib.util.spec_from_file_location(name, Path(__file__).parent / f"{name}.py")
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        config.pluginmanager.register(module, name)


@pytest.fixture(scope="session", autouse=True)
def _no_power_cut() -> Iterator[None]:
    """What was written outlives a killed process without ``fsync``; only a power cut needs it, and it takes long."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda _handle: None)
        yield


@pytest.fixture(scope="module", autouse=True)
def _the_collector_looks_at_what_is_new() -> None:
    """Takes what earlier modules left in memory out of the reach of Python's garbage collector.

    A full collection looks at every object there is, and whoever closes a window asks for one. Eight thousand tests,
    torch and what hypothesis remembers are a million objects; to look at them took a fifth of the suite's time.
    """
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def _numbers() -> Iterator[int]:
    return itertools.count()


@pytest.fixture
def tmp_path(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, _numbers: Iterator[int]) -> Path:
    """As pytest's own, which looks for a free number among all folders there are and so takes longer every time."""
    name = re.sub(r"\W", "_", request.node.name)[:30]
    folder = tmp_path_factory.getbasetemp() / f"{name}{next(_numbers)}"
    folder.mkdir(mode=0o700)
    return folder


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of its own for every test, so that none sees the runs of another or of a person."""
    folder = tmp_path / "home"
    monkeypatch.setenv("LEPTON_STUDIO_HOME", str(folder))
    monkeypatch.delenv("LEPTON_STUDIO_DATA", raising=False)
    return folder


@pytest.fixture(autouse=True)
def _no_thread_is_left_behind() -> Iterator[None]:
    before = set(threading.enumerate())
    yield
    left = []
    for thread in set(threading.enumerate()) - before:
        # A dummy stands for a thread that Python did not start (OpenMP's, torch's, Qt's) and outlives it.
        if isinstance(thread, threading._DummyThread) or thread.name.startswith(("torch", "OMP", "tqdm")):
            continue
        thread.join(THREAD_PATIENCE_SECONDS)
        if thread.is_alive():
            left.append(thread.name)
    assert not left, f"threads left behind: {left}"


@pytest.fixture
def tiny_samples() -> Samples:
    """Four classes that can be told apart; see :func:`_tiny_samples`."""
    return _tiny_samples()


def _tiny_samples() -> Samples:
    """120 noisy pictures of 8 x 8, four classes told apart by the corner that is bright; 30 for testing."""
    random = np.random.default_rng(5)
    labels = np.arange(120, dtype=np.int64) % 4
    images = random.integers(0, 90, (120, 1, 8, 8), dtype=np.uint8)
    for image, label in zip(images, labels, strict=True):
        row, column = divmod(int(label), 2)
        image[0, 4 * row : 4 * row + 4, 4 * column : 4 * column + 4] += 120
    corners = ("north west", "north east", "south west", "south east")
    return Samples(images, labels, corners, np.arange(120) >= 90)


@pytest.fixture
def tiny_experiment() -> Experiment:
    """A training of milliseconds; see :func:`_tiny_experiment`."""
    return _tiny_experiment()


def _tiny_experiment() -> Experiment:
    """Two epochs of three batches on ``tiny_samples``, with dropout and augmentation; takes milliseconds."""
    layers = (
        Conv2d(channels=4, padding=1),
        Relu(),
        MaxPool2d(),
        Flatten(),
        Dropout(p=0.2),
        Linear(outputs=4),
    )
    hyperparameters = Hyperparameters(
        epochs=2,
        batch_size=32,
        optimizer=Adam(learning_rate=0.02),
        validation_share=0.2,
        device="cpu",
        precision="float32",
    )
    return Experiment(BundledDigits(), Architecture("Tiny", layers), hyperparameters, seed=3)


@pytest.fixture(scope="session")
def _run_that_was_trained(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A finished run of ``tiny_experiment`` that nobody may change: it is trained once and copied for each test."""
    from lepton_studio.engine.training import start_training

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LEPTON_STUDIO_HOME", str(tmp_path_factory.mktemp("trained")))
        patch.delenv("LEPTON_STUDIO_DATA", raising=False)
        run = Run.create(_tiny_experiment(), "Trained")
        for _ in start_training(run, _tiny_samples()):
            pass
    return run


@pytest.fixture
def trained_run(home: Path, _run_that_was_trained: Run) -> Run:
    """A finished run of ``tiny_experiment`` in this test's home, as its training left it."""
    first = _run_that_was_trained
    run = copy.copy(first)
    run.folder = paths.runs() / first.id
    shutil.copytree(first.folder, run.folder)
    run.history, run.wishes = copy.deepcopy(first.history), first.wishes.copy()
    assert first.weights is not None
    run.weights = {name: weights.clone() for name, weights in first.weights.items()}
    run._changing = threading.Lock()
    return run


@pytest.fixture
def fresh_predictor(tiny_experiment: Experiment) -> Callable[..., Predictor]:
    """Makes a predictor of any architecture with fresh weights, and batch norm as if it had seen something."""
    import msgspec
    import torch

    from lepton_studio.engine.network import build_network
    from lepton_studio.engine.prediction import Predictor
    from lepton_studio.engine.private_numbers import PrivateNumbers

    def make(architecture: Architecture, shape: tuple[int, ...] = (1, 28, 28), classes: int = 10) -> Predictor:
        with PrivateNumbers(5):
            network = build_network(architecture, shape, classes, [33.0] * shape[0], [78.0] * shape[0])
            for module in network.modules():
                if isinstance(module, torch.nn.BatchNorm2d | torch.nn.BatchNorm1d):
                    size = module.running_mean.shape
                    module.running_mean.copy_(torch.randn(size) * 0.3)
                    module.running_var.copy_(torch.rand(size) + 0.5)
                    module.weight.data.copy_(torch.rand(size) + 0.5)
                    module.bias.data.copy_(torch.randn(size) * 0.3)
        run = Run.unkept(msgspec.structs.replace(tiny_experiment, architecture=architecture))
        run.record = msgspec.structs.replace(
            run.record, class_names=tuple(str(at) for at in range(classes)), input_shape=shape
        )
        run.leave_weights(network.state_dict())
        return Predictor(run)

    return make


@pytest.fixture
def run_python() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs a script in a fresh Python in this test's home; it must end with ``code``."""

    def run(script: str, *arguments: object, code: int = 0) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", script, *map(str, arguments)]
        result = subprocess.run(command, capture_output=True, text=True, timeout=100, check=False)
        assert result.returncode == code, result.stderr
        return result

    return run
