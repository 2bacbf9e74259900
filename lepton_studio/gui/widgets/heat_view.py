"""A heat map over the drawing that it explains, large, with sharp pixels whose values can be read."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QWidget

from lepton_studio.gui import theme
from lepton_studio.gui.widgets.heat_colours import drawing_ground, over_ground
from lepton_studio.gui.widgets.painting import Bytes
from lepton_studio.gui.widgets.pixel_view import PixelView
from lepton_studio.gui.widgets.value_colours import short_number

# Ink below a map is paler than ink alone, so that the colours are seen on it.
INK_STRENGTH = 0.45
# A map of another drawing than the one that is shown is so much paler.
OLD_SHARE = 0.35


class HeatView(PixelView):
    """Shows the drawing at once, and the map as soon as it is known."""

    def __init__(self, parent: QWidget | None = None) -> None:
        """Starts empty."""
        super().__init__(parent)
        self._drawing: Bytes | None = None
        self._heat: NDArray[np.float32] | None = None
        self._is_signed = self._is_old = False
        self._opacity = 1.0
        self._marked: NDArray[np.float32] | None = None
        self.setAccessibleName(self.tr("What the answer hangs on"))

    @property
    def heat(self) -> NDArray[np.float32] | None:
        """The map that is shown; None without one."""
        return self._heat

    @property
    def is_old(self) -> bool:
        """Whether the map is of another drawing than the one below it."""
        return self._is_old

    def set_drawing(self, drawing: Bytes | None) -> None:
        """Shows a drawing (C x H x W); a map that is there is marked as one of an older drawing."""
        self._drawing = drawing
        if drawing is None or (self._heat is not None and self._heat.shape != drawing.shape[1:]):
            self._heat = None
        self._is_old = self._heat is not None
        self._compose()

    def set_heat(self, heat: NDArray[np.float32] | None, is_signed: bool, drawing: Bytes) -> None:
        """Shows a map (H x W) of a drawing (C x H x W), or the drawing alone."""
        self._drawing, self._heat, self._is_signed, self._is_old = drawing, heat, is_signed, False
        self._compose()

    def set_opacity(self, opacity: float) -> None:
        """Sets how much the map covers, 0..1."""
        self._opacity = opacity
        self._compose()

    def mark_line(self, places: NDArray[np.float32] | None) -> None:
        """Draws a line over all: M x 2 places in pixels of the drawing; None: none."""
        self._marked = places
        self.update()

    def pixel_text(self, row: int, column: int) -> str:
        """What the map says of a pixel, in words."""
        if self._heat is None:
            return super().pixel_text(row, column)
        value = float(self._heat[row, column])
        text = short_number(value)
        if self._is_signed and value > 0:
            text = f"+{text}"
        return self.tr("row {0}, column {1}: {2}").format(row, column, text)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paints the line over all else."""
        super().paintEvent(event)
        place = self.picture_place()
        if self._marked is None or self._drawing is None or place.isEmpty():
            return
        cell = place.width() / self._drawing.shape[2]
        points = [QPointF(place.left() + x * cell, place.top() + y * cell) for x, y in self._marked.tolist()]
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setClipRect(place)
        colours = theme.tokens()
        # A bright core in a dark hem is seen on every colour of the map.
        for colour, thickness in ((colours.surface, theme.px(6)), (colours.text, theme.px(3))):
            pen = QPen(QColor(colour), thickness)
            pen.setCapStyle(Qt.PenCapStyle.RoundCap)
            pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
            painter.setPen(pen)
            if len(points) > 1:
                painter.drawPolyline(QPolygonF(points))
            else:
                painter.drawPoint(points[0])

    def _compose(self) -> None:
        if self._drawing is None:
            self.set_picture(None)
            return
        strength = INK_STRENGTH if self._heat is not None and self._opacity > 0 else 1.0
        ground = drawing_ground(self._drawing, strength)
        if self._heat is None:
            pixels = np.rint(ground).astype(np.uint8)
        else:
            opacity = self._opacity * (OLD_SHARE if self._is_old else 1.0)
            pixels = over_ground(self._heat, self._is_signed, ground, opacity)
        self.set_picture(pixels.transpose(2, 0, 1))
