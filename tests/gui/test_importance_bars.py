"""Bars for how much each field mattered."""

from __future__ import annotations

from PySide6.QtGui import QColor

from lepton_studio.gui import theme
from lepton_studio.gui.widgets.importance_bars import ImportanceBars


def accent_pixels(bars: ImportanceBars, row: int) -> int:
    """How long the bar of a row is, in pixels."""
    image = bars.grab().toImage()
    accent = QColor(theme.tokens().accent).rgb()
    high = bars.height() // len(bars.shares)
    lines = range(row * high, (row + 1) * high)
    return max(sum(image.pixel(x, y) == accent for x in range(image.width())) for y in lines)


def test_a_bar_is_as_long_as_its_share(qtbot) -> None:
    bars = ImportanceBars()
    qtbot.addWidget(bars)
    bars.show_shares({"Learning rate": 0.75, "Batch size": 0.25})
    bars.resize(400, bars.sizeHint().height())
    assert abs(accent_pixels(bars, 0) - 300) < 12
    assert abs(accent_pixels(bars, 1) - 100) < 12
    assert bars.accessibleDescription() == "Learning rate 75 %, Batch size 25 %"


def test_it_is_as_high_as_it_has_rows(qtbot) -> None:
    bars = ImportanceBars()
    qtbot.addWidget(bars)
    assert bars.sizeHint().height() == 0
    bars.show_shares({"one": 1.0})
    one = bars.sizeHint().height()
    bars.show_shares({"one": 0.5, "two": 0.5})
    assert bars.sizeHint().height() == 2 * one
