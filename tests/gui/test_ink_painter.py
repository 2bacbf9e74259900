"""Ink on the canvas: a part that is painted anew looks as if all had been."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QColor, QImage, QPainter

from lepton_studio.gui.widgets.drawn_ink import PadStroke
from lepton_studio.gui.widgets.ink_painter import paint_stroke
from lepton_studio.gui.widgets.stroke_under_way import StrokeUnderWay

SIDE = 200
SQUARE = QRectF(0, 0, SIDE, SIDE)
BLACK = QColor("black")


def scribble(count: int) -> PadStroke:
    """A line that comes back to where it was again and again."""
    along = np.linspace(0, 25, count)
    xs, ys = 0.5 + 0.4 * np.cos(along) * np.cos(along * 0.13), 0.5 + 0.4 * np.sin(along * 1.1)
    return PadStroke(tuple(zip(xs.tolist(), ys.tolist(), strict=True)), 0.02)


def pixels(sheet: QImage) -> NDArray[np.uint8]:
    """The grey levels of a picture."""
    grey = sheet.convertToFormat(QImage.Format.Format_Grayscale8)
    return np.array(grey.constBits(), np.uint8).reshape(SIDE, grey.bytesPerLine())[:, :SIDE]


def painted(stroke: PadStroke, clip: QRectF | None = None) -> QImage:
    sheet = QImage(SIDE, SIDE, QImage.Format.Format_RGB32)
    sheet.fill(QColor("white"))
    with QPainter(sheet) as painter:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if clip is not None:
            painter.setClipRect(clip)
        paint_stroke(painter, stroke, SQUARE, BLACK)
    return sheet


@pytest.mark.parametrize("count", [1, 2, 3, 4, 700])
@pytest.mark.parametrize("clip", [(0, 0, 60, 200), (80, 90, 30, 20), (150, 150, 50, 50)])
def test_a_part_looks_as_if_all_had_been_painted(qapp: object, count: int, clip: tuple[int, int, int, int]) -> None:
    stroke = scribble(count)
    part = painted(stroke, QRectF(*clip)).copy(*clip)
    assert part == painted(stroke).copy(*clip)


def test_the_line_goes_through_points_that_lie_far_apart(qapp: object) -> None:
    sheet = painted(PadStroke(((0.1, 0.1), (0.9, 0.1), (0.9, 0.9)), 0.02))
    assert [sheet.pixelColor(x, y) == BLACK for x, y in ((20, 20), (180, 20), (180, 179))] == [True] * 3


def test_the_line_goes_between_points_that_tremble(qapp: object) -> None:
    sheet = painted(PadStroke(tuple((0.2 + 0.02 * step, 0.5 + 0.01 * (step % 2)) for step in range(30)), 0.01))
    rows = [y for y in range(SIDE) if sheet.pixelColor(100, y) != QColor("white")]
    # Through the points it would be three pixels higher at one place than at the next.
    assert rows == [100, 101] or len(rows) <= 3


@pytest.mark.parametrize("seed", range(20))
def test_nothing_of_an_earlier_line_stays_when_a_fast_hand_goes_on(qapp: object, seed: int) -> None:
    random = np.random.default_rng(seed)
    under_way = StrokeUnderWay()
    points = [tuple(random.uniform(0.2, 0.8, 2)) for _ in range(12)]
    under_way.begin(points[0], None, 0.04)
    before = painted(under_way.stroke)
    for point in points[1:]:
        under_way.extend(point, None)
        after, place = painted(under_way.stroke), under_way.newest_place(SQUARE)
        changed = pixels(before) != pixels(after)
        rows, columns = np.nonzero(changed)
        assert place.contains(QPointF(columns.min(), rows.min()))
        assert place.contains(QPointF(columns.max() + 1, rows.max() + 1))
        before = after
