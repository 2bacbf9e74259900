"""Confidence against accuracy as a picture."""

from __future__ import annotations

from typing import Any

import pytest

from lepton_studio.gui.widgets.reliability_plot import LEAST_COUNT, ReliabilityBin, ReliabilityPlot


@pytest.fixture
def plot(qtbot: Any) -> ReliabilityPlot:
    made = ReliabilityPlot()
    qtbot.addWidget(made)
    made.resize(320, made.sizeHint().height())
    made.show()
    qtbot.waitExposed(made)
    return made


def test_bins_of_a_few_answers_are_left_out(plot: ReliabilityPlot) -> None:
    bins = [ReliabilityBin(LEAST_COUNT - 1, 0.3, 0.0), ReliabilityBin(LEAST_COUNT, 0.9, 0.8)]
    empty = plot.grab().toImage()
    plot.show_bins(bins, bins)
    assert plot.bins == (bins[1],)
    assert plot.grab().toImage() != empty
    assert plot.accessibleDescription() == "of answers with 90% confidence 80% are right"


def test_nothing_can_be_shown(plot: ReliabilityPlot) -> None:
    plot.show_bins([], [])
    assert plot.bins == ()
    assert not plot.grab().isNull()
