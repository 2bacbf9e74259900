"""How layers learn: their rows, what is said of them, and the closer look at one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QHelpEvent
from PySide6.QtWidgets import QApplication, QToolTip

from lepton_studio.engine import LayerTrace, Run, Samples, Snapshot
from lepton_studio.gui import theme
from lepton_studio.gui.layers_view import LayersView
from lepton_studio.gui.monitor import Monitor
from lepton_studio.gui.session import Session
from lepton_studio.gui.widgets.epoch_chart import MOST_POINTS, Scale, curve_parts, power_tick, scientific
from lepton_studio.gui.widgets.layer_look import LayerLook, densities, span_of
from lepton_studio.gui.widgets.layer_row_painter import WIDE, RowPlan


@pytest.fixture
def monitor(tiny_session: Session) -> Monitor:
    return Monitor(tiny_session, tiny_session)


@pytest.fixture
def show(qtbot: Any, monitor: Monitor, watched_run: Callable[..., Run]) -> Callable[..., LayersView]:
    """Opens the view on a run with snapshots."""

    def show(epochs: int = 6, layers: int = 6, width: int = 340) -> LayersView:
        if epochs:
            monitor.session.run = watched_run(epochs, layers=layers)
        view = LayersView(monitor)
        qtbot.addWidget(view)
        view.resize(width, 600)
        view.show()
        qtbot.waitExposed(view)
        monitor.refresh()
        QApplication.processEvents()
        return view

    return show


def test_before_the_first_run_it_says_what_will_be_here(show: Callable[..., LayersView]) -> None:
    view = show(0)
    assert view.empty.isVisible()
    assert "how each layer learns" in view.empty.text()
    assert not view.rows.isVisible()


def test_a_row_says_how_its_layer_learns(show: Callable[..., LayersView], monitor: Monitor) -> None:
    view = show()
    assert "healthy" in view.rows.text_of(0)
    assert "dead" in view.rows.text_of(0)
    assert "too large" in view.rows.text_of(1)
    assert "dead" not in view.rows.text_of(1)
    assert "hardly any" in view.rows.text_of(2)
    newest = view.rows._look(0)
    monitor.look_at(1)
    then = view.rows._look(0)
    assert then.gradient > newest.gradient
    assert then.marked == 1
    # What is over has its curve still.
    assert np.array_equal(then.gradients, newest.gradients)
    assert newest.first is not None
    assert then.first is None


def test_clicks_and_keys_unfold_a_closer_look(show: Callable[..., LayersView], qtbot: Any) -> None:
    view = show()
    rows = view.rows
    height = rows.height()
    qtbot.mouseClick(rows, Qt.MouseButton.LeftButton, pos=rows.place_of(1).center())
    assert rows.unfolded == 1
    assert rows.height() > height + 200
    qtbot.mouseClick(rows, Qt.MouseButton.LeftButton, pos=rows.place_of(3).topLeft() + rows.rect().topLeft())
    rows.setFocus()
    keys = Qt.Key
    for key in (keys.Key_Escape, keys.Key_Home, keys.Key_Down, keys.Key_Return):
        qtbot.keyClick(rows, key)
    assert rows.unfolded == 1
    assert rows.accessibleDescription() == rows.text_of(1)
    qtbot.keyClick(rows, keys.Key_Space)
    assert rows.unfolded == -1
    assert rows.height() == height
    for key in (keys.Key_End, keys.Key_Down, keys.Key_PageUp, keys.Key_Up):
        qtbot.keyClick(rows, key)
    assert rows.accessibleDescription() == rows.text_of(0)


def test_only_what_is_in_sight_is_asked_for(show: Callable[..., LayersView], monitor: Monitor) -> None:
    view = show(3, layers=60)
    view.rows._looks.clear()
    view.grab()
    asked = set(view.rows._looks)
    assert 0 in asked
    assert len(asked) < 15
    view.rows.setFocus()
    view.rows.row_reached.emit(view.rows.place_of(59))
    view.grab()
    assert 59 in view.rows._looks
    assert 30 not in view.rows._looks


def test_the_layer_under_the_mouse_is_told(show: Callable[..., LayersView]) -> None:
    view = show()
    place = view.rows.place_of(2).center()
    QApplication.sendEvent(view.rows, QHelpEvent(QEvent.Type.ToolTip, place, view.rows.mapToGlobal(place)))
    assert QToolTip.text() == view.rows.text_of(2)
    QToolTip.hideText()


def test_the_closer_look_is_painted_and_kept_while_scrubbing(show: Callable[..., LayersView], monitor: Monitor) -> None:
    view = show()
    view.rows.toggle(0)
    view.grab()
    heat = view.rows._heat.cacheKey()
    assert view.rows._heat.width() == 6
    monitor.look_at(2)
    view.grab()
    assert view.rows._heat.cacheKey() == heat
    view.rows.toggle(1)
    view.grab()
    assert view.rows._heat.cacheKey() != heat


def test_a_layer_that_became_all_wrong_or_was_not_seen_yet_is_shown_too(
    show: Callable[..., LayersView], monitor: Monitor, snapshot_of: Callable[..., Snapshot], tiny_samples: Samples
) -> None:
    view = show(2, layers=2)
    whole, nothing = snapshot_of(3, tiny_samples), np.zeros(0, np.float32)
    lost = np.full(4, np.nan, np.float32)
    layers = (
        LayerTrace("1 Conv2d", lost, lost, np.zeros(40, np.int64), np.zeros(41, np.float32)),
        LayerTrace("2 Linear", lost, lost, np.ones(40, np.int64), np.full(41, np.nan, np.float32), 1.0),
    )
    assert monitor.run is not None
    monitor.run.snapshot = Snapshot(
        3, whole.followed, whole.labels, whole.probabilities, ends=2 + np.arange(1, 5) / 4, layers=layers
    )
    monitor.refresh()
    view.rows.toggle(1)
    assert not view.grab().isNull()
    assert "not known yet" in view.rows.text_of(0)
    assert view.rows._look(1).has_many_dead
    # Nothing at all, as in the first moment.
    first = (LayerTrace("1 Conv2d", nothing, nothing, np.zeros(40, np.int64), np.zeros(41, np.float32)),)
    monitor.run.snapshot = Snapshot(3, whole.followed, whole.labels, whole.probabilities, layers=first)
    monitor.refresh()
    assert view.rows.unfolded == -1
    assert not view.grab().isNull()


# A column grows with the zoom, but not beyond 420 pixels.
@pytest.mark.parametrize(("zoom", "width"), [(1.0, 280), (1.0, 340), (1.0, 700), (1.5, 420), (2.0, 420), (2.0, 700)])
def test_nothing_is_wider_than_the_column(
    show: Callable[..., LayersView], qapp: QApplication, zoom: float, width: int
) -> None:
    theme.apply_theme(qapp, "dark", zoom)
    view = show(3, width=width)
    view.rows.toggle(0)
    for _ in range(3):
        QApplication.processEvents()
    assert view.rows.width() <= view._area.viewport().width()
    plan = RowPlan.fitted(view.rows.width())
    assert all(column.width() > theme.px(50) for column in plan.columns)
    assert plan.columns[2].right() <= view.rows.width()
    assert plan.columns[2].bottom() <= plan.height
    assert not view.grab().isNull()


def test_names_stand_beside_the_curves_where_there_is_room(qapp: QApplication) -> None:
    narrow, wide = RowPlan.fitted(WIDE - 1), RowPlan.fitted(WIDE + 1)
    assert narrow.columns[0].top() > narrow.name.top()
    assert wide.columns[0].left() > wide.name.right()
    assert wide.height < narrow.height


@pytest.mark.parametrize(
    ("update", "verdict"), [(1e-3, "healthy"), (5e-2, "large"), (1e-6, "small"), (float("nan"), "")]
)
def test_steps_are_judged_by_their_share_of_the_weights(update: float, verdict: str) -> None:
    assert LayerLook("1 Linear", update=update).verdict == verdict


@given(st.lists(st.integers(0, 50), min_size=1, max_size=40), st.integers(1, 60))
def test_histograms_in_other_bins_keep_their_shape(counts: list[int], bins: int) -> None:
    edges = np.linspace(-1, 1, len(counts) + 1, dtype=np.float32)
    histogram = (np.array(counts, np.float32), edges)
    found = densities(histogram, -1.0, 1.0, bins)
    assert len(found) == bins
    assert found.max() == pytest.approx(1.0 if sum(counts) else 0.0)
    if sum(counts):
        same = densities(histogram, -1.0, 1.0, len(counts))
        assert same == pytest.approx(np.array(counts) / max(counts), abs=1e-4)


def test_weights_that_are_all_the_same_have_a_histogram(qapp: QApplication) -> None:
    same = (np.array([0, 5, 0], np.float32), np.full(4, 0.5, np.float32))
    low, high = span_of([same])
    assert low < 0.5 < high
    assert densities(same, low, high, 8).max() == 1.0
    assert span_of([]) == (0.0, 1.0)


def test_logarithmic_scales_are_bounded_by_powers_of_ten() -> None:
    scale = Scale.of(np.array([0.003, 7.0, np.nan, 0.0, -1.0], np.float32))
    assert (scale.low, scale.high) == pytest.approx((1e-3, 10.0))
    assert scale.share(np.array([1e-3, 0.1, 10.0, 0.0, 1e9])).tolist() == pytest.approx([0, 0.5, 1, 0, 1])
    assert np.isnan(scale.share(np.array([np.nan]))).all()
    assert len(scale.powers()) <= 4
    assert Scale.of(np.zeros(0)).high == 1.0


def test_curves_have_gaps_and_few_points_and_the_newest_always() -> None:
    from PySide6.QtCore import QRectF

    place, scale = QRectF(0, 0, 1000, 10), Scale(0.0, 1.0)
    x = np.arange(1000, dtype=np.float64)
    y = np.linspace(0, 1, 1000)
    (whole,) = curve_parts(x, y, scale, place, (0.0, 999.0))
    assert len(whole) <= MOST_POINTS
    assert whole[-1].x() == pytest.approx(1000)
    broken = np.array([0.1, np.nan, 0.3, 0.4])
    parts = curve_parts(np.arange(4.0), broken, scale, place, (0.0, 3.0))
    assert [len(part) for part in parts] == [1, 2]
    assert curve_parts(np.zeros(0), np.zeros(0), scale, place, (0.0, 1.0)) == []


def test_numbers_are_written_as_they_are_read_best() -> None:
    numbers = (0.0, 0.123, 12.3, 345.6, 0.00123, -2.5e-7, 1e6, float("nan"))
    texts = ["0", "0.12", "12", "346", "1.2×10⁻³", "−2.5×10⁻⁷", "1.0×10⁶", "–"]
    assert [scientific(number) for number in numbers] == texts
    assert [power_tick(value) for value in (1e-6, 0.1, 1.0, 100.0, 1e4)] == ["10⁻⁶", "0.1", "1", "100", "10⁴"]
