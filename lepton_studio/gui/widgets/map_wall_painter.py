"""Paints what stands around the pictures of a wall of maps: names, shapes, classes, crosses and frames."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen

from lepton_studio.gui import theme
from lepton_studio.gui.widgets.map_plan import MARGIN, Block, Path, Placed, Wall

_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_CENTRE = Qt.AlignmentFlag.AlignCenter
DOT = 5


class MapWallPainter:
    """Paints once."""

    def __init__(self, painter: QPainter, wall: Wall, blocks: Sequence[Block]) -> None:
        """Takes what is shown."""
        self._painter = painter
        self._wall, self._blocks = wall, blocks
        self._colours = theme.tokens()
        line = wall.spacing.line
        self._bold = theme.font_of(min(theme.SMALL_PIXELS, line - 3), semibold=True)
        self._small = theme.font_of(min(theme.SMALL_PIXELS - 1, line - 4))

    def paint_words(self) -> None:
        """Paints what stays while somebody draws."""
        self._rail()
        for block, placed in zip(self._blocks, self._wall.placed, strict=True):
            self._label(block, placed)
            if block.form == "classes":
                for at in range(placed.shown):
                    self._class(block, placed, at, is_best=False)

    def paint_marks(
        self, best: int, off: frozenset[tuple[Path, int]], hovered: tuple[int, int], cursor: tuple[int, int]
    ) -> None:
        """Paints what changes.

        Args:
            best: the likeliest class; -1: none.
            off: tiles that are crossed out.
            hovered: number of the layer and of the tile under the mouse; negative for none.
            cursor: likewise for the keys.
        """
        for at, (block, placed) in enumerate(zip(self._blocks, self._wall.placed, strict=True)):
            if block.form == "classes":
                for number in range(placed.shown):
                    self._frame(placed.tile(number), self._colours.line)
                if 0 <= best < placed.shown:
                    self._class(block, placed, best, is_best=True)
            for path, number in off:
                if path == block.path and block.form != "matrix" and number < placed.shown:
                    self._cross(QRectF(*placed.tile(number)))
            if at == hovered[0] and hovered[1] >= 0:
                self._frame(placed.tile(hovered[1]), self._colours.accent)
            if at == cursor[0] and cursor[1] < placed.shown:
                self._frame(placed.tile(cursor[1]), self._colours.text, Qt.PenStyle.DashLine)

    def _rail(self) -> None:
        """The way from the drawing to the answer: a line along the layers with a dot at each."""
        if self._wall.is_flat or not self._wall.placed:
            return
        painter, x = self._painter, theme.px(MARGIN) + theme.px(DOT) / 2
        heights = [placed.label[1] + theme.px(self._wall.spacing.line) / 2 for placed in self._wall.placed]
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(self._colours.line), max(1, theme.px(1.5))))
        painter.drawLine(QLineF(x, heights[0], x, heights[-1]))
        painter.setPen(Qt.PenStyle.NoPen)
        for at, height in enumerate(heights):
            is_end = at in (0, len(heights) - 1)
            painter.setBrush(QColor(self._colours.accent if is_end else self._colours.second_text))
            radius = theme.px(DOT) / (1.6 if is_end else 2.4)
            painter.drawEllipse(QPointF(x, height), radius, radius)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)

    def _label(self, block: Block, placed: Placed) -> None:
        left, top, width, _height = placed.label
        line = theme.px(self._wall.spacing.line)
        shape = "\u2009×\u2009".join(str(size) for size in block.shape)
        hidden = block.shape[0] - placed.shown if block.form != "matrix" else 0
        shape = f"{shape} (+{hidden})" if hidden > 0 else shape
        below = placed.words == "two lines"
        first = QRectF(left, top, width, line)
        second = QRectF(left, top + line, width, line) if below else first
        ink, text = (self._colours.warning, block.note) if block.note else (self._colours.second_text, shape)
        if placed.words == "name" and not block.note:
            text = ""
        room = width if below or not text else width - QFontMetricsF(self._small).horizontalAdvance(text) - theme.px(8)
        self._write(first.adjusted(0, 0, room - width, 0), _LEFT, True, self._colours.text, block.title)
        self._write(second, _LEFT if below else _RIGHT, False, ink, text)

    def _class(self, block: Block, placed: Placed, at: int, is_best: bool) -> None:
        """The name of a class; that of the answer over what is there."""
        left, top, width, height = placed.tile(at)
        line = theme.px(self._wall.spacing.line)
        if placed.down:
            place, flags = QRectF(left + width + theme.px(4), top, placed.place[2] - width - theme.px(6), height), _LEFT
        else:
            place, flags = QRectF(left, top + height + 1, width, line), _CENTRE
            if is_best:
                place = self._whole(place, block.names[at])
        if is_best:
            self._painter.fillRect(place.adjusted(0, 1, 0, 0), QColor(self._colours.surface))
            self._frame((left, top, width, height), self._colours.accent)
        self._write(
            place, flags, is_best, self._colours.text if is_best else self._colours.second_text, block.names[at]
        )

    def _whole(self, place: QRectF, name: str) -> QRectF:
        """Room for a whole name, over those beside it, within the wall."""
        wide = min(
            max(place.width(), QFontMetricsF(self._bold).horizontalAdvance(name) + theme.px(6)), self._wall.width
        )
        left = min(max(0.0, place.center().x() - wide / 2), self._wall.width - wide)
        return QRectF(left, place.y(), wide, place.height())

    def _cross(self, place: QRectF) -> None:
        """Seen on black, on white and on any colour: a dark line within a light one."""
        painter = self._painter
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        inner = place.adjusted(1, 1, -1, -1)
        for colour, width in ((self._colours.surface, theme.px(4)), (self._colours.bad, theme.px(2))):
            painter.setPen(QPen(QColor(colour), width))
            painter.drawLine(QLineF(inner.topLeft(), inner.bottomRight()))
            painter.drawLine(QLineF(inner.topRight(), inner.bottomLeft()))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)

    def _frame(
        self,
        place: tuple[float, float, float, float],
        colour: str,
        style: Qt.PenStyle = Qt.PenStyle.SolidLine,
    ) -> None:
        is_line = colour == self._colours.line
        self._painter.setPen(QPen(QColor(colour), 1 if is_line else 2, style))
        self._painter.setBrush(Qt.BrushStyle.NoBrush)
        around = QRectF(*place)
        self._painter.drawRect(around.adjusted(0, 0, -1, -1) if is_line else around.adjusted(-1, -1, 1, 1))

    def _write(self, place: QRectF, flags: Qt.AlignmentFlag, bold: bool, colour: str, text: str) -> None:
        font = self._bold if bold else self._small
        self._painter.setFont(font)
        self._painter.setPen(QColor(colour))
        elided = QFontMetricsF(font).elidedText(text, Qt.TextElideMode.ElideRight, place.width())
        self._painter.drawText(place, flags, elided)
