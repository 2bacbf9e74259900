"""The live plot: drawn when it is seen and when there is something new, whatever the numbers are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication, QVBoxLayout, QWidget

from lepton_studio.gui import theme
from lepton_studio.gui.widgets.curve_data import Band, CurveChoices, CurveData, CurveMark, Overlay
from lepton_studio.gui.widgets.curve_ground import CurveGround
from lepton_studio.gui.widgets.curve_painter import CurvePainter
from lepton_studio.gui.widgets.curve_picture import CurvePicture
from lepton_studio.gui.widgets.curve_plot import CurvePlot
from lepton_studio.gui.widgets.curve_thinning import TREND_POINTS

SOURCE = object()


@pytest.fixture
def plot(qtbot: Any) -> CurvePlot:
    widget = CurvePlot("Loss", log=None)
    widget.set_placeholder("Here you will see the loss.")
    qtbot.addWidget(widget)
    widget.resize(500, 300)
    widget.show()
    qtbot.waitExposed(widget)
    return widget


@pytest.fixture
def draws(monkeypatch: pytest.MonkeyPatch) -> list[CurvePicture]:
    """What was drawn."""
    return noting(monkeypatch, CurvePainter)


def noting(monkeypatch: pytest.MonkeyPatch, painter: Any) -> list[CurvePicture]:
    drawn: list[CurvePicture] = []
    paint = painter.paint

    def note(self: Any, picture: CurvePicture) -> None:
        drawn.append(picture)
        paint(self, picture)

    monkeypatch.setattr(painter, "paint", note)
    return drawn


def curve(values: object, validation: tuple[float, ...] = (), per_epoch: int = 10, **more: Any) -> CurveData:
    batches = np.asarray(values, np.float32)
    ends = np.arange(1, len(batches) + 1) / per_epoch
    return CurveData(batches, ends, validation, validation, **{"source": SOURCE, **more})


def falling(count: int, start: float = 2.0) -> np.ndarray:
    return np.linspace(start, 0.1, count, dtype=np.float32)


def seen(plot: CurvePlot) -> CurvePicture:
    """What the plot shows now."""
    plot.repaint()
    return plot._current()


def wheel(
    plot: CurvePlot, at: QPointF, notches: int, keys: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier
) -> None:
    event = QWheelEvent(
        at, plot.mapToGlobal(at), QPoint(0, 0), QPoint(0, 120 * notches), Qt.MouseButton.NoButton, keys,
        Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(plot, event)


def place(plot: CurvePlot, epoch: float, share: float = 0.5) -> QPoint:
    """A pixel at some epoch, so far down the paper."""
    picture = seen(plot)
    return QPoint(round(picture.x.pixel(epoch)), round(picture.paper.top() + share * picture.paper.height()))


@pytest.mark.parametrize("data", [None, curve([])], ids=["no run", "no batch"])
def test_an_empty_plot_says_what_it_will_show(plot: CurvePlot, data: CurveData | None) -> None:
    plot.show_data(curve(falling(5)))
    assert not plot._placeholder.isVisible()
    plot.show_data(data)
    plot.grab()
    assert plot.is_empty
    assert plot._placeholder.isVisible()


def test_batches_trend_and_epochs_are_drawn_where_they_belong(plot: CurvePlot) -> None:
    plot.show_data(curve(falling(20), (1.5, 0.75)))
    picture = seen(plot)
    x, y = picture.points(picture.data.ends, picture.data.batches, smooth=False)
    np.testing.assert_allclose([picture.x.value(each) for each in x], np.arange(1, 21) / 10)
    np.testing.assert_allclose([picture.y.value(each) for each in y], falling(20), rtol=1e-5)
    assert len(picture.trend) == 20
    x, y = picture.epoch_points(picture.data.validation)
    assert [picture.x.value(each) for each in x] == pytest.approx([1, 2])
    assert [picture.y.value(each) for each in y] == pytest.approx([1.5, 0.75])
    assert picture.paper.contains(QPointF(x[0], y[0]))


def test_batches_of_another_size_lie_where_they_ended(plot: CurvePlot) -> None:
    ends = np.concatenate([np.arange(1, 11) / 10, 1 + np.arange(1, 6) / 5])
    plot.show_data(CurveData(falling(15), ends, source=SOURCE))
    picture = seen(plot)
    x, _ = picture.points(picture.data.ends, picture.data.batches, smooth=False)
    assert np.diff(x)[-1] == pytest.approx(2 * np.diff(x)[0])


def test_a_hidden_plot_draws_nothing_and_catches_up_when_it_is_shown(plot: CurvePlot, draws: list[Any]) -> None:
    plot.hide()
    for count in range(1, 50):
        plot.show_data(curve(falling(count)))
    QApplication.processEvents()
    assert draws == []
    plot.show()
    QApplication.processEvents()
    assert len(draws) == 1
    assert len(draws[0].data.batches) == 49


def test_what_is_drawn_already_is_not_drawn_again(plot: CurvePlot, draws: list[Any]) -> None:
    for _ in range(5):
        plot.show_data(curve(falling(10), (1.0,)))
        plot.repaint()
    assert len(draws) == 1
    for data in (curve(falling(11), (1.0,)), curve(falling(11), (1.0, 0.5)), curve(falling(11), (1.0, 0.5), best=2)):
        plot.show_data(data)
        plot.repaint()
    assert len(draws) == 4


def test_what_rests_is_painted_once_while_the_curves_grow(plot: CurvePlot, monkeypatch: pytest.MonkeyPatch) -> None:
    grounds = noting(monkeypatch, CurveGround)
    plot.set_overlays([Overlay("Other", 0, falling(90), np.arange(1, 91) / 10, (1.0,))])
    for count in range(51, 60):
        plot.show_data(curve(falling(count)))
        plot.repaint()
    assert len(grounds) == 1
    plot.set_overlays([])
    plot.repaint()
    assert len(grounds) == 2


def test_pointing_paints_no_curve_anew(plot: CurvePlot, draws: list[Any], qtbot: Any) -> None:
    plot.show_data(curve(falling(30)))
    plot.repaint()
    for epoch in (0.5, 1.0, 2.5):
        qtbot.mouseMove(plot, place(plot, epoch))
        plot.repaint()
    assert plot.span.pointer == pytest.approx(2.5)
    assert len(draws) == 1


@pytest.mark.parametrize("count", [5, 10, 30], ids=["shorter", "as long", "longer"])
@pytest.mark.parametrize("hidden", [False, True], ids=["seen", "hidden meanwhile"])
def test_another_run_has_a_trend_of_its_own(plot: CurvePlot, count: int, hidden: bool) -> None:
    plot.show_data(curve(np.full(10, 9.0)))
    seen(plot)
    if hidden:
        plot.hide()
    plot.show_data(curve(np.full(count, 1.0), source=object()))
    plot.show()
    np.testing.assert_allclose(seen(plot).trend, np.ones(count))
    assert seen(plot).y.high == pytest.approx(1.05, rel=0.1)


@pytest.mark.parametrize("log", [False, True], ids=["even", "powers of ten"])
@pytest.mark.parametrize("values", [
    [np.nan] * 5, [np.inf] * 5, [np.nan, 1, 2], [1, np.nan, 2, np.inf, -np.inf, 3], [1e30, 3e38, 1], [0.0] * 4, [5.0],
    [-1.0, 2.0], [0.0, 1e-30, 1.0],
], ids=["nan", "inf", "nan first", "mixed", "huge", "zero", "one", "negative", "tiny"])  # fmt: skip
def test_numbers_that_diverged_are_borne(plot: CurvePlot, values: list[float], log: bool) -> None:
    for clip in (True, False):
        plot.set_choices(CurveChoices(log=log, clip=clip))
        marks = (CurveMark(2.0, "not a number since batch 2", is_bad=True),)
        plot.show_data(curve(values, (np.nan, 1.0, np.inf), per_epoch=1, marks=marks, best=2))
        plot.grab()
        plot.show_data(curve([*values, 2.0], (np.nan, 1.0, np.inf), per_epoch=1))
        plot.span.point(2.0)
        plot.grab()
        picture = seen(plot)
        assert np.isfinite([picture.y.low, picture.y.high]).all()
        assert picture.y.low < picture.y.high
        x, y = picture.points(picture.data.ends, picture.data.batches, smooth=False)
        assert np.isfinite(x).all()
        assert np.isfinite(y).all()


def test_outliers_do_not_squeeze_the_rest_unless_they_are_wanted(plot: CurvePlot) -> None:
    plot.show_data(curve(np.concatenate([[1000.0], np.full(500, 1.0)])))
    picture = seen(plot)
    assert picture.y.high < 2
    assert picture.note == "▲ 1 batch is higher"
    plot.set_choices(CurveChoices(clip=False))
    assert seen(plot).y.high >= 1000
    assert seen(plot).note == ""


def test_a_hundred_thousand_batches_are_drawn_with_few_points(plot: CurvePlot) -> None:
    values = falling(100_000)
    values[54_321] = 1.9
    for count in (99_999, 100_000):
        plot.show_data(curve(values[:count], per_epoch=1000))
        plot.grab()
    picture = seen(plot)
    x, y = picture.points(picture.data.ends, picture.data.batches, smooth=False)
    assert len(x) < 3 * picture.paper.width()
    assert picture.y.value(y[(x > picture.x.pixel(50))].min()) == pytest.approx(1.9, rel=0.01)
    assert len(picture.points(picture.data.ends, picture.trend, smooth=True)[0]) <= TREND_POINTS + 2


def test_accuracy_ends_at_a_hundred_percent(qtbot: Any) -> None:
    plot = CurvePlot("Accuracy", unit="%", highest=100.0)
    qtbot.addWidget(plot)
    plot.show()
    plot.set_choices(CurveChoices(log=True))
    plot.show_data(curve([10, 50, 99]))
    picture = seen(plot)
    assert picture.y.low <= 0
    assert 100 <= picture.y.high < 110
    assert not picture.y.log
    assert picture.title == "Accuracy (%)"


@pytest.mark.parametrize(
    ("window", "first"), [(0, 0.0), (200, 80.0), (1000, 0.0), (-1, 99.0)], ids=["all", "200", "too many", "last epoch"]
)
def test_the_last_batches_alone_can_be_seen(plot: CurvePlot, window: int, first: float) -> None:
    plot.set_choices(CurveChoices(window=window))
    plot.show_data(curve(falling(1000)))
    assert seen(plot).x.low == pytest.approx(first)
    if first:
        assert seen(plot).x.high == pytest.approx(100)
        # The y axis fits what is seen.
        assert seen(plot).y.high < 0.7


def test_smoothing_can_be_stronger_weaker_and_none(plot: CurvePlot) -> None:
    values = np.random.default_rng(1).normal(1, 0.2, 400).astype(np.float32)
    spread = []
    for smoothing in (1, 5, 50):
        plot.set_choices(CurveChoices(smoothing=smoothing))
        plot.show_data(curve(values))
        spread.append(float(np.diff(seen(plot).trend).std()))
    np.testing.assert_array_equal(sorted(spread, reverse=True), spread)
    assert spread[0] == pytest.approx(float(np.diff(values).std()))


def test_the_wheel_looks_closer_at_the_place_below_it_and_a_double_click_shows_all(plot: CurvePlot, qtbot: Any) -> None:
    plot.show_data(curve(falling(100)))
    whole, at = seen(plot), place(plot, 4.0)
    wheel(plot, QPointF(at), 3)
    closer = seen(plot)
    assert closer.x.high - closer.x.low < 0.6 * (whole.x.high - whole.x.low)
    assert closer.x.value(at.x()) == pytest.approx(whole.x.value(at.x()), abs=0.01)
    assert (closer.y.low, closer.y.high) != (whole.y.low, whole.y.high)
    wheel(plot, QPointF(at), 2, Qt.KeyboardModifier.ControlModifier)
    higher = seen(plot)
    assert (higher.x.low, higher.x.high) == (closer.x.low, closer.x.high)
    assert higher.y.high - higher.y.low < 0.7 * (closer.y.high - closer.y.low)
    assert plot.is_zoomed
    qtbot.mouseDClick(plot, Qt.MouseButton.LeftButton, pos=at)
    assert not plot.is_zoomed
    assert (seen(plot).x, seen(plot).y) == (whole.x, whole.y)


def test_a_pull_moves_the_paper_and_is_no_click(plot: CurvePlot, qtbot: Any) -> None:
    clicks: list[float] = []
    plot.place_clicked.connect(clicks.append)
    plot.show_data(curve(falling(100)))
    at = place(plot, 5.0)
    wheel(plot, QPointF(at), 4)
    before = seen(plot).x
    qtbot.mousePress(plot, Qt.MouseButton.LeftButton, pos=at)
    for step in (10, 25, 40):
        qtbot.mouseMove(plot, at + QPoint(step, 0))
    qtbot.mouseRelease(plot, Qt.MouseButton.LeftButton, pos=at + QPoint(40, 0))
    assert before.low - seen(plot).x.low == pytest.approx(before.value(40) - before.value(0), rel=0.01)
    assert clicks == []
    qtbot.mouseClick(plot, Qt.MouseButton.LeftButton, pos=place(plot, seen(plot).x.value(at.x())))
    assert clicks == [pytest.approx(seen(plot).x.value(at.x()), abs=0.02)]


def test_the_view_ends_at_the_start_and_behind_the_end(plot: CurvePlot, qtbot: Any) -> None:
    plot.show_data(curve(falling(100)))
    wheel(plot, QPointF(place(plot, 1.0)), 5)
    qtbot.mousePress(plot, Qt.MouseButton.LeftButton, pos=place(plot, 1.0))
    qtbot.mouseMove(plot, QPoint(250, 100))
    qtbot.mouseMove(plot, QPoint(490, 100))
    qtbot.mouseRelease(plot, Qt.MouseButton.LeftButton, pos=QPoint(490, 100))
    assert seen(plot).x.low == 0
    wheel(plot, QPointF(place(plot, 1.0)), 200)
    assert seen(plot).x.high - seen(plot).x.low >= 1
    wheel(plot, QPointF(place(plot, 1.0)), -300)
    assert (seen(plot).x.low, seen(plot).x.high) == (0, 10)
    assert not plot.is_zoomed


def test_keys_do_what_the_mouse_does(plot: CurvePlot, qtbot: Any) -> None:
    plot.show_data(curve(falling(100)))
    plot.setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.keyClick(plot, Qt.Key.Key_Plus)
    qtbot.keyClick(plot, Qt.Key.Key_Plus)
    closer = seen(plot).x
    assert closer.high - closer.low == pytest.approx(6.4)
    qtbot.keyClick(plot, Qt.Key.Key_Right)
    assert seen(plot).x.low > closer.low
    qtbot.keyClick(plot, Qt.Key.Key_Left)
    assert seen(plot).x.low == pytest.approx(closer.low)
    qtbot.keyClick(plot, Qt.Key.Key_Minus)
    assert seen(plot).x.high - seen(plot).x.low > 6.5
    qtbot.keyClick(plot, Qt.Key.Key_Home)
    assert not plot.is_zoomed


def test_a_view_that_a_person_has_zoomed_stays_until_another_run_begins(plot: CurvePlot) -> None:
    plot.show_data(curve(np.ones(50)))
    plot.span.zoom(2, 4)
    plot.show_data(curve(np.ones(90)))
    assert (seen(plot).x.low, seen(plot).x.high) == pytest.approx((2, 4))
    plot.show_data(curve(np.ones(15), source=object()))
    assert (seen(plot).x.low, seen(plot).x.high) == pytest.approx((0, 1.5))


def test_linked_plots_share_epochs_crosshair_and_what_is_looked_back_at(qtbot: Any) -> None:
    plot, other, around = CurvePlot("Loss"), CurvePlot("Accuracy"), QWidget()
    other.link(plot)
    qtbot.addWidget(around)
    layout = QVBoxLayout(around)
    for each in (plot, other):
        layout.addWidget(each)
    around.resize(500, 500)
    around.show()
    for each in (plot, other):
        each.show_data(curve(falling(30)))
    wheel(plot, QPointF(place(plot, 1.5)), 2)
    assert seen(other).x.low == seen(plot).x.low > 0
    qtbot.mouseMove(other, place(other, 1.5))
    assert plot.span.pointer == pytest.approx(1.5)
    plot.span.look_back(2)
    assert seen(other).epoch == (2, "epoch 2")


def test_the_line_of_the_epoch_can_be_pulled_along(plot: CurvePlot, qtbot: Any) -> None:
    places: list[float] = []
    plot.place_dragged.connect(places.append)
    plot.show_data(curve(falling(100), (1.0,) * 10))
    plot.span.look_back(3)
    qtbot.mousePress(plot, Qt.MouseButton.LeftButton, pos=place(plot, 3.0))
    for epoch in (3.5, 5.0, 6.0):
        qtbot.mouseMove(plot, place(plot, epoch))
    qtbot.mouseRelease(plot, Qt.MouseButton.LeftButton, pos=place(plot, 6.0))
    assert places[-1] == pytest.approx(6, abs=0.05)
    assert not plot.is_zoomed


def test_other_runs_and_bands_widen_the_axes_and_are_drawn(plot: CurvePlot, draws: list[CurvePicture]) -> None:
    plot.show_data(curve(falling(20)))
    assert seen(plot).x.high == 2
    x = np.arange(1, 41) / 10
    before = plot.grab().toImage()
    plot.set_overlays([Overlay("Other", 3, np.full(40, 4.0, np.float32), x, (4.0, 4.0))])
    plot.set_bands([Band("Seeds", 1, x, np.full(40, 2.0), np.full(40, 1.0), np.full(40, 5.5))])
    picture = seen(plot)
    assert (picture.x.high, picture.y.high > 5.5) == (4, True)
    assert plot.grab().toImage() != before
    np.testing.assert_array_equal(draws[-1].overlays[0][1], np.full(40, 4.0))
    names = {name: height for name, height, _ in plot.others_at(3.0)}
    assert names == {"Other": pytest.approx(4), "Seeds": pytest.approx(2)}


def test_an_overlay_is_drawn_before_there_is_a_run(plot: CurvePlot) -> None:
    plot.set_overlays([Overlay("Other", 0, falling(20), np.arange(1, 21) / 10)])
    plot.grab()
    assert not plot.is_empty
    assert not plot._placeholder.isVisible()


def test_the_best_epoch_is_marked_with_its_value(plot: CurvePlot) -> None:
    plot.show_data(curve(falling(30), (0.5, 0.25, 0.75), best=2))
    assert seen(plot).best == "best: 0.25 in epoch 2"
    plot.show_data(curve(falling(30), (0.5, np.nan, 0.75), best=2))
    plot.grab()
    assert seen(plot).best == ""


def test_lines_end_at_the_edge_of_the_paper(plot: CurvePlot) -> None:
    plot.show_data(curve(falling(100), tuple(np.linspace(2, 0.1, 10))))
    plot.span.zoom(2.5, 4.5)
    picture = seen(plot)
    x, _ = picture.cut(*picture.epoch_points(picture.data.validation))
    assert (x[0], x[-1]) == pytest.approx((picture.x.start, picture.x.stop))
    assert picture.x.value(x[1]) == pytest.approx(3)
    across = picture.cut(np.array([100.0, 200.0]), np.array([150.0, -5000.0]))
    assert len(across[0]) == 3
    assert across[1].min() >= picture.paper.top() - 5
    # The slope inside is as it was.
    assert (across[1][1] - 150) / (across[0][1] - 100) == pytest.approx(-51.5)


@pytest.mark.parametrize("zoom", [1.0, 1.5, 2.0])
def test_colours_and_sizes_follow_the_theme(plot: CurvePlot, qapp: Any, zoom: float) -> None:
    theme.apply_theme(qapp, "dark", zoom)
    plot.show_data(curve(falling(10)))
    image = plot.grab().toImage()
    paper = seen(plot).paper.toRect()
    colours = {
        image.pixelColor(x, y).name().upper()
        for x in range(paper.left(), paper.right(), 2)
        for y in range(paper.top(), paper.bottom())
    }
    assert {theme.DARK.surface, theme.DARK.train} <= colours
    theme.apply_theme(qapp, "light", 1.0)
    assert plot.grab().toImage().pixelColor(100, 10).name().upper() == theme.LIGHT.surface


def test_the_plot_says_what_it_is(plot: CurvePlot) -> None:
    assert plot.accessibleName() == "Loss"


def test_nothing_is_kept_of_what_a_run_before_had_drawn(plot: CurvePlot, draws: list[Any]) -> None:
    make: Callable[[float], CurveData] = lambda value: curve(np.full(10, value))  # noqa: E731
    for data in (make(1.0), None, make(1.0)):
        plot.show_data(data)
        plot.repaint()
    assert not plot.is_empty
    assert len(draws) == 2
