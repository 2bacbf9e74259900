"""The plot of the learning rate finder: a click, a drag and the arrow keys pick what lies there."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt

from lepton_studio.gui.widgets.rate_plot import RatePlot, _ticks

RATES = np.geomspace(1e-7, 1.0, 60)
LOSSES = np.concatenate([np.full(30, 2.3), np.linspace(2.3, 0.5, 20), np.geomspace(0.5, 1e6, 10)])


@pytest.fixture
def plot(qtbot) -> RatePlot:
    plot = RatePlot()
    qtbot.addWidget(plot)
    plot.resize(300, 170)
    plot.show_curve(RATES, LOSSES, LOSSES)
    plot.show()
    qtbot.waitExposed(plot)
    return plot


def press(plot: RatePlot, qtbot, rate: float) -> None:
    qtbot.mouseClick(plot, Qt.MouseButton.LeftButton, pos=QPoint(round(plot.x_of(rate)), 60))


def test_the_suggestion_is_picked_at_first(plot) -> None:
    plot.set_result(0.001, can_pick=True)
    assert plot.picked == 0.001
    assert plot.accessibleDescription() == "Picked: 0.001"


def test_a_click_picks_the_rate_that_lies_there(plot, qtbot) -> None:
    plot.set_result(0.001, can_pick=True)
    with qtbot.waitSignal(plot.rate_picked) as picked:
        press(plot, qtbot, 0.02)
    assert plot.picked == picked.args[0] == pytest.approx(0.02, rel=0.15)
    assert len(f"{plot.picked:.1e}".rstrip("0")) <= len("2.0e-02")


def test_a_drag_goes_on_picking(plot, qtbot) -> None:
    plot.set_result(0.001, can_pick=True)
    qtbot.mousePress(plot, Qt.MouseButton.LeftButton, pos=QPoint(round(plot.x_of(1e-5)), 60))
    qtbot.mouseMove(plot, QPoint(round(plot.x_of(1e-2)), 60))
    qtbot.waitUntil(lambda: plot.picked != pytest.approx(1e-5, rel=0.2))
    assert plot.picked == pytest.approx(1e-2, rel=0.2)
    qtbot.mouseRelease(plot, Qt.MouseButton.LeftButton)


def test_arrow_keys_go_to_the_next_rates(plot, qtbot) -> None:
    plot.set_result(0.001, can_pick=True)
    qtbot.keyClick(plot, Qt.Key.Key_Right)
    assert plot.picked == pytest.approx(0.0011)
    for _ in range(2):
        qtbot.keyClick(plot, Qt.Key.Key_Left)
    assert plot.picked < 0.001


def test_what_was_not_tried_cannot_be_picked(plot, qtbot) -> None:
    plot.set_result(None, can_pick=True)
    press(plot, qtbot, 9.9)
    assert plot.picked == 1.0


def test_nothing_is_picked_while_there_is_no_result(plot, qtbot) -> None:
    plot.set_result(None, can_pick=False)
    press(plot, qtbot, 0.01)
    qtbot.keyClick(plot, Qt.Key.Key_Right)
    assert plot.picked is None


def test_an_explosion_does_not_flatten_what_came_before(plot) -> None:
    low, high = plot._span()
    assert low < 0.5
    assert 2.3 < high < 3


def test_it_paints_curve_and_marks_in_their_colours(plot) -> None:
    from lepton_studio.gui import theme

    def colours() -> set[str]:
        image = plot.grab().toImage()
        return {image.pixelColor(x, y).name() for x in range(image.width()) for y in range(image.height())}

    plot.set_result(None, can_pick=False)
    before = colours()
    plot.set_result(1e-4, can_pick=True)
    plot.pick(1e-2)
    assert theme.tokens().train.lower() in before
    assert theme.tokens().good.lower() not in before
    assert theme.tokens().good.lower() in colours()


@pytest.mark.parametrize(("low", "high"), [(0.0, 2.5), (0.08, 0.1), (1.9, 2.3), (3.0, 1e4)])
def test_a_few_round_numbers_stand_beside_the_axis(low: float, high: float) -> None:
    ticks = _ticks(low, high)
    assert 2 <= len(ticks) <= 6
    assert all(low <= tick <= high for tick in ticks)


def test_an_empty_plot_can_be_painted(qtbot) -> None:
    plot = RatePlot()
    qtbot.addWidget(plot)
    plot.set_result(None, can_pick=True)
    plot.pick(0.1)
    assert not plot.grab().isNull()
    assert plot.picked is None
