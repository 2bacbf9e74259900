"""What is watched of a network: followed pictures, confusions and filters, live and back at any epoch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QAccessible, QHelpEvent
from PySide6.QtWidgets import QApplication, QLabel, QToolTip, QWidget

from lepton_studio.engine import Run, Samples, Snapshot
from lepton_studio.engine.datasets.bundled_digits import BundledDigits
from lepton_studio.engine.datasets.mnist import Mnist
from lepton_studio.gui import live_rest, theme
from lepton_studio.gui.monitor import Monitor
from lepton_studio.gui.session import Session
from lepton_studio.gui.watch_view import WatchView
from lepton_studio.gui.widgets.filter_grid import filter_pictures
from lepton_studio.gui.widgets.followed_detail import MOST_BARS
from lepton_studio.gui.widgets.small_confusion import SmallConfusion, strongest_confusions

LONG_NAMES = ("aeroplane with propellers", "motorcycle and sidecar", "bird", "articulated lorry", "cat")


def many_samples(classes: int, channels: int, names: tuple[str, ...] = ()) -> Samples:
    count = max(60, 3 * classes)
    images = np.random.default_rng(2).integers(0, 255, (count, channels, 12, 16), dtype=np.uint8)
    named = names or tuple(f"class {number}" for number in range(classes))
    return Samples(images, np.arange(count, dtype=np.int64) % classes, named, np.zeros(count, np.bool_))


@pytest.fixture
def monitor(tiny_session: Session) -> Monitor:
    return Monitor(tiny_session, tiny_session)


@pytest.fixture
def show(qtbot: Any, monitor: Monitor, watched_run: Callable[..., Run]) -> Callable[..., WatchView]:
    """Opens the view on a run with snapshots."""

    def show(epochs: int = 6, samples: Samples | None = None, width: int = 340, **how: Any) -> WatchView:
        if samples is not None:
            monitor.session.loader.samples = samples
        if epochs:
            monitor.session.run = watched_run(epochs, samples, **how)
        view = WatchView(monitor)
        qtbot.addWidget(view)
        view.resize(width, 700)
        view.show()
        qtbot.waitExposed(view)
        monitor.refresh()
        QApplication.processEvents()
        return view

    return show


def text_of(view: WatchView, name: str) -> str:
    label = view.findChild(QLabel, name)
    assert label is not None
    return label.text() if not label.isHidden() else ""


def test_before_the_first_run_it_says_what_will_be_here(show: Callable[..., WatchView]) -> None:
    view = show(0)
    assert "sixteen pictures" in view.empty.text()
    assert view.empty.isVisible()
    assert not view.pictures.isVisible()


def test_the_pictures_answers_follow_the_epochs(show: Callable[..., WatchView], monitor: Monitor) -> None:
    view = show()
    newest = view.pictures._look
    assert newest.pictures is not None
    assert monitor.session.samples is not None
    assert monitor.snapshot is not None
    assert np.array_equal(newest.pictures[3], monitor.session.samples.images[monitor.snapshot.followed[3]])
    assert f"{newest.right} of 16" in text_of(view, "watch_followed_text")
    monitor.look_at(1)
    first = view.pictures._look
    assert not np.array_equal(first.probabilities, newest.probabilities)
    assert first.marked == 1
    assert first.history.shape == (16, 6)
    assert np.array_equal(first.history[:, 0], first.probabilities[np.arange(16), first.labels])


def test_a_click_on_a_picture_shows_it_closely_and_buttons_and_keys_go_on(
    show: Callable[..., WatchView], monitor: Monitor, qtbot: Any
) -> None:
    view = show()
    qtbot.mouseClick(view.pictures, Qt.MouseButton.LeftButton, pos=view.pictures.place_of(2).center())
    QApplication.processEvents()
    assert view.detail.isVisible()
    assert not view.detail.visibleRegion().isEmpty()
    caption = text_of(view, "followed_caption")
    assert caption == view.pictures.text_of(2)
    look = view.pictures._look
    assert view.detail.chances.accessibleDescription().startswith(look.names[0])
    monitor.look_at(2)
    assert text_of(view, "followed_caption") == view.pictures.text_of(2)
    qtbot.keyClick(view.detail, Qt.Key.Key_Right)
    assert text_of(view, "followed_caption") == view.pictures.text_of(3)
    for _ in range(4):
        qtbot.mouseClick(view.findChild(QWidget, "followed_before"), Qt.MouseButton.LeftButton)
    assert text_of(view, "followed_caption") == view.pictures.text_of(15)
    qtbot.keyClick(view.detail, Qt.Key.Key_Escape)
    assert not view.detail.isVisible()


def test_keys_go_through_the_pictures_and_enlarge(show: Callable[..., WatchView], qtbot: Any) -> None:
    view = show()
    view.pictures.setFocus()
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Down, Qt.Key.Key_Left, Qt.Key.Key_Up, Qt.Key.Key_Up):
        qtbot.keyClick(view.pictures, key)
    assert view.pictures.accessibleDescription() == view.pictures.text_of(0)
    with qtbot.waitSignal(view.pictures.picture_chosen) as chosen:
        qtbot.keyClick(view.pictures, Qt.Key.Key_Return)
    assert chosen.args == [0]


def test_right_and_wrong_are_told_apart_in_words(show: Callable[..., WatchView]) -> None:
    view = show()
    look = view.pictures._look
    for at in range(16):
        is_right = look.answers[at] == look.labels[at]
        assert ("answered right" in view.pictures.text_of(at)) == is_right
    place = view.pictures.place_of(1).center()
    QApplication.sendEvent(view.pictures, QHelpEvent(QEvent.Type.ToolTip, place, view.pictures.mapToGlobal(place)))
    assert QToolTip.text() == view.pictures.text_of(1)
    QToolTip.hideText()


def test_pictures_of_a_dataset_that_is_not_loaded_are_not_taken_from_another(
    show: Callable[..., WatchView], monitor: Monitor
) -> None:
    view = show()
    session = monitor.session
    assert session.experiment.dataset == BundledDigits()
    session.experiment = msgspec.structs.replace(session.experiment, dataset=Mnist())
    session.samples_changed.emit()
    monitor.look_at(3)
    assert view.pictures._look.pictures is None
    assert not view.pictures.grab().isNull()


def test_the_strongest_confusions_are_said_in_words(show: Callable[..., WatchView], monitor: Monitor) -> None:
    view = show()
    assert monitor.snapshot is not None
    worst = strongest_confusions(monitor.snapshot.confusion, 3)
    names = view.matrix._names
    first = text_of(view, "watch_confusions").splitlines()[0]
    assert first == f"{names[worst[0][0]]} taken for {names[worst[0][1]]}: {worst[0][2]} times"


def test_strongest_confusions_leave_out_what_is_right_or_never_happened() -> None:
    matrix = np.array([[9, 2, 0], [0, 9, 0], [5, 0, 9]])
    assert strongest_confusions(matrix, 3) == [(2, 0, 5), (0, 1, 2)]
    assert strongest_confusions(np.diag([3, 3]), 3) == []
    assert strongest_confusions(np.zeros((0, 0), np.int64), 3) == []


def test_a_click_on_the_matrix_tells_the_cell(show: Callable[..., WatchView], monitor: Monitor, qtbot: Any) -> None:
    view = show()
    assert text_of(view, "watch_cell_text") == ""
    view.verticalScrollBar().setValue(view.matrix.mapTo(view.widget(), QPoint(0, 0)).y())
    qtbot.mouseClick(view.matrix, Qt.MouseButton.LeftButton, pos=view.matrix.place_of(0, 1))
    assert text_of(view, "watch_cell_text") == view.matrix.cell_text(0, 1)
    before = view.matrix.cell_text(2, 2)
    view.matrix.choose((2, 2))
    monitor.look_at(1)
    assert text_of(view, "watch_cell_text") == view.matrix.cell_text(2, 2) != before


def test_before_the_first_epoch_is_over_the_rest_says_when_it_comes(
    show: Callable[..., WatchView],
    monitor: Monitor,
    watched_run: Callable[..., Run],
    snapshot_of: Callable[..., Snapshot],
    tiny_samples: Samples,
) -> None:
    run = watched_run(0)
    whole = snapshot_of(1, tiny_samples)
    run.snapshot = Snapshot(1, whole.followed, whole.labels, whole.probabilities)
    monitor.session.run = run
    view = show(0)
    assert view.pictures.isVisible()
    assert "first epoch" in view.matrix._placeholder
    assert "after the first epoch" in text_of(view, "watch_filters_text")


def test_too_many_classes_for_a_matrix_are_said_to_be(
    show: Callable[..., WatchView], monitor: Monitor, snapshot_of: Callable[..., Snapshot], tiny_samples: Samples
) -> None:
    view = show(2)
    assert monitor.run is not None
    whole = snapshot_of(3, tiny_samples)
    monitor.run.snapshot = Snapshot(3, whole.followed, whole.labels, whole.probabilities)
    monitor.refresh()
    assert "too many classes" in view.matrix._placeholder
    assert text_of(view, "watch_confusions") == ""


def test_filters_and_their_change_follow_the_epochs(
    show: Callable[..., WatchView], monitor: Monitor, qtbot: Any
) -> None:
    view = show()
    assert monitor.snapshot is not None
    newest, first = monitor.snapshot.filters, monitor.snapshot_of(1)
    assert first is not None
    assert np.array_equal(view.filters._filters, newest)
    assert view.filters._scale == pytest.approx(monitor.trail.largest_weight)
    view.ensureWidgetVisible(view.change_box)
    view.change_box.click()
    assert np.allclose(view.filters._filters, newest - first.filters)
    monitor.look_at(1)
    assert not view.filters._filters.any()
    place = view.filters.place_of(0).center()
    QApplication.sendEvent(view.filters, QHelpEvent(QEvent.Type.ToolTip, place, view.filters.mapToGlobal(place)))
    assert "Filter 1" in QToolTip.text()
    QToolTip.hideText()


def test_without_a_convolution_it_says_what_one_would_show(show: Callable[..., WatchView]) -> None:
    view = show(filters=(0, 0, 0, 0))
    assert "no convolution" in text_of(view, "watch_filters_text")
    assert not view.filters.isVisible()
    assert not view.change_box.isVisible()


def test_zero_is_neutral_in_the_pictures_of_filters(qapp: QApplication) -> None:
    grey = filter_pictures(np.zeros((2, 1, 3, 3), np.float32), 1.0)
    assert grey.shape == (2, 3, 3, 3)
    assert len(np.unique(grey.reshape(-1, 3), axis=0)) == 1
    coloured = filter_pictures(np.array([-1, 0, 1, 0, 0, 0, 0, 0, 9], np.float32).reshape(1, 3, 1, 3), 1.0)
    assert coloured[0, 0].tolist() == [[1, 128, 128], [128, 128, 128], [255, 128, 255]]
    assert filter_pictures(np.zeros((0, 0, 0, 0), np.float32), 1.0).shape == (0, 1, 1, 3)
    assert filter_pictures(np.ones((4, 16, 3, 3), np.float32), 1.0).shape == (4, 3, 3, 3)


# A column grows with the zoom, but not beyond 420 pixels.
@pytest.mark.parametrize(("zoom", "width"), [(1.0, 280), (1.0, 340), (1.0, 700), (1.5, 420), (2.0, 420), (2.0, 700)])
@pytest.mark.parametrize("samples", [(5, 1, LONG_NAMES), (100, 3, ())], ids=["long names", "100 classes"])
def test_nothing_is_wider_than_the_column(
    show: Callable[..., WatchView], qapp: QApplication, zoom: float, width: int, samples: tuple[int, int, Any]
) -> None:
    theme.apply_theme(qapp, "dark", zoom)
    classes, channels, _ = samples
    view = show(3, many_samples(*samples), width, filters=(64, channels, 5, 5))
    view.pictures.picture_chosen.emit(5)
    for _ in range(4):
        QApplication.processEvents()
    column = view.widget()
    assert column.width() <= view.viewport().width()
    for part in (view.pictures, view.detail, view.matrix, view.filters):
        assert part.width() <= column.width()
    for at in range(16):
        assert view.pictures.rect().contains(view.pictures.place_of(at))
    plan = view.matrix._plan()
    assert view.matrix.rect().contains(plan.square.adjusted(0, 0, -1, -1))
    for at in range(64):
        assert view.filters.rect().contains(view.filters.place_of(at))
    shown = view.detail.chances.classes()
    assert len(shown) == min(classes, MOST_BARS)
    assert int(view.pictures._look.labels[5]) in shown
    assert not view.widget().grab().isNull()


def test_hidden_it_costs_nothing_and_is_up_to_date_when_shown(
    show: Callable[..., WatchView], monitor: Monitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    view = show()
    view.hide()
    shown: list[int] = []
    keep = WatchView._show_followed
    monkeypatch.setattr(WatchView, "_show_followed", lambda *given: (shown.append(1), keep(*given)))
    monitor.look_at(2)
    assert shown == []
    view.show()
    assert shown == [1]
    assert view.pictures._look.marked == 2
    monitor.moved.emit()
    assert shown == [1]


def test_news_of_a_run_that_goes_on_is_drawn_now_and_then_and_what_a_person_asks_for_at_once(
    show: Callable[..., WatchView], monitor: Monitor, snapshot_of: Callable[..., Snapshot], tiny_samples: Samples,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    clock = [0.0]
    monkeypatch.setattr(live_rest, "monotonic", lambda: clock[0])
    view = show()
    monkeypatch.setattr(Session, "training_state", "running")
    run = monitor.run
    assert run is not None
    run.update(state="running")
    monitor.refresh()
    seen = []
    for epoch, second in ((7, 0.1), (8, 0.5), (9, 1.2), (10, 1.5)):
        clock[0] = second
        run.snapshot = snapshot_of(epoch, tiny_samples, epochs=20)
        monitor.refresh()
        seen.append(np.array_equal(view.pictures._look.probabilities, run.snapshot.probabilities))
    assert seen == [False, False, True, False]
    monitor.look_at(2)
    assert view.pictures._look.marked == 2
    monitor.look_at(None)
    assert np.array_equal(view.pictures._look.probabilities, run.snapshot.probabilities)
    run.snapshot = snapshot_of(11, tiny_samples, epochs=20)
    monitor.refresh()
    monkeypatch.setattr(Session, "training_state", "paused")
    monitor.session.training_changed.emit()
    assert np.array_equal(view.pictures._look.probabilities, run.snapshot.probabilities)


def test_a_network_that_became_all_wrong_is_shown_too(
    show: Callable[..., WatchView], monitor: Monitor, snapshot_of: Callable[..., Snapshot], tiny_samples: Samples
) -> None:
    view = show(2)
    whole = snapshot_of(3, tiny_samples)
    assert monitor.run is not None
    lost = np.full_like(whole.probabilities, np.nan)
    filters = np.full_like(whole.filters, np.nan)
    monitor.run.snapshot = Snapshot(3, whole.followed, whole.labels, lost, whole.confusion, filters)
    monitor.refresh()
    view.pictures.picture_chosen.emit(0)
    assert not view.widget().grab().isNull()


def test_a_small_matrix_is_asked_by_the_mouse_however_many_classes_there_are(qtbot: Any) -> None:
    matrix = SmallConfusion()
    qtbot.addWidget(matrix)
    matrix.resize(300, 100)
    names = tuple(f"class {number}" for number in range(100))
    counts = np.eye(100, dtype=np.int64)
    counts[40, 90] = 7
    matrix.set_matrix(counts, names)
    matrix.show()
    with qtbot.waitSignal(matrix.cell_chosen) as chosen:
        qtbot.mouseClick(matrix, Qt.MouseButton.LeftButton, pos=matrix.place_of(40, 90))
    assert chosen.args == [40, 90]
    assert matrix.accessibleDescription() == "class 40 answered as class 90: 7 of 8"
    matrix.set_matrix(np.zeros((0, 0), np.int64), ())
    assert matrix.height() > 1
    assert QAccessible.queryAccessibleInterface(matrix).role() == QAccessible.Role.Table
    assert matrix._cell_at(QPointF(QPoint(1, 1)).toPoint()) is None
