"""The view of "I don't know": measured when looked at, chosen by slider, curve or keys, true while drawing."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QVBoxLayout, QWidget

from lepton_studio import paths
from lepton_studio.engine import (
    COVERAGE,
    COVERAGES,
    Calibration,
    Experiment,
    LeptonError,
    Run,
    Samples,
    Stroke,
    bundled_run,
    calibrate,
    calibration_of,
    start_training,
)
from lepton_studio.engine.datasets.bundled_digits import BundledDigits
from lepton_studio.engine.datasets.mnist import Mnist
from lepton_studio.gui import doubt_measuring as module
from lepton_studio.gui.doubt_measuring import DoubtMeasuring
from lepton_studio.gui.doubt_view import DoubtView
from lepton_studio.gui.easel import Easel
from lepton_studio.gui.preferences import Preferences
from lepton_studio.gui.session import Session

LINE = (Stroke(((0.2, 0.2), (0.25, 0.3), (0.2, 0.4)), 0.1),)
PATIENCE = 60_000


def _corners(count: int) -> Samples:
    random = np.random.default_rng(5)
    labels = np.arange(count, dtype=np.int64) % 4
    images = random.integers(0, 90, (count, 1, 8, 8), dtype=np.uint8)
    for image, label in zip(images, labels, strict=True):
        row, column = divmod(int(label), 2)
        image[0, 4 * row : 4 * row + 4, 4 * column : 4 * column + 4] += 100
    corners = ("north west", "north east", "south west", "south east")
    return Samples(images, labels, corners, np.arange(count) >= count - 40)


@pytest.fixture
def samples() -> Samples:
    """So many that a hundred are for validation."""
    return _corners(540)


@pytest.fixture
def run(tiny_session: Session, tiny_experiment: Experiment, samples: Samples) -> Run:
    tiny_session.loader.samples = samples
    made = Run.create(tiny_experiment, "Corners")
    for _ in start_training(made, samples):
        pass
    tiny_session.choose(made)
    return made


@pytest.fixture
def easel(tiny_session: Session, run: Run) -> Easel:
    made = Easel(tiny_session, tiny_session)
    made.take_run()
    return made


@pytest.fixture
def show(easel: Easel, qtbot: Any) -> Iterator[Callable[[], DoubtView]]:
    """Opens the view; it is stopped at the end, as its page does it."""
    made: list[DoubtView] = []

    def show() -> DoubtView:
        view = doubt_view(easel, qtbot)
        view.show()
        qtbot.waitExposed(view)
        made.append(view)
        return view

    yield show
    for view in made:
        view.measuring.stop()


def doubt_view(easel: Easel, qtbot: Any) -> DoubtView:
    """A view on a page of its own."""
    page = QWidget()
    qtbot.addWidget(page)
    page.resize(330, 760)
    view = DoubtView(easel, DoubtMeasuring(easel, page), page)
    QVBoxLayout(page).addWidget(view)
    view.hide()
    page.show()
    return view


@pytest.fixture
def measured(run: Run, samples: Samples) -> Calibration:
    *_, found = calibrate(run, samples)
    assert isinstance(found, Calibration)
    return found


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """A measurement that goes on until it is stopped; filled when that has happened."""
    stopped: list[object] = []

    def endless(run: Run, samples: Samples | None) -> Iterator[object]:
        try:
            while True:
                yield module.Progress("Measuring", 1, 2)
        finally:
            stopped.append(run)

    monkeypatch.setattr(module, "load_and_calibrate", endless)
    return stopped


def test_a_finished_run_is_measured_when_somebody_looks(
    show: Callable[[], DoubtView], easel: Easel, run: Run, qtbot: Any
) -> None:
    view = show()
    assert view.progress.isVisible()
    qtbot.waitUntil(lambda: view.measuring.work.is_settled and view.measuring.calibration is not None, timeout=PATIENCE)
    assert not view.progress.isVisible()
    assert not view.measure_button.isVisible()
    assert calibration_of(run) is not None
    assert view.state.text() == "Measured on 100 pictures that it did not learn from."
    assert view.effect.text().startswith("Answers 95 % of such pictures that it has not seen, ")
    assert easel.reader is not None
    assert easel.reader.calibration is view.measuring.calibration


def test_it_is_measured_whatever_tab_is_in_front(easel: Easel, run: Run, held: list[object], qtbot: Any) -> None:
    view = doubt_view(easel, qtbot)
    easel.session.choose(run)
    qtbot.waitUntil(lambda: view.measuring.work.is_under_way, timeout=PATIENCE)
    view.measuring.stop()
    assert held == [run]


@pytest.mark.parametrize("is_here", [True, False], ids=["on this computer", "elsewhere"])
def test_only_a_dataset_that_must_be_fetched_waits_for_who_looks_at_doubt(
    is_here: bool, easel: Easel, run: Run, held: list[object], qtbot: Any
) -> None:
    dataset = BundledDigits() if is_here else Mnist()
    run.experiment = msgspec.structs.replace(run.experiment, dataset=dataset)
    easel.session.loader.samples = None
    view = doubt_view(easel, qtbot)
    easel.session.choose(run)
    assert view.measuring.is_under_way == is_here
    view.show()
    qtbot.waitUntil(lambda: view.measuring.work.is_under_way, timeout=PATIENCE)
    view.measuring.stop()
    assert held == [run]


def test_it_waits_while_somebody_draws(easel: Easel, run: Run, qtbot: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    steps: list[int] = []

    def endless(_run: Run, _samples: Samples | None) -> Iterator[None]:
        while True:
            steps.append(1)
            time.sleep(0.001)
            yield None

    monkeypatch.setattr(module, "load_and_calibrate", endless)
    view = doubt_view(easel, qtbot)
    easel.session.choose(run)
    qtbot.waitUntil(lambda: len(steps) > 3, timeout=PATIENCE)
    easel.show(LINE)
    easel.answer()
    qtbot.waitUntil(lambda: view.measuring.work._runner.is_paused, timeout=PATIENCE)
    count = len(steps)
    assert view.measuring.is_under_way
    # It goes on by itself when the pen rests.
    qtbot.waitUntil(lambda: len(steps) > count + 3, timeout=PATIENCE)
    view.measuring.stop()


def test_one_that_was_measured_is_not_measured_again(
    measured: Calibration, show: Callable[[], DoubtView], easel: Easel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "load_and_calibrate", lambda *_: pytest.fail("measured again"))
    easel.take_run()
    view = show()
    assert view.measuring.calibration is not None
    assert view.measuring.work.is_settled
    assert view.curve.isVisible()


def test_the_slider_and_the_curve_choose_how_much_is_answered(
    measured: Calibration, show: Callable[[], DoubtView], easel: Easel
) -> None:
    easel.take_run()
    view = show()
    view.slider.setFocus()
    QTest.keyClick(view.slider, Qt.Key.Key_Left)
    assert easel.coverage == 0.94
    assert view.curve.chosen == 0.94
    assert "94 %" in view.least.text()
    QTest.mouseClick(view.curve, Qt.MouseButton.LeftButton, pos=QPoint(round(view.curve.point(0.7).x()), 40))
    assert easel.coverage == pytest.approx(0.7, abs=0.011)
    assert view.slider.value() == round(100 * easel.coverage)
    assert easel.reader is not None
    assert easel.reader.coverage == easel.coverage


def test_a_coverage_chosen_elsewhere_is_shown(
    measured: Calibration, show: Callable[[], DoubtView], easel: Easel
) -> None:
    easel.take_run()
    view = show()
    easel.set_coverage(0.6)
    assert view.slider.value() == 60
    assert "60 %" in view.effect.text()


def test_a_drawing_has_its_mark_and_its_words(
    measured: Calibration, show: Callable[[], DoubtView], easel: Easel, qtbot: Any
) -> None:
    easel.take_run()
    view = show()
    assert view.standing.text().startswith("Draw something")
    easel.show(LINE)
    qtbot.waitUntil(lambda: bool(easel.reading.parts))
    part = easel.reading.parts[0]
    assert view.scale.marks == ((part.label, part.score),)
    assert part.label in view.standing.text()
    # All that is drawn is answered at the end of the slider.
    view.slider.setFocus()
    QTest.keyClick(view.slider, Qt.Key.Key_End)
    assert easel.coverage == 1.0
    assert easel.reading.parts[0].is_known
    assert "enough to say" in view.standing.text()


def test_nothing_is_done_while_nobody_looks(easel: Easel, qtbot: Any, held: list[object]) -> None:
    view = doubt_view(easel, qtbot)
    view.window().hide()
    easel.show(LINE)
    qtbot.waitUntil(lambda: bool(easel.reading.parts))
    assert view.measuring.work.is_settled
    assert view.scale.marks == ()
    view.measuring.stop()


def test_measuring_can_be_cancelled_and_begun_by_hand(
    show: Callable[[], DoubtView], held: list[object], qtbot: Any
) -> None:
    view = show()
    qtbot.waitUntil(lambda: view.measuring.work.is_under_way, timeout=PATIENCE)
    cancel = view.progress.findChild(object, "doubt_cancel")
    QTest.mouseClick(cancel, Qt.MouseButton.LeftButton)
    assert not view.progress.isVisible()
    assert view.measure_button.isVisible()
    qtbot.waitUntil(lambda: len(held) == 1 and view.measuring.work.is_settled, timeout=PATIENCE)
    # Not by itself again, but when it is wanted.
    assert view.measuring.work.is_settled
    QTest.mouseClick(view.measure_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: view.measuring.work.is_under_way, timeout=PATIENCE)
    assert view.progress.isVisible()


def test_another_network_ends_the_measurement_of_the_one_before(
    show: Callable[[], DoubtView], easel: Easel, run: Run, held: list[object], qtbot: Any
) -> None:
    view = show()
    qtbot.waitUntil(lambda: view.measuring.work.is_under_way, timeout=PATIENCE)
    easel.session.choose(run.at_epoch(1))
    qtbot.waitUntil(lambda: len(held) == 1, timeout=PATIENCE)
    # What is chosen now is measured in its turn.
    qtbot.waitUntil(lambda: view.measuring.work.is_under_way, timeout=PATIENCE)
    assert view.progress.isVisible()


def test_what_goes_wrong_is_said_and_not_tried_again_by_itself(
    show: Callable[[], DoubtView], easel: Easel, monkeypatch: pytest.MonkeyPatch, qtbot: Any
) -> None:
    def failing(_run: Run, _samples: Samples | None) -> Iterator[object]:
        yield None
        raise LeptonError("The dataset is not here.", "Download it.")

    monkeypatch.setattr(module, "load_and_calibrate", failing)
    view = show()
    qtbot.waitUntil(lambda: bool(view.message.text), timeout=PATIENCE)
    qtbot.waitUntil(lambda: view.measuring.work.is_settled, timeout=PATIENCE)
    assert view.message.text == "The dataset is not here. Download it."
    assert view.measure_button.isVisible()
    assert "answers everything" in view.state.text()
    # What failed for one network is nothing to another.
    easel.session.choose(bundled_run())
    assert view.message.text == ""


def test_of_too_few_pictures_it_is_plain_that_nothing_is_promised(
    tiny_session: Session, tiny_experiment: Experiment, easel: Easel, show: Callable[[], DoubtView], qtbot: Any
) -> None:
    few = _corners(65)
    tiny_session.loader.samples = few
    made = Run.create(tiny_experiment, "Few")
    for _ in start_training(made, few):
        pass
    tiny_session.choose(made)
    view = show()
    qtbot.waitUntil(lambda: view.measuring.calibration is not None and view.measuring.work.is_settled, timeout=PATIENCE)
    assert view.state.text().startswith("Only 4 pictures were kept back from learning.")
    assert not view.curve.isVisible()
    assert not view.scale.isVisible()


def test_a_run_that_learns_is_left_alone_until_it_has_ended(
    show: Callable[[], DoubtView], easel: Easel, run: Run, held: list[object], qtbot: Any
) -> None:
    run.update(state="running")
    view = show()
    assert view.measuring.work.is_settled
    assert not view.measure_button.isVisible()
    assert view.state.text().startswith("This network is learning")
    run.update(state="finished")
    easel.answer()
    qtbot.waitUntil(lambda: view.measuring.work.is_under_way, timeout=PATIENCE)
    assert view.progress.isVisible()


def test_newer_weights_forget_what_was_measured(
    measured: Calibration, show: Callable[[], DoubtView], easel: Easel, run: Run
) -> None:
    easel.take_run()
    view = show()
    assert view.measuring.calibration is not None
    run.update(state="running")
    assert run.weights is not None
    run.leave_weights(run.weights)
    easel.refresh()
    assert view.measuring.calibration is None
    assert not view.curve.isVisible()


@pytest.fixture
def shipped(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """The same, as if it shipped."""
    folder = tmp_path / "resources" / "models" / "net"
    shutil.copytree(run.folder, folder)
    monkeypatch.setattr(paths, "resources", lambda: tmp_path / "resources")
    return Run.open(folder)


def test_nothing_is_kept_in_the_folder_of_what_ships(
    show: Callable[[], DoubtView], easel: Easel, shipped: Run, qtbot: Any
) -> None:
    before = sorted(path.name for path in shipped.folder.iterdir())
    easel.session.choose(shipped)
    view = show()
    qtbot.waitUntil(lambda: view.measuring.calibration is not None and view.measuring.work.is_settled, timeout=PATIENCE)
    assert sorted(path.name for path in shipped.folder.iterdir()) == before
    assert easel.reader is not None
    assert easel.reader.calibration.is_enough


def test_without_a_network_it_says_so(tiny_session: Session, qtbot: Any) -> None:
    easel = Easel(tiny_session, tiny_session)
    view = doubt_view(easel, qtbot)
    view.show()
    qtbot.waitExposed(view)
    assert view.state.text() == "There is no network yet that could be measured."
    assert not view.measure_button.isVisible()
    view.measuring.stop()


def test_all_parts_can_be_reached_by_keys_and_have_names(
    measured: Calibration, show: Callable[[], DoubtView], easel: Easel
) -> None:
    easel.take_run()
    view = show()
    for part in (view.slider, view.curve):
        assert part.focusPolicy() & Qt.FocusPolicy.TabFocus
    for part in (view.slider, view.curve, view.scale, view.plot):
        assert part.accessibleName()
    assert msgspec.to_builtins(measured.figures)["samples"] == 100


def test_the_preferences_know_the_coverages_that_can_be_chosen() -> None:
    low, high = (msgspec.structs.replace(Preferences(), coverage=end) for end in (COVERAGES[0], COVERAGES[-1]))
    for each in (low, high):
        assert msgspec.convert(msgspec.to_builtins(each), Preferences) == each
    for wrong in (COVERAGES[0] - 0.01, COVERAGES[-1] + 0.01):
        with pytest.raises(msgspec.ValidationError):
            msgspec.convert({"coverage": wrong}, Preferences)
    assert Preferences().coverage == COVERAGE
