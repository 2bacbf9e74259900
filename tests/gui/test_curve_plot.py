"""The live plot: drawn when it is seen and when there is something new, whatever the numbers are."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from lepton_studio.gui import theme
from lepton_studio.gui.widgets.curve_plot import TREND_POINTS, CurveData, CurvePlot, _few_of, _round_up


@pytest.fixture
def plot(qtbot) -> CurvePlot:
    widget = CurvePlot("Loss")
    widget.set_placeholder("Here you will see the loss.")
    qtbot.addWidget(widget)
    widget.resize(500, 300)
    widget.show()
    qtbot.waitExposed(widget)
    return widget


@pytest.fixture
def draws(monkeypatch) -> list[CurveData]:
    """What was drawn."""
    drawn: list[CurveData] = []
    draw = CurvePlot._draw

    def noting(self: CurvePlot, data: CurveData) -> None:
        drawn.append(data)
        draw(self, data)

    monkeypatch.setattr(CurvePlot, "_draw", noting)
    return drawn


def curve(values: object, validation: tuple[float, ...] = (), per_epoch: int = 10) -> CurveData:
    return CurveData(np.asarray(values, np.float32), per_epoch, validation, validation)


def falling(count: int, start: float = 2.0) -> np.ndarray:
    return np.linspace(start, 0.1, count, dtype=np.float32)


def is_plotted(plot: CurvePlot) -> bool:
    return plot._stack.currentIndex() == 1


def top_of(plot: CurvePlot) -> float:
    return plot._plot.getPlotItem().viewRange()[1][1]


def test_pyqtgraph_is_imported_only_when_there_is_something_to_plot(run_python) -> None:
    script = """
import sys
from PySide6.QtWidgets import QApplication
application = QApplication([])
import numpy
from lepton_studio.gui.widgets.curve_plot import CurveData, CurvePlot
plot = CurvePlot("Loss")
plot.show()
plot.show_data(None)
application.processEvents()
print("pyqtgraph" in sys.modules)
plot.show_data(CurveData(numpy.ones(3, numpy.float32), 1))
print("pyqtgraph" in sys.modules)
"""
    assert run_python(script).stdout.split() == ["False", "True"]


@pytest.mark.parametrize("data", [None, curve([])], ids=["no run", "no batch"])
def test_an_empty_plot_says_what_it_will_show(plot, data) -> None:
    plot.show_data(curve(falling(5)))
    assert is_plotted(plot)
    plot.show_data(data)
    assert not is_plotted(plot)
    assert plot._placeholder.isVisible()


def test_batches_trend_and_epochs_are_drawn_where_they_belong(plot) -> None:
    plot.show_data(CurveData(falling(20), 10, (1.0, 0.5), (1.5, 0.75)))
    x, y = plot._raw.getOriginalDataset()
    np.testing.assert_allclose(x, np.arange(1, 21) / 10)
    np.testing.assert_array_equal(y, falling(20))
    assert len(plot._smooth.getOriginalDataset()[1]) == 20
    x, y = plot._epochs.getOriginalDataset()
    assert (x.tolist(), y.tolist()) == ([1, 2], [1.0, 0.5])
    x, y = plot._validation.getOriginalDataset()
    assert (x.tolist(), y.tolist()) == ([1, 2], [1.5, 0.75])


def test_a_hidden_plot_draws_nothing_and_catches_up_when_it_is_shown(plot, draws) -> None:
    plot.hide()
    for count in range(1, 50):
        plot.show_data(curve(falling(count)))
    assert draws == []
    plot.show()
    assert len(draws) == 1
    assert len(plot._raw.getOriginalDataset()[1]) == 49


def test_what_is_drawn_already_is_not_drawn_again(plot, draws) -> None:
    for _ in range(5):
        plot.show_data(curve(falling(10), (1.0,)))
    assert len(draws) == 1
    plot.show_data(curve(falling(11), (1.0,)))
    plot.show_data(curve(falling(11), (1.0, 0.5)))
    plot.show_data(curve(falling(11), (1.0, 0.5), per_epoch=5))
    assert len(draws) == 4


def test_the_trend_follows_and_is_the_same_in_one_go_or_in_many(plot, qtbot) -> None:
    values = falling(200) + np.random.default_rng(0).normal(0, 0.1, 200).astype(np.float32)
    for count in (1, 2, 50, 51, 120, 200):
        plot.show_data(curve(values[:count]))
    other = CurvePlot("Loss")
    qtbot.addWidget(other)
    other.show()
    other.show_data(curve(values))
    np.testing.assert_allclose(plot._trend, other._trend, rtol=1e-4)
    assert np.abs(plot._trend[20:] - falling(200)[20:]).max() < 0.3
    assert np.diff(plot._trend).std() < np.diff(values).std() / 5


@pytest.mark.parametrize("count", [5, 10, 30], ids=["shorter", "as long", "longer"])
@pytest.mark.parametrize("hidden", [False, True], ids=["seen", "hidden meanwhile"])
def test_another_run_has_a_trend_of_its_own(plot, count, hidden) -> None:
    plot.show_data(curve(np.full(10, 9.0)))
    if hidden:
        plot.hide()
    plot.show_data(curve(np.full(count, 1.0)))
    plot.show()
    np.testing.assert_allclose(plot._trend, np.ones(count))
    assert plot._raw.getOriginalDataset()[1].tolist() == [1.0] * count
    assert top_of(plot) == pytest.approx(1.05, rel=0.1)


@pytest.mark.parametrize("values", [
    [np.nan] * 5, [np.inf] * 5, [np.nan, 1, 2], [1, np.nan, 2, np.inf, -np.inf, 3], [1e30, 3e38, 1], [0.0] * 4, [5.0],
], ids=["nan", "inf", "nan first", "mixed", "huge", "zero", "one"])  # fmt: skip
def test_numbers_that_diverged_are_borne(plot, qtbot, values) -> None:
    plot.show_data(curve(values, (np.nan, 1.0, np.inf), per_epoch=1))
    plot.grab()
    plot.show_data(curve([*values, 2.0], (np.nan, 1.0, np.inf), per_epoch=1))
    plot.grab()
    low, high = plot._plot.getPlotItem().viewRange()[1]
    assert np.isfinite([low, high]).all()
    assert low < high


def test_a_batch_without_a_number_does_not_end_the_trend(plot) -> None:
    plot.show_data(curve([2.0, 2.0, np.nan, np.inf, 2.0]))
    np.testing.assert_array_equal(plot._trend, np.full(5, 2.0))


def test_the_first_batches_do_not_squeeze_the_rest(plot) -> None:
    values = np.concatenate([[1000.0], np.full(500, 1.0)])
    plot.show_data(curve(values))
    assert top_of(plot) <= 1100


def test_a_hundred_thousand_batches_are_drawn(plot) -> None:
    values = falling(100_000)
    plot.show_data(curve(values, per_epoch=1000))
    plot.grab()
    plot.show_data(curve(np.append(values, np.float32(0.1)), per_epoch=1000))
    plot.grab()
    assert len(plot._raw.getOriginalDataset()[1]) == 100_001
    # What is painted is a few points for each pixel and not all of them.
    assert len(plot._raw.getData()[1]) < 20_000


def test_accuracy_ends_at_a_hundred_percent(qtbot) -> None:
    plot = CurvePlot("Accuracy", unit="%", highest=100.0)
    qtbot.addWidget(plot)
    plot.show()
    plot.show_data(curve([10, 50, 99]))
    low, high = plot._plot.getPlotItem().viewRange()[1]
    assert low <= 0
    assert 100 <= high < 110
    assert plot._plot.getPlotItem().getAxis("left").labelText == "Accuracy (%)"


def test_linked_plots_share_their_epochs(qtbot, plot) -> None:
    other = CurvePlot("Accuracy")
    other.link(plot)
    qtbot.addWidget(other)
    other.resize(500, 300)
    other.show()
    plot.show_data(curve(falling(30)))
    other.show_data(curve(falling(30)))
    item = plot._plot.getPlotItem()
    item.setXRange(1, 2, padding=0)
    assert other._plot.getPlotItem().viewRange()[0] == pytest.approx(item.viewRange()[0], abs=0.2)


def test_colours_follow_the_theme(plot, qapp) -> None:
    plot.show_data(curve(falling(10)))
    theme.apply_theme(qapp, "dark", 1.0)
    assert plot._plot.backgroundBrush().color().name().upper() == theme.DARK.surface
    assert plot._smooth.opts["pen"].color().name().upper() == theme.DARK.train


def test_the_plot_says_what_it_is(plot) -> None:
    assert plot.accessibleName() == "Loss"


def test_nothing_is_kept_of_what_a_run_before_had_drawn(plot, draws) -> None:
    make: Callable[[float], CurveData] = lambda value: curve(np.full(10, value))  # noqa: E731
    plot.show_data(make(1.0))
    plot.show_data(None)
    plot.show_data(make(1.0))
    assert is_plotted(plot)
    assert len(draws) == 2


@pytest.mark.parametrize(
    ("value", "top"), [(0.0, 1e-6), (0.09, 0.1), (0.1, 0.1), (2.31, 2.5), (2.5, 2.5), (7.0, 8.0), (99.0, 100.0)]
)
def test_the_axis_ends_at_a_round_number_above_the_highest(value: float, top: float) -> None:
    assert _round_up(value) == pytest.approx(top)


@pytest.mark.parametrize("count", [1, 2, 499, 500, 501, 12_345])
def test_a_thinned_line_has_few_points_and_the_last_of_them(count: int) -> None:
    shown = _few_of(count)
    assert len(shown) <= TREND_POINTS
    assert shown[-1] == count - 1
    assert shown[0] < max(1, count / TREND_POINTS) + 1
    assert np.all(np.diff(shown) > 0)


def test_a_view_that_a_person_has_zoomed_stays_until_another_run_begins(qtbot) -> None:
    plot = CurvePlot("Loss")
    qtbot.addWidget(plot)
    plot.resize(400, 300)
    plot.show()
    plot.show_data(CurveData(np.ones(50, np.float32), 10))
    item = plot._plot.getPlotItem()
    item.setXRange(2, 4, padding=0)
    item.getViewBox().sigRangeChangedManually.emit((True, False))
    plot.show_data(CurveData(np.ones(90, np.float32), 10))
    assert item.viewRange()[0] == pytest.approx([2, 4])
    plot.show_data(CurveData(np.ones(15, np.float32), 10))
    assert item.viewRange()[0] == pytest.approx([0, 1.5], abs=0.1)
