"""Ink on the canvas: a part that is painted anew looks as if all had been."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QImage, QPainter

from lepton_studio.gui.widgets.drawn_ink import PadStroke
from lepton_studio.gui.widgets.ink_painter import paint_stroke

SIDE = 200
SQUARE = QRectF(0, 0, SIDE, SIDE)
BLACK = QColor("black")


def scribble(count: int) -> PadStroke:
    """A line that comes back to where it was again and again."""
    along = np.linspace(0, 25, count)
    xs, ys = 0.5 + 0.4 * np.cos(along) * np.cos(along * 0.13), 0.5 + 0.4 * np.sin(along * 1.1)
    return PadStroke(tuple(zip(xs.tolist(), ys.tolist(), strict=True)), 0.02)


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


def test_the_line_goes_through_the_middles_of_its_points(qapp: object) -> None:
    sheet = painted(PadStroke(((0.1, 0.1), (0.9, 0.1), (0.9, 0.9)), 0.02))
    assert sheet.pixelColor(60, 20) == BLACK
    assert sheet.pixelColor(180, 150) == BLACK
    # The corner is rounded.
    assert sheet.pixelColor(178, 22) != BLACK
