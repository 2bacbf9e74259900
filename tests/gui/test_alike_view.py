"""The training pictures most like the drawing: which they are, among which was looked, and what becomes of the work."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import msgspec
import numpy as np
import pytest
from PySide6.QtCore import Qt, QThread
from PySide6.QtWidgets import QApplication, QPushButton, QWidget

from lepton_studio.engine import LeptonError, Predictor, Progress, Run, Samples, Stroke, bundled_run, cut
from lepton_studio.engine.datasets.bundled_digits import BundledDigits
from lepton_studio.engine.datasets.kmnist import Kmnist
from lepton_studio.engine.datasets.mnist import Mnist
from lepton_studio.gui import alike_search as module
from lepton_studio.gui.alike_source import Source, Wanted, load_source, source_for
from lepton_studio.gui.alike_view import AlikeView
from lepton_studio.gui.easel import Easel
from lepton_studio.gui.session import Session
from lepton_studio.gui.widgets.alike_pictures import AlikeLook, AlikePictures

LINE = (Stroke(((0.2, 0.2), (0.25, 0.3), (0.2, 0.4)), 0.1),)
OTHER = (Stroke(((0.2, 0.5), (0.8, 0.5)), 0.1), Stroke(((0.5, 0.2), (0.5, 0.8)), 0.1))
PATIENCE = 20_000


@pytest.fixture
def show(easel: Easel, qtbot: Any) -> Iterator[Callable[[], AlikeView]]:
    """Opens the view; it is stopped at the end, as its page does it."""
    made: list[AlikeView] = []

    def show() -> AlikeView:
        view = AlikeView(easel)
        qtbot.addWidget(view)
        view.resize(330, 640)
        view.show()
        qtbot.waitExposed(view)
        made.append(view)
        return view

    yield show
    for view in made:
        view.stop()


def is_found(view: AlikeView) -> bool:
    return view.search.found is not None and not view.search.is_stale


def nearest(samples: Samples, among: np.ndarray, values: np.ndarray, wanted: np.ndarray) -> list[str]:
    """The classes of the twelve nearest, found by looking at all."""
    distances = np.square(values[among].astype(np.float64) - wanted.astype(np.float64)).sum(axis=1)
    return [samples.class_of(int(among[at])) for at in np.lexsort((among, distances))[:12]]


def click(qtbot: Any, view: AlikeView, name: str) -> None:
    found = view.findChild(QPushButton, name)
    assert found is not None
    assert found.isVisible()
    qtbot.mouseClick(found, Qt.MouseButton.LeftButton)


def test_before_anything_is_drawn_it_says_what_will_be_here(show: Callable[[], AlikeView]) -> None:
    view = show()
    assert "Draw something" in view.verdict.text
    assert view.empty.isVisible()
    assert not view.pictures.isVisible()


def test_by_pixels_they_are_those_of_looking_at_every_training_picture(
    show: Callable[[], AlikeView], easel: Easel, qtbot: Any
) -> None:
    view, samples = show(), easel.session.samples
    easel.show(OTHER)
    qtbot.waitUntil(lambda: is_found(view), timeout=PATIENCE)
    assert samples is not None
    assert easel.part is not None
    among = cut(samples, easel.session.experiment)["train"]
    pixels = samples.images.reshape(len(samples), -1)
    expected = nearest(samples, among, pixels, easel.part.picture.ravel())
    assert list(view.pictures.look.labels) == expected
    same = expected.count(easel.part.label)
    assert view.pictures.look.is_same.count(True) == same
    assert str(same) in view.verdict.text or "All 12" in view.verdict.text or "None" in view.verdict.text
    assert f"Among the {len(among)} pictures of Bundled digits that it learned from." in view.about.text()


def test_as_the_network_sees_it_they_are_those_of_its_last_features(
    show: Callable[[], AlikeView], easel: Easel, trained_run: Run, qtbot: Any
) -> None:
    view, samples = show(), easel.session.samples
    easel.show(LINE)
    click(qtbot, view, "alike_features")
    qtbot.waitUntil(lambda: is_found(view), timeout=PATIENCE)
    assert samples is not None
    assert easel.part is not None
    predictor = Predictor(trained_run)
    features = predictor.last_features(samples.images)
    among = cut(samples, easel.session.experiment)["train"]
    expected = nearest(samples, among, features, predictor.last_features(easel.part.picture[None])[0])
    assert list(view.pictures.look.labels) == expected
    assert f"the {features.shape[1]} numbers" in view.about.text()
    # Remembered: back and forth costs no second look.
    sight = view.search.sight
    click(qtbot, view, "alike_pixels")
    qtbot.waitUntil(lambda: is_found(view), timeout=PATIENCE)
    click(qtbot, view, "alike_features")
    qtbot.waitUntil(lambda: is_found(view), timeout=PATIENCE)
    assert view.search.sight is sight


def test_what_belongs_to_the_drawing_before_is_dim_until_the_pen_rests(
    show: Callable[[], AlikeView], easel: Easel, qtbot: Any
) -> None:
    view = show()
    easel.show(LINE)
    qtbot.waitUntil(lambda: is_found(view), timeout=PATIENCE)
    before = view.pictures.look
    assert not view.pictures.is_dim
    easel.show(OTHER)
    easel.answer_if_due()
    assert view.pictures.look is before
    assert view.pictures.is_dim
    qtbot.waitUntil(lambda: is_found(view) and not view.pictures.is_dim, timeout=PATIENCE)
    assert view.pictures.look is not before
    easel.show(())
    easel.answer_if_due()
    assert view.search.found is None
    assert not view.pictures.isVisible()


def test_a_click_shows_one_closely_and_data_shows_it_among_the_others(
    show: Callable[[], AlikeView], easel: Easel, qtbot: Any
) -> None:
    view, wanted = show(), []
    easel.session.sample_wanted.connect(wanted.append)
    easel.show(LINE)
    qtbot.waitUntil(lambda: is_found(view), timeout=PATIENCE)
    qtbot.mouseClick(view.pictures, Qt.MouseButton.LeftButton, pos=view.pictures.place_of(2).center())
    assert view.detail.isVisible()
    QApplication.processEvents()
    assert view.search.found is not None
    position = int(view.search.found.nearest.positions[2])
    click(qtbot, view, "alike_in_data")
    assert wanted == [position]
    click(qtbot, view, "alike_close")
    assert not view.detail.isVisible()
    view.pictures.setFocus()
    qtbot.keyClick(view.pictures, Qt.Key.Key_Right)
    qtbot.keyClick(view.pictures, Qt.Key.Key_Return)
    assert view.detail.isVisible()
    assert not view.grab().isNull()


def test_a_network_that_learns_is_not_looked_through_again_by_itself(
    show: Callable[[], AlikeView], easel: Easel, trained_run: Run, qtbot: Any
) -> None:
    view = show()
    easel.show(LINE)
    click(qtbot, view, "alike_features")
    qtbot.waitUntil(lambda: is_found(view), timeout=PATIENCE)
    sight = view.search.sight
    assert trained_run.weights is not None
    trained_run.leave_weights({name: 0.5 * tensor for name, tensor in trained_run.weights.items()})
    easel.refresh()
    qtbot.waitUntil(lambda: is_found(view), timeout=PATIENCE)
    assert view.search.sight is sight
    assert "has learned since" in view.about.text()
    click(qtbot, view, "alike_prepare")
    qtbot.waitUntil(lambda: view.search.sight not in (None, sight), timeout=PATIENCE)
    assert not view.search.has_learned_since
    qtbot.waitUntil(lambda: "has learned since" not in view.about.text(), timeout=PATIENCE)


def test_what_was_cancelled_waits_until_somebody_wants_it(
    show: Callable[[], AlikeView], easel: Easel, qtbot: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def endless(source: object, run: object) -> Iterator[Progress]:
        done = 0
        while True:
            done += 1
            yield Progress("Asking the network", min(done, 99), 100)
            QThread.msleep(2)

    look_at_all = module._look_at_all
    monkeypatch.setattr(module, "_look_at_all", endless)
    view = show()
    easel.show(LINE)
    qtbot.waitUntil(lambda: is_found(view), timeout=PATIENCE)
    click(qtbot, view, "alike_features")
    qtbot.waitUntil(view.progress.isVisible, timeout=PATIENCE)
    click(qtbot, view, "alike_cancel")
    qtbot.waitUntil(lambda: view.search.was_refused and view.prepare_button.isVisible(), timeout=PATIENCE)
    assert not view.progress.isVisible()
    easel.show(OTHER)
    easel.answer_if_due()
    assert view.search.was_refused
    monkeypatch.setattr(module, "_look_at_all", look_at_all)
    click(qtbot, view, "alike_prepare")
    qtbot.waitUntil(lambda: is_found(view), timeout=PATIENCE)
    assert view.pictures.isVisible()


def test_a_failure_is_told_and_not_tried_again_by_itself(
    show: Callable[[], AlikeView], easel: Easel, qtbot: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[int] = []

    def failing(source: object, run: object) -> Iterator[Progress]:
        begun.append(1)
        yield Progress("Asking the network", 0, 1)
        raise LeptonError("It cannot be.", "Choose another network.")

    monkeypatch.setattr(module, "_look_at_all", failing)
    view = show()
    click(qtbot, view, "alike_features")
    qtbot.waitUntil(lambda: view.search.was_refused, timeout=PATIENCE)
    easel.show(LINE)
    easel.answer_if_due()
    QApplication.processEvents()
    assert "It cannot be." in view.verdict.text
    assert begun == [1]
    click(qtbot, view, "alike_pixels")
    qtbot.waitUntil(lambda: is_found(view), timeout=PATIENCE)
    assert "It cannot be." not in view.verdict.text


def test_nothing_is_prepared_while_nobody_looks(easel: Easel, qtbot: Any) -> None:
    view = AlikeView(easel)
    qtbot.addWidget(view)
    easel.show(LINE)
    easel.answer_if_due()
    easel.take_run()
    assert view.search.progress is None
    assert view.search.source is None
    view.stop()


def test_what_is_prepared_waits_while_nobody_looks_and_goes_on_then(
    show: Callable[[], AlikeView], easel: Easel, qtbot: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[int] = []

    def slow(source: object, run: object) -> Iterator[Progress]:
        while True:
            steps.append(1)
            QThread.msleep(2)
            yield Progress("Asking the network", min(len(steps), 99), 100)

    monkeypatch.setattr(module, "_look_at_all", slow)
    view = show()
    click(qtbot, view, "alike_features")
    qtbot.waitUntil(lambda: len(steps) > 3, timeout=PATIENCE)
    with qtbot.waitSignal(view.search._runner.held, timeout=PATIENCE):
        view.hide()
    taken = len(steps)
    QApplication.processEvents()
    assert len(steps) == taken
    view.show()
    qtbot.waitUntil(lambda: len(steps) > taken, timeout=PATIENCE)
    # Another network is another wish: this one ends, and that of the new one begins.
    easel.session.choose(bundled_run())
    qtbot.waitUntil(lambda: view.search.source is not None and not view.search.source.is_learned, timeout=PATIENCE)
    assert view.search.source is not None
    assert view.search.source.dataset == BundledDigits()


def test_a_view_that_is_closed_in_the_middle_leaves_no_thread(show: Callable[[], AlikeView], easel: Easel) -> None:
    view = show()
    easel.show(LINE)
    view.search.go("features")
    view.stop()
    assert not [each for each in view.findChildren(module.Runner) if each.isRunning()]


# --- among which pictures


@pytest.fixture
def shipped() -> Predictor:
    return Predictor(bundled_run())


def test_of_the_shipped_network_it_is_mnist_where_that_is_here(
    tiny_session: Session, shipped: Predictor, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert source_for(shipped, tiny_session) == Wanted(BundledDigits(), False)
    monkeypatch.setattr(type(shipped.run.experiment.dataset), "is_here", lambda _self: True)
    assert source_for(shipped, tiny_session) == Wanted(shipped.run.experiment.dataset, True)


def test_else_they_are_the_bundled_digits_without_those_for_testing(shipped: Predictor) -> None:
    source = list(load_source(shipped, Wanted(BundledDigits(), False)))[-1]
    assert isinstance(source, Source)
    assert not source.samples.is_test[source.among].any()
    assert len(source.among) == int((~source.samples.is_test).sum())


def test_digits_of_the_session_come_before_the_bundled_ones_and_other_classes_never(
    tiny_session: Session, shipped: Predictor, tiny_samples: Samples
) -> None:
    images = np.zeros((20, 1, 28, 28), np.uint8)
    digits = Samples(images, np.arange(20) % 10, tuple("0123456789"), np.zeros(20, bool))
    tiny_session.experiment = msgspec.structs.replace(tiny_session.experiment, dataset=Kmnist())
    tiny_session.loader.samples = digits
    found = source_for(shipped, tiny_session)
    assert isinstance(found, Source)
    assert (found.dataset, found.is_learned) == (Kmnist(), False)
    tiny_session.loader.samples = replace(digits, class_names=tuple("abcdefghij"))
    assert source_for(shipped, tiny_session) == Wanted(BundledDigits(), False)
    # A network for letters is not told that none of its neighbours among digits is a letter.
    shipped.run.record = msgspec.structs.replace(shipped.run.record, class_names=tuple("klmnopqrst"))
    letters = Predictor(shipped.run)
    assert letters.class_names == tuple("klmnopqrst")
    assert source_for(letters, tiny_session) is None


def test_what_was_found_for_another_network_goes_where_there_is_nothing_to_look_among(
    show: Callable[[], AlikeView], easel: Easel, trained_run: Run, tiny_samples: Samples, qtbot: Any
) -> None:
    view = show()
    easel.show(LINE)
    easel.answer_if_due()
    qtbot.waitUntil(lambda: is_found(view), timeout=PATIENCE)
    trained_run.experiment = msgspec.structs.replace(trained_run.experiment, dataset=Mnist())
    easel.session.loader.samples = replace(tiny_samples, images=np.zeros((120, 1, 9, 9), np.uint8))
    easel.take_run()
    assert view.search.found is None
    assert "no pictures" in view.verdict.text
    assert not view.pictures.isVisible()


def test_pictures_of_another_shape_are_none(tiny_session: Session, trained_run: Run, tiny_samples: Samples) -> None:
    run = trained_run
    run.experiment = msgspec.structs.replace(run.experiment, dataset=Mnist())
    predictor = Predictor(run)
    found = source_for(predictor, tiny_session)
    assert isinstance(found, Source)
    assert not found.is_learned
    tiny_session.loader.samples = replace(tiny_samples, images=np.zeros((120, 1, 9, 9), np.uint8))
    assert source_for(predictor, tiny_session) is None


def test_where_there_are_none_it_says_what_to_do(
    show: Callable[[], AlikeView], easel: Easel, trained_run: Run, tiny_samples: Samples, qtbot: Any
) -> None:
    trained_run.experiment = msgspec.structs.replace(trained_run.experiment, dataset=Mnist())
    easel.session.loader.samples = replace(tiny_samples, images=np.zeros((120, 1, 9, 9), np.uint8))
    view = show()
    easel.show(LINE)
    easel.answer_if_due()
    assert "MNIST, which is not on this computer" in view.about.text()
    assert "no pictures" in view.verdict.text
    easel.session.loader.samples = tiny_samples
    easel.session.samples_changed.emit()
    qtbot.waitUntil(lambda: is_found(view), timeout=PATIENCE)
    assert "these are" in view.about.text()


def test_for_the_shipped_network_the_bundled_digits_are_loaded_beside_the_session(
    show: Callable[[], AlikeView], easel: Easel, qtbot: Any
) -> None:
    easel.session.choose(bundled_run())
    view = show()
    easel.show(OTHER)
    qtbot.waitUntil(lambda: is_found(view), timeout=PATIENCE)
    assert "It learned from MNIST, which is not on this computer" in view.about.text()
    assert "Bundled digits" in view.about.text()
    qtbot.mouseClick(view.pictures, Qt.MouseButton.LeftButton, pos=view.pictures.place_of(0).center())
    assert view.detail.isVisible()
    # Data shows the dataset of the session, which is another one.
    assert not view.detail.data_button.isVisible()


def test_data_shows_the_picture_that_is_wanted(ready_window: Any, qtbot: Any) -> None:
    ready_window.show_page("draw_page")
    ready_window.session.sample_wanted.emit(17)
    assert ready_window.current_page == "data_page"
    assert ready_window.page("data_page").browser.grid.chosen() == 17


def test_pictures_are_painted_at_any_width_and_told_in_words(qtbot: Any) -> None:
    pictures = AlikePictures()
    qtbot.addWidget(pictures)
    holder = QWidget()
    qtbot.addWidget(holder)
    images = np.random.default_rng(1).integers(0, 255, (12, 3, 20, 32), dtype=np.uint8)
    look = AlikeLook(images, ("aeroplane with propellers",) * 12, (True, False) * 6, ("1.23",) * 12)
    pictures.show_look(look)
    for width in (120, 248, 330, 900):
        pictures.resize(width, pictures.height())
        assert not pictures.grab().isNull()
        assert pictures.place_of(11).bottom() < pictures.height()
        assert pictures.place_of(3).right() < width
    assert pictures.text_of(0) == "aeroplane with propellers, at a distance of 1.23"
    assert pictures.text_of(1).endswith("another class")
