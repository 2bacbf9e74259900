"""The painted charts of a dataset: portraits, histograms and sizes, against their numbers."""

from __future__ import annotations

import numpy as np
import pytest

from lepton_studio.gui.widgets.class_portraits import ClassPortrait, ClassPortraits, heat_picture
from lepton_studio.gui.widgets.histogram_view import HistogramView
from lepton_studio.gui.widgets.size_view import SizeView


def test_cards_break_into_rows_that_the_height_holds(qtbot) -> None:
    widget = ClassPortraits()
    qtbot.addWidget(widget)
    picture = np.full((1, 4, 4), 130.4, np.float32)
    widget.set_portraits([ClassPortrait(str(number), picture, picture, ("Train 3",)) for number in range(7)])
    widget.resize(650, widget.heightForWidth(650))
    assert widget.columns(650) == 3
    assert widget.rect().contains(widget.card_place(6))
    assert widget.card_place(3).top() > widget.card_place(2).bottom()
    image = widget.grab().toImage()
    place = widget.card_place(0)
    assert image.pixelColor(place.left() + 50, place.center().y()).red() == 130


def test_heat_goes_from_violet_to_yellow() -> None:
    picture = heat_picture(np.array([[0, 50, 500]], np.float32), 50)
    assert picture[0].tolist() == [[68, 1, 84], [253, 231, 37], [253, 231, 37]]


@pytest.fixture
def histogram(qtbot) -> HistogramView:
    widget = HistogramView()
    qtbot.addWidget(widget)
    train, test = np.zeros((1, 256), np.int64), np.zeros((1, 256), np.int64)
    train[0, [0, 10, 200]] = 900, 90, 10
    test[0, 0] = 50
    widget.set_levels(
        {"train": train, "validation": test * 0, "test": test}, {"train": "Train"}, ("Grey",), ((33.0, 70.0),)
    )
    return widget


def test_heights_are_shares_or_their_logarithms(histogram) -> None:
    histogram.set_logarithmic(False)
    np.testing.assert_allclose(histogram.heights("train", 0)[[0, 10, 200, 201]], [0.9, 0.09, 0.01, 0])
    assert histogram.heights("test", 0)[0] == 1
    histogram.set_logarithmic(True)
    first, second, third, none = histogram.heights("train", 0)[[0, 10, 200, 201]]
    assert first > second > third > none == 0
    # Equal factors are equal steps.
    decade = 1 / 2.15
    np.testing.assert_allclose(first - second, decade, rtol=1e-9)
    histogram.grab()


def test_a_split_without_pictures_has_no_line(histogram) -> None:
    assert set(histogram._shares) == {"train", "test"}


def test_many_sizes_are_counted_in_squares(qtbot) -> None:
    widget = SizeView()
    qtbot.addWidget(widget)
    widget.resize(500, 300)
    sizes = np.stack([np.arange(1, 641), np.arange(1, 641)], axis=1).astype(np.int32)
    widget.set_sizes(sizes, np.full(640, 2, np.int64), (28, 28))
    assert len(widget._sizes) <= 33
    assert widget._counts.sum() == 1280
    widget.grab()
    widget.clear()
    assert widget.size_at(widget.rect().center()) is None
