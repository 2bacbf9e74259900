"""A window with everything on it that can be on it, always the same."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication, QWidget

from lepton_studio.engine import Run, default_experiment
from lepton_studio.engine.evaluation import Evaluation
from lepton_studio.engine.history import EpochRow
from lepton_studio.engine.runs import Pace
from lepton_studio.gui.main_window import MainWindow
from lepton_studio.gui.widgets.draw_pad import PadStroke

STORED = Path(__file__).parent / "stored"

STROKES = (
    PadStroke(((0.36, 0.18), (0.35, 0.32), (0.33, 0.46), (0.48, 0.42), (0.64, 0.5), (0.66, 0.68), (0.46, 0.85)), 0.075),
    PadStroke(((0.36, 0.18), (0.52, 0.17), (0.7, 0.15)), 0.075),
    PadStroke(((0.8, 0.8),), 0.1),
)

RECORDS: tuple[dict[str, Any], ...] = (
    {"name": "LeptonNet", "state": "finished", "test_accuracy": 0.9873, "epochs_done": 10, "train_seconds": 3725.0},
    {"name": "A network with a long name, changed", "state": "interrupted", "epochs_done": 3, "train_seconds": 84.0},
    {"name": "MLP", "state": "failed", "error": "The disk is full. Make room and go on.", "train_seconds": 2.0},
)


def fixed_run() -> Run:
    """A run in the middle of its fourth epoch."""
    run = Run.create(default_experiment(), "Fixed")
    steps = np.arange(200, dtype=np.float32)
    noise = np.random.default_rng(1).normal(0, 0.05, 200).astype(np.float32)
    run.history.add_batches(
        2.3 * np.exp(-steps / 60) + 0.1 + np.abs(noise),
        1 - 0.9 * np.exp(-steps / 50) - np.abs(noise),
        np.full(200, 0.001, np.float32),
        (steps + 1) / 57.0,
    )
    for epoch in range(1, 4):
        run.history.add_epoch(EpochRow(epoch, 1.2 / epoch, 1 - 0.3 / epoch, 1.0 / epoch, 1 - 0.25 / epoch, 12.0))
    run.pace = Pace(4, 10, 31, 57, 6543.0, 83.0, "train", 985_000_000)
    run.update(
        state="stopped", parameters=421642, class_names=tuple("0123456789"), input_shape=(1, 28, 28), epochs_done=3,
        train_seconds=40.0, device="CPU (x86_64), 1 thread", precision="float32", threads=16, kernels="cuda_graph",
        images_per_second=1234567.0, window_gap_p99=0.0123, window_gap_longest=0.4567,
    )  # fmt: skip
    return run


def fixed_evaluation(samples: Any) -> Evaluation:
    """Answers to the test split of which every ninth is wrong."""
    indices = np.flatnonzero(samples.is_test)
    labels = samples.labels[indices]
    answers = np.where(np.arange(len(labels)) % 9 == 0, (labels * 7 + 3) % 10, labels)
    probabilities = np.full((len(labels), 10), 0.01, np.float32)
    probabilities[np.arange(len(labels)), answers] = 0.91
    return Evaluation("test", indices, labels, probabilities, samples.class_names)


@pytest.fixture
def fill() -> Callable[[MainWindow], None]:
    """Puts a fixed run, evaluation, drawing and list of runs into a window."""

    def fill(window: MainWindow) -> None:
        session: Any = window.session
        evaluate: Any = window.page("evaluate_page")
        for record in RECORDS:
            Run.create(default_experiment(), record["name"]).update(
                parameters=421642, class_names=tuple("0123456789"), **record
            )
        session.run = fixed_run()
        session.training_changed.emit()
        evaluate._samples = session.samples
        evaluate._show_evaluation(fixed_evaluation(session.samples))
        window.page("draw_page").canvas.set_strokes(STROKES)  # type: ignore[attr-defined]
        QApplication.processEvents()

    return fill


@pytest.fixture
def compare(request: pytest.FixtureRequest) -> Callable[[QWidget, str], str]:
    """Says how a widget differs from its stored picture, empty if it does not; ``--update-pictures`` stores it anew.

    Edges may be smoothed in another way on another machine: few pixels may differ, and all of them a little.
    """

    def compare(widget: QWidget, name: str) -> str:
        file = STORED / f"{name}.png"
        picture = widget.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
        if request.config.getoption("--update-pictures"):
            STORED.mkdir(exist_ok=True)
            assert picture.save(str(file))
            return ""
        stored = QImage(str(file)).convertToFormat(QImage.Format.Format_RGB32)
        if stored.isNull():
            return f"{file} is missing; run with --update-pictures and look at it"
        if stored.size() != picture.size():
            return f"{name}: {picture.size()} instead of {stored.size()}"
        apart = np.abs(_pixels(stored) - _pixels(picture))
        different = (apart.max(axis=2) > 64).mean()
        if apart.mean() < 2.0 and different < 0.01:
            return ""
        return f"{name}: on average {apart.mean():.1f} of 255 apart, {different:.1%} look different"

    return compare


def _pixels(image: QImage) -> Any:
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine() // 4, 4)
    return rows[:, : image.width(), :3].astype(np.int16)


@pytest.fixture(scope="session")
def layout_faults() -> Callable[[QWidget], list[str]]:
    """Finds what is cut, covered or too small to hit in a widget; see ``layout_faults.py``."""
    # Tests are no package; a file beside this one is loaded by its place.
    spec = importlib.util.spec_from_file_location("layout_faults", Path(__file__).parent / "layout_faults.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["layout_faults"] = module
    spec.loader.exec_module(module)
    return module.layout_faults  # type: ignore[no-any-return]


@pytest.fixture
def faults_of(layout_faults: Callable[[QWidget], list[str]], tmp_path: Path) -> Callable[[QWidget], list[str]]:
    """The faults of what is shown when everything is laid out; a picture of it is left where there are some."""

    def faults(widget: QWidget) -> list[str]:
        for _ in range(4):
            QApplication.processEvents()
        found = layout_faults(widget)
        if found:
            widget.grab().save(str(tmp_path / "faults.png"))
        return found

    return faults
