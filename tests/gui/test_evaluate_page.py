"""The figures on the Evaluate page are those of the network and the split that are chosen."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator

import numpy as np
import pytest

from lepton_studio.engine import Evaluation, Run, Samples
from lepton_studio.gui.main_window import MainWindow
from lepton_studio.gui.pages import evaluate_page

PATIENCE = 60_000


class SlowEvaluation:
    """Stands for the engine's: answers when the test says so; the first question has other figures than the rest."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []
        self.may_go = threading.Event()

    def __call__(self, run: Run, samples: Samples, split: str) -> Iterator[Samples | Evaluation | None]:
        self.asked.append((run.id, split))
        yield samples
        wrong = 3 if len(self.asked) == 1 else 1
        while not self.may_go.is_set():
            yield None
            self.may_go.wait(0.005)
        probabilities = np.eye(10, dtype=np.float32)[[1] * wrong + [0] * (4 - wrong)]
        yield Evaluation(split, np.arange(4), np.zeros(4, np.int64), probabilities, tuple("0123456789"))


@pytest.fixture
def slow(monkeypatch) -> SlowEvaluation:
    made = SlowEvaluation()
    monkeypatch.setattr(evaluate_page, "load_and_evaluate", made)
    return made


@pytest.fixture
def asking_window(ready_window, slow, trained_run, qtbot) -> Iterator[MainWindow]:
    """A window whose Evaluate page waits for its first answer."""
    ready_window.session.choose(trained_run)
    ready_window.show_page("evaluate_page")
    qtbot.waitUntil(lambda: len(slow.asked) == 1, timeout=PATIENCE)
    yield ready_window
    slow.may_go.set()


def state(window: MainWindow) -> str:
    return window.page("evaluate_page").state_text()


def test_figures_are_shown_without_a_click(asking_window, slow, trained_run, qtbot) -> None:
    assert state(asking_window) == ""
    slow.may_go.set()
    qtbot.waitUntil(lambda: state(asking_window) == "25.0 %", timeout=PATIENCE)
    assert slow.asked == [(trained_run.id, "test")]


def test_figures_of_a_network_that_is_chosen_no_more_are_not_shown(asking_window, slow, trained_run, qtbot) -> None:
    other = Run.open(shutil.copytree(trained_run.folder, trained_run.folder.with_name("other")))
    seen: list[str] = []
    asking_window.page("evaluate_page").runner.event_emitted.connect(lambda _event: seen.append(state(asking_window)))
    asking_window.session.choose(other)
    slow.may_go.set()
    qtbot.waitUntil(lambda: state(asking_window) == "75.0 %", timeout=PATIENCE)
    assert slow.asked == [(trained_run.id, "test"), (other.id, "test")]
    assert "25.0 %" not in seen


def test_figures_are_those_of_the_split_that_is_chosen(asking_window, slow, qtbot) -> None:
    picker = asking_window.page("evaluate_page").split_picker
    picker.setCurrentIndex(picker.findData("train"))
    picker.activated.emit(picker.currentIndex())
    slow.may_go.set()
    qtbot.waitUntil(lambda: state(asking_window) == "75.0 %", timeout=PATIENCE)
    assert [split for _run, split in slow.asked] == ["test", "train"]


def test_what_was_cancelled_is_not_begun_again(asking_window, slow, qtbot) -> None:
    page = asking_window.page("evaluate_page")
    page.cancel_button.click()
    qtbot.waitUntil(lambda: not page.runner.isRunning() and page.evaluate_button.isEnabled(), timeout=PATIENCE)
    assert state(asking_window) == ""
    assert len(slow.asked) == 1
