"""The strokes of a drawing side by side: each in the colour of what it is worth, and what would be read without it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QAccessible,
    QColor,
    QFontMetrics,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPolygonF,
    QResizeEvent,
)
from PySide6.QtWidgets import QToolTip, QWidget

from lepton_studio.gui import theme
from lepton_studio.gui.widgets.heat_colours import drawing_ground, heat_colours
from lepton_studio.gui.widgets.painted_widget import PaintedWidget
from lepton_studio.gui.widgets.painting import Bytes, image_of

# Designed pixels.
CELL_WIDTH, PICTURE_SIDE, GAP, BAR = 72, 58, 6, 4
GROUND_STRENGTH = 0.25


@dataclass(frozen=True, eq=False)
class StrokeCell:
    """One stroke.

    Attributes:
        drawing: the whole drawing, C x H x W.
        places: M x 2, its line in pixels of the drawing.
        share: what it is worth, as a share of the most that any is, -1..1; above zero it speaks for the answer.
        width: of the line, in pixels of the drawing.
        text: a few words below it.
        is_other: whether the answer would be another one without it.
        tip: the whole sentence.
    """

    drawing: Bytes
    places: NDArray[np.float32]
    share: float
    width: float
    text: str
    is_other: bool
    tip: str


class StrokeStrip(PaintedWidget):
    """As many in a row as there is room for; the one under the mouse, or reached by arrows, is told.

    Signals:
        stroke_hovered: the number of the cell under the mouse; -1: none any more.
    """

    stroke_hovered = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        """Starts empty."""
        super().__init__(parent, QAccessible.Role.List)
        self._cells: tuple[StrokeCell, ...] = ()
        self._hovered = -1
        self._is_old = False
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        policy = self.sizePolicy()
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.setAccessibleName(self.tr("What each stroke is worth"))

    @property
    def cells(self) -> tuple[StrokeCell, ...]:
        """What is shown."""
        return self._cells

    def show_cells(self, cells: Sequence[StrokeCell]) -> None:
        """Shows strokes in the order in which they were drawn."""
        self._cells, self._is_old = tuple(cells), False
        self._hover(self._hovered if self._hovered < len(self._cells) else -1)
        self.setAccessibleDescription(" ".join(cell.tip for cell in self._cells))
        self._fit()
        self.update()

    def mark_old(self) -> None:
        """Pales what is shown: the drawing is another by now."""
        if self._cells and not self._is_old:
            self._is_old = True
            self._hover(-1)
            self.update()

    def cell_place(self, number: int) -> QRectF:
        """Where a cell lies."""
        row, column = divmod(number, self._columns(self.width()))
        step = theme.px(CELL_WIDTH + GAP)
        return QRectF(
            column * step, row * (self._cell_height() + theme.px(GAP)), theme.px(CELL_WIDTH), self._cell_height()
        )

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        rows = -(-len(self._cells) // self._columns(width))
        return max(0, rows * (self._cell_height() + theme.px(GAP)) - theme.px(GAP))

    def sizeHint(self) -> QSize:
        width = max(self.width(), theme.px(CELL_WIDTH))
        return QSize(theme.px(4 * (CELL_WIDTH + GAP)), self.heightForWidth(width))

    def minimumSizeHint(self) -> QSize:
        return QSize(theme.px(CELL_WIDTH), self.heightForWidth(max(self.width(), theme.px(CELL_WIDTH))))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _follow_look(self) -> None:
        self._fit()
        self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        at = next((n for n in range(len(self._cells)) if self.cell_place(n).contains(event.position())), -1)
        if at != self._hovered and not self._is_old:
            self._hover(at)
            QToolTip.showText(event.globalPosition().toPoint(), self._cells[at].tip if at >= 0 else "", self)
        super().mouseMoveEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        self._hover(-1)
        super().leaveEvent(event)

    def focusOutEvent(self, event: QEvent) -> None:
        self._hover(-1)
        super().focusOutEvent(event)  # type: ignore[arg-type]

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()))
        if step is None or not self._cells or self._is_old:
            super().keyPressEvent(event)
        else:
            self._hover(min(max(0, self._hovered + step), len(self._cells) - 1))

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setOpacity(0.4 if self._is_old else 1.0)
        for number, cell in enumerate(self._cells):
            self._paint_cell(painter, self.cell_place(number), cell, number == self._hovered)

    # --- inside

    def _hover(self, number: int) -> None:
        if number != self._hovered:
            self._hovered = number
            self.stroke_hovered.emit(number)
            self.update()

    def _fit(self) -> None:
        height = self.heightForWidth(max(self.width(), theme.px(CELL_WIDTH)))
        if height != self.height() or height != self.minimumHeight():
            self.setFixedHeight(height)
        self.updateGeometry()

    @staticmethod
    def _columns(width: int) -> int:
        return max(1, (width + theme.px(GAP)) // theme.px(CELL_WIDTH + GAP))

    @staticmethod
    def _cell_height() -> int:
        return theme.px(PICTURE_SIDE + BAR + 5) + QFontMetrics(theme.font_of(theme.SMALL_PIXELS)).height()

    def _paint_cell(self, painter: QPainter, place: QRectF, cell: StrokeCell, is_hovered: bool) -> None:
        colours, side = theme.tokens(), theme.px(PICTURE_SIDE)
        square = QRectF(place.center().x() - side / 2, place.top() + 0.5, side, side)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(square, image_of(np.rint(drawing_ground(cell.drawing, GROUND_STRENGTH)).astype(np.uint8)))
        colour, cover = heat_colours(np.array([cell.share], np.float32), is_signed=True)
        line = QColor(*colour[0].tolist())
        # Also what is worth nothing is seen.
        line.setAlphaF(0.25 + 0.75 * float(cover[0]))
        self._paint_line(painter, square, cell, line)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        frame = QPen(QColor(colours.accent if is_hovered else colours.line), theme.px(2) if is_hovered else 1)
        painter.setPen(frame)
        painter.drawRect(square)
        bar = QRectF(square.left(), square.bottom() + theme.px(2), side, theme.px(BAR))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colours.faint_line))
        painter.drawRect(bar)
        # From the middle: to the right for the answer, to the left against it.
        length = cell.share * bar.width() / 2
        painter.setBrush(QColor(*colour[0].tolist()))
        painter.drawRect(QRectF(bar.center().x() + min(length, 0), bar.top(), abs(length), bar.height()))
        font = theme.font_of(theme.SMALL_PIXELS, semibold=cell.is_other)
        painter.setFont(font)
        painter.setPen(QColor(colours.text if cell.is_other else colours.second_text))
        words = QRectF(place.left(), bar.bottom(), place.width(), place.bottom() - bar.bottom())
        text = QFontMetrics(font).elidedText(cell.text, Qt.TextElideMode.ElideRight, int(words.width()))
        painter.drawText(words, Qt.AlignmentFlag.AlignCenter, text)

    @staticmethod
    def _paint_line(painter: QPainter, square: QRectF, cell: StrokeCell, colour: QColor) -> None:
        height, width = cell.drawing.shape[1:]
        across, down = square.width() / width, square.height() / height
        points = [QPointF(square.left() + x * across, square.top() + y * down) for x, y in cell.places.tolist()]
        pen = QPen(colour, max(2.0, cell.width * across))
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
        painter.save()
        painter.setClipRect(square)
        painter.setPen(pen)
        if len(points) > 1:
            painter.drawPolyline(QPolygonF(points))
        elif points:
            painter.drawPoint(points[0])
        painter.restore()
