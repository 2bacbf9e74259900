"""Paints the thumbnails of a grid: pictures row by row, captions, marks, the frame of the chosen one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QLineF, QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetrics, QImage, QPainter, QPen

from lepton_studio.gui import theme
from lepton_studio.gui.widgets.painting import (
    Bytes,
    colour_pictures,
    faded,
    image_of,
    paint_placeholder,
    resized_pictures,
)
from lepton_studio.gui.widgets.shown_pictures import ShownPictures
from lepton_studio.gui.widgets.strip_cache import StripCache
from lepton_studio.gui.widgets.thumbnail_plan import ThumbnailPlan

CAPTION_PIXELS = 11

# A tick in a disc of diameter 1, from its middle.
TICK = ((-0.22, 0.02), (-0.06, 0.18), (0.24, -0.16))

Caption = Literal["none", "class", "number"]


class ThumbnailPainter:
    """Paints by a plan, scrolled by an offset."""

    def __init__(self, painter: QPainter, plan: ThumbnailPlan, offset: int, strips: StripCache | None = None) -> None:
        self._painter = painter
        self._strips = strips or StripCache()
        self._plan = plan
        self._offset = offset
        self._ratio = painter.device().devicePixelRatioF()
        self._colours = theme.tokens()

    def paint_rows(self, shown: ShownPictures, rows: range, caption: Caption) -> None:
        """Paints these rows of pictures with their captions, where the plan has room for them, and marks."""
        for row in rows:
            slots = self._plan.row_slots(row)
            positions = shown.positions(slots)
            self._paint_pictures(row, shown, positions)
            if self._plan.caption:
                named = [str(at) if caption == "number" else shown.class_name(int(at)) for at in positions]
                self._paint_captions(slots, named)
            if shown.marks is not None:
                self._paint_marks([slots[at] for at in np.flatnonzero(shown.marks[positions])])

    def _paint_pictures(self, row: int, shown: ShownPictures, positions: NDArray[np.int64]) -> None:
        """Paints a row of pictures as one strip in screen pixels, so that all of them stay sharp."""
        if not len(positions) or not shown.images[:1].size:
            return
        plan, side = self._plan, max(1, round(self._plan.side * self._ratio))
        look = (side, plan.columns, plan.pitch, plan.margin, self._ratio)
        strip = self._strips.strip(row, look, lambda: self._strip(shown.images[positions], side))
        # Pictures that are not square stand in the middle of their place.
        top = round((plan.top(row) - self._offset) * self._ratio) + (side - strip.height()) // 2
        target = QRectF(0, top / self._ratio, strip.width() / self._ratio, strip.height() / self._ratio)
        self._painter.drawImage(target, strip)

    def _strip(self, pictures: Bytes, side: int) -> QImage:
        """A row of pictures in screen pixels, with nothing between them."""
        small = colour_pictures(resized_pictures(pictures, side))
        count, height, width = small.shape[:3]
        lefts = np.array([round(self._plan.left(column) * self._ratio) for column in range(count)])
        columns = (lefts[:, None] + (side - width) // 2 + np.arange(width)).ravel()
        strip = np.zeros((height, max(columns[-1] + 1, 1), 4), dtype=np.uint8)
        strip[:, columns, :3] = small.transpose(1, 0, 2, 3).reshape(height, count * width, 3)
        strip[:, columns, 3] = 255
        return image_of(strip)

    def _paint_captions(self, slots: Iterable[int], texts: list[str]) -> None:
        """Writes a line under each picture, shortened to its width."""
        font = theme.font_of(CAPTION_PIXELS)
        metrics = QFontMetrics(font)
        self._painter.setFont(font)
        self._painter.setPen(QColor(self._colours.second_text))
        for slot, text in zip(slots, texts, strict=True):
            place = self._place(slot)
            line = QRect(place.left(), place.bottom() + 1, place.width(), self._plan.caption)
            shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, line.width())
            self._painter.drawText(line, Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignBottom, shown)

    def _paint_marks(self, slots: Iterable[int]) -> None:
        """Puts a cross on a disc into the corner: the shape says "wrong", not the colour alone."""
        size = min(theme.px(16), max(theme.px(10), self._plan.side * 0.28))
        painter = self._painter
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        disc_pen = QPen(QColor(self._colours.surface), size * 0.12)
        cross_pen = QPen(QColor(self._colours.surface), size * 0.13)
        cross_pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        for slot in slots:
            place = self._place(slot)
            middle = QPointF(place.right() + 1 - size * 0.42, place.top() + size * 0.42)
            painter.setPen(disc_pen)
            painter.setBrush(QColor(self._colours.bad))
            painter.drawEllipse(middle, size / 2, size / 2)
            painter.setPen(cross_pen)
            arm = size * 0.19
            falling = QPointF(arm, arm)
            rising = QPointF(arm, -arm)
            painter.drawLines([QLineF(middle - falling, middle + falling), QLineF(middle - rising, middle + rising)])
        painter.restore()

    def paint_frame(self, slot: int, focused: bool) -> None:
        """Frames the chosen picture, a little away from it so that its edge stays visible."""
        width = theme.px(2)
        outer = QRectF(self._place(slot)).adjusted(-width, -width, width, width)
        painter = self._painter
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        pen = QPen(QColor(self._colours.accent if focused else self._colours.second_text), width)
        painter.setPen(pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(outer, width, width)
        painter.restore()

    def paint_selected(self, slots: Iterable[int]) -> None:
        """Frames pictures that are selected, and puts a tick into a corner: not the colour alone."""
        painter, colours = self._painter, self._colours
        size, width = min(theme.px(16), max(theme.px(9), self._plan.side * 0.28)), theme.px(2)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        frame, tick = QPen(QColor(colours.accent), width), QPen(QColor(colours.surface), size * 0.14)
        tick.setCapStyle(Qt.PenCapStyle.RoundCap)
        for slot in slots:
            place = QRectF(self._place(slot))
            painter.setPen(frame)
            painter.setBrush(faded(colours.accent, 0.22))
            painter.drawRect(place)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(colours.accent))
            middle = QPointF(place.left() + size * 0.5, place.top() + size * 0.5)
            painter.drawEllipse(middle, size / 2, size / 2)
            painter.setPen(tick)
            painter.drawPolyline([middle + QPointF(x * size, y * size) for x, y in TICK])
        painter.restore()

    def paint_note(self, viewport: QRect, text: str, slot: int | None) -> None:
        """Shows the number that is being typed, at the edge that is farther from the chosen picture."""
        font = theme.font_of(theme.BODY_PIXELS, semibold=True)
        metrics = QFontMetrics(font)
        padding = theme.px(theme.GAP_SMALL)
        box = QRectF(0, 0, metrics.horizontalAdvance(text) + 2 * padding, metrics.height() + padding)
        is_low = slot is not None and self._place(slot).center().y() > viewport.center().y() - 1
        edge = padding if is_low else viewport.height() - padding - box.height()
        box.moveTopLeft(QPointF((viewport.width() - box.width()) / 2, edge))
        painter = self._painter
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QColor(self._colours.line))
        painter.setBrush(QColor(self._colours.raised))
        painter.drawRoundedRect(box, theme.px(theme.RADIUS), theme.px(theme.RADIUS))
        painter.setFont(font)
        painter.setPen(QColor(self._colours.text))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)
        painter.restore()

    def paint_focus(self, viewport: QRect) -> None:
        """Shows that the keyboard speaks to the grid while no picture is chosen."""
        self._painter.setPen(QPen(QColor(self._colours.accent), theme.px(2)))
        self._painter.setBrush(Qt.BrushStyle.NoBrush)
        half = theme.px(1)
        self._painter.drawRect(viewport.adjusted(half, half, -half, -half))

    def paint_placeholder(self, viewport: QRect, text: str) -> None:
        """Writes what the grid will show."""
        paint_placeholder(self._painter, viewport, text)

    def _place(self, slot: int) -> QRect:
        return self._plan.place(slot).translated(0, -self._offset)
