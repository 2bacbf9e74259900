"""The bars of the classes: what they say of imbalance, their heights and their words."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint
from PySide6.QtGui import QAccessible, QColor, QHelpEvent
from PySide6.QtWidgets import QApplication, QToolTip

from lepton_studio.gui import theme
from lepton_studio.gui.widgets import class_counts
from lepton_studio.gui.widgets.class_counts import ClassCounts

NAMES = ("cat", "dog", "owl")


@pytest.fixture
def bars(qtbot) -> ClassCounts:
    widget = ClassCounts()
    qtbot.addWidget(widget)
    widget.resize(600, 120)
    widget.show()
    qtbot.waitExposed(widget)
    return widget


def drawn_texts(bars: ClassCounts, monkeypatch) -> list[str]:
    texts: list[str] = []

    class Spy(class_counts.QPainter):
        def drawText(self, *arguments) -> None:  # noqa: N802
            texts.append(arguments[-1])
            super().drawText(*arguments)

    monkeypatch.setattr(class_counts, "QPainter", Spy)
    bars.grab()
    return texts


def rows_of(bars: ClassCounts, index: int, colour: str) -> int:
    """How many rows of the middle of a bar have a colour."""
    image = bars.grab().toImage()
    x = round((index + 0.5) * bars.width() / len(NAMES))
    ratio = image.devicePixelRatio()
    return sum(
        image.pixelColor(round(x * ratio), y) == QColor(colour) for y in range(round(20 * ratio), image.height())
    )


def test_bars_are_stacked_in_the_colours_of_the_splits(bars) -> None:
    bars.set_counts(NAMES, {"train": [80, 40, 80], "validation": [20, 10, 20], "test": [0, 0, 100]})
    colours = theme.tokens()
    train = [rows_of(bars, index, colours.train) for index in range(3)]
    assert train[0] == train[2] == pytest.approx(2 * train[1], abs=1)
    assert rows_of(bars, 0, colours.validation) == pytest.approx(train[0] / 4, abs=1)
    assert rows_of(bars, 0, colours.test) == 0
    assert rows_of(bars, 2, colours.test) == pytest.approx(train[2] * 100 / 80, abs=1)


def test_legend_totals_and_names_are_written(bars, monkeypatch) -> None:
    bars.set_counts(NAMES, {"train": np.array([5400, 5400, 5400]), "test": np.array([1000, 1000, 1000])})
    texts = drawn_texts(bars, monkeypatch)
    assert texts[:2] == ["Train 16\u202f200", "Test 3\u202f000"]
    assert texts.count("6\u202f400") == 3
    assert set(NAMES) <= set(texts)


def test_no_totals_are_written_where_they_would_touch(bars, monkeypatch) -> None:
    names = tuple(f"{i}" for i in range(62))
    bars.set_counts(names, {"train": [5400] * 62})
    texts = drawn_texts(bars, monkeypatch)
    assert "5\u202f400" not in texts
    assert 10 < sum(text in names for text in texts) < 62


@pytest.mark.parametrize(("least", "is_said"), [(67, False), (66, True), (10, True)])
def test_half_as_many_again_is_called_unbalanced(bars, least, is_said) -> None:
    bars.set_counts(NAMES, {"train": [100, 90, least]})
    assert bool(bars.warning()) is is_said


def test_the_warning_names_the_classes_and_how_many_times(bars, monkeypatch) -> None:
    bars.set_counts(NAMES, {"train": [100, 50, 20], "test": [20, 20, 20]})
    assert bars.warning() == "Unbalanced: 3.0 times as many pictures of cat as of owl"
    assert bars.warning() in drawn_texts(bars, monkeypatch)


def test_a_class_without_pictures_is_named(bars) -> None:
    bars.set_counts(NAMES, {"train": [100, 0, 20]})
    assert bars.warning() == "There is no picture of dog"


@pytest.mark.parametrize("counts", [{}, {"train": []}], ids=["no splits", "no classes"])
def test_nothing_to_count_shows_the_placeholder(bars, counts, monkeypatch) -> None:
    bars.set_placeholder("Nothing loaded")
    bars.set_counts((), counts)
    assert bars.warning() == ""
    assert drawn_texts(bars, monkeypatch) == ["Nothing loaded"]


def test_no_picture_at_all_and_one_class_are_painted_in_peace(bars) -> None:
    bars.set_counts(NAMES, {"train": [0, 0, 0]})
    bars.grab()
    assert bars.warning() == ""
    bars.set_counts(("only",), {"train": [3]})
    bars.resize(20, 20)
    bars.grab()
    assert bars.warning() == ""


@pytest.mark.qt_log_ignore("does not support raise", extend=True)  # a tip on the offscreen platform
def test_the_mouse_at_rest_tells_the_counts_of_a_class(bars) -> None:
    bars.set_counts(NAMES, {"train": [80, 40, 80], "validation": [20, 10, 20]})
    at = QPoint(300, 80)
    QApplication.sendEvent(bars, QHelpEvent(QHelpEvent.Type.ToolTip, at, bars.mapToGlobal(at)))
    assert QToolTip.text() == "dog: Train 40, Validation 10"
    QToolTip.hideText()


def test_screen_readers_hear_a_named_chart_with_its_totals(bars) -> None:
    bars.set_counts(NAMES, {"train": [100, 50, 20]})
    interface = QAccessible.queryAccessibleInterface(bars)
    assert interface.role() == QAccessible.Role.Chart
    assert interface.text(QAccessible.Text.Description).startswith("Train 170. Unbalanced")


def test_counts_of_another_length_are_refused(bars) -> None:
    with pytest.raises(ValueError, match="3 names"):
        bars.set_counts(NAMES, {"train": [1, 2]})


def test_the_names_at_the_edges_lose_no_letter(qtbot, monkeypatch) -> None:
    widget = ClassCounts()
    qtbot.addWidget(widget)
    widget.resize(500, 120)
    widget.set_counts(tuple(f"class {at:03}" for at in range(300)), {"train": np.ones(300, np.int64)})
    places = []
    original = class_counts.QPainter

    class Painter(original):
        def drawText(self, place, flags, text):  # noqa: N802
            if text.startswith("class"):
                places.append(place)
            return super().drawText(place, flags, text)

    monkeypatch.setattr(class_counts, "QPainter", Painter)
    widget.grab()
    assert places
    assert all(place.left() >= 0 and place.right() < 500 for place in places)
